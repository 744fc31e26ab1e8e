/*
 * Every setting there is, one table for each section (config_option.h). Data only. Whoever adds a row here adds it to
 * conf/README.md as well; reading, printing and reloading follow by themselves.
 */
#include "config/config_option.h"

#include "config/config_scalar.h"

#define AT(member)   .offset = offsetof(struct config, member)
#define WORDS(array) .words = array, .nwords = sizeof array / sizeof *array
#define SECOND       INT64_C(1000)
#define MINUTE       (60 * SECOND)
#define HOUR         (60 * MINUTE)
#define DAY          (24 * HOUR)
#define MIB          (INT64_C(1) << 20)
#define MAX_COUNT    (INT64_C(1) << 53)

static const char *const source_types[] = {"postgresql", "mysql"};
static const char *const tls_modes[] = {NULL, "disable", "require", "verify-ca", "verify-full"};
static const char *const snapshot_modes[] = {"initial", "never", "always"};
static const char *const gap_words[] = {"stop", "resnapshot"};
static const char *const reject_words[] = {"dead_letter", "stop"};
static const char *const log_levels[] = {"error", "warning", "notice", "info", "debug"};
static const char *const log_formats[] = {"auto", "text", "journal", "json"};

static const struct config_option source_options[] = {
    /* first: what the others mean depends on it */
    {"type", CONFIG_ENUM, AT(source.type), .required = CONFIG_ANY, WORDS(source_types)},
    {"host", CONFIG_STRING, AT(source.host), .required = CONFIG_ANY, .check = config_scalar_word},
    {"port", CONFIG_U16, AT(source.port), .min = 1, .max = 65535},
    {"database", CONFIG_STRING, AT(source.database), .required = CONFIG_POSTGRESQL,
     .check = config_scalar_word},
    {"user", CONFIG_STRING, AT(source.user), .required = CONFIG_ANY, .check = config_scalar_word},
    {"password", CONFIG_SECRET, AT(source.password), .reload = true},
    {"tls", CONFIG_ENUM, AT(source.tls), WORDS(tls_modes)},
    {"tls_ca", CONFIG_PATH, AT(source.tls_ca), .check = config_scalar_word},
    {"slot", CONFIG_STRING, AT(source.slot), .only = CONFIG_POSTGRESQL, .check = config_scalar_slot},
    {"publication", CONFIG_STRING, AT(source.publication), .only = CONFIG_POSTGRESQL,
     .check = config_scalar_identifier},
    {"server_id", CONFIG_U32, AT(source.server_id), .required = CONFIG_MYSQL, .only = CONFIG_MYSQL, .min = 1,
     .max = UINT32_MAX},
    {"timezone", CONFIG_STRING, AT(source.timezone), .fallback = "UTC", .check = config_scalar_timezone},
    {"heartbeat", CONFIG_DURATION, AT(source.heartbeat_ms), .fallback = "1s", .min = 100, .max = MINUTE},
    {.name = NULL},
};

static const struct config_option stream_options[] = {
    {"max_len", CONFIG_U64, AT(redis.stream_max_len), .fallback = "1000000", .reload = true,
     .max = MAX_COUNT},
    {"max_age", CONFIG_DURATION, AT(redis.stream_max_age_ms), .fallback = "7d", .reload = true,
     .max = 36500 * DAY},
    {.name = NULL},
};

static const struct config_option timeline_options[] = {
    {"max_len", CONFIG_U64, AT(redis.timeline_max_len), .fallback = "1000", .reload = true, .max = MAX_COUNT},
    {.name = NULL},
};

static const struct config_option redis_options[] = {
    {"url", CONFIG_URL, .required = CONFIG_ANY},
    {"user", CONFIG_STRING, AT(redis.user), .reload = true, .check = config_scalar_word},
    {"password", CONFIG_SECRET, AT(redis.password), .reload = true},
    {"tls_ca", CONFIG_PATH, AT(redis.tls_ca), .check = config_scalar_word},
    {"prefix", CONFIG_STRING, AT(redis.prefix), .fallback = "cdc", .check = config_scalar_prefix},
    {"stream", CONFIG_SECTION, .section = stream_options},
    {"timeline", CONFIG_SECTION, .section = timeline_options},
    {"durability", CONFIG_DURABILITY, .fallback = "applied", .reload = true},
    {"replay_window", CONFIG_DURATION, AT(redis.replay_window_ms), .fallback = "30s", .reload = true,
     .max = DAY},
    {"batch_events", CONFIG_U32, AT(redis.batch_events), .fallback = "256", .reload = true, .min = 1,
     .max = 4096},
    {.name = "sentinel", .type = CONFIG_LATER},
    {.name = "cluster", .type = CONFIG_LATER},
    {.name = "shards", .type = CONFIG_LATER},
    {.name = NULL},
};

static const struct config_option snapshot_options[] = {
    {"mode", CONFIG_ENUM, AT(snapshot_mode), .fallback = "initial", WORDS(snapshot_modes)},
    {"chunk_rows", CONFIG_U32, AT(snapshot_chunk_rows), .fallback = "5000", .reload = true, .min = 1,
     .max = 1000000},
    {"events", CONFIG_BOOL, AT(snapshot_events), .fallback = "false", .reload = true},
    {.name = NULL},
};

static const struct config_option verify_options[] = {
    {"every", CONFIG_DURATION, AT(verify_every_ms), .fallback = "0s", .reload = true, .max = 3650 * DAY},
    {"rows_per_second", CONFIG_U32, AT(verify_rows_per_second), .fallback = "1000", .reload = true, .min = 1,
     .max = 10000000},
    {"repair", CONFIG_BOOL, AT(verify_repair), .fallback = "false", .reload = true},
    {.name = NULL},
};

static const struct config_option limits_options[] = {
    {"memory", CONFIG_SIZE, AT(limit_memory_bytes), .fallback = "64MiB", .min = MIB, .max = MIB << 20},
    {"wal_retained", CONFIG_SIZE, AT(limit_wal_retained_bytes), .fallback = "0B", .reload = true,
     .max = INT64_MAX},
    {.name = NULL},
};

static const struct config_option http_options[] = {
    {"listen", CONFIG_LISTEN, AT(http_listen), .fallback = "127.0.0.1:9187", .check = config_scalar_listen},
    {.name = NULL},
};

static const struct config_option log_options[] = {
    {"level", CONFIG_ENUM, AT(log_level), .fallback = "info", .reload = true, WORDS(log_levels)},
    {"format", CONFIG_ENUM, AT(log_format), .fallback = "auto", WORDS(log_formats)},
    {.name = NULL},
};

static const struct config_option pii_options[] = {
    {"key", CONFIG_SECRET, AT(pii_key)},
    {.name = NULL},
};

const struct config_option config_root_options[] = {
    {"version", CONFIG_ELSEWHERE, .required = CONFIG_ANY},
    {"connector", CONFIG_STRING, AT(connector), .required = CONFIG_ANY, .check = config_scalar_connector},
    {"system", CONFIG_STRING, AT(system), .check = config_scalar_system},
    {"source", CONFIG_SECTION, .required = CONFIG_ANY, .section = source_options},
    {"redis", CONFIG_SECTION, .required = CONFIG_ANY, .section = redis_options},
    {"snapshot", CONFIG_SECTION, .section = snapshot_options},
    {"verify", CONFIG_SECTION, .section = verify_options},
    {"on_gap", CONFIG_ENUM, AT(on_gap), .fallback = "stop", .reload = true, WORDS(gap_words)},
    {"on_reject", CONFIG_ENUM, AT(on_reject), .fallback = "dead_letter", .reload = true, WORDS(reject_words)},
    {"limits", CONFIG_SECTION, .section = limits_options},
    {"http", CONFIG_SECTION, .section = http_options},
    {"log", CONFIG_SECTION, .section = log_options},
    {"pii", CONFIG_SECTION, .section = pii_options},
    {"model", CONFIG_PATH, AT(model_path), .check = config_scalar_word},
    {.name = "agree", .type = CONFIG_ELSEWHERE},
    {.name = "due", .type = CONFIG_ELSEWHERE},
    {"tables", CONFIG_ELSEWHERE, .required = CONFIG_ANY},
    {.name = "shards", .type = CONFIG_LATER},
    {.name = NULL},
};

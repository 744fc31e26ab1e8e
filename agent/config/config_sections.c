/*
 * Every setting there is, one table for each section (config_option.h). Data only. Whoever adds a row here adds it to
 * conf/README.md and tributary.yaml(5) as well, and a unit test compares; reading, printing, reloading and the JSON Schema
 * follow by themselves.
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
static const char *const wal_words[] = {"alert", "drop_slot"};
static const char *const reject_words[] = {"dead_letter", "stop"};
static const char *const log_levels[] = {"error", "warning", "notice", "info", "debug"};
static const char *const log_formats[] = {"auto", "text", "journal", "json"};

static const struct config_option source_options[] = {
    /* first: what the others mean depends on it */
    {"type", CONFIG_ENUM, AT(source.type), .required = CONFIG_ANY, WORDS(source_types),
     .meaning = "kind of server; MariaDB is mysql"},
    {"host", CONFIG_STRING, AT(source.host), .required = CONFIG_ANY, .check = config_scalar_word,
     .meaning = "host, address, or the path of a socket (PostgreSQL: of its folder)"},
    {"port", CONFIG_U16, AT(source.port), .min = 1, .max = 65535,
     .meaning = "TCP port; default: 5432 or 3306"},
    {"database", CONFIG_STRING, AT(source.database), .required = CONFIG_POSTGRESQL,
     .check = config_scalar_word, .meaning = "database; MySQL: of tables that are written without one"},
    {"user", CONFIG_STRING, AT(source.user), .required = CONFIG_ANY, .check = config_scalar_word,
     .meaning = "database user"},
    {"password", CONFIG_SECRET, AT(source.password), .reload = true, .meaning = "its password"},
    {"tls", CONFIG_ENUM, AT(source.tls), WORDS(tls_modes),
     .meaning = "TLS; default: verify-full to another host, disable on a socket or loopback"},
    {"tls_ca", CONFIG_PATH, AT(source.tls_ca), .check = config_scalar_word,
     .meaning = "file with the authority's certificate"},
    {"slot", CONFIG_STRING, AT(source.slot), .only = CONFIG_POSTGRESQL, .check = config_scalar_slot,
     .meaning = "replication slot; default: tributary_CONNECTOR"},
    {"publication", CONFIG_STRING, AT(source.publication), .only = CONFIG_POSTGRESQL,
     .check = config_scalar_identifier, .meaning = "publication; default: tributary_CONNECTOR"},
    {"server_id", CONFIG_U32, AT(source.server_id), .required = CONFIG_MYSQL, .only = CONFIG_MYSQL, .min = 1,
     .max = UINT32_MAX,
     .meaning = "number of the agent as a replica, unlike the server's own and that of any other"},
    {"timezone", CONFIG_STRING, AT(source.timezone), .fallback = "UTC", .check = config_scalar_timezone,
     .meaning = "zone of timestamps without one (IANA name)"},
    {"heartbeat", CONFIG_DURATION, AT(source.heartbeat_ms), .fallback = "1s", .min = 100, .max = MINUTE,
     .meaning = "how often the agent looks after an idle source"},
    {.name = NULL},
};

static const struct config_option stream_options[] = {
    {"max_len", CONFIG_U64, AT(redis.stream_max_len), .fallback = "1000000", .reload = true, .max = MAX_COUNT,
     .meaning = "entries of an event stream that are kept; 0: all"},
    {"max_age", CONFIG_DURATION, AT(redis.stream_max_age_ms), .fallback = "7d", .reload = true,
     .max = 36500 * DAY, .meaning = "how long they are kept; 0s: for ever"},
    {.name = NULL},
};

static const struct config_option timeline_options[] = {
    {"max_len", CONFIG_U64, AT(redis.timeline_max_len), .fallback = "1000", .reload = true, .max = MAX_COUNT,
     .meaning = "entries of a customer's timeline that are kept; 0: no timelines"},
    {.name = NULL},
};

static const struct config_option sentinel_options[] = {
    {"master", CONFIG_STRING, AT(redis.sentinel.master), .required = CONFIG_ANY, .check = config_scalar_word,
     .meaning = "what the sentinels call the master"},
    {"nodes", CONFIG_NODES, .required = CONFIG_ANY,
     .meaning = "all sentinels, as a list of host:port; port 26379 if left out"},
    {"user", CONFIG_STRING, AT(redis.sentinel.user), .reload = true, .check = config_scalar_word,
     .meaning = "user of the sentinels themselves"},
    {"password", CONFIG_SECRET, AT(redis.sentinel.password), .reload = true, .meaning = "its password"},
    {.name = NULL},
};

static const struct config_option redis_options[] = {
    {"url", CONFIG_URL, .required = CONFIG_ANY,
     .meaning =
         "redis://[user:password@]host[:port][/db], rediss://… (TLS), unix:///path[?db=N]; with sentinels "
         "without host, redis:///0"},
    {"user", CONFIG_STRING, AT(redis.user), .reload = true, .check = config_scalar_word,
     .meaning = "Redis user"},
    {"password", CONFIG_SECRET, AT(redis.password), .reload = true, .meaning = "its password"},
    {"tls_ca", CONFIG_PATH, AT(redis.tls_ca), .check = config_scalar_word,
     .meaning = "file with the authority's certificate, for rediss://; default: the system's"},
    {"prefix", CONFIG_STRING, AT(redis.prefix), .fallback = "cdc", .check = config_scalar_prefix,
     .meaning = "start of all keys"},
    {"stream", CONFIG_SECTION, .section = stream_options, .meaning = "how much of the event streams is kept"},
    {"timeline", CONFIG_SECTION, .section = timeline_options,
     .meaning = "how much of a customer's timeline is kept"},
    {"durability", CONFIG_DURABILITY, .fallback = "applied", .reload = true,
     .meaning = "when a batch counts as stored: applied, aof (on disk), replicas:N"},
    {"replay_window", CONFIG_DURATION, AT(redis.replay_window_ms), .fallback = "30s", .reload = true,
     .max = DAY, .meaning = "how far confirmation to the source trails what Redis has"},
    {"batch_events", CONFIG_U32, AT(redis.batch_events), .fallback = "256", .reload = true, .min = 1,
     .max = 4096, .meaning = "most events of a batch"},
    {"sentinel", CONFIG_SECTION, .section = sentinel_options,
     .meaning = "Redis Sentinel, which knows who is master"},
    {.name = "cluster", .type = CONFIG_LATER},
    {.name = "shards", .type = CONFIG_LATER},
    {.name = NULL},
};

static const struct config_option snapshot_options[] = {
    {"mode", CONFIG_ENUM, AT(snapshot_mode), .fallback = "initial", WORDS(snapshot_modes),
     .meaning = "when tables are loaded: initial (once), never, always (at each start)"},
    {"chunk_rows", CONFIG_U32, AT(snapshot_chunk_rows), .fallback = "5000", .reload = true, .min = 1,
     .max = 1000000, .meaning = "rows that are read at a time"},
    {"events", CONFIG_BOOL, AT(snapshot_events), .fallback = "false", .reload = true,
     .meaning = "whether rows that are loaded make events"},
    {.name = NULL},
};

static const struct config_option verify_options[] = {
    {"every", CONFIG_DURATION, AT(verify_every_ms), .fallback = "0s", .reload = true, .max = 3650 * DAY,
     .meaning = "verify each table again after this time; 0s: only when somebody asks"},
    {"rows_per_second", CONFIG_U32, AT(verify_rows_per_second), .fallback = "1000", .reload = true, .min = 1,
     .max = 10000000, .meaning = "how fast the background does that at most"},
    {"repair", CONFIG_BOOL, AT(verify_repair), .fallback = "false", .reload = true,
     .meaning = "put right what the background finds"},
    {.name = NULL},
};

static const struct config_option limits_options[] = {
    {"memory", CONFIG_SIZE, AT(limit_memory_bytes), .fallback = "64MiB", .min = MIB, .max = MIB << 20,
     .meaning = "ceiling for all that is queued"},
    {"wal_retained", CONFIG_SIZE, AT(limit_wal_retained_bytes), .fallback = "0B", .reload = true,
     .max = INT64_MAX,
     .meaning = "warn when the source keeps more log for us (MariaDB, MySQL: more binlog in all); 0B: never"},
    {"wal_action", CONFIG_ENUM, AT(wal_action), .fallback = "alert", .only = CONFIG_POSTGRESQL,
     .reload = true, WORDS(wal_words),
     .meaning =
         "what else then: alert (nothing), or drop_slot: rather lose changes than fill the database's disk"},
    {"wal_patience", CONFIG_DURATION, AT(wal_patience_ms), .fallback = "1m", .only = CONFIG_POSTGRESQL,
     .reload = true, .min = SECOND, .max = DAY,
     .meaning = "how long Redis may take nothing while that is exceeded, before the slot is dropped"},
    {.name = NULL},
};

static const struct config_option http_options[] = {
    {"listen", CONFIG_LISTEN, AT(http_listen), .fallback = "127.0.0.1:9187", .check = config_scalar_listen,
     .meaning = "ADDRESS:PORT, or off"},
    {.name = NULL},
};

static const struct config_option log_options[] = {
    {"level", CONFIG_ENUM, AT(log_level), .fallback = "info", .reload = true, WORDS(log_levels),
     .meaning = "what is said"},
    {"format", CONFIG_ENUM, AT(log_format), .fallback = "auto", WORDS(log_formats),
     .meaning = "auto: journal under systemd, else text"},
    {.name = NULL},
};

static const struct config_option pii_options[] = {
    {"key", CONFIG_SECRET, AT(pii_key), .meaning = "secret of pii: hmac, the same for all connectors"},
    {.name = NULL},
};

const struct config_option config_root_options[] = {
    {"version", CONFIG_ELSEWHERE, .required = CONFIG_ANY, .meaning = "version of this format: 1"},
    {"connector", CONFIG_STRING, AT(connector), .required = CONFIG_ANY, .check = config_scalar_connector,
     .meaning = "unique name of the agent: of its slot, checkpoint, lease and metrics"},
    {"system", CONFIG_STRING, AT(system), .check = config_scalar_system,
     .meaning =
         "whose customer ids these are, the part before the colon in booking-site:991; default: the connector"},
    {"source", CONFIG_SECTION, .required = CONFIG_ANY, .section = source_options, .meaning = "the database"},
    {"redis", CONFIG_SECTION, .required = CONFIG_ANY, .section = redis_options,
     .meaning = "the Redis that is written to"},
    {"snapshot", CONFIG_SECTION, .section = snapshot_options,
     .meaning = "loading the rows that are there already"},
    {"verify", CONFIG_SECTION, .section = verify_options,
     .meaning = "comparing the tables with Redis in the background"},
    {"on_gap", CONFIG_ENUM, AT(on_gap), .fallback = "stop", .reload = true, WORDS(gap_words),
     .meaning = "what to do when changes were lost"},
    {"on_reject", CONFIG_ENUM, AT(on_reject), .fallback = "dead_letter", .reload = true, WORDS(reject_words),
     .meaning = "what to do with a row that cannot be mapped"},
    {"limits", CONFIG_SECTION, .section = limits_options, .meaning = "ceilings"},
    {"http", CONFIG_SECTION, .section = http_options, .meaning = "metrics, health and status page"},
    {"log", CONFIG_SECTION, .section = log_options, .meaning = "diagnostics on stderr"},
    {"pii", CONFIG_SECTION, .section = pii_options, .meaning = "treatment of personal data"},
    {"model", CONFIG_PATH, AT(model_path), .check = config_scalar_word,
     .meaning = "a model file of your own instead of the built-in one"},
    {.name = "agree",
     .type = CONFIG_ELSEWHERE,
     .meaning = "by entity: which fields must be equal across which parts of the key"},
    {.name = "due",
     .type = CONFIG_ELSEWHERE,
     .meaning = "by entity: when what the model says of time falls due"},
    {"tables", CONFIG_ELSEWHERE, .required = CONFIG_ANY, .meaning = "by schema.table: what the rows become"},
    {.name = "shards", .type = CONFIG_LATER},
    {.name = NULL},
};

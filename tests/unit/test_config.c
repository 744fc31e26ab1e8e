/* Whole configurations: what is right, what is wrong, and files that cannot be read. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_fixture.h"
#include "lib/fail.h"
#include "lib/tempdir.h"
#include "map/map.h"

static struct tempdir dir;

static void init(void)
{
    tempdir_init(&dir);
}

static void fini(void)
{
    tempdir_fini(&dir);
}

TestSuite(config, .init = init, .fini = fini);

#define MINIMAL                                                                                                 \
    "version: 1\nconnector: shop\nsource: {type: postgresql, host: /run/postgresql, database: shop, user: u}\n" \
    "redis: {url: 'redis://localhost'}\ntables: {public.orders: {entity: order, key: id, fields: {total: t}}}\n"

/* One file for each kind of error; the whole output is compared. */
Test(config, every_wrong_example_says_exactly_what_is_wrong)
{
    char **names = fixture_names("bad");
    size_t n = 0;

    for (; names[n]; n++) {
        char *text = fixture_read("bad", names[n], ".yaml"),
             *expected = fixture_read("bad", names[n], ".expected");
        char *path = text_print("%s.yaml", names[n]), *said;
        size_t size;
        unsigned flags = CONFIG_NO_FILES;
        struct config *config;
        struct cdc_err err;
        FILE *out = open_memstream(&said, &size);

        if (strncmp(names[n], "others-", 7) == 0)
            flags |= CONFIG_OTHERS_READ;
        cr_expect_eq(config_parse(&config, path, text, strlen(text), flags, out, &err), -1, "%s", path);
        fclose(out);
        cr_expect_null(config, "%s", path);
        cr_expect_eq(err.class, CDC_ERR_CONFIG, "%s", path);
        cr_expect_str_eq(said, expected, "%s:\n%s", path, said);
        cr_expect(strstr(said, ": error: "), "%s", path);
        free(text);
        free(expected);
        free(path);
        free(said);
    }
    fixture_free_names(names);
    cr_assert_geq(n, 80, "the examples are gone");
}

/* conf/NAME as `tributary check --no-connect` reads it where the credentials are. */
static struct config *read_shipped(const char *name)
{
    char *path = text_print("%s/conf/%s", TEST_TREE, name), bytes[16384];
    FILE *in = fopen(path, "r");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    struct config *config;
    struct map *map;
    struct cdc_err err;

    cr_assert_not_null(in, "%s", path);
    fclose(in);
    cr_assert_eq(config_parse(&config, path, bytes, n, CONFIG_NO_FILES, stderr, &err), 0, "%s", err.message);
    cr_assert_eq(map_new(&map, config, &err), 0, "%s", err.message);
    map_free(map);
    free(path);
    return config;
}

Test(config, the_shipped_example_is_right)
{
    struct config *config = read_shipped("cinema-bookings.yaml");
    char *shown;

    cr_assert_str_eq(config->connector, "cinema-bookings");
    cr_assert_str_eq(config->system, "booking-site");
    cr_assert_str_eq(config->source.slot, "tributary_cinema_bookings");
    cr_assert_str_eq(config->source.publication, "tributary");
    cr_assert_eq(config->limit_wal_retained_bytes, UINT64_C(10) << 30);
    cr_assert_eq(config->ntables, 2);
    cr_assert_eq(config->tables[1].nmappings, 2);
    shown = config_fixture_print(config);
    cr_assert(strstr(shown, "password: \"***\""));
    free(shown);
    config_free(config);
}

Test(config, the_shipped_example_for_mariadb_is_right)
{
    struct config *config = read_shipped("shop-stock.yaml");

    cr_assert_str_eq(config->connector, "shop-stock");
    cr_assert_eq(config->source.type, CDC_SOURCE_MYSQL);
    cr_assert_eq(config->source.server_id, 7101);
    cr_assert_eq(config->source.heartbeat_ms, 1000);
    cr_assert_eq(config->ntables, 5);
    cr_assert_str_eq(config->tables[1].mappings[0].entity->name, "inventory");
    cr_assert_eq(config->tables[2].nmappings, 2);
    config_free(config);
}

Test(config, defaults)
{
    char *said;
    struct config *config = fixture_parse(MINIMAL, 0, &said);

    cr_assert_str_empty(said);
    cr_assert_str_eq(config->path, "t");
    cr_assert_str_eq(config->system, "shop");
    cr_assert_eq(config->source.port, 5432);
    cr_assert_eq(config->source.tls, CDC_TLS_DEFAULT);
    cr_assert_str_eq(config->source.slot, "tributary_shop");
    cr_assert_str_eq(config->source.publication, "tributary_shop");
    cr_assert_str_eq(config->source.timezone, "UTC");
    cr_assert_eq(config->source.heartbeat_ms, 1000);
    cr_assert_null(config->source.password);
    cr_assert_str_eq(config->redis.host, "localhost");
    cr_assert_str_eq(config->redis.prefix, "cdc");
    cr_assert_eq(config->redis.stream_max_len, 1000000);
    cr_assert_eq(config->redis.stream_max_age_ms, 7 * INT64_C(86400000));
    cr_assert_eq(config->redis.timeline_max_len, 1000);
    cr_assert_eq(config->nagrees, 0);
    cr_assert_eq(config->ndues, 0);
    cr_assert_eq(config->redis.durability, CDC_DURABILITY_APPLIED);
    cr_assert_eq(config->redis.replay_window_ms, 30000);
    cr_assert_eq(config->redis.batch_events, 256);
    cr_assert_eq(config->snapshot_mode, CONFIG_SNAPSHOT_INITIAL);
    cr_assert_eq(config->snapshot_chunk_rows, 5000);
    cr_assert_not(config->snapshot_events);
    cr_assert_eq(config->on_gap, CONFIG_GAP_STOP);
    cr_assert_eq(config->on_reject, CONFIG_REJECT_DEAD_LETTER);
    cr_assert_eq(config->limit_memory_bytes, UINT64_C(64) << 20);
    cr_assert_eq(config->limit_wal_retained_bytes, 0);
    cr_assert_str_eq(config->http_listen, "127.0.0.1:9187");
    cr_assert_eq(config->log_level, CDC_LOG_INFO);
    cr_assert_eq(config->log_format, CDC_LOG_AUTO);
    cr_assert_null(config->pii_key);
    cr_assert_null(config->model_path);
    cr_assert_not_null(model_find(config->model, "booking"));
    config_free(config);
    config_free(NULL);
    free(said);
}

Test(config, defaults_of_mysql)
{
    char *said;
    struct config *config = fixture_parse(
        "version: 1\nconnector: web-shop\nsource: {type: mysql, host: db, user: u, server_id: 7, tls: verify-ca}\n"
        "redis: {url: 'unix:///run/r'}\ntables: {shop.orders: {entity: order, key: id, fields: {total: t}}}\n",
        0, &said);

    cr_assert_not_null(config, "%s", said);
    cr_assert_eq(config->source.type, CDC_SOURCE_MYSQL);
    cr_assert_eq(config->source.port, 3306);
    cr_assert_eq(config->source.server_id, 7);
    cr_assert_eq(config->source.tls, CDC_TLS_VERIFY_CA);
    cr_assert_null(config->source.database);
    cr_assert_null(config->source.slot);
    cr_assert_null(config->source.publication);
    cr_assert_str_eq(config->redis.socket, "/run/r");
    cr_assert_null(config->redis.host);
    config_free(config);
    free(said);
}

/* Loads a file with these permissions; what was printed goes to *said. */
static int load(const char *text, unsigned mode, char **said, struct cdc_err *err)
{
    char *path = tempdir_write(&dir, "t.yaml", text);
    struct config *config;
    size_t size;
    FILE *out = open_memstream(said, &size);
    int rc;

    cr_assert_eq(chmod(path, mode), 0);
    rc = config_load(&config, path, out, err);
    fclose(out);
    cr_assert_eq(config == NULL, rc != 0);
    config_free(config);
    free(path);
    return rc;
}

#define SECRET "pii: {key: 0123456789abcdef}\n"

Test(config, a_literal_secret_needs_a_file_that_others_cannot_read)
{
    struct cdc_err err;
    char *said;

    cr_assert_eq(load(MINIMAL SECRET, 0644, &said, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(said, "t.yaml:6:12: error: pii.key: others can read this file"), "%s", said);
    cr_assert(strstr(said, "chmod 640"));
    cr_assert_not(strstr(said, "0123456789abcdef"));
    free(said);
    cr_assert_eq(load(MINIMAL SECRET, 0640, &said, &err), 0, "%s", said);
    free(said);
    cr_assert_eq(load(MINIMAL, 0644, &said, &err), 0, "%s", said);
    free(said);
}

Test(config, files_that_cannot_be_read)
{
    struct config *config;
    struct cdc_err err;

    cr_assert_eq(config_load(&config, "/nonexistent/t.yaml", NULL, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert_str_eq(err.message,
                     "reading the configuration: /nonexistent/t.yaml: No such file or directory");
    cr_assert_eq(config_load(&config, dir.path, NULL, &err), -1);
    cr_assert(strstr(err.message, "not a regular file"));
    cr_assert_null(config);
}

Test(config, a_missing_permission_has_a_class_of_its_own)
{
    char *path = tempdir_write(&dir, "t.yaml", MINIMAL);
    struct config *config;
    struct cdc_err err;

    cr_assert_eq(chmod(dir.path, 0755), 0);
    cr_assert_eq(chmod(path, 0), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    cr_assert_eq(config_load(&config, path, NULL, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED);
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    free(path);
}

#define OWN_MODEL                                                                                            \
    "version: 1\nentities:\n  cat:\n    meaning: a cat\n    key: [name]\n"                                   \
    "    verbs: {insert: born, update: changed, delete: gone}\n"                                             \
    "    fields: {name: {type: string, meaning: its name}, colour: {type: string, meaning: of its fur}}\n"
#define CATS                                                                                                 \
    "version: 1\nconnector: cats\nmodel: %s\nsource: {type: postgresql, host: h, database: d, user: u}\n"    \
    "redis: {url: 'redis://h'}\ntables: {cats: {entity: cat, key: name, fields: {colour: fur}}}\n"

Test(config, a_model_of_its_own)
{
    char *model = tempdir_write(&dir, "own.yaml", OWN_MODEL), *text = text_print(CATS, "own.yaml");
    char *path = tempdir_write(&dir, "cats.yaml", text);
    struct config *config;
    struct cdc_err err;

    cr_assert_eq(config_load(&config, path, stderr, &err), 0, "%s", err.message);
    cr_assert_str_eq(config->model_path, model);
    cr_assert_eq(model_count(config->model), 1);
    cr_assert_str_eq(config->tables[0].mappings[0].entity->verb_insert, "born");
    config_free(config);
    free(model);
    free(text);
    free(path);
}

Test(config, errors_of_a_model_of_its_own)
{
    char *model = tempdir_write(&dir, "own.yaml", "version: 1\nentities: {cat: {}}\n"),
         *text = text_print(CATS, model);
    struct cdc_err err;
    char *said, *missing = text_print(CATS, "/nonexistent.yaml");

    cr_assert_eq(load(text, 0600, &said, &err), -1);
    cr_assert(strstr(said, "own.yaml:2:17: error: entities.cat: missing key \"fields\"\n"), "%s", said);
    cr_assert(strstr(said, "t.yaml:3:8: error: model: "), "%s", said);
    free(said);
    cr_assert_eq(load(missing, 0600, &said, &err), -1);
    cr_assert(strstr(said, "t.yaml:3:8: error: model: /nonexistent.yaml: No such file or directory\n"), "%s",
              said);
    free(said);
    free(missing);
    free(model);
    free(text);
}

Test(config, warnings_are_printed_and_do_no_harm)
{
    char *said;
    struct config *config = fixture_parse(
        "version: 1\nconnector: a\npii: {key: short}\nsource: {type: postgresql, host: db, database: d, user: u, tls: "
        "disable}\nredis: {url: 'redis://h'}\ntables: {t: {entity: order, key: id, fields: {total: t}}}\n",
        0, &said);

    cr_assert_not_null(config);
    cr_assert(strstr(said, "t:3:12: warning: pii.key: shorter than 16 bytes"), "%s", said);
    cr_assert(strstr(said, "t:4:65: warning: source.tls: "), "%s", said);
    config_free(config);
    free(said);
}

Test(config, without_diagnostics_the_error_tells_the_first)
{
    struct config *config;
    struct cdc_err err;

    cr_assert_eq(config_parse(&config, "t", "version: 2\n", 11, 0, NULL, &err), -1);
    cr_assert_str_eq(err.message, "t: 5 errors, the first on line 1: missing key \"connector\"");
}

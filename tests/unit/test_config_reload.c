/* What may change at run time. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config_fixture.h"
#include "lib/fail.h"

TestSuite(config_reload);

/* A configuration with something in place of a default. */
static struct config *with(const char *what)
{
    char *said, *text = text_print("version: 1\nconnector: shop\n%s\n"
                                   "tables: {t: {entity: order, key: id, fields: {total: t}}}\n",
                                   what);
    struct config *config = fixture_parse(text, 0, &said);

    cr_assert_not_null(config, "%s", said);
    free(text);
    free(said);
    return config;
}

#define SOURCE "source: {type: postgresql, host: h, database: d, user: u}\n"
#define REDIS  "redis: {url: 'redis://h'}\n"

/* What is said about changing from the plain configuration to another; "" when it may. The caller frees it. */
static char *change(const char *to)
{
    struct config *now = with(SOURCE REDIS), *next = with(to);
    struct cdc_err err;
    char *said;
    size_t size;
    FILE *out = open_memstream(&said, &size);
    int rc = config_reloadable(now, next, out, &err);

    fclose(out);
    cr_assert_eq(rc == 0, !*said, "%s", said);
    cr_assert_eq(config_reloadable(now, next, NULL, NULL), rc);
    config_free(now);
    config_free(next);
    return said;
}

static void allows(const char *to)
{
    char *said = change(to);

    cr_expect_str_empty(said, "%s", said);
    free(said);
}

static void refuses(const char *to, const char *name)
{
    char *said = change(to),
         *line = text_print("t: error: %s: cannot change at run time; restart to use it\n", name);

    cr_expect_str_eq(said, line);
    free(said);
    free(line);
}

Test(config_reload, what_may_change)
{
    allows(SOURCE REDIS);
    allows(SOURCE REDIS
           "log: {level: debug}\non_gap: resnapshot\non_reject: stop\nlimits: {wal_retained: 1GiB}\n");
    allows("source: {type: postgresql, host: h, database: d, user: u, password: new}\n" REDIS);
    allows(SOURCE "redis: {url: 'redis://h', password: new, batch_events: 9, durability: 'replicas:1', "
                  "stream: {max_len: 5}, timeline: {max_len: 5}, replay_window: 1m}\n");
    allows(SOURCE REDIS "due: {basket: {after: 5m}}\n");
}

Test(config_reload, what_may_not)
{
    refuses("source: {type: postgresql, host: other, database: d, user: u}\n" REDIS, "source.host");
    refuses("source: {type: postgresql, host: h, database: d, user: u, slot: other}\n" REDIS, "source.slot");
    refuses("source: {type: postgresql, host: h, database: d, user: u, port: 1}\n" REDIS, "source.port");
    refuses("source: {type: postgresql, host: h, database: d, user: u, heartbeat: 2s}\n" REDIS,
            "source.heartbeat");
    refuses("source: {type: postgresql, host: h, database: d, user: u, tls: require}\n" REDIS, "source.tls");
    refuses(SOURCE "redis: {url: 'redis://h/1'}\n", "redis.url");
    refuses(SOURCE "redis: {url: 'unix:///h'}\n", "redis.url");
    refuses(SOURCE REDIS "system: other\n", "system");
    refuses(SOURCE REDIS "limits: {memory: 65MiB}\n", "limits.memory");
    refuses(SOURCE REDIS "http: {listen: off}\n", "http.listen");
    refuses(SOURCE REDIS "pii: {key: 0123456789abcdef}\n", "pii.key");
    refuses(SOURCE REDIS "log: {format: json}\n", "log.format");
    refuses(SOURCE REDIS "snapshot: {mode: never}\n", "snapshot.mode");
    refuses(SOURCE REDIS "agree: {price: {fields: [price], across: [channel]}}\n", "agree");
}

Test(config_reload, all_that_may_not_are_named)
{
    char *said =
        change("source: {type: postgresql, host: x, database: y, user: u}\n" REDIS "on_gap: resnapshot\n");

    cr_assert_str_eq(said, "t: error: source.host: cannot change at run time; restart to use it\n"
                           "t: error: source.database: cannot change at run time; restart to use it\n");
    free(said);
}

/* Each configuration has a model of its own: entities are the same by name. */
Test(config_reload, what_must_agree_is_compared_with_care)
{
    static const char *const agreements[] = {
        "fields: [price], across: [channel]", "fields: [price], across: [location]",
        "fields: [vat_included], across: [channel]", "fields: [price, vat_included], across: [channel]"};

    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            char *a = text_print(SOURCE REDIS "agree: {price: {%s}}\n", agreements[i]);
            char *b = text_print(SOURCE REDIS "agree: {price: {%s}}\n", agreements[k]);
            struct config *now = with(a), *next = with(b);

            cr_expect_eq(config_reloadable(now, next, NULL, NULL) == 0, i == k, "%s, %s", a, b);
            config_free(now);
            config_free(next);
            free(a);
            free(b);
        }
}

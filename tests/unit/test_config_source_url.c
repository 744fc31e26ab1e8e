/* Addresses of databases. */
#include "config/config_source_url.h"

#include <criterion/criterion.h>

#include <string.h>

static struct cdc_arena arena;
static struct cdc_source_config source;

static void init(void)
{
    cdc_arena_init(&arena, 0);
}

static void fini(void)
{
    cdc_arena_fini(&arena);
}

TestSuite(config_source_url, .init = init, .fini = fini);

static const char *parse(const char *text)
{
    return config_source_url_parse(&source, text, &arena);
}

Test(config_source_url, every_part)
{
    cr_assert_null(parse("postgresql://m%40x@db.example.org:5433/shop%20x?tls=verify-ca&tls_ca=/ca.pem"));
    cr_assert_eq(source.type, CDC_SOURCE_POSTGRESQL);
    cr_assert_str_eq(source.user, "m@x");
    cr_assert_str_eq(source.host, "db.example.org");
    cr_assert_eq(source.port, 5433);
    cr_assert_str_eq(source.database, "shop x");
    cr_assert_eq(source.tls, CDC_TLS_VERIFY_CA);
    cr_assert_str_eq(source.tls_ca, "/ca.pem");
    cr_assert_null(parse("mariadb://[::1]"));
    cr_assert_eq(source.type, CDC_SOURCE_MYSQL);
    cr_assert_str_eq(source.host, "::1");
    cr_assert_eq(source.port, 0);
    cr_assert_null(source.database);
    cr_assert_null(source.user);
}

Test(config_source_url, sockets)
{
    cr_assert_null(parse("postgres://me@:5433/shop?host=/run/postgresql"));
    cr_assert_str_eq(source.host, "/run/postgresql");
    cr_assert_eq(source.port, 5433);
    cr_assert_null(parse("mysql:///shop?socket=/run/mysqld/mysqld.sock"));
    cr_assert_str_eq(source.host, "/run/mysqld/mysqld.sock");
}

Test(config_source_url, mistakes)
{
    static const struct {
        const char *url, *message;
    } wrong[] = {
        {"redis://x/0", "does not start with"},
        {"postgresql://me:sesame-7@x/y", "has a password"},
        {"postgresql://x", "names no database"},
        {"postgresql:///y", "names no host"},
        {"mysql:///y", "names no host"},
        {"mysql://x:0/y", "port"},
        {"mysql://x:y/z", "port"},
        {"mysql://a b/z", "no valid host"},
        {"mysql://x/y?host", "without its value"},
        {"mysql://x/y?hots=z", "unknown option"},
        {"mysql://x/y?tls=maybe", "unknown tls"},
        {"mysql://x/%zz", "hexadecimal"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *why = parse(wrong[i].url);

        cr_expect(why && strstr(why, wrong[i].message), "%s: %s", wrong[i].url, why ? why : "accepted");
        cr_expect_not(why && strstr(why, "sesame"));
    }
}

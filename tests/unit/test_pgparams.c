#include "postgresql/pgparams.h"

#include <criterion/criterion.h>

#include <string.h>

static struct pgparams params;

static const char *get(const struct cdc_source_config *config, const char *keyword)
{
    pgparams_init(&params, config, "shop", NULL, false, false);
    return pgparams_get(&params, keyword);
}

Test(pgparams, tls_is_strict_off_host_and_off_on_it)
{
    static const char *const local[] = {NULL,        "/run/postgresql", "localhost",
                                        "127.0.0.1", "127.8.9.1",       "::1"};
    static const char *const remote[] = {"db.example", "10.0.0.1", "localhost.example", "::2"};

    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        cr_expect_str_eq(get(&(struct cdc_source_config){.host = local[i]}, "sslmode"), "disable");
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        cr_expect_str_eq(get(&(struct cdc_source_config){.host = remote[i]}, "sslmode"), "verify-full");
    cr_expect_str_eq(get(&(struct cdc_source_config){.host = "x"}, "sslrootcert"),
                     "/etc/ssl/certs/ca-certificates.crt");
    cr_expect_str_eq(get(&(struct cdc_source_config){.host = "x", .tls_ca = "/ca"}, "sslrootcert"), "/ca");
}

Test(pgparams, tls_as_the_configuration_says)
{
    cr_expect_str_eq(get(&(struct cdc_source_config){.host = "x", .tls = CDC_TLS_DISABLE}, "sslmode"),
                     "disable");
    cr_expect_str_eq(get(&(struct cdc_source_config){.host = "/x", .tls = CDC_TLS_REQUIRE}, "sslmode"),
                     "require");
    cr_assert_null(get(&(struct cdc_source_config){.host = "/x", .tls = CDC_TLS_REQUIRE}, "sslrootcert"));
    cr_expect_str_eq(get(&(struct cdc_source_config){.host = "/x", .tls = CDC_TLS_VERIFY_CA}, "sslmode"),
                     "verify-ca");
}

Test(pgparams, a_sockets_path_is_its_folder_and_port)
{
    struct cdc_source_config config = {.host = "/run/pg/.s.PGSQL.5433", .port = 5432};

    cr_expect_str_eq(get(&config, "host"), "/run/pg");
    cr_expect_str_eq(get(&config, "port"), "5433");
    config.host = "/run/pg";
    cr_expect_str_eq(get(&config, "host"), "/run/pg");
    cr_expect_str_eq(get(&config, "port"), "5432");
    config.host = "db/.s.PGSQL.1";
    cr_expect_str_eq(get(&config, "host"), "db/.s.PGSQL.1");
    cr_expect_str_eq(get(&(struct cdc_source_config){0}, "host"), "/run/postgresql");
    cr_expect_str_eq(get(&(struct cdc_source_config){0}, "port"), "5432");
}

Test(pgparams, kinds_of_sessions)
{
    struct cdc_source_config config = {.host = "x", .database = "d", .user = "u", .password = "p"};

    pgparams_init(&params, &config, "shop", NULL, true, false);
    cr_expect_str_eq(pgparams_get(&params, "replication"), "database");
    cr_expect_str_eq(pgparams_get(&params, "application_name"), "tributary shop");
    cr_expect(strstr(pgparams_get(&params, "options"), "statement_timeout=0"));
    pgparams_init(&params, &config, "shop", NULL, false, false);
    cr_assert_null(pgparams_get(&params, "replication"));
    cr_expect(strstr(pgparams_get(&params, "options"), "default_transaction_read_only=on"));
    pgparams_init(&params, &config, "shop", NULL, false, true);
    cr_expect(strstr(pgparams_get(&params, "options"), "default_transaction_read_only=off"));
    cr_assert_lt(strlen(params.options), sizeof params.options - 1, "the settings fit");
    cr_assert_null(params.keywords[params.n]);
    cr_assert_lt(params.n, PGPARAMS_MAX);
}

Test(pgparams, the_application_says_who_runs)
{
    char name[32];

    pgparams_application(name, sizeof name, "shop", NULL);
    cr_expect_str_eq(name, "tributary shop");
    pgparams_application(name, sizeof name, "shop", "host/12/34");
    cr_expect_str_eq(name, "tributary shop host/12/34");
    pgparams_application(name, sizeof name, "shop", "a-very-long-host-name/12/34");
    cr_expect_str_eq(name, "tributary shop -host-name/12/34");
    pgparams_application(name, sizeof name, "a-connector-whose-name-is-very-long", "host/12/34");
    cr_expect_str_eq(name, "tributary a-connector-whose-nam");
}

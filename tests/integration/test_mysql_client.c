/*
 * The wrapper of the client library against a private MariaDB or MySQL: connecting, TLS, what it knows of bytes that wait, and breaking off
 * from another thread. It reads fields of the library's own structs, so this test is what pins them.
 */
#include "lib/fail.h"
#include "lib/process.h"
#include "lib/proxy.h"
#include "lib/server_mariadb.h"
#include "lib/tempdir.h"
#include "lib/wait.h"
#include "mysql/client.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server_mariadb *maria;
static struct my_client *client;
static struct cdc_source_config config;
static struct cdc_err err;
static struct tempdir dir;

static void done(void)
{
    my_client_free(client);
    client = NULL;
    server_mariadb_stop(maria);
    maria = NULL;
    tempdir_fini(&dir);
}

TestSuite(mysql_client, .fini = done, .timeout = 60);

static void given(const char *const *settings)
{
    maria = server_mariadb_start(settings);
    config =
        (struct cdc_source_config){.host = maria->socket, .user = "root", .password = "", .server_id = 7101};
    client = my_client_new(&config);
}

static void must_connect(void)
{
    cr_assert_eq(my_client_connect(client, 10000, &err), 0, "%s", err.message);
}

static void expect_failure(enum cdc_err_class class, const char *text)
{
    cr_expect_eq(my_client_connect(client, 10000, &err), -1);
    cr_expect_eq(err.class, class, "%s: %s", cdc_err_class_name(err.class), err.message);
    cr_expect(strstr(err.message, text) || strstr(err.hint, text), "%s (%s)", err.message, err.hint);
    cr_expect_not(my_client_is_open(client));
}

static void expect_answer(const char *sql, const char *text)
{
    struct my_client_result rows;

    cr_assert_eq(my_client_query(client, sql, &rows, &err), 0, "%s", err.message);
    cr_assert_eq(my_client_row(&rows, &err), 1);
    cr_expect(cdc_slice_is(my_client_value(&rows, 0), text), "%.*s", CDC_ARG(my_client_value(&rows, 0)));
    cr_expect_null(my_client_value(&rows, 9).ptr);
    my_client_result_free(&rows);
}

Test(mysql_client, socket_folder_and_tcp)
{
    char folder[108];

    given(NULL);
    must_connect();
    cr_expect_eq(strstr(my_client_version(client), "MariaDB") != NULL, !server_mariadb_is_mysql());
    expect_answer("SELECT 6 * 7", "42");
    expect_answer("SELECT 'é😀'", "é😀");
    expect_answer("SELECT @@session.time_zone", "+00:00");
    snprintf(folder, sizeof folder, "%s", maria->socket);
    *strrchr(folder, '/') = '\0';
    config.host = folder;
    must_connect();
    config.host = "127.0.0.1";
    config.port = (uint16_t)maria->port;
    must_connect();
    expect_answer("SELECT 6 * 7", "42");
    cr_expect_not(my_client_is_encrypted(client));
}

Test(mysql_client, failures_have_their_class)
{
    struct my_client_result rows;

    given(NULL);
    config.user = "nobody";
    config.password = "wrong";
    expect_failure(CDC_ERR_DENIED, "password");
    cr_expect_null(strstr(err.message, "wrong"));
    config.user = "root";
    config.password = "";
    config.host = "/nonexistent/mysql.sock";
    expect_failure(CDC_ERR_RETRY, "/nonexistent/mysql.sock");
    config.host = "127.0.0.1";
    config.port = (uint16_t)process_free_port();
    expect_failure(CDC_ERR_RETRY, "");
    config.host = maria->socket;
    must_connect();
    cr_expect_eq(my_client_query(client, "SELECT * FROM nowhere.nothing", &rows, &err), -1);
    cr_expect_eq(err.class, CDC_ERR_CONFIG);
    cr_expect_eq(my_client_errno(client), server_mariadb_is_mysql() ? 1049U : 1146U);
    expect_answer("SELECT 1", "1"); /* the connection is still good */
}

static void begin_dump(void)
{
    struct my_client_dump dump = {
        .server_id = 7101, .file = "binlog.000001", .position = 4, .reported_host = "tributary/test"};

    cr_assert_eq(
        my_client_run(
            client,
            "SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4, "
            "@master_heartbeat_period = 200000000, @source_heartbeat_period = 200000000",
            &err),
        0);
    cr_assert_eq(my_client_dump(client, &dump, &err), 0, "%s", err.message);
}

/* The next event that is no heartbeat. */
static void expect_event(unsigned char type)
{
    struct cdc_slice event;

    do {
        cr_assert_eq(my_client_fetch(client, &event, &err), 0, "%s", err.message);
        cr_assert_geq(event.len, 19);
    } while (event.ptr[4] == 27);
    cr_expect_eq((unsigned char)event.ptr[4], type, "type %u", (unsigned char)event.ptr[4]);
}

Test(mysql_client, events_are_known_of_before_they_are_fetched)
{
    /* ROTATE, FORMAT_DESCRIPTION, then GTID_LIST and CHECKPOINT, or PREVIOUS_GTIDS */
    static const unsigned char maria_first[] = {4, 15, 163, 161, 0}, mysql_first[] = {4, 15, 35, 0};
    const unsigned char *first = server_mariadb_is_mysql() ? mysql_first : maria_first;

    given(NULL);
    must_connect();
    begin_dump();
    for (size_t i = 0; first[i]; i++) {
        while (!my_client_ready(client))
            cr_assert_geq(my_client_wait(client, 1000, &err), 0);
        expect_event(first[i]);
    }
    server_mariadb_sql(maria, "", "CREATE DATABASE shop");
    while (!my_client_ready(client))
        cr_assert_geq(my_client_wait(client, 1000, &err), 0);
    expect_event(server_mariadb_is_mysql() ? 33 : 162); /* GTID */
    expect_event(2);
    cr_expect_gt(my_client_bytes(client), 300);
}

Test(mysql_client, the_server_shows_who_reads)
{
    if (strstr(my_client_library(), "libmysqlclient"))
        cr_skip_test("libmysqlclient does not register as a replica");
    given(NULL);
    must_connect();
    begin_dump();
    expect_event(4);
    cr_expect(strstr(
        server_mariadb_query(maria, "", server_mariadb_is_mysql() ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS"),
        "7101\ttributary/test"));
}

static void *interrupt(void *ctx)
{
    my_client_interrupt(ctx);
    return NULL;
}

/* A reader that waits for the server is freed at once, and stays free until it connects again. */
Test(mysql_client, another_thread_can_break_off)
{
    struct cdc_slice event;
    int64_t began;
    pthread_t thread;

    given(NULL);
    must_connect();
    begin_dump();
    began = cdc_now_ms();
    cr_assert_eq(pthread_create(&thread, NULL, interrupt, client), 0);
    while (my_client_wait(client, 5000, &err) >= 0 && my_client_fetch(client, &event, &err) == 0)
        cr_assert_lt(cdc_now_ms() - began, 5000);
    cr_expect_eq(err.class, CDC_ERR_RETRY);
    cr_expect(strstr(err.message, "interrupted"), "%s", err.message);
    cr_expect_lt(cdc_now_ms() - began, 2000);
    pthread_join(thread, NULL);
    cr_expect_eq(my_client_wait(client, 5000, &err), -1);
    must_connect();
    expect_answer("SELECT 1", "1");
}

/* A network that loses everything ends the wait, though the connection stays open. */
Test(mysql_client, silence_ends_the_connection)
{
    struct cdc_slice event;
    struct proxy *wire;
    unsigned waits = 0;
    int rc;

    given(NULL);
    wire = proxy_start(&(struct proxy_options){.to_port = maria->port});
    config.host = "127.0.0.1";
    config.port = (uint16_t)proxy_port(wire);
    cr_assert_eq(my_client_connect(client, 1000, &err), 0, "%s", err.message);
    begin_dump();
    expect_event(4);
    proxy_do(wire, PROXY_HALF_OPEN);
    while ((rc = my_client_wait(client, 100, &err)) >= 0 && waits++ < 50) {
        while (rc == 1 && my_client_ready(client))
            cr_assert_eq(my_client_fetch(client, &event, &err), 0, "%s", err.message);
    }
    cr_assert_eq(rc, -1);
    cr_expect_eq(err.class, CDC_ERR_RETRY);
    cr_expect_lt(waits, 50);
    must_connect(); /* counts anew */
    begin_dump();
    expect_event(4);
    proxy_stop(wire);
}

static char *certificate;

/* A certificate for localhost, signed by itself, in the folder. */
static char *make_certificate(const char *name)
{
    char *key = text_print("%s/%s.key", dir.path, name), *cert = text_print("%s/%s.pem", dir.path, name);

    process_must((const char *const[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                                       "2", "-subj", "/CN=localhost", "-addext",
                                       "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert, NULL},
                 &(struct process_options){.ordinary = true, .output = "/dev/null"}, 30000);
    free(key);
    return cert;
}

Test(mysql_client, tls)
{
    char *mine, *other, *settings[3];

    tempdir_init(&dir);
    mine = make_certificate("mine");
    other = make_certificate("other");
    settings[0] = text_print("ssl-cert=%s", mine);
    settings[1] = text_print("ssl-key=%s/mine.key", dir.path);
    settings[2] = NULL;
    given((const char *const *)settings);
    server_mariadb_sql(
        maria, "",
        "CREATE USER tls@'%' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT REPLICATION SLAVE ON *.* TO tls@'%'");
    config.host = "localhost";
    config.port = (uint16_t)maria->port;
    config.user = "tls";
    config.password = "secret";
    config.tls = CDC_TLS_VERIFY_FULL;
    config.tls_ca = mine;
    must_connect();
    cr_expect(my_client_is_encrypted(client));
    begin_dump();
    expect_event(4);
    expect_event(15);
    config.tls_ca = other;
    expect_failure(CDC_ERR_CONFIG, "certificate");
    config.tls = CDC_TLS_REQUIRE;
    must_connect();
    cr_expect(my_client_is_encrypted(client));
    config.tls = CDC_TLS_DISABLE;
    expect_failure(CDC_ERR_DENIED, "");
    config.tls = CDC_TLS_VERIFY_FULL;
    config.tls_ca = mine;
    config.host = "127.0.0.1"; /* not the certificate's name */
    expect_failure(CDC_ERR_CONFIG, "certificate");
    for (size_t i = 0; i < 2; i++)
        free(settings[i]);
    free(mine);
    free(other);
}

Test(mysql_client, a_server_without_tls_is_refused_when_it_is_required)
{
    given((const char *const[]){server_mariadb_is_mysql() ? "tls-version=" : "skip-ssl", NULL});
    config.host = "127.0.0.1";
    config.port = (uint16_t)maria->port;
    config.tls = CDC_TLS_REQUIRE;
    expect_failure(CDC_ERR_CONFIG, "offers no encryption");
}

/* A dump by an encrypted connection. */
static void given_tls_dump(void)
{
    char *settings[3];

    tempdir_init(&dir);
    certificate = make_certificate("mine");
    settings[0] = text_print("ssl-cert=%s", certificate);
    settings[1] = text_print("ssl-key=%s/mine.key", dir.path);
    settings[2] = NULL;
    given((const char *const *)settings);
    server_mariadb_sql(
        maria, "", "CREATE USER tls@'%' IDENTIFIED BY 'secret'; GRANT REPLICATION SLAVE ON *.* TO tls@'%'");
    config = (struct cdc_source_config){.host = "localhost",
                                        .port = (uint16_t)maria->port,
                                        .user = "tls",
                                        .password = "secret",
                                        .server_id = 7101,
                                        .tls = CDC_TLS_VERIFY_FULL,
                                        .tls_ca = certificate};
    must_connect();
    cr_assert(my_client_is_encrypted(client));
    begin_dump();
    for (size_t i = 0; i < 2; i++)
        free(settings[i]);
}

static void needs_connector_c(void)
{
    if (!strstr(my_client_library(), "MariaDB"))
        cr_skip_test("libmysqlclient reads whole packets, and waits for them");
}

Test(mysql_client, waiting_behind_tls_ends_on_time)
{
    struct cdc_slice event;
    int64_t began;
    int rc;

    needs_connector_c();
    given_tls_dump();
    expect_event(4);
    expect_event(15);
    /* everything there is, until it is quiet between two heartbeats */
    while ((rc = my_client_wait(client, 20, &err)) > 0)
        cr_assert_eq(my_client_fetch(client, &event, &err), 0);
    cr_expect_eq(rc, 0, "%s", err.message);
    began = cdc_now_ms();
    cr_assert_geq(my_client_wait(client, 5000, &err), 1, "%s", err.message);
    cr_expect_lt(cdc_now_ms() - began, 2000);
    free(certificate);
}

enum { LARGE = 40000000, WHOLE = 1000000 };

/* A row of LARGE bytes comes as its beginning; the rest is read on request, and what is not read is passed over. */
static void expect_large_event(void)
{
    char *some = malloc(LARGE);
    struct cdc_slice event;
    size_t left;

    server_mariadb_sql(maria, "",
                       "CREATE DATABASE shop; CREATE TABLE shop.t (id integer PRIMARY KEY, body longtext);"
                       "INSERT INTO shop.t VALUES (1, repeat('x', 40000000));"
                       "INSERT INTO shop.t VALUES (2, repeat('y', 40000000)); DROP TABLE shop.t;");
    cr_assert_not_null(some);
    for (int large = 0; large < 2;) {
        cr_assert_eq(my_client_fetch(client, &event, &err), 0, "%s", err.message);
        left = (size_t)my_client_left(client);
        if (left == 0)
            continue;
        cr_expect_eq((unsigned char)event.ptr[4], server_mariadb_is_mysql() ? 30 : 23);
        cr_expect_gt(event.len + left, LARGE);
        cr_expect_lt(event.len, WHOLE);
        cr_expect_eq(event.ptr[event.len - 1], large ? 'y' : 'x');
        if (large++ == 0)
            continue;
        cr_assert_eq(my_client_read(client, some, left - 4, &err), 0, "%s", err.message);
        for (size_t i = 0; i < left - 4; i++)
            cr_assert_eq(some[i], 'y', "at %zu", i);
        cr_expect_eq(my_client_left(client), 4);
    }
    expect_event(16); /* XID */
    expect_event(server_mariadb_is_mysql() ? 33 : 162);
    expect_event(2); /* DROP TABLE */
    free(some);
}

Test(mysql_client, large_events_come_in_parts)
{
    needs_connector_c();
    given((const char *const[]){"max-allowed-packet=128M", NULL});
    my_client_keep_whole(client, WHOLE);
    must_connect();
    begin_dump();
    expect_large_event();
}

Test(mysql_client, large_events_come_in_parts_behind_tls)
{
    needs_connector_c();
    given_tls_dump();
    my_client_keep_whole(client, WHOLE);
    server_mariadb_sql(maria, "", "SET GLOBAL max_allowed_packet = 128 * 1024 * 1024;");
    expect_large_event();
    free(certificate);
}

/* Connecting: what the server must be like, who may enter, TLS, what `check` and `setup` say. */
#include "integration/redis_store.h"

#include "lib/fail.h"
#include "lib/process.h"
#include "lib/wait.h"
#include "redis/client.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(redis_connect, .timeout = 120);

static void assert_refused(struct store *store, enum cdc_err_class class, const char *message,
                           const char *hint)
{
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), -1);
    cr_assert_eq(err.class, class, "%s: %s", cdc_err_class_name(err.class), err.message);
    cr_assert(strstr(err.message, message), "%s", err.message);
    cr_assert(strstr(err.hint, hint), "%s", err.hint);
    cr_assert_null(strstr(err.message, store->config.password));
    cr_assert_null(strstr(err.hint, store->config.password));
}

Test(redis_connect, nobody_listens)
{
    struct store *store = store_open(NULL);

    server_redis_down(store->redis, 9);
    assert_refused(store, CDC_ERR_RETRY, store->config.socket, "redis.url");
    store->config.socket = NULL;
    store->config.host = "127.0.0.1";
    store->config.port = (uint16_t)store->redis->port;
    assert_refused(store, CDC_ERR_RETRY, "127.0.0.1:", "is Redis running there?");
    store_free(store);
}

Test(redis_connect, a_wrong_password_is_denied_and_not_shown)
{
    struct store *store = store_open(NULL);

    store->config.password = "not-the-password";
    assert_refused(store, CDC_ERR_DENIED, "WRONGPASS", "redis.password");
    store_free(store);
}

Test(redis_connect, a_missing_password_is_denied)
{
    struct store *store = store_open(NULL);
    struct cdc_err err;

    server_redis_do(store->redis, "CONFIG SET requirepass secret-one");
    store->config.user = store->config.password = NULL;
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    cr_assert(strstr(err.message, "NOAUTH"), "%s", err.message);
    store->config.password = "secret-one";
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), 0);
    store_free(store);
}

Test(redis_connect, every_right_that_applying_needs_is_tried)
{
    static const char *const rights[] = {"hset",   "hmget", "hgetall", "hdel",  "unlink", "xadd",
                                         "xrange", "xdel",  "xtrim",   "fcall", "info",   "function|list"};
    struct store *store = store_open(NULL);
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), 0, "%s", err.message);
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        server_redis_do(store->redis, "ACL SETUSER tributary-writer -%s", rights[i]);
        assert_refused(store, CDC_ERR_DENIED, "NOPERM", "tributary setup");
        server_redis_do(store->redis, "ACL SETUSER tributary-writer +%s", rights[i]);
    }
    server_redis_do(store->redis, "ACL SETUSER tributary-writer resetkeys ~other:*");
    assert_refused(store, CDC_ERR_DENIED, "cdc:*", "tributary setup");
    cr_assert_eq(server_redis_integer(store->redis, "DBSIZE"), 0);
    store_free(store);
}

Test(redis_connect, an_eviction_policy_that_loses_streams_is_refused)
{
    struct store *store = store_open((const char *const[]){"maxmemory-policy=allkeys-lru", NULL});

    assert_refused(store, CDC_ERR_CONFIG, "would throw away streams and checkpoints",
                   "CONFIG SET maxmemory-policy noeviction");
    server_redis_do(store->redis, "CONFIG SET maxmemory-policy volatile-ttl");
    store_connect(store);
    store_free(store);
}

Test(redis_connect, a_node_of_a_cluster_is_refused)
{
    char *port = text_print("cluster-port=%u", process_free_port());
    struct store *store = store_open((const char *const[]){"cluster-enabled=yes", port, NULL});

    assert_refused(store, CDC_ERR_CONFIG, "cluster", "cluster-enabled no");
    free(port);
    store_free(store);
}

Test(redis_connect, the_database_is_selected)
{
    struct store *store = store_open(NULL);

    store->config.database = 3;
    store_connect(store);
    cr_assert(strstr(server_redis_text(store->redis, "INFO keyspace"), "db3:keys="));
    cr_assert(strstr(server_redis_text(store->redis, "CLIENT LIST"), "name=tributary-cinema"));
    store->config.database = 99;
    assert_refused(store, CDC_ERR_CONFIG, "SELECT", "");
    store_free(store);
}

Test(redis_connect, an_older_library_is_replaced_and_a_newer_one_stays)
{
    static const char older[] =
        "#!lua name=tributary_v1\n-- revision: 0\nredis.register_function('tributary_apply', function() end)\n";
    static const char newer[] =
        "#!lua name=tributary_v1\n-- revision: 999999\nredis.register_function('tributary_probe', function() return 1 end)\n";
    struct store *store = store_open(NULL);
    struct cdc_err err;

    server_redis_do(store->redis, "FUNCTION LOAD %s", older);
    store_connect(store);
    cr_assert_null(strstr(server_redis_text(store->redis, "FUNCTION LIST WITHCODE"), "revision: 0"));
    server_redis_do(store->redis, "FUNCTION LOAD REPLACE %s", newer);
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), 0, "%s", err.message);
    cr_assert(strstr(server_redis_text(store->redis, "FUNCTION LIST WITHCODE"), "revision: 999999"));
    store_free(store);
}

Test(redis_connect, interrupt_ends_connecting_to_a_redis_that_hangs)
{
    struct store *store = store_open(NULL);
    struct cdc_err err;

    server_freeze(&store->redis->server);
    redis_sink_ops.interrupt(store->sink);
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "interrupted"), "%s", err.message);
    server_thaw(&store->redis->server);
    store_connect(store);
    store_free(store);
}

/* A certificate for 127.0.0.1 and one for another name, signed by the same authority. */

static void make_certificate(const char *folder, const char *name, const char *subject_alternative)
{
    char *script = text_print(
        "cd '%s' && openssl req -newkey rsa:2048 -nodes -keyout %s.key -out %s.csr -subj /CN=%s 2>/dev/null && "
        "printf 'subjectAltName=%s' >%s.ext && "
        "openssl x509 -req -in %s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile %s.ext -out %s.crt "
        "2>/dev/null && chmod 644 %s.key",
        folder, name, name, name, subject_alternative, name, name, name, name, name);

    process_must((const char *const[]){"sh", "-c", script, NULL}, NULL, 60000);
    free(script);
}

static void make_certificates(const char *folder)
{
    char *script =
        text_print("cd '%s' && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 "
                   "-subj /CN=test-authority 2>/dev/null",
                   folder);

    process_must((const char *const[]){"sh", "-c", script, NULL}, NULL, 60000);
    free(script);
    make_certificate(folder, "good", "IP:127.0.0.1,DNS:localhost");
    make_certificate(folder, "bad", "DNS:elsewhere.example");
}

static void serve_tls(struct store *store, const char *folder, const char *name, unsigned port)
{
    server_redis_do(
        store->redis,
        "CONFIG SET tls-cert-file %s/%s.crt tls-key-file %s/%s.key tls-ca-cert-file %s/ca.crt tls-auth-clients no tls-port %u",
        folder, name, folder, name, folder, port);
}

Test(redis_connect, tls_verifies_the_authority_and_the_name)
{
    struct store *store = store_open(NULL);
    struct tempdir dir;
    char *ca;

    tempdir_init(&dir);
    make_certificates(dir.path);
    ca = tempdir_path(&dir, "ca.crt");
    store->config.socket = NULL;
    store->config.host = "127.0.0.1";
    store->config.port = (uint16_t)process_free_port();
    store->config.tls = true;
    serve_tls(store, dir.path, "good", store->config.port);
    /* the system's authorities do not know ours */
    assert_refused(store, CDC_ERR_CONFIG, "certificate", "redis.tls_ca");
    store->config.tls_ca = ca;
    store_connect(store);
    store->config.host = "localhost";
    store_connect(store);
    store_begin(store, "0/10");
    for (int i = 0; i < 2000; i++) {
        char row[64];
        snprintf(row, sizeof row, "id=%d note=%0*d", i, 40, i);
        store_put(store, "booking.created", row, NULL);
    }
    store_finish(store);
    cr_assert_eq(store_entries(store), 2000);
    serve_tls(store, dir.path, "bad", store->config.port);
    assert_refused(store, CDC_ERR_CONFIG, "hostname mismatch", "redis.tls_ca");
    store->config.tls_ca = "/nowhere/ca.pem";
    assert_refused(store, CDC_ERR_CONFIG, "/nowhere/ca.pem", "PEM");
    free(ca);
    tempdir_fini(&dir);
    store_free(store);
}

/* It need not reach what it names: we do. */
static struct server_redis *tls_sentinel(const char *folder, unsigned port, unsigned master)
{
    char *lines =
        text_print("tls-cert-file %s/good.crt\ntls-key-file %s/good.key\ntls-ca-cert-file %s/ca.crt\n"
                   "tls-auth-clients no\ntls-port %u\nsentinel monitor river 127.0.0.1 %u 1\n",
                   folder, folder, folder, port, master);
    struct server_redis *sentinel = server_redis_sentinel(lines);

    free(lines);
    return sentinel;
}

Test(redis_connect, sentinels_are_asked_over_tls)
{
    struct cdc_redis_node node = {"127.0.0.1", (uint16_t)process_free_port()};
    struct store *store = store_open(NULL);
    unsigned port = process_free_port();
    struct server_redis *sentinel;
    struct tempdir dir;
    char *ca;

    tempdir_init(&dir);
    make_certificates(dir.path);
    ca = tempdir_path(&dir, "ca.crt");
    serve_tls(store, dir.path, "good", port);
    sentinel = tls_sentinel(dir.path, node.port, port);
    store->config.socket = NULL;
    store->config.tls = true;
    store->config.sentinel = (struct cdc_redis_sentinel){.master = "river", .nodes = &node, .nnodes = 1};
    assert_refused(store, CDC_ERR_CONFIG, "asking the sentinels", "redis.tls_ca");
    store->config.tls_ca = ca;
    store_connect(store);
    free(ca);
    server_redis_stop(sentinel);
    tempdir_fini(&dir);
    store_free(store);
}

Test(redis_connect, tls_with_a_server_that_has_none_fails_in_time)
{
    struct store *store = store_open(NULL);

    store->config.socket = NULL;
    store->config.host = "127.0.0.1";
    store->config.port = (uint16_t)store->redis->port;
    store->config.tls = true;
    assert_refused(store, CDC_ERR_RETRY, "127.0.0.1", "tls-port");
    store_free(store);
}

Test(redis_connect, durability_by_replicas_waits_for_them)
{
    struct store *store = store_open(NULL);
    struct store *replica = store_open(NULL);
    struct cdc_err err;

    store->config.durability = CDC_DURABILITY_REPLICAS;
    store->config.replicas = 1;
    server_redis_do(replica->redis, "REPLICAOF 127.0.0.1 %u", store->redis->port);
    while (!strstr(server_redis_text(store->redis, "INFO replication"), "state=online"))
        wait_step();
    store_connect(store);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1", NULL);
    store_finish(store);
    cr_assert_str_eq(server_redis_text(replica->redis, "HGET cdc:state:{booking}:1 id"), "1");
    server_redis_down(replica->redis, 9);
    store_begin(store, "0/20");
    store_put(store, "booking.created", "id=2", NULL);
    store_commit(store);
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "on too few replicas"), "%s", err.message);
    /* it is applied, and says so, and is no better for that */
    store_connect(store);
    cr_assert_eq(redis_sink_ops.settled(store->sink, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    server_redis_up(replica->redis);
    server_redis_do(replica->redis, "REPLICAOF 127.0.0.1 %u", store->redis->port);
    store_connect(store);
    while (redis_sink_ops.settled(store->sink, &err))
        store_connect(store);
    cr_assert_str_eq(server_redis_text(replica->redis, "HGET cdc:state:{booking}:2 id"), "2");
    store_free(store);
    store_free(replica);
}

/* WAITAOF came with 7.2; without a file there is nothing to wait for. */
Test(redis_connect, durability_by_file_needs_a_redis_that_can)
{
    struct store *store = store_open(NULL);

    store->config.durability = CDC_DURABILITY_AOF;
    assert_refused(store, CDC_ERR_CONFIG, "durability: aof", "");
    server_redis_do(store->redis, "CONFIG SET appendonly yes");
    if (server_redis_integer(store->redis, "EVAL %s 0", "return redis.REDIS_VERSION_NUM") < 0x070200) {
        assert_refused(store, CDC_ERR_CONFIG, "7.2", "applied");
    } else {
        server_redis_do(store->redis, "ACL SETUSER tributary-writer +waitaof");
        store_connect(store);
        store_begin(store, "0/10");
        store_put(store, "booking.created", "id=1", NULL);
        store_finish(store);
        cr_assert_eq(store_entries(store), 1);
    }
    store_free(store);
}

struct findings {
    int counts[CDC_FINDING_ERROR + 1];
    char text[8192];
};

static void note(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    struct findings *f = ctx;
    size_t used = strlen(f->text);

    f->counts[level]++;
    snprintf(f->text + used, sizeof f->text - used, "%d %s [%s]\n", level, what, remedy ? remedy : "");
}

static void check(struct store *store, struct findings *f)
{
    struct cdc_report report = {f, note};
    struct cdc_err err;

    memset(f, 0, sizeof *f);
    cr_assert_eq(redis_sink_ops.check(store->sink, &report, &err), 0, "%s", err.message);
}

Test(redis_connect, check_reports_without_leaving_anything_behind)
{
    struct store *store = store_open(NULL);
    struct findings f;

    store->config.stream_max_len = 10;
    check(store, &f);
    cr_assert_eq(f.counts[CDC_FINDING_ERROR], 0, "%s", f.text);
    cr_assert(strstr(f.text, "functions are not loaded yet"), "%s", f.text);
    cr_assert(strstr(f.text, "no checkpoint yet"), "%s", f.text);
    cr_assert(strstr(f.text, "a restart forgets everything"), "%s", f.text);
    cr_assert_eq(server_redis_integer(store->redis, "DBSIZE"), 0);
    cr_assert_str_eq(server_redis_text(store->redis, "FUNCTION LIST"), "");
    store_free(store);
}

Test(redis_connect, check_finds_what_would_go_wrong)
{
    struct store *store = store_new(NULL);
    struct findings f;

    server_redis_do(store->redis, "CONFIG SET maxmemory-policy allkeys-lfu");
    check(store, &f);
    cr_assert_eq(f.counts[CDC_FINDING_ERROR], 1, "%s", f.text);
    cr_assert(strstr(f.text, "[CONFIG SET maxmemory-policy noeviction"), "%s", f.text);
    cr_assert(strstr(f.text, "the connector runs now: here/1/1"), "%s", f.text);
    cr_assert(strstr(f.text, "checkpoint at 0/1"), "%s", f.text);
    server_redis_do(store->redis, "CONFIG SET maxmemory-policy noeviction");
    server_redis_do(store->redis, "ACL SETUSER tributary-writer -xadd");
    check(store, &f);
    cr_assert_eq(f.counts[CDC_FINDING_ERROR], 1, "%s", f.text);
    cr_assert(strstr(f.text, "NOPERM"), "%s", f.text);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer +xadd");
    server_redis_do(store->redis, "HSET cdc:checkpoint:cinema broken something");
    check(store, &f);
    cr_assert(strstr(f.text, "the checkpoint is broken: something"), "%s", f.text);
    store_free(store);
}

/* The reader's line of the set-up script: reads states and events, writes nothing, lists no keys. */
Test(redis_connect, the_reader_may_read_and_nothing_else)
{
    struct store *store = store_new(NULL);
    struct cdc_buf script = {.limit = 0};
    struct redis_client *client;
    const struct redis_reply *reply;
    struct cdc_err err;
    char *line, *command;

    cr_assert_eq(redis_sink_ops.setup(store->sink, &script, &err), 0);
    line = strstr((char *)(uintptr_t)cdc_buf_str(&script), "ACL SETUSER tributary-reader");
    cr_assert_not_null(line);
    *strchr(line, '\n') = '\0';
    command =
        text_print("printf '%%s\\n' \"%s\" | sed 's/>PASSWORD/>reading/' | redis-cli -s %s | grep -qx OK",
                   line, store->config.socket);
    process_must((const char *const[]){"sh", "-c", command, NULL}, NULL, 10000);
    free(command);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_finish(store);
    store->config.user = "tributary-reader";
    store->config.password = "reading";
    cr_assert_eq(redis_client_open(&client, &store->config, "reader", NULL, &err), 0, "%s", err.message);
    cr_assert_eq(redis_client_call(client, &reply, &err, "HGET", "cdc:state:{booking}:1", "status", NULL), 0);
    cr_assert(cdc_slice_is(redis_reply_text(reply), "hold"));
    cr_assert_eq(redis_client_call(client, &reply, &err, "XREAD", "STREAMS", STORE_STREAM, "0", NULL), 0);
    cr_assert_eq(redis_reply_count(reply), 1);
    cr_assert_eq(
        redis_client_call(client, &reply, &err, "XGROUP", "CREATE", STORE_STREAM, "mailer", "0", NULL), 0,
        "%s", err.message);
    cr_assert_eq(redis_client_call(client, &reply, &err, "XREADGROUP", "GROUP", "mailer", "one", "STREAMS",
                                   STORE_STREAM, ">", NULL),
                 0, "%s", err.message);
    cr_assert_eq(redis_client_call(client, &reply, &err, "XACK", STORE_STREAM, "mailer", "0-1", NULL), 0,
                 "%s", err.message);
    static const char *const forbidden[][4] = {
        {"HSET", "cdc:state:{booking}:1", "a", "b"},
        {"DEL", "cdc:state:{booking}:1"},
        {"SCAN", "0"},
        {"KEYS", "*"},
        {"HGETALL", "cdc:checkpoint:cinema"},
        {"XTRIM", STORE_STREAM, "MAXLEN", "0"},
        {"DBSIZE"},
        {"RANDOMKEY"},
        {"XDEL", STORE_STREAM, "0-1"},
    };
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        cr_assert_eq(redis_client_call(client, &reply, &err, forbidden[i][0], forbidden[i][1],
                                       forbidden[i][2], forbidden[i][3], NULL),
                     -1, "%s", forbidden[i][0]);
        cr_assert_eq(err.class, CDC_ERR_DENIED, "%s: %s", forbidden[i][0], err.message);
    }
    redis_client_close(client);
    cdc_buf_fini(&script);
    store_free(store);
}

/* The shipped file, as an administrator names it in redis.conf: nobody logs in before the users have passwords, then the sink runs. */
Test(redis_connect, the_shipped_acl_file_loads_and_the_sink_runs_under_it)
{
    char *shipped = process_read_file(TEST_TREE "/conf/redis.acl"), *path, *setting;
    struct tempdir dir;
    struct store *store;
    struct cdc_err err;

    tempdir_init(&dir);
    path = tempdir_write(&dir, "redis.acl", shipped);
    setting = text_print("aclfile=%s", path);
    cr_assert_eq(process_ordinary_own(path), 0);
    store = store_open((const char *const[]){setting, NULL});
    server_redis_do(store->redis, "ACL LOAD");
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer >%s", STORE_PASSWORD);
    store_connect(store);
    cr_assert_eq(redis_sink_ops.begin(store->sink, cdc_slice_str("system=1"), cdc_slice_str("0/1"), &err), 0);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_finish(store);
    cr_assert_str_eq(server_redis_hget(store->redis, "cdc:state:{booking}:1", "status"), "hold");
    store_free(store);
    tempdir_fini(&dir);
    free(setting);
    free(path);
    free(shipped);
}

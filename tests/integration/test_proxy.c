/* The wire that other tests spoil, between a client and a private Redis. */
#include "lib/proxy.h"
#include "lib/server_redis.h"
#include "lib/wait.h"

#include "cdc/clock.h"
#include "redis/client.h"

#include <criterion/criterion.h>

static struct server_redis *redis;
static struct proxy *wire;
static struct redis_client *client;
static struct cdc_redis_config config;
static struct cdc_err err;

static void given(void)
{
    redis = server_redis_start(NULL);
    wire = proxy_start(&(struct proxy_options){.to_socket = redis->socket, .seed = 7});
    config = (struct cdc_redis_config){.host = "127.0.0.1", .port = (uint16_t)proxy_port(wire)};
    cr_assert_eq(redis_client_open(&client, &config, "test", NULL, &err), 0, "%s", err.message);
}

static void done(void)
{
    redis_client_close(client);
    proxy_stop(wire);
    server_redis_stop(redis);
}

TestSuite(proxy, .init = given, .fini = done, .timeout = 60);

static int ask(const char *key, int timeout_ms, const struct redis_reply **reply)
{
    return redis_client_command(client, 2,
                                (const struct cdc_slice[]){cdc_slice_str("GET"), cdc_slice_str(key)},
                                timeout_ms, reply, &err);
}

static void expect_answer(void)
{
    const struct redis_reply *reply;

    server_redis_do(redis, "SET key value");
    cr_assert_eq(ask("key", 0, &reply), 0, "%s", err.message);
    cr_assert(cdc_slice_is(redis_reply_text(reply), "value"));
}

static void reopen(void)
{
    redis_client_close(client);
    client = NULL;
    cr_assert_eq(redis_client_open(&client, &config, "test", NULL, &err), 0, "%s", err.message);
}

Test(proxy, a_good_wire_passes_everything_on)
{
    expect_answer();
    cr_assert_eq(proxy_count(wire).connections, 1);
    cr_assert_gt(proxy_count(wire).to_client, 0);
}

Test(proxy, delay)
{
    int64_t before;

    proxy_set(wire, &(struct proxy_weather){.delay_ms = 150});
    before = cdc_now_ms();
    expect_answer();
    cr_assert_geq(cdc_now_ms() - before, 300);
}

Test(proxy, a_slow_wire)
{
    const struct redis_reply *reply;
    int64_t before;

    server_redis_do(redis, "SETRANGE big 20000 x");
    proxy_set(wire, &(struct proxy_weather){.bytes_per_second = 40000});
    before = cdc_now_ms();
    cr_assert_eq(ask("big", 0, &reply), 0, "%s", err.message);
    cr_assert_eq(redis_reply_text(reply).len, 20001);
    cr_assert_geq(cdc_now_ms() - before, 400);
}

Test(proxy, a_black_hole_passes_on_when_it_is_over)
{
    const struct redis_reply *reply;

    proxy_set(wire, &(struct proxy_weather){.held = true});
    cr_assert_eq(ask("key", 200, &reply), -1);
    proxy_set(wire, &(struct proxy_weather){0});
    reopen();
    expect_answer();
}

Test(proxy, cuts)
{
    static const enum proxy_event cuts[] = {PROXY_CUT, PROXY_CUT_TO_SERVER, PROXY_CUT_TO_CLIENT,
                                            PROXY_HALF_OPEN};
    const struct redis_reply *reply;

    server_redis_do(redis, "SETRANGE key 20000 x");
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        proxy_do(wire, cuts[i]);
        cr_assert_eq(ask("key", 500, &reply), -1, "event %zu", i);
        cr_assert_eq(err.class, CDC_ERR_RETRY, "event %zu: %s", i, err.message);
        reopen();
    }
    cr_assert_eq(proxy_count(wire).cut, 4);
    expect_answer();
}

Test(proxy, one_bit_is_changed)
{
    const struct redis_reply *reply;

    server_redis_do(redis, "SETRANGE key 2000 x");
    proxy_do(wire, PROXY_SPOIL_TO_CLIENT);
    if (ask("key", 500, &reply) == 0) { /* in the value, and not in what says how long it is */
        struct cdc_slice text = redis_reply_text(reply);
        size_t changed = 0;

        for (size_t i = 0; i + 1 < text.len; i++)
            changed += text.ptr[i] != 0;
        cr_assert_leq(changed, 1);
    }
    cr_assert_eq(proxy_count(wire).spoilt, 1);
}

static bool refuses(void *ctx)
{
    struct redis_client *other;

    (void)ctx;
    if (redis_client_open(&other, &config, "test", NULL, &err))
        return true;
    redis_client_close(other);
    return false;
}

Test(proxy, nobody_listens_for_a_while)
{
    proxy_set(wire, &(struct proxy_weather){.refused = true});
    cr_assert(refuses(NULL));
    expect_answer(); /* what is open stays */
    proxy_set(wire, &(struct proxy_weather){0});
    cr_assert_not(refuses(NULL));
}

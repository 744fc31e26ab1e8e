/* The transport, against a socket that the test serves itself. */
#include "redis/transport.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

TestSuite(redis_transport, .timeout = 60);

struct server {
    char path[64];
    int listening, accepted;
    struct redis_wake wake;
    struct redis_transport *transport;
};

static void serve(struct server *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct cdc_redis_config config = {.socket = s->path};
    struct cdc_err err;

    snprintf(s->path, sizeof s->path, "/tmp/tributary-transport.%d", (int)getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", s->path);
    unlink(s->path);
    s->listening = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(s->listening, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(s->listening, 1), 0);
    cr_assert_eq(redis_wake_init(&s->wake, &err), 0);
    cr_assert_eq(redis_transport_open(&s->transport, &config, &s->wake, 1000, &err), 0, "%s", err.message);
    s->accepted = accept(s->listening, NULL, NULL);
    unlink(s->path);
}

static void finish(struct server *s)
{
    redis_transport_close(s->transport);
    redis_wake_fini(&s->wake);
    close(s->accepted);
    close(s->listening);
}

static unsigned wait_for(struct server *s, bool writing, int timeout_ms)
{
    struct cdc_err err;
    unsigned ready;

    cr_assert_eq(redis_transport_wait(s->transport, writing, timeout_ms, &ready, &err), 0, "%s", err.message);
    return ready;
}

Test(redis_transport, bytes_go_both_ways)
{
    struct server s;
    struct iovec parts[] = {{(char[]){"hel"}, 3}, {NULL, 0}, {(char[]){"lo"}, 2}};
    char got[16] = "";
    struct cdc_err err;
    size_t n;

    serve(&s);
    cr_assert_str_eq(redis_transport_name(s.transport), s.path);
    cr_assert_eq(redis_transport_send(s.transport, parts, 3, &n, &err), 0);
    cr_assert_eq(n, 5);
    cr_assert_eq(recv(s.accepted, got, sizeof got, 0), 5);
    cr_assert_str_eq(got, "hello");
    cr_assert_eq(redis_transport_recv(s.transport, got, sizeof got, &n, &err), 0);
    cr_assert_eq(n, 0);
    cr_assert_eq(wait_for(&s, false, 0), 0);
    cr_assert_eq(wait_for(&s, true, 0), REDIS_TRANSPORT_WRITE);
    cr_assert_eq(send(s.accepted, "+OK", 3, 0), 3);
    cr_assert_eq(wait_for(&s, false, 1000), REDIS_TRANSPORT_READ);
    cr_assert_eq(redis_transport_recv(s.transport, got, sizeof got, &n, &err), 0);
    cr_assert_eq(n, 3);
    finish(&s);
}

Test(redis_transport, a_full_socket_takes_what_fits_and_says_so)
{
    static char block[1 << 20];
    struct iovec part = {block, sizeof block};
    struct server s;
    struct cdc_err err;
    size_t n, sent = 0;

    serve(&s);
    do {
        cr_assert_eq(redis_transport_send(s.transport, &part, 1, &n, &err), 0);
        sent += n;
    } while (n);
    cr_assert_gt(sent, 0);
    cr_assert_eq(wait_for(&s, true, 0), 0);
    while (sent > 0)
        sent -= (size_t)recv(s.accepted, block, sizeof block, 0);
    cr_assert_eq(wait_for(&s, true, 1000), REDIS_TRANSPORT_WRITE);
    finish(&s);
}

Test(redis_transport, a_closed_connection_is_an_error_and_no_signal)
{
    struct server s;
    char got[16];
    struct iovec part = {got, 1};
    struct cdc_err err;
    size_t n;
    int rc = 0;

    serve(&s);
    close(s.accepted);
    s.accepted = -1;
    cr_assert(wait_for(&s, false, 1000) & REDIS_TRANSPORT_READ);
    cr_assert_eq(redis_transport_recv(s.transport, got, sizeof got, &n, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "Redis closed it"), "%s", err.message);
    for (int i = 0; i < 2 && rc == 0; i++)
        rc = redis_transport_send(s.transport, &part, 1, &n, &err);
    cr_assert_eq(rc, -1);
    finish(&s);
}

Test(redis_transport, a_wake_ends_the_waiting_once)
{
    struct server s;

    serve(&s);
    redis_wake_set(&s.wake);
    redis_wake_set(&s.wake);
    cr_assert_eq(wait_for(&s, false, 30000), REDIS_TRANSPORT_WOKEN);
    cr_assert_eq(wait_for(&s, false, 0), 0);
    cr_assert_not(redis_wake_take(&s.wake));
    finish(&s);
}

Test(redis_transport, waiting_ends_in_time)
{
    struct server s;
    int64_t began_ms;

    serve(&s);
    began_ms = cdc_now_ms();
    cr_assert_eq(wait_for(&s, false, 30), 0);
    cr_assert_geq(cdc_now_ms() - began_ms, 29);
    finish(&s);
}

static struct cdc_err refused(struct cdc_redis_config config)
{
    struct redis_transport *transport;
    struct cdc_err err;

    cr_assert_eq(redis_transport_open(&transport, &config, NULL, 2000, &err), -1);
    return err;
}

Test(redis_transport, addresses_that_lead_nowhere)
{
    char path[200];
    struct cdc_err err;

    err = refused((struct cdc_redis_config){.socket = "/nowhere/redis.sock"});
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "/nowhere/redis.sock"), "%s", err.message);
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    cr_assert_eq(refused((struct cdc_redis_config){.socket = path}).class, CDC_ERR_CONFIG);
    err = refused((struct cdc_redis_config){.host = "127.0.0.1", .port = 1});
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "127.0.0.1:1: Connection refused"), "%s", err.message);
    err = refused((struct cdc_redis_config){.host = "::1", .port = 1});
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    err = refused((struct cdc_redis_config){.host = "no such host", .port = 1});
    cr_assert(strstr(err.message, "cannot resolve no such host"), "%s", err.message);
}

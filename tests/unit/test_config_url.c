/* Addresses of Redis. */
#include <criterion/criterion.h>

#include <string.h>

#include "config/config_url.h"

static struct cdc_arena arena;
static struct config_url url;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

TestSuite(config_url, .fini = fini);

static void check(const char *text, const char *host, unsigned port, unsigned database, const char *user,
                  const char *password)
{
    cr_assert_null(config_url_parse(&url, text, false, &arena), "%s", text);
    cr_expect_str_eq(url.host ? url.host : url.socket, host, "%s", text);
    cr_expect_eq(url.port, port, "%s", text);
    cr_expect_eq(url.database, database, "%s", text);
    cr_expect_str_eq(url.user ? url.user : "-", user, "%s", text);
    cr_expect_str_eq(url.password ? url.password : "-", password, "%s", text);
}

Test(config_url, over_tcp)
{
    check("redis://localhost", "localhost", 6379, 0, "-", "-");
    check("redis://localhost/", "localhost", 6379, 0, "-", "-");
    check("redis://127.0.0.1:6380/15", "127.0.0.1", 6380, 15, "-", "-");
    check("redis://[::1]/3", "::1", 6379, 3, "-", "-");
    check("redis://[2001:db8::7]:7000", "2001:db8::7", 7000, 0, "-", "-");
    cr_assert_not(url.tls);
    check("rediss://redis.example:6379", "redis.example", 6379, 0, "-", "-");
    cr_assert(url.tls);
}

Test(config_url, user_and_password)
{
    check("redis://me@h", "h", 6379, 0, "me", "-");
    check("redis://me:@h", "h", 6379, 0, "me", "-");
    check("redis://:word@h", "h", 6379, 0, "-", "word");
    check("redis://me:word@h:1/2", "h", 1, 2, "me", "word");
    check("redis://m%65:p%40%3A%2f%25@h", "h", 6379, 0, "me", "p@:/%");
    check("redis://me:p@ss:word@h", "h", 6379, 0, "me", "p@ss:word");
}

Test(config_url, over_a_socket)
{
    check("unix:///run/redis.sock", "/run/redis.sock", 6379, 0, "-", "-");
    check("unix:///run/a%20b?db=3", "/run/a b", 6379, 3, "-", "-");
    check("unix://me:word@/run/redis.sock?db=0", "/run/redis.sock", 6379, 0, "me", "word");
    cr_assert_null(url.host);
}

Test(config_url, what_is_wrong_is_said_without_the_url)
{
    static const char *const bad[] = {
        "",
        "localhost",
        "http://localhost",
        "redis:localhost",
        "redis://",
        "redis:///0",
        "redis://:sesame@",
        "redis://h:",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:port",
        "redis://h:123456789",
        "redis://a b",
        "redis://h/x",
        "redis://h/-1",
        "redis://h/65536",
        "redis://h/0/1",
        "redis://h?db=1",
        "redis://h/1?x",
        "redis://h/1#x",
        "redis://[::1",
        "redis://[::1]x",
        "redis://[::1]:x",
        "redis://[nonsense]",
        "redis://::1",
        "redis://sesame%4@h",
        "redis://sesame%zz@h",
        "redis://sesame%00@h",
        "unix://",
        "unix://run/redis.sock",
        "unix://?db=1",
        "unix:///run/redis.sock?database=1",
        "unix:///run/redis.sock?db=",
        "unix:///run/redis.sock?db=x",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = config_url_parse(&url, bad[i], false, &arena);
        cr_expect_not_null(why, "%s", bad[i]);
        cr_expect(!why || !strstr(why, "sesame"), "%s", bad[i]);
    }
}

Test(config_url, a_socket_path_has_a_limit)
{
    char text[256] = "unix:///";

    memset(text + 8, 'a', 106);
    check(text, text + 7, 6379, 0, "-", "-");
    memset(text + 8, 'a', 107);
    cr_assert_not_null(config_url_parse(&url, text, false, &arena));
}

Test(config_url, literal_passwords_are_seen)
{
    cr_assert(config_url_has_password("redis://me:word@h"));
    cr_assert(config_url_has_password("redis://:word@h"));
    cr_assert(config_url_has_password("redis://:word@${env:HOST}"));
    cr_assert(config_url_has_password("unix://me:word@/run/x"));
    cr_assert_not(config_url_has_password("redis://me@h:1"));
    cr_assert_not(config_url_has_password("redis://me:@h"));
    cr_assert_not(config_url_has_password("redis://h:1/2"));
    cr_assert_not(config_url_has_password("redis://me:${file:/run/key}@h"));
    cr_assert_not(config_url_has_password("${env:URL}"));
}

/* Somebody else says where Redis is; the URL says all the rest. */
Test(config_url, without_a_host)
{
    static const char *const good[] = {"redis://", "redis:///", "rediss:///3", "redis://me:word@/3"};
    struct cdc_redis_config redis = {.tls = true, .database = 3};
    char text[64];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_null(config_url_parse(&url, good[i], true, &arena), "%s", good[i]);
        cr_expect_null(url.host, "%s", good[i]);
    }
    cr_assert_str_eq(url.user, "me");
    cr_assert_eq(url.database, 3);
    cr_assert_not_null(config_url_parse(&url, "redis://:6380/0", true, &arena));
    config_url_print(&redis, text, sizeof text);
    cr_assert_str_eq(text, "rediss:///3");
}

Test(config_url, printed_without_user_and_password)
{
    static const char *const same[] = {"redis://localhost:6379/0", "rediss://h:1/2", "redis://[::1]:6379/0",
                                       "unix:///run/redis.sock", "unix:///run/a%20b%25%3F%23?db=3"};
    struct cdc_redis_config redis;
    char text[512];

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        cr_assert_null(config_url_parse(&url, same[i], false, &arena));
        redis = (struct cdc_redis_config){.host = url.host,
                                          .port = url.port,
                                          .socket = url.socket,
                                          .tls = url.tls,
                                          .database = url.database,
                                          .user = "me",
                                          .password = "word"};
        config_url_print(&redis, text, sizeof text);
        cr_expect_str_eq(text, same[i]);
    }
}

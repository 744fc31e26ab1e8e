/* INFO, and the revision of a library. */
#include "redis/info.h"

#include "redis/server.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(redis_info);

static struct redis_info parsed(const char *text)
{
    struct redis_info info;

    redis_info_parse(&info, cdc_slice_str(text));
    return info;
}

static const char good[] =
    "# Server\r\nredis_version:7.0.15\r\nos:Linux: x\r\n\r\n# Replication\r\nrole:master\r\n"
    "connected_slaves:2\r\nmaxmemory:1048576\r\nused_memory:1024\r\n"
    "maxmemory_policy:noeviction\r\nloading:0\r\naof_enabled:1\r\nrdb_saves:3\r\n"
    "cluster_enabled:0";

Test(redis_info, takes_what_matters)
{
    struct redis_info info = parsed(good);

    cr_assert_str_eq(info.server, "redis");
    cr_assert_str_eq(info.version, "7.0.15");
    cr_assert_eq(info.major, 7);
    cr_assert_eq(info.minor, 0);
    cr_assert_str_eq(info.role, "master");
    cr_assert_eq(info.replicas, 2);
    cr_assert_eq(info.max_memory, 1048576);
    cr_assert_eq(info.used_memory, 1024);
    cr_assert(info.aof && info.saves && !info.loading && !info.cluster);
}

Test(redis_info, valkey_says_its_own_version)
{
    struct redis_info info = parsed("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n");

    cr_assert_str_eq(info.server, "valkey");
    cr_assert_str_eq(info.version, "8.1.0");
    cr_assert_eq(info.major, 7);
    cr_assert_eq(info.minor, 2);
}

Test(redis_info, odd_lines_do_no_harm)
{
    char text[2048];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    parsed(text);
    parsed("");
    parsed(":\n\n:::\r\nredis_version:\nrole");
    cr_assert_eq(parsed("redis_version:abc\n").major, 0);
}

static enum cdc_err_class judged(const char *more, struct cdc_redis_config config)
{
    char text[1024];
    struct redis_info info;
    struct cdc_err err = {.class = CDC_ERR_NONE};

    snprintf(text, sizeof text, "%s\r\n%s", good, more);
    info = parsed(text);
    cr_assert_eq(redis_server_suits(&info, &config, &err), err.class == CDC_ERR_NONE ? 0 : -1);
    return err.class;
}

Test(redis_info, judges_the_server)
{
    struct cdc_redis_config plain = {.port = 0}, aof = {.durability = CDC_DURABILITY_AOF};

    cr_assert_eq(judged("", plain), CDC_ERR_NONE);
    cr_assert_eq(judged("loading:1", plain), CDC_ERR_RETRY);
    cr_assert_eq(judged("role:slave", plain), CDC_ERR_RETRY);
    cr_assert_eq(judged("redis_version:6.2.7", plain), CDC_ERR_CONFIG);
    cr_assert_eq(judged("cluster_enabled:1", plain), CDC_ERR_CONFIG);
    cr_assert_eq(judged("maxmemory_policy:allkeys-lru", plain), CDC_ERR_CONFIG);
    cr_assert_eq(judged("maxmemory_policy:allkeys-random", plain), CDC_ERR_CONFIG);
    cr_assert_eq(judged("maxmemory_policy:", plain), CDC_ERR_CONFIG);
    cr_assert_eq(judged("maxmemory_policy:volatile-lru", plain), CDC_ERR_NONE);
    cr_assert_eq(judged("", aof), CDC_ERR_CONFIG);
    cr_assert_eq(judged("redis_version:7.2.0", aof), CDC_ERR_NONE);
    cr_assert_eq(judged("redis_version:8.0.1", aof), CDC_ERR_NONE);
    cr_assert_eq(judged("redis_version:7.2.0\r\naof_enabled:0", aof), CDC_ERR_CONFIG);
}

Test(redis_info, a_library_states_its_revision)
{
    cr_assert_eq(redis_server_revision(cdc_slice_str("#!lua name=x\n-- revision: 17\n-- and so on and on\n")),
                 17);
    cr_assert_eq(
        redis_server_revision(cdc_slice_str("#!lua name=x\n-- another comment that is long enough\n")), 0);
    cr_assert_eq(redis_server_revision(cdc_slice_str("")), 0);
    cr_assert_geq(redis_server_revision(cdc_slice_str((const char *)embedded_functions_lua)), 1);
}

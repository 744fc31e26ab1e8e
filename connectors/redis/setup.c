/*
 * `tributary setup` for Redis: the ACL lines for the agent and for those who read, least privilege, with a place for the
 * passwords. Pure. What the writer may do is what client.c, server.c, apply.c, sweep.c, tend.c and functions/ call, and nothing
 * else; an integration test runs the sink under this very line.
 */
#include "redis/sink.h"

static const char writer_rights[] =
    "+auth +select +client|setname +info +wait +scan +function|list +function|load +fcall +fcall_ro "
    "+get +set +hset +hget +hmget +hgetall +hkeys +hdel +exists +unlink +pexpire +time "
    "+sadd +srem +smembers +sismember +srandmember +zadd +zrem +zscore +zrangebyscore +zcard "
    "+xadd +xrange +xrevrange +xread +xlen +xdel +xtrim +xinfo|stream +xinfo|groups";

static const char reader_rights[] =
    "+auth +hello +ping +select +client|setname +client|id +client|tracking "
    "+@read -@dangerous -scan -randomkey -dbsize +xread +xreadgroup +fcall_ro";

static void put_writer(const struct cdc_sink *sink, struct cdc_buf *script)
{
    const struct cdc_redis_config *config = sink->config;

    cdc_buf_puts(script, "# the agent: everything under its prefix, and only the commands that it calls\n");
    cdc_buf_printf(script, "ACL SETUSER %s reset on >PASSWORD ~%s:* -@all %s%s\n",
                   config->user ? config->user : "tributary-writer", config->prefix, writer_rights,
                   config->durability == CDC_DURABILITY_AOF ? " +waitaof" : "");
}

static void put_reader(const struct cdc_sink *sink, struct cdc_buf *script)
{
    const char *prefix = sink->config->prefix;

    cdc_buf_puts(
        script,
        "# those who read: states, events, customers (FCALL_RO) and divergences, no list of keys; consumer groups may acknowledge\n");
    cdc_buf_printf(
        script,
        "ACL SETUSER tributary-reader reset on >PASSWORD -@all %%R~%s:state:* %%R~%s:events:* "
        "%%R~%s:timeline:* %%R~%s:links:* %%R~%s:entities:* %%R~%s:agreement:* %%R~%s:divergences:* %s "
        "(+xreadgroup +xack +xautoclaim +xclaim +xgroup|create +xgroup|createconsumer ~%s:events:*)\n",
        prefix, prefix, prefix, prefix, prefix, prefix, prefix, reader_rights, prefix);
}

int redis_setup_script(struct cdc_sink *sink, struct cdc_buf *script, struct cdc_err *err)
{
    put_writer(sink, script);
    put_reader(sink, script);
    cdc_buf_puts(script, "# keep them over a restart: ACL SAVE with an aclfile, else CONFIG REWRITE\n");
    return script->failed ? cdc_err_memory(err) : 0;
}

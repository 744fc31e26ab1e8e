/*
 * Durability (durable.h), on the sink thread: WAIT and WAITAOF behind each batch, and once after the lease was taken, because what
 * the checkpoint says is applied need not be durable. Fails RETRY when that takes too long; nothing is confirmed meanwhile.
 */
#include "redis/durable.h"

enum { DURABLE_WAIT_MS = 5000 };

void redis_durable_put(const struct cdc_sink *sink, struct cdc_buf *out)
{
    if (sink->config->durability == CDC_DURABILITY_AOF) {
        redis_resp_command(out, 4);
        redis_resp_str(out, "WAITAOF");
        redis_resp_number(out, 1);
        redis_resp_number(out, 0);
    } else {
        redis_resp_command(out, 3);
        redis_resp_str(out, "WAIT");
        redis_resp_number(out, sink->config->replicas);
    }
    redis_resp_number(out, DURABLE_WAIT_MS);
}

int redis_durable_judge(const struct cdc_sink *sink, const struct redis_reply *reply, struct cdc_err *err)
{
    bool aof = sink->config->durability == CDC_DURABILITY_AOF;
    int64_t got = redis_reply_integer(aof ? redis_reply_at(reply, 0) : reply);

    if (got >= (aof ? 1 : (int64_t)sink->config->replicas))
        return 0;
    cdc_err_set(err, CDC_ERR_RETRY, "what is applied is after %d s %s", DURABLE_WAIT_MS / 1000,
                aof ? "not in the append-only file on disk" : "on too few replicas");
    if (aof)
        return cdc_err_hint(err, "see INFO persistence: the disk may be slow or full, or appendfsync be no");
    return cdc_err_hint(err,
                        "%lld of %u replicas have it; see INFO replication, or lower durability: replicas:%u",
                        (long long)got, sink->config->replicas, sink->config->replicas);
}

int redis_durable_await(struct cdc_sink *sink, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (sink->config->durability == CDC_DURABILITY_APPLIED)
        return 0;
    cdc_buf_reset(&sink->command);
    redis_durable_put(sink, &sink->command);
    if (redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "waiting until what is applied is durable");
    return redis_durable_judge(sink, reply, err);
}

/*
 * Requests of commands to the agent that runs the connector: left in a stream of Redis on a command's own sink, taken with the beat
 * on the sink thread. What was taken is kept here until the agent asks for it; as long as some is kept the beat takes no more.
 */
#include "redis/sink.h"

int redis_requests_leave(struct cdc_sink *sink, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_buf *out = &sink->command;
    const struct redis_reply *reply;

    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_request", 2, 3);
    redis_resp_arg(out, cdc_buf_slice(&sink->lease_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->requests_key));
    redis_resp_arg(out, text);
    if (redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "asking the agent of %s", sink->connector);
    return 0;
}

int redis_requests_take(struct cdc_sink *sink, const struct redis_reply *reply, struct cdc_err *err)
{
    for (size_t i = 0; i < redis_reply_count(reply); i++) {
        struct cdc_slice text = redis_reply_text(redis_reply_at(reply, i));
        cdc_buf_put(&sink->requests, &text.len, sizeof text.len);
        cdc_buf_put_slice(&sink->requests, text);
    }
    return sink->requests.failed ? cdc_err_memory(err) : 0;
}

bool redis_requests_next(struct cdc_sink *sink, struct cdc_buf *text)
{
    struct cdc_buf *kept = &sink->requests;
    size_t len, whole;

    cdc_buf_reset(text);
    if (kept->len < sizeof len)
        return false;
    memcpy(&len, kept->data, sizeof len);
    whole = sizeof len + len;
    cdc_buf_put(text, kept->data + sizeof len, len);
    memmove(kept->data, kept->data + whole, kept->len - whole);
    kept->len -= whole;
    return true;
}

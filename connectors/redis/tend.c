/*
 * What time brings about, and erasures under way: tend() of the sink, on the sink thread. A call of tributary_tend() that goes out
 * behind the batches and is answered among them; the reply says whether there is more to do. Fails as a batch does.
 */
#include "redis/sink.h"

struct definitions {
    struct cdc_buf *out;
    size_t n;
};

static void count_definition(void *ctx, const struct redis_entity *entity)
{
    (void)entity;
    ((struct definitions *)ctx)->n++;
}

static void put_definition(void *ctx, const struct redis_entity *entity)
{
    struct definitions *definitions = ctx;

    if (!definitions->n)
        return; /* an entity that was added since they were counted waits for the next call */
    definitions->n--;
    redis_resp_arg(definitions->out, cdc_buf_slice(&entity->definition));
}

static void put_tend(struct cdc_sink *sink, int64_t as_of_ms, struct cdc_buf *out)
{
    struct definitions definitions = {.out = out};

    redis_entities_each(sink->entities, count_definition, &definitions);
    redis_sink_fcall(out, "tributary_tend", 1, 1 + 3 + definitions.n + 1);
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_number(out, sink->epoch);
    redis_resp_str(out, sink->connector);
    redis_resp_number(out, as_of_ms > 0 ? (uint64_t)as_of_ms : 0);
    redis_entities_each(sink->entities, put_definition, &definitions);
    redis_resp_str(out, "counts");
}

int redis_tend(struct cdc_sink *sink, int64_t as_of_ms, struct cdc_err *err)
{
    struct redis_flight *flight;

    if (redis_sink_connected(sink, err))
        return -1;
    sink->tending = false;
    if (redis_pipe_full(&sink->pipe))
        return 0; /* so much is under way that the next call will do */
    flight = redis_pipe_add(&sink->pipe, REDIS_FLIGHT_TEND, 0);
    put_tend(sink, as_of_ms, &flight->head);
    if (flight->head.failed) {
        cdc_err_memory(err);
        return redis_sink_lose(sink);
    }
    if (redis_pipe_send(&sink->pipe, sink->client, err)) {
        cdc_err_wrap(err, "doing what is due");
        return redis_sink_lose(sink);
    }
    return 0;
}

bool redis_tending(const struct cdc_sink *sink)
{
    return sink->tending;
}

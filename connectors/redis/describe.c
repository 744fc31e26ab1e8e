/*
 * A batch's body as the commands that it amounts to, for `tributary preview`. What the functions decide by looking into the
 * store is said as a comment ("# …"). Reads what encode.c wrote; a command's thread.
 */
#include "redis/description.h"

#include <stdlib.h>

static void describe_put(const struct redis_description *d, struct cdc_reader *r, uint64_t op)
{
    struct redis_described_event e = {.frame = redis_description_frame(d, r, redis_op_frame(op)),
                                      .last = op & REDIS_PUT_LAST};
    struct cdc_buf data = {.limit = 0};

    redis_description_attributes(r, &e);
    if (op & REDIS_PUT_CUSTOMER)
        e.customer = redis_unpack_text(r);
    if (op & REDIS_PUT_PREVIOUS)
        e.previous = redis_unpack_text(r);
    redis_description_key(d->out, "HSET", &e);
    redis_description_given(d, &e, r, &data);
    redis_description_origin(d, &e);
    redis_description_index(d, "SADD", &e, e.customer,
                            op & REDIS_PUT_PREVIOUS ? "  # if the state is new" : "");
    e.data = cdc_buf_slice(&data);
    redis_description_event(d, &e);
    d->out->failed = d->out->failed || data.failed;
    cdc_buf_fini(&data);
}

static void describe_put_pairs(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = redis_description_head(d, r, true);
    struct cdc_slice gone;
    uint64_t n;
    bool insert;

    e.previous = redis_unpack_text(r);
    e.unavailable = redis_unpack_text(r);
    e.whose = redis_unpack_text(r);
    e.data = redis_unpack_text(r);
    gone = redis_unpack_text(r);
    insert = redis_unpack(r).truth;
    n = redis_unpack_number(r);
    redis_description_key(d->out, "HSET", &e);
    for (uint64_t i = 0; i < 2 * n && !r->failed; i++)
        redis_description_word(d->out, redis_unpack_text(r));
    redis_description_origin(d, &e);
    redis_description_index(d, "SADD", &e, e.customer,
                            insert || e.whose.len ? "" : "  # if the state is new");
    redis_description_index(d, "SREM", &e, e.whose, "");
    if (gone.len) {
        redis_description_key(d->out, "HDEL", &e);
        redis_description_names(d->out, gone);
        cdc_buf_puts(d->out, insert ? "  # if there was a state\n" : "\n");
    }
    redis_description_event(d, &e);
}

static struct redis_described_event row_head(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = {.last = redis_unpack_number(r) == 1};

    e.frame = redis_description_frame(d, r, redis_unpack_number(r));
    e.subject = redis_unpack_text(r);
    e.seq = redis_unpack_text(r);
    return e;
}

/* A row that was read from its table, in a frame. */
static void describe_load(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = row_head(d, r);
    struct cdc_buf data = {.limit = 0};

    e.time = redis_unpack_text(r);
    e.customer = redis_unpack_text(r);
    redis_description_key(d->out, "HSET", &e);
    redis_description_given(d, &e, r, &data);
    redis_description_origin(d, &e);
    redis_description_index(d, "SADD", &e, e.customer, REDIS_DESCRIBED_MOVE);
    cdc_buf_fini(&data);
}

static void describe_load_pairs(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = {.last = redis_unpack_number(r) == 1};
    struct cdc_slice gone;

    e.frame = redis_description_frame(d, r, redis_unpack_number(r));
    redis_description_attributes(r, &e);
    e.customer = redis_unpack_text(r);
    redis_unpack(r);
    e.unavailable = redis_unpack_text(r);
    e.data = redis_unpack_text(r);
    gone = redis_unpack_text(r);
    redis_description_key(d->out, "HSET", &e);
    for (uint64_t n = 2 * redis_unpack_number(r); n && !r->failed; n--)
        redis_description_word(d->out, redis_unpack_text(r));
    redis_description_origin(d, &e);
    redis_description_index(d, "SADD", &e, e.customer, REDIS_DESCRIBED_MOVE);
    if (gone.len) {
        redis_description_key(d->out, "HDEL", &e);
        redis_description_names(d->out, gone);
        cdc_buf_puts(d->out, "  # if there was a state\n");
    }
    if (e.type.len)
        redis_description_event(d, &e);
}

/* Behind the commands that a check amounts to. */
static void put_findings(const struct redis_description *d, struct cdc_reader *r, const char *nothing)
{
    uint64_t flags = redis_unpack_number(r);

    redis_unpack(r);
    if (flags & REDIS_CHECK_NOTE)
        cdc_buf_printf(d->out, "# and XADD %s:findings:%s if %s\n", d->sink->config->prefix,
                       d->sink->connector, nothing);
    if (!(flags & REDIS_CHECK_REPAIR))
        cdc_buf_puts(d->out, "# only looked at: nothing is put right\n");
    if (flags & REDIS_CHECK_EXISTING)
        cdc_buf_puts(d->out, "# nothing at all if there is no state\n");
}

static void describe_check(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = row_head(d, r);
    struct cdc_reader names = e.frame.names;
    struct cdc_buf notes = {.limit = 0};
    struct redis_description behind = {.sink = d->sink, .out = &notes};

    e.time = redis_unpack_text(r);
    e.customer = redis_unpack_text(r);
    put_findings(&behind, r, "they differ");
    redis_description_key(d->out, "HMGET", &e);
    for (uint64_t i = 0; i < e.frame.given && !r->failed && !names.failed; i++) {
        redis_description_word(d->out, redis_unpack_text(&names));
        redis_unpack(r);
    }
    cdc_buf_puts(d->out, "  # and what differs from the row is put right with HSET and HDEL\n");
    cdc_buf_put_slice(d->out, cdc_buf_slice(&notes));
    d->out->failed = d->out->failed || notes.failed;
    cdc_buf_fini(&notes);
}

static void describe_absent(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = row_head(d, r);

    e.type = redis_unpack_text(r);
    e.time = redis_unpack_text(r);
    e.xid = redis_unpack_text(r);
    e.customer = redis_unpack_text(r);
    e.data = cdc_slice_str("{}");
    cdc_buf_printf(d->out, "# if there is a state that %s made of this table:\n", d->sink->connector);
    redis_description_key(d->out, "UNLINK", &e);
    cdc_buf_putc(d->out, '\n');
    redis_description_index(d, "SREM", &e, e.customer, "");
    if (e.type.len)
        redis_description_event(d, &e);
    put_findings(d, r, "there is");
}

static void describe_merge(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = redis_description_head(d, r, true);
    struct cdc_buf data = {.limit = 0};
    struct cdc_slice candidates;
    bool existing_only;

    e.unavailable = redis_unpack_text(r);
    e.data = redis_unpack_text(r);
    candidates = redis_unpack_text(r);
    existing_only = redis_unpack(r).truth;
    redis_description_key(d->out, "HSET", &e);
    redis_description_given(d, &e, r, &data);
    if (!e.data.len)
        e.data = cdc_buf_slice(&data);
    cdc_buf_puts(d->out, "  # what differs from the state; nothing at all if it does not\n");
    redis_description_index(d, "SADD", &e, e.customer, REDIS_DESCRIBED_MOVE);
    redis_description_event(d, &e);
    if (existing_only)
        cdc_buf_puts(d->out, "# nothing at all if there is no state\n");
    if (candidates.len)
        cdc_buf_puts(d->out, "# the type may be another one, if the field that names it changed\n");
    cdc_buf_fini(&data);
}

static void describe_delete(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = redis_description_head(d, r, true);

    e.previous = redis_unpack_text(r);
    e.data = cdc_slice_str("{}");
    if (redis_unpack(r).truth)
        cdc_buf_puts(d->out, "# if there is a state:\n");
    redis_description_key(d->out, "UNLINK", &e);
    cdc_buf_putc(d->out, '\n');
    redis_description_index(d, "SREM", &e, e.customer, "");
    redis_description_event(d, &e);
}

static void describe_event(const struct redis_description *d, struct cdc_reader *r)
{
    struct redis_described_event e = redis_description_head(d, r, false);

    e.data = redis_unpack_text(r);
    redis_description_event(d, &e);
}

static void describe_reject(const struct redis_description *d, struct cdc_reader *r, uint64_t objects)
{
    cdc_buf_printf(d->out, "XADD %.*s *", CDC_ARG(cdc_buf_slice(&d->sink->dlq_key)));
    for (uint64_t i = 0; i < objects && !r->failed; i++)
        redis_description_word(d->out, redis_unpack_text(r));
    cdc_buf_putc(d->out, '\n');
}

static void describe_watch(struct redis_description *d, struct cdc_reader *r)
{
    d->watched = redis_description_frame(d, r, redis_unpack_number(r));
    redis_unpack_text(r);
}

/* Past the salt and the agreement; says what the agreement does. */
static void describe_agreement(const struct redis_description *d, struct cdc_reader *rules)
{
    uint64_t nfields;
    struct cdc_slice diverged, converged;

    redis_unpack(rules);
    nfields = redis_unpack_number(rules);
    for (uint64_t i = 0; i < 2 * nfields && !rules->failed; i++)
        redis_unpack(rules);
    for (uint64_t n = redis_unpack_number(rules); n && !rules->failed; n--)
        redis_unpack(rules);
    diverged = redis_unpack_text(rules);
    converged = redis_unpack_text(rules);
    if (nfields)
        cdc_buf_printf(d->out, "# and %.*s or %.*s, if it is no longer equal to the others, or is again\n",
                       CDC_ARG(diverged), CDC_ARG(converged));
}

/* What follows from the state before the record and after it: functions/settle.lua. */
static void describe_settle(const struct redis_description *d, struct cdc_reader *r)
{
    struct cdc_reader rules = d->watched.rules;
    const char *prefix = d->sink->config->prefix;
    struct cdc_slice type;

    redis_unpack_text(r);
    redis_unpack_text(r);
    if (d->watched.role == CDC_ROLE_LINK)
        cdc_buf_printf(d->out, "# and SADD or SREM %s:links:{customer}:… at both ends, as the row says\n",
                       prefix);
    if (d->watched.role == CDC_ROLE_ERASURE)
        cdc_buf_puts(
            d->out,
            "# and this customer is erased, under every linked reference, unless the status is rejected\n");
    describe_agreement(d, &rules);
    type = redis_unpack_text(&rules);
    if (type.len)
        cdc_buf_printf(d->out, "# and ZADD or ZREM %s:due:%s: when %.*s is due\n", prefix, d->sink->connector,
                       CDC_ARG(type));
}

static int describe_record(struct redis_description *d, struct cdc_reader *r, struct cdc_err *err)
{
    uint64_t objects = redis_unpack_number(r), op = redis_unpack_number(r);

    switch (op) {
    case REDIS_OP_FRAME:
        return redis_description_define(d, r, err);
    case REDIS_OP_PUT_PAIRS:
        describe_put_pairs(d, r);
        break;
    case REDIS_OP_MERGE:
        describe_merge(d, r);
        break;
    case REDIS_OP_DELETE:
        describe_delete(d, r);
        break;
    case REDIS_OP_EVENT:
        describe_event(d, r);
        break;
    case REDIS_OP_REJECT:
        describe_reject(d, r, objects);
        break;
    case REDIS_OP_WATCH:
        describe_watch(d, r);
        break;
    case REDIS_OP_SETTLE:
        describe_settle(d, r);
        break;
    case REDIS_OP_LOAD:
        describe_load(d, r);
        break;
    case REDIS_OP_LOAD_PAIRS:
        describe_load_pairs(d, r);
        break;
    case REDIS_OP_CHECK:
        describe_check(d, r);
        break;
    case REDIS_OP_ABSENT:
        describe_absent(d, r);
        break;
    default:
        if (op < REDIS_OP_PUT)
            r->failed = true;
        else
            describe_put(d, r, op);
        break;
    }
    return 0;
}

int redis_describe_body(const struct cdc_sink *sink, const struct cdc_buf *body, struct cdc_buf *out,
                        struct cdc_err *err)
{
    struct redis_description d = {.sink = sink, .out = out};
    struct cdc_slice records = redis_body_records(body);
    struct cdc_reader r = cdc_reader(records.ptr, records.len);
    int rc = 0;

    while (rc == 0 && cdc_reader_left(&r) && !r.failed)
        rc = describe_record(&d, &r, err);
    free(d.frames);
    if (rc)
        return -1;
    if (r.failed)
        return cdc_err_set(err, CDC_ERR_FATAL, "the batch is not what encode() makes");
    return out->failed ? cdc_err_memory(err) : 0;
}

/*
 * A batch's body as the commands that it amounts to, for `tributary preview`. What the functions decide by looking into the
 * store is said as a comment ("# …"). Reads what encode.c wrote; a command's thread.
 */
#include "redis/keys.h"
#include "redis/sink.h"
#include "redis/unpack.h"

#include <stdlib.h>

/* When the index of entities follows a state. */
#define MOVED "  # if the state is new, or was another customer's, who then loses it"

/* What is known of a frame: its definition. */
struct frame {
    struct cdc_slice state, stream, table, entity;
    bool story;        /* the entity concerns customers */
    uint64_t timeline; /* length of their timelines; 0: none are kept */
    struct cdc_reader rules;
    enum cdc_role role;
    uint64_t given;
    struct cdc_reader names;
};

struct description {
    const struct cdc_sink *sink;
    struct cdc_buf *out;
    struct frame *frames;
    size_t nframes;
    struct frame watched; /* of the record at hand, if its entity has rules */
};

/* What records that can emit begin with. */
struct event {
    struct frame frame;
    bool last;
    struct cdc_slice subject, seq, type, time, xid, customer, previous, unavailable, data;
    struct cdc_slice whose; /* whose it was before, if it was another's */
};

static void put_word(struct cdc_buf *out, struct cdc_slice word)
{
    bool bare = word.len > 0;

    for (size_t i = 0; i < word.len; i++)
        bare = bare && word.ptr[i] > ' ' && !strchr("\"'\\#;|&$`<>()", word.ptr[i]);
    cdc_buf_putc(out, ' ');
    if (bare) {
        cdc_buf_put_slice(out, word);
        return;
    }
    cdc_buf_putc(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'' || word.ptr[i] == '\\')
            cdc_buf_putc(out, '\\');
        cdc_buf_putc(out, word.ptr[i]);
    }
    cdc_buf_putc(out, '\'');
}

static void put_pair(struct cdc_buf *out, const char *name, struct cdc_slice value)
{
    if (!value.len)
        return;
    put_word(out, cdc_slice_str(name));
    put_word(out, value);
}

static void put_state_key(struct cdc_buf *out, const char *command, const struct event *e)
{
    cdc_buf_puts(out, command);
    cdc_buf_putc(out, ' ');
    cdc_buf_put_slice(out, e->frame.state);
    cdc_buf_put_slice(out, e->subject);
}

static void put_origin(const struct description *d, const struct event *e)
{
    put_pair(d->out, "_source", cdc_slice_str(d->sink->connector));
    put_pair(d->out, "_time", e->time);
    put_pair(d->out, "_seq", e->seq);
    put_pair(d->out, "_table", e->frame.table);
    cdc_buf_putc(d->out, '\n');
}

static void put_timeline(const struct description *d, const struct event *e, struct cdc_slice ref)
{
    struct cdc_buf *out = d->out;

    if (!ref.len)
        return;
    cdc_buf_printf(out, "XADD %s:timeline:{customer}:%.*s MAXLEN ~ %llu * entity %.*s event ID",
                   d->sink->config->prefix, CDC_ARG(ref), (unsigned long long)e->frame.timeline,
                   CDC_ARG(e->frame.entity));
    put_pair(out, "type", e->type);
    put_pair(out, "subject", e->subject);
    put_pair(out, "time", e->time);
    cdc_buf_puts(out, "  # ID: of the entry above\n");
}

/* As note_all() in functions/story.lua. */
static void put_timelines(const struct description *d, const struct event *e)
{
    if (!e->frame.story || !e->frame.timeline)
        return;
    put_timeline(d, e, e->customer);
    if (!cdc_slice_eq(e->whose, e->customer))
        put_timeline(d, e, e->whose);
    if (e->frame.role == CDC_ROLE_LINK && !cdc_slice_eq(e->subject, e->customer) &&
        !cdc_slice_eq(e->subject, e->whose))
        put_timeline(d, e, e->subject);
}

/* The index of entities that concern a customer. */
static void put_index(const struct description *d, const char *command, const struct event *e,
                      struct cdc_slice ref, const char *note)
{
    if (!e->frame.story || !ref.len)
        return;
    cdc_buf_printf(d->out, "%s %s:entities:{customer}:%.*s %.*s:%.*s%s\n", command, d->sink->config->prefix,
                   CDC_ARG(ref), CDC_ARG(e->frame.entity), CDC_ARG(e->subject), note);
}

static void put_xadd(const struct description *d, const struct event *e)
{
    struct cdc_buf *out = d->out;

    cdc_buf_puts(out, "XADD ");
    cdc_buf_put_slice(out, e->frame.stream);
    cdc_buf_printf(out, " * id %s:%.*s", d->sink->connector, CDC_ARG(e->seq));
    put_pair(out, "type", e->type);
    cdc_buf_printf(out, " source /tributary/%s", d->sink->connector);
    put_pair(out, "subject", e->subject);
    put_pair(out, "time", e->time);
    put_pair(out, "data", e->data);
    put_pair(out, "previous", e->previous);
    put_pair(out, "customer", e->customer);
    put_pair(out, "tx", e->xid);
    if (e->last)
        cdc_buf_puts(out, " txlast 1");
    put_pair(out, "unavailable", e->unavailable);
    cdc_buf_putc(out, '\n');
    put_timelines(d, e);
}

static struct frame frame_at(const struct description *d, struct cdc_reader *r, uint64_t index)
{
    if (index > 0 && index <= d->nframes)
        return d->frames[index - 1];
    r->failed = true;
    return (struct frame){.given = 0};
}

static void read_attributes(struct cdc_reader *r, struct event *e)
{
    e->subject = redis_unpack_text(r);
    e->seq = redis_unpack_text(r);
    e->type = redis_unpack_text(r);
    e->time = redis_unpack_text(r);
    e->xid = redis_unpack_text(r);
}

static struct event read_head(const struct description *d, struct cdc_reader *r, bool customer)
{
    struct event e = {.last = redis_unpack_number(r) == 1};

    e.frame = frame_at(d, r, redis_unpack_number(r));
    read_attributes(r, &e);
    if (customer)
        e.customer = redis_unpack_text(r);
    return e;
}

static int add_frame(struct description *d, struct cdc_reader *r, struct cdc_err *err)
{
    struct cdc_slice definition = redis_unpack_text(r), rules;
    struct redis_packed timeline;
    struct frame *frames = realloc(d->frames, (d->nframes + 1) * sizeof *frames);
    struct frame *f;

    if (!frames)
        return cdc_err_memory(err);
    d->frames = frames;
    f = &frames[d->nframes++];
    *f = (struct frame){.names = cdc_reader(definition.ptr, definition.len)};
    f->state = redis_unpack_text(&f->names);
    f->stream = redis_unpack_text(&f->names);
    f->table = redis_unpack_text(&f->names);
    f->entity = redis_unpack_text(&f->names);
    timeline = redis_unpack(&f->names);
    f->story = timeline.type == REDIS_PACKED_UINT;
    f->timeline = timeline.number;
    rules = redis_unpack_text(&f->names);
    f->rules = cdc_reader(rules.ptr, rules.len);
    f->role = rules.len ? (enum cdc_role)redis_unpack_number(&f->rules) : CDC_ROLE_NONE;
    f->given = redis_unpack_number(&f->names);
    return 0;
}

/* Values in the order of the frame's names: as words, and as JSON into `data`. */
static void put_given(const struct description *d, const struct event *e, struct cdc_reader *r,
                      struct cdc_buf *data)
{
    struct cdc_reader names = e->frame.names;

    cdc_buf_putc(data, '{');
    for (uint64_t i = 0; i < e->frame.given && !r->failed && !names.failed; i++) {
        struct cdc_slice name = redis_unpack_text(&names), value = redis_unpack_text(r);
        put_word(d->out, name);
        put_word(d->out, value);
        cdc_buf_printf(data, "%s\"%.*s\":\"%.*s\"", i ? "," : "", CDC_ARG(name), CDC_ARG(value));
    }
    cdc_buf_putc(data, '}');
}

static void describe_put(const struct description *d, struct cdc_reader *r, uint64_t op)
{
    struct event e = {.frame = frame_at(d, r, redis_op_frame(op)), .last = op & REDIS_PUT_LAST};
    struct cdc_buf data = {.limit = 0};

    read_attributes(r, &e);
    if (op & REDIS_PUT_CUSTOMER)
        e.customer = redis_unpack_text(r);
    if (op & REDIS_PUT_PREVIOUS)
        e.previous = redis_unpack_text(r);
    put_state_key(d->out, "HSET", &e);
    put_given(d, &e, r, &data);
    put_origin(d, &e);
    put_index(d, "SADD", &e, e.customer, op & REDIS_PUT_PREVIOUS ? "  # if the state is new" : "");
    e.data = cdc_buf_slice(&data);
    put_xadd(d, &e);
    d->out->failed = d->out->failed || data.failed;
    cdc_buf_fini(&data);
}

static void put_names(struct cdc_buf *out, struct cdc_slice packed)
{
    struct cdc_reader names = cdc_reader(packed.ptr, packed.len);

    while (cdc_reader_left(&names) && !names.failed)
        put_word(out, redis_unpack_text(&names));
}

static void describe_put_pairs(const struct description *d, struct cdc_reader *r)
{
    struct event e = read_head(d, r, true);
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
    put_state_key(d->out, "HSET", &e);
    for (uint64_t i = 0; i < 2 * n && !r->failed; i++)
        put_word(d->out, redis_unpack_text(r));
    put_origin(d, &e);
    put_index(d, "SADD", &e, e.customer, insert || e.whose.len ? "" : "  # if the state is new");
    put_index(d, "SREM", &e, e.whose, "");
    if (gone.len) {
        put_state_key(d->out, "HDEL", &e);
        put_names(d->out, gone);
        cdc_buf_puts(d->out, insert ? "  # if there was a state\n" : "\n");
    }
    put_xadd(d, &e);
}

/* A row that was read from its table, in a frame. */
static void describe_load(const struct description *d, struct cdc_reader *r)
{
    struct event e = {.last = redis_unpack_number(r) == 1};
    struct cdc_buf data = {.limit = 0};

    e.frame = frame_at(d, r, redis_unpack_number(r));
    e.subject = redis_unpack_text(r);
    e.seq = redis_unpack_text(r);
    e.time = redis_unpack_text(r);
    e.customer = redis_unpack_text(r);
    put_state_key(d->out, "HSET", &e);
    put_given(d, &e, r, &data);
    put_origin(d, &e);
    put_index(d, "SADD", &e, e.customer, MOVED);
    cdc_buf_fini(&data);
}

static void describe_load_pairs(const struct description *d, struct cdc_reader *r)
{
    struct event e = {.last = redis_unpack_number(r) == 1};
    struct cdc_slice gone;

    e.frame = frame_at(d, r, redis_unpack_number(r));
    read_attributes(r, &e);
    e.customer = redis_unpack_text(r);
    redis_unpack(r);
    e.unavailable = redis_unpack_text(r);
    e.data = redis_unpack_text(r);
    gone = redis_unpack_text(r);
    put_state_key(d->out, "HSET", &e);
    for (uint64_t n = 2 * redis_unpack_number(r); n && !r->failed; n--)
        put_word(d->out, redis_unpack_text(r));
    put_origin(d, &e);
    put_index(d, "SADD", &e, e.customer, MOVED);
    if (gone.len) {
        put_state_key(d->out, "HDEL", &e);
        put_names(d->out, gone);
        cdc_buf_puts(d->out, "  # if there was a state\n");
    }
    if (e.type.len)
        put_xadd(d, &e);
}

static void describe_merge(const struct description *d, struct cdc_reader *r)
{
    struct event e = read_head(d, r, true);
    struct cdc_reader names = e.frame.names;
    struct cdc_slice candidates;
    bool existing_only;

    e.unavailable = redis_unpack_text(r);
    e.data = redis_unpack_text(r);
    candidates = redis_unpack_text(r);
    existing_only = redis_unpack(r).truth;
    put_state_key(d->out, "HSET", &e);
    for (uint64_t i = 0; i < e.frame.given && !r->failed; i++) {
        struct cdc_slice name = redis_unpack_text(&names);
        struct redis_packed value = redis_unpack(r);
        if (value.type == REDIS_PACKED_STR) {
            put_word(d->out, name);
            put_word(d->out, value.text);
        }
    }
    cdc_buf_puts(d->out, "  # what differs from the state; nothing at all if it does not\n");
    put_index(d, "SADD", &e, e.customer, MOVED);
    put_xadd(d, &e);
    if (existing_only)
        cdc_buf_puts(d->out, "# nothing at all if there is no state\n");
    if (candidates.len)
        cdc_buf_puts(d->out, "# the type may be another one, if the field that names it changed\n");
}

static void describe_delete(const struct description *d, struct cdc_reader *r)
{
    struct event e = read_head(d, r, true);

    e.previous = redis_unpack_text(r);
    e.data = cdc_slice_str("{}");
    if (redis_unpack(r).truth)
        cdc_buf_puts(d->out, "# if there is a state:\n");
    put_state_key(d->out, "UNLINK", &e);
    cdc_buf_putc(d->out, '\n');
    put_index(d, "SREM", &e, e.customer, "");
    put_xadd(d, &e);
}

static void describe_event(const struct description *d, struct cdc_reader *r)
{
    struct event e = read_head(d, r, false);

    e.data = redis_unpack_text(r);
    put_xadd(d, &e);
}

static void describe_reject(const struct description *d, struct cdc_reader *r, uint64_t objects)
{
    cdc_buf_printf(d->out, "XADD %.*s *", CDC_ARG(cdc_buf_slice(&d->sink->dlq_key)));
    for (uint64_t i = 0; i < objects && !r->failed; i++)
        put_word(d->out, redis_unpack_text(r));
    cdc_buf_putc(d->out, '\n');
}

static void describe_watch(struct description *d, struct cdc_reader *r)
{
    d->watched = frame_at(d, r, redis_unpack_number(r));
    redis_unpack_text(r);
}

/* Past the salt and the agreement; says what the agreement does. */
static void describe_agreement(const struct description *d, struct cdc_reader *rules)
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
static void describe_settle(const struct description *d, struct cdc_reader *r)
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

static int describe_record(struct description *d, struct cdc_reader *r, struct cdc_err *err)
{
    uint64_t objects = redis_unpack_number(r), op = redis_unpack_number(r);

    switch (op) {
    case REDIS_OP_FRAME:
        return add_frame(d, r, err);
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
    struct description d = {.sink = sink, .out = out};
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

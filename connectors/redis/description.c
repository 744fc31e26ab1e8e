/* What the records of a batch have in common, read and put into words (description.h). A command's thread. */
#include "redis/description.h"

#include <stdlib.h>

void redis_description_word(struct cdc_buf *out, struct cdc_slice word)
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
    redis_description_word(out, cdc_slice_str(name));
    redis_description_word(out, value);
}

void redis_description_key(struct cdc_buf *out, const char *command, const struct redis_described_event *e)
{
    cdc_buf_puts(out, command);
    cdc_buf_putc(out, ' ');
    cdc_buf_put_slice(out, e->frame.state);
    cdc_buf_put_slice(out, e->subject);
}

void redis_description_origin(const struct redis_description *d, const struct redis_described_event *e)
{
    put_pair(d->out, "_source", cdc_slice_str(d->sink->connector));
    put_pair(d->out, "_time", e->time);
    put_pair(d->out, "_seq", e->seq);
    put_pair(d->out, "_table", e->frame.table);
    cdc_buf_putc(d->out, '\n');
}

static void put_timeline(const struct redis_description *d, const struct redis_described_event *e,
                         struct cdc_slice ref)
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
static void put_timelines(const struct redis_description *d, const struct redis_described_event *e)
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

void redis_description_index(const struct redis_description *d, const char *command,
                             const struct redis_described_event *e, struct cdc_slice ref, const char *note)
{
    if (!e->frame.story || !ref.len)
        return;
    cdc_buf_printf(d->out, "%s %s:entities:{customer}:%.*s %.*s:%.*s%s\n", command, d->sink->config->prefix,
                   CDC_ARG(ref), CDC_ARG(e->frame.entity), CDC_ARG(e->subject), note);
}

void redis_description_event(const struct redis_description *d, const struct redis_described_event *e)
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

struct redis_described_frame redis_description_frame(const struct redis_description *d, struct cdc_reader *r,
                                                     uint64_t index)
{
    if (index > 0 && index <= d->nframes)
        return d->frames[index - 1];
    r->failed = true;
    return (struct redis_described_frame){.given = 0};
}

void redis_description_attributes(struct cdc_reader *r, struct redis_described_event *e)
{
    e->subject = redis_unpack_text(r);
    e->seq = redis_unpack_text(r);
    e->type = redis_unpack_text(r);
    e->time = redis_unpack_text(r);
    e->xid = redis_unpack_text(r);
}

struct redis_described_event redis_description_head(const struct redis_description *d, struct cdc_reader *r,
                                                    bool customer)
{
    struct redis_described_event e = {.last = redis_unpack_number(r) == 1};

    e.frame = redis_description_frame(d, r, redis_unpack_number(r));
    redis_description_attributes(r, &e);
    if (customer)
        e.customer = redis_unpack_text(r);
    return e;
}

int redis_description_define(struct redis_description *d, struct cdc_reader *r, struct cdc_err *err)
{
    struct cdc_slice definition = redis_unpack_text(r), rules;
    struct redis_packed timeline;
    struct redis_described_frame *frames = realloc(d->frames, (d->nframes + 1) * sizeof *frames);
    struct redis_described_frame *f;

    if (!frames)
        return cdc_err_memory(err);
    d->frames = frames;
    f = &frames[d->nframes++];
    *f = (struct redis_described_frame){.names = cdc_reader(definition.ptr, definition.len)};
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

void redis_description_given(const struct redis_description *d, const struct redis_described_event *e,
                             struct cdc_reader *r, struct cdc_buf *data)
{
    struct cdc_reader names = e->frame.names;

    cdc_buf_putc(data, '{');
    for (uint64_t i = 0; i < e->frame.given && !r->failed && !names.failed; i++) {
        struct cdc_slice name = redis_unpack_text(&names);
        struct redis_packed value = redis_unpack(r);
        if (value.type != REDIS_PACKED_STR)
            continue;
        redis_description_word(d->out, name);
        redis_description_word(d->out, value.text);
        cdc_buf_printf(data, "%s\"%.*s\":\"%.*s\"", data->len > 1 ? "," : "", CDC_ARG(name),
                       CDC_ARG(value.text));
    }
    cdc_buf_putc(data, '}');
}

void redis_description_names(struct cdc_buf *out, struct cdc_slice packed)
{
    struct cdc_reader names = cdc_reader(packed.ptr, packed.len);

    while (cdc_reader_left(&names) && !names.failed)
        redis_description_word(out, redis_unpack_text(&names));
}

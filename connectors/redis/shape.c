/*
 * Prepared shapes (shape.h): packs the constant parts of a mapping and defines frames in bodies. Called by encode.c for
 * every record; allocates only when it is made. Fails only then.
 */
#include "redis/shape.h"

#include <stdlib.h>
#include <unistd.h>

#include "redis/keys.h"
#include "redis/pack.h"

/* Names stand unescaped in JSON and in generated Lua. */
static bool name_is_plain(struct cdc_slice name)
{
    if (!name.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '-' || c == '.'))
            return false;
    }
    return name.ptr[0] != '_';
}

static int check(const struct cdc_shape *from, struct cdc_err *err)
{
    if (from->nfields == 0 || from->nfields > REDIS_SHAPE_FIELDS) {
        cdc_err_set(err, CDC_ERR_CONFIG, "table %.*s: entity %.*s has %u mapped fields, Redis takes 1 to %d",
                    CDC_ARG(from->table), CDC_ARG(from->entity), from->nfields, REDIS_SHAPE_FIELDS);
        return cdc_err_hint(err, "map fewer columns, or combine some");
    }
    for (uint32_t i = 0; i < from->nfields; i++) {
        if (!name_is_plain(from->names[i])) {
            cdc_err_set(err, CDC_ERR_CONFIG, "table %.*s: field name \"%.*s\" cannot be stored",
                        CDC_ARG(from->table), CDC_ARG(from->names[i]));
            return cdc_err_hint(
                err,
                "use letters, digits, '_', '-' and '.', and no '_' in front: such names are Tributary's own");
        }
    }
    return 0;
}

static void put_key(struct cdc_buf *out, struct cdc_buf *scratch,
                    void (*key)(struct cdc_buf *, const char *, struct cdc_slice), const char *prefix,
                    struct cdc_slice entity)
{
    cdc_buf_reset(scratch);
    key(scratch, prefix, entity);
    pack_str(out, cdc_buf_slice(scratch));
    out->failed = out->failed || scratch->failed;
}

/* 16 random bytes in hexadecimal: the key of the hashes by which the store knows who was erased, unless it has one. */
static int put_salt(struct cdc_buf *out)
{
    unsigned char salt[16];

    if (getentropy(salt, sizeof salt))
        return -1;
    pack_str_head(out, 2 * sizeof salt);
    for (size_t i = 0; i < sizeof salt; i++)
        cdc_buf_printf(out, "%02x", salt[i]);
    return 0;
}

static void pack_agreement(struct cdc_buf *out, const struct cdc_agreement *a)
{
    pack_uint(out, a->nfields);
    for (uint32_t i = 0; i < a->nfields; i++)
        pack_str(out, a->fields[i]);
    for (uint32_t i = 0; i < a->nfields; i++)
        pack_bool(out, a->decimal[i]);
    pack_uint(out, a->nparts);
    for (uint32_t i = 0; i < a->nparts; i++)
        pack_bool(out, a->across[i]);
    pack_str(out, a->diverged);
    pack_str(out, a->converged);
}

static void pack_due(struct cdc_buf *out, const struct cdc_due *due)
{
    pack_optional(out, due->type);
    pack_str(out, due->field);
    pack_uint(out, due->nvalues);
    for (uint32_t i = 0; i < due->nvalues; i++)
        pack_str(out, due->values[i]);
    pack_optional(out, due->since);
    pack_uint(out, due->after_ms > 0 ? (uint64_t)due->after_ms : 0);
}

/*
 * str{ role, salt|false, number of agreeing fields, field…, decimal…, number of the key's parts, across…, diverged, converged,
 * type of the due event|false, field, number of values, value…, since|false, ms }, or false; read by functions/frame.lua.
 */
static int pack_rules(struct cdc_buf *out, const struct cdc_rules *rules)
{
    size_t at;

    if (!rules) {
        pack_bool(out, false);
        return 0;
    }
    at = pack_str_open(out);
    pack_uint(out, rules->role);
    if (rules->role != CDC_ROLE_ERASURE)
        pack_bool(out, false);
    else if (put_salt(out))
        return -1;
    pack_agreement(out, &rules->agreement);
    pack_due(out, &rules->due);
    pack_str_close(out, at);
    return 0;
}

/* Requests to erase are no part of the story: they are kept when it is erased. */
static bool concerns_customers(const struct cdc_shape *from)
{
    if (from->rules && from->rules->role == CDC_ROLE_ERASURE)
        return false;
    for (uint32_t i = 0; i < from->nfields; i++) {
        if (cdc_slice_is(from->names[i], "customer_id"))
            return true;
    }
    return cdc_slice_is(from->entity, "customer");
}

static int pack_head(struct redis_shape *shape, const struct cdc_redis_config *config,
                     const struct cdc_shape *from)
{
    struct cdc_buf *out = &shape->constants, scratch = {.limit = 0};

    put_key(out, &scratch, redis_key_state, config->prefix, from->entity);
    put_key(out, &scratch, redis_key_events, config->prefix, from->entity);
    cdc_buf_fini(&scratch);
    pack_optional(out, from->shared ? from->table : cdc_slice(NULL, 0));
    pack_str(out, from->entity);
    if (shape->story)
        pack_uint(out, config->timeline_max_len);
    else
        pack_bool(out, false);
    if (pack_rules(out, from->rules))
        return -1;
    shape->head.len = out->len;
    return 0;
}

/* First with pointers counted from 0, because the buffer moves while it grows. */
static void pack_names(struct redis_shape *shape, const struct cdc_shape *from)
{
    struct cdc_buf *out = &shape->constants;
    size_t at;

    for (uint32_t i = 0; i < from->nfields; i++) {
        at = out->len;
        pack_str(out, from->names[i]);
        shape->names[i].packed.len = out->len - at;
        at = out->len;
        cdc_buf_putc(out, '"');
        cdc_buf_put_slice(out, from->names[i]);
        cdc_buf_puts(out, "\":");
        shape->names[i].json.len = out->len - at;
    }
}

static void point_into_constants(struct redis_shape *shape)
{
    const char *at = shape->constants.data;

    shape->head.ptr = at;
    at += shape->head.len;
    for (uint32_t i = 0; i < shape->nfields; i++) {
        shape->names[i].packed.ptr = at;
        at += shape->names[i].packed.len;
        shape->names[i].json.ptr = at;
        at += shape->names[i].json.len;
    }
}

int redis_shape_new(struct redis_shape **result, const struct cdc_redis_config *config,
                    const struct cdc_shape *from, struct cdc_err *err)
{
    struct redis_shape *shape;

    if (check(from, err))
        return -1;
    shape = calloc(1, sizeof *shape);
    if (!shape)
        return cdc_err_memory(err);
    shape->nfields = from->nfields;
    shape->story = concerns_customers(from);
    shape->ruled = from->rules != NULL;
    shape->role = from->rules ? from->rules->role : CDC_ROLE_NONE;
    shape->names = calloc(from->nfields, sizeof *shape->names);
    if (!shape->names)
        goto memory;
    if (pack_head(shape, config, from)) {
        redis_shape_free(shape);
        return cdc_err_set(err, CDC_ERR_RETRY, "the system gives no random numbers");
    }
    pack_names(shape, from);
    if (shape->constants.failed)
        goto memory;
    point_into_constants(shape);
    cdc_time_print(0, shape->time);
    *result = shape;
    return 0;
memory:
    redis_shape_free(shape);
    return cdc_err_memory(err);
}

void redis_shape_free(struct redis_shape *shape)
{
    if (!shape)
        return;
    cdc_buf_fini(&shape->constants);
    free(shape->names);
    free(shape);
}

struct cdc_slice redis_shape_time(struct redis_shape *shape, int64_t commit_us)
{
    if (shape->time_us != commit_us) {
        shape->time_us = commit_us;
        cdc_time_print(commit_us, shape->time);
    }
    return cdc_slice_str(shape->time);
}

/* Opens a FRAME record; returns where its definition starts. */
static size_t open_definition(const struct redis_shape *shape, uint64_t count, struct cdc_buf *body)
{
    size_t at;

    pack_uint(body, 1);
    pack_uint(body, REDIS_OP_FRAME);
    at = pack_str_open(body);
    cdc_buf_put_slice(body, shape->head);
    pack_uint(body, count);
    return at;
}

static uint32_t close_definition(struct cdc_buf *body, size_t at)
{
    struct redis_body_prefix prefix = redis_body_prefix(body);

    pack_str_close(body, at);
    prefix.nframes++;
    if (!body->failed)
        memcpy(body->data, &prefix, sizeof prefix);
    return prefix.nframes;
}

static void put_masked_names(const struct redis_shape *shape, uint64_t mask, struct cdc_buf *body)
{
    for (uint32_t i = 0; mask; i++, mask >>= 1) {
        if (mask & 1)
            cdc_buf_put_slice(body, shape->names[i].packed);
    }
}

/* NULL if it is not there. */
static struct redis_frame *find_frame(struct redis_frames *frames, uint64_t given, uint64_t null)
{
    struct redis_frame *frame = &frames->at[frames->newest];

    if (frames->n && frame->given == given && frame->null == null)
        return frame;
    for (unsigned i = 0; i < frames->n; i++) {
        frame = &frames->at[i];
        if (frame->given == given && frame->null == null) {
            frames->newest = i;
            return frame;
        }
    }
    return NULL;
}

/* In place of another one when there is no room. */
static struct redis_frame *add_frame(struct redis_frames *frames, uint64_t given, uint64_t null)
{
    unsigned i = frames->n;

    if (i < REDIS_SHAPE_FRAMES) {
        frames->n++;
    } else {
        i = frames->next;
        frames->next = (i + 1) % REDIS_SHAPE_FRAMES;
    }
    frames->newest = i;
    frames->at[i] = (struct redis_frame){.given = given, .null = null};
    return &frames->at[i];
}

static uint32_t define(const struct redis_shape *shape, struct redis_frame *frame, struct cdc_buf *body)
{
    uint64_t serial = redis_body_prefix(body).serial;
    size_t at;

    if (frame->serial == serial)
        return frame->index;
    at = open_definition(shape, (uint64_t)__builtin_popcountll(frame->given), body);
    put_masked_names(shape, frame->given, body);
    put_masked_names(shape, frame->null, body);
    frame->index = close_definition(body, at);
    frame->serial = serial;
    return frame->index;
}

uint32_t redis_shape_frame(struct redis_shape *shape, uint64_t given, uint64_t null, struct cdc_buf *body)
{
    struct redis_frame *frame = find_frame(&shape->others, given, null);

    if (!frame)
        frame = add_frame(&shape->others, given, null);
    return define(shape, frame, body);
}

uint32_t redis_shape_put_frame(struct redis_shape *shape, uint64_t given, uint64_t null, struct cdc_buf *body)
{
    struct redis_frame *frame = find_frame(&shape->puts, given, null);

    if (!frame && shape->puts.n == REDIS_SHAPE_FRAMES)
        return 0;
    if (!frame)
        frame = add_frame(&shape->puts, given, null);
    return define(shape, frame, body);
}

uint32_t redis_shape_wide_frame(const struct redis_shape *shape, const struct cdc_event *event,
                                struct cdc_buf *body)
{
    uint64_t count = 0;
    size_t at;

    for (uint32_t i = 0; i < shape->nfields; i++)
        count += event->fields[i].after_state != CDC_VALUE_UNAVAILABLE;
    at = open_definition(shape, count, body);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_UNAVAILABLE)
            cdc_buf_put_slice(body, shape->names[i].packed);
    }
    return close_definition(body, at);
}

void redis_shape_define(const struct redis_shape *shape, struct cdc_buf *out)
{
    cdc_buf_put_slice(out, shape->head);
    pack_uint(out, 0);
}

void redis_shape_forget(struct redis_shape *shape)
{
    for (unsigned i = 0; i < REDIS_SHAPE_FRAMES; i++)
        shape->puts.at[i].serial = shape->others.at[i].serial = 0;
}

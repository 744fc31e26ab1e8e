/*
 * JSON objects made of columns (object.h). For a row: each column is converted and protected as its rule says, then the
 * text is measured and written in one piece, without recursion. Source thread; a value that JSON cannot hold rejects the
 * row. Members of the map are in the configuration's order, so the same row always gives the same bytes.
 */
#include "map/object.h"

#include "map/bytes.h"

#define ESCAPED_MAX 6 /* \u001f */

/* How many bytes a byte needs beside itself inside a JSON string. */
static size_t escape_extra(unsigned char c)
{
    if (c == '"' || c == '\\')
        return 1;
    if (c >= 0x20)
        return 0;
    return c == '\n' || c == '\r' || c == '\t' ? 1 : ESCAPED_MAX - 1;
}

static size_t quoted_len(struct cdc_slice s)
{
    size_t n = s.len + 2;

    for (size_t i = 0; i < s.len; i++)
        n += escape_extra((unsigned char)s.ptr[i]);
    return n;
}

static char *put_escaped(char *at, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : (char)c;

    *at++ = '\\';
    if (escape_extra(c) == 1) {
        *at++ = letter;
        return at;
    }
    at = bytes_put(at, "u00", 3);
    *at++ = hex[c >> 4];
    *at++ = hex[c & 15];
    return at;
}

static char *put_quoted(char *at, struct cdc_slice s)
{
    *at++ = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (escape_extra(c))
            at = put_escaped(at, c);
        else
            *at++ = (char)c;
    }
    *at++ = '"';
    return at;
}

/* ---- making ---- */

static const struct model_field forms[] = {
    [CONFIG_AS_KIND] = {.name = "member", .type = MODEL_STRING},
    [CONFIG_AS_STRING] = {.name = "member", .type = MODEL_STRING},
    [CONFIG_AS_NUMBER] = {.name = "member", .type = MODEL_DECIMAL},
    [CONFIG_AS_BOOLEAN] = {.name = "member", .type = MODEL_BOOLEAN},
    [CONFIG_AS_JSON] = {.name = "member", .type = MODEL_JSON},
};

static int make_head(struct object_member *member, struct cdc_arena *arena, struct cdc_err *err)
{
    struct cdc_slice name = cdc_slice_str(member->config->name);
    char *text = cdc_arena_alloc(arena, quoted_len(name) + 1), *at;

    if (!text)
        return cdc_err_memory(err);
    at = put_quoted(text, name);
    *at++ = ':';
    member->head = cdc_slice(text, (size_t)(at - text));
    return 0;
}

static int make_member(struct object_member *member, const struct rule_context *context,
                       const struct config_member *config, struct cdc_err *err)
{
    struct config_field field = {.pos = config->pos,
                                 .pii = config->pii,
                                 .truncate = config->truncate,
                                 .otherwise = CONFIG_OTHERWISE_REJECT};

    *member = (struct object_member){.config = config, .is_object = !config->column};
    if (make_head(member, context->arena, err))
        return -1;
    return member->is_object ? 0 : rule_init(&member->rule, context, &forms[config->as], &field, err);
}

int object_plan_init(struct object_plan *plan, const struct rule_context *context,
                     const struct config_field *field, struct cdc_err *err)
{
    *plan = (struct object_plan){
        .members = cdc_arena_alloc(context->arena, (field->nmembers + 1) * sizeof *plan->members)};
    if (!plan->members)
        return cdc_err_memory(err);
    for (size_t i = 0; i < field->nmembers; i++) {
        const struct config_member *config = &field->members[i];
        if (config->pii == CONFIG_PII_DROP)
            continue;
        if (make_member(&plan->members[plan->n], context, config, err))
            return cdc_err_wrap(err, "member \"%s\"", config->name);
        plan->n++;
    }
    return 0;
}

void object_bind_cell(struct object *object, uint32_t member, uint32_t column, enum cdc_kind kind)
{
    const struct object_member *m = &object->plan->members[member];
    enum config_as as = m->config->as;
    bool is_json =
        as == CONFIG_AS_JSON || (as == CONFIG_AS_KIND && (kind == CDC_KIND_JSON || kind == CDC_KIND_ARRAY));

    object->cells[member] = (struct object_cell){
        .column = column,
        .quoted = m->rule.pii.rule != CONFIG_PII_NONE ||
                  !(is_json || as == CONFIG_AS_NUMBER || as == CONFIG_AS_BOOLEAN),
        .convert = canonical_converter(is_json ? MODEL_JSON : forms[as].type, kind),
    };
}

/* ---- a row ---- */

static int convert(const struct object_member *member, struct object_cell *cell, struct work *work,
                   const struct cdc_value *raw)
{
    switch (raw->state) {
    case CDC_VALUE_PRESENT:
        return rule_apply(&member->rule, cell->convert, work, cdc_slice(raw->ptr, raw->len), &cell->value);
    case CDC_VALUE_NULL:
    case CDC_VALUE_UNAVAILABLE:
    case CDC_VALUE_UNWANTED:
        cell->value = (struct rule_value){{NULL, 0}, raw->state};
        return 0;
    case CDC_VALUE_INVALID:
        break;
    }
    return work_fail_slice(work, WORK_BAD_VALUE, cdc_slice(raw->ptr, raw->len));
}

static size_t cell_len(const struct object_cell *cell)
{
    return cell->quoted ? quoted_len(cell->value.text) : cell->value.text.len;
}

/* Converts every member, and gives the state of the whole and the room that the text needs at most. */
static int survey(struct object *object, struct work *work, const struct image *image,
                  enum cdc_value_state *whole, size_t *room)
{
    *whole = CDC_VALUE_NULL;
    *room = 2;
    for (uint32_t i = 0; i < object->plan->n; i++) {
        const struct object_member *member = &object->plan->members[i];
        struct object_cell *cell = &object->cells[i];

        *room += member->head.len + 1;
        if (member->is_object) {
            *room += 2;
            continue;
        }
        object->failed = i;
        if (convert(member, cell, work, image_at(image, cell->column)))
            return -1;
        if (cell->value.state == CDC_VALUE_UNAVAILABLE || cell->value.state == CDC_VALUE_UNWANTED)
            *whole = CDC_VALUE_UNAVAILABLE;
        else if (cell->value.state == CDC_VALUE_PRESENT && *whole == CDC_VALUE_NULL)
            *whole = CDC_VALUE_PRESENT;
        if (cell->value.state == CDC_VALUE_PRESENT)
            *room += cell_len(cell);
    }
    return 0;
}

/* Objects that are open while the text is written. One that stays empty is taken back. */
struct writer {
    char *at;
    unsigned depth;
    bool filled[CONFIG_OBJECT_DEPTH + 1];  /* something is in it */
    char *before[CONFIG_OBJECT_DEPTH + 1]; /* where its head began */
};

static void put_head(struct writer *w, struct cdc_slice head)
{
    if (w->filled[w->depth])
        *w->at++ = ',';
    w->at = bytes_put(w->at, head.ptr, head.len);
}

static void open_object(struct writer *w, struct cdc_slice head)
{
    char *before = w->at;

    put_head(w, head);
    *w->at++ = '{';
    w->depth++;
    w->filled[w->depth] = false;
    w->before[w->depth] = before;
}

static void close_objects(struct writer *w, unsigned depth)
{
    for (; w->depth > depth; w->depth--) {
        if (!w->filled[w->depth]) {
            w->at = w->before[w->depth];
            continue;
        }
        *w->at++ = '}';
        w->filled[w->depth - 1] = true;
    }
}

static char *write_members(const struct object *object, char *text)
{
    struct writer w = {.at = text};

    *w.at++ = '{';
    for (uint32_t i = 0; i < object->plan->n; i++) {
        const struct object_member *member = &object->plan->members[i];
        const struct object_cell *cell = &object->cells[i];

        close_objects(&w, member->config->depth);
        if (member->is_object) {
            open_object(&w, member->head);
        } else if (cell->value.state == CDC_VALUE_PRESENT) {
            put_head(&w, member->head);
            w.at = cell->quoted ? put_quoted(w.at, cell->value.text)
                                : bytes_put(w.at, cell->value.text.ptr, cell->value.text.len);
            w.filled[w.depth] = true;
        }
    }
    close_objects(&w, 0);
    *w.at++ = '}';
    return w.at;
}

int object_join(struct object *object, struct work *work, const struct image *image, struct rule_value *out)
{
    size_t room;
    char *text;

    if (survey(object, work, image, &out->state, &room))
        return -1;
    out->text = cdc_slice(NULL, 0);
    if (out->state != CDC_VALUE_PRESENT)
        return 0;
    text = work_alloc(work, room);
    if (!text)
        return -1;
    out->text = cdc_slice(text, (size_t)(write_members(object, text) - text));
    return 0;
}

bool object_same(const struct object *object, const struct image *a, const struct image *b)
{
    for (uint32_t i = 0; i < object->plan->n; i++) {
        uint32_t column = object->cells[i].column;
        if (!object->plan->members[i].is_object && !image_same(image_at(a, column), image_at(b, column)))
            return false;
    }
    return true;
}

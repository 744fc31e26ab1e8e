/*
 * Fields of events (fields.h): each slot of the program reads its column, template or constant from an image of the row
 * and applies its rule. The first slot that fails ends the mapping of the row; run->failed_slot says which.
 */
#include "map/fields.h"

static const struct rule_value absent = {{NULL, 0}, CDC_VALUE_NULL};
static const struct rule_value unavailable = {{NULL, 0}, CDC_VALUE_UNAVAILABLE};

static int apply(const struct program_slot *slot, struct work *work, const struct cdc_value *raw,
                 struct rule_value *out)
{
    switch (raw->state) {
    case CDC_VALUE_PRESENT:
        return rule_apply(slot->rule, slot->convert, work, cdc_slice(raw->ptr, raw->len), out);
    case CDC_VALUE_NULL:
        *out = absent;
        return 0;
    case CDC_VALUE_UNAVAILABLE:
    case CDC_VALUE_UNWANTED:
        *out = unavailable;
        return 0;
    case CDC_VALUE_INVALID:
        break;
    }
    return work_fail_slice(work, WORK_BAD_VALUE, cdc_slice(raw->ptr, raw->len));
}

static int read_template(const struct program_slot *slot, struct work *work, const struct image *image,
                         struct rule_value *out)
{
    struct cdc_value joined;

    if (template_join(&slot->template, work, image, &joined))
        return -1;
    return apply(slot, work, &joined, out);
}

static int read_slot(struct run *run, uint32_t i, const struct image *image, struct rule_value *out)
{
    struct program_slot *slot = &run->program->slots[i];
    int status = 0;

    switch (slot->from) {
    case PLAN_COLUMN:
        status = apply(slot, run->work, image_at(image, slot->column), out);
        break;
    case PLAN_TEMPLATE:
        status = read_template(slot, run->work, image, out);
        break;
    case PLAN_OBJECT:
        status = object_join(&slot->object, run->work, image, out);
        break;
    case PLAN_CONSTANT:
        *out = (struct rule_value){slot->plan->constant, CDC_VALUE_PRESENT};
        break;
    case PLAN_ABSENT:
        *out = absent;
        break;
    }
    if (status)
        run->failed_slot = i;
    return status;
}

static void set_after(struct cdc_field *f, const struct rule_value *value)
{
    f->after = value->text;
    f->after_state = value->state;
    f->before_state = CDC_VALUE_UNAVAILABLE;
}

static void set_before(struct cdc_field *f, const struct rule_value *value)
{
    f->before = value->text;
    f->before_state = value->state;
}

/* ---- keys ---- */

static int read_key_slot(struct run *run, uint32_t i, const struct image *image, struct rule_value *out)
{
    if (read_slot(run, i, image, out))
        return -1;
    if (out->state == CDC_VALUE_PRESENT && out->text.len)
        return 0;
    run->failed_slot = i;
    if (out->state == CDC_VALUE_UNAVAILABLE)
        return work_fail(run->work, WORK_UNAVAILABLE_KEY,
                         "was not sent by the source, and the key is made of it");
    return work_fail(run->work, WORK_NULL_KEY, "is NULL or empty, and the key is made of it");
}

static int read_key(struct run *run, const struct image *image, bool before, struct cdc_slice *key)
{
    struct program *program = run->program;
    const struct plan *plan = program->plan;
    struct rule_value value;
    uint32_t slot = 0;

    for (uint32_t i = 0; i < plan->nkeys; i++) {
        struct key_part *part = &program->parts[i];
        if (plan->keys[i].slot == PLAN_NONE) {
            *part = (struct key_part){cdc_slice("-", 1), true};
            continue;
        }
        slot = plan->keys[i].slot;
        if (read_key_slot(run, slot, image, &value))
            return -1;
        *part = (struct key_part){value.text, plan->keys[i].is_ref};
        if (before)
            set_before(&program->gone[slot], &value);
        else
            set_after(&program->fields[slot], &value);
    }
    run->failed_slot = slot; /* should there be no memory */
    return key_join(run->work, program->parts, plan->nkeys, key);
}

int fields_key_after(struct run *run, struct cdc_slice *key)
{
    struct image image = image_after(run->row);

    return read_key(run, &image, false, key);
}

int fields_key_before(struct run *run, struct cdc_slice *key)
{
    struct image image = image_before(run->row);

    return read_key(run, &image, true, key);
}

/* ---- all fields ---- */

static int read_after(struct run *run, uint32_t i, const struct image *image)
{
    struct rule_value value;

    if (read_slot(run, i, image, &value))
        return -1;
    set_after(&run->program->fields[i], &value);
    return 0;
}

/* Most slots: a column that was sent, and nothing to do but to convert it. */
static int read_plain(struct run *run, uint32_t i, const struct image *image)
{
    const struct program_slot *slot = &run->program->slots[i];
    const struct cdc_value *raw = image_at(image, slot->column);
    struct cdc_field *f = &run->program->fields[i];

    if (raw->state != CDC_VALUE_PRESENT)
        return read_after(run, i, image);
    f->after_state = CDC_VALUE_PRESENT;
    f->before_state = CDC_VALUE_UNAVAILABLE;
    if (!slot->convert(run->work, &slot->rule->how, cdc_slice(raw->ptr, raw->len), &f->after))
        return 0;
    run->failed_slot = i;
    return -1;
}

int fields_rest_after(struct run *run)
{
    struct program *program = run->program;
    uint32_t n = program->plan->shape->nfields;
    struct image image = image_after(run->row);

    for (uint32_t i = program->plan->nkeyslots; i < n; i++)
        if (program->slots[i].plain ? read_plain(run, i, &image) : read_after(run, i, &image))
            return -1;
    return 0;
}

static bool same_slot(const struct program_slot *slot, const struct image *after, const struct image *before)
{
    switch (slot->from) {
    case PLAN_COLUMN:
        return image_same(image_at(after, slot->column), image_at(before, slot->column));
    case PLAN_TEMPLATE:
        return template_same(&slot->template, after, before);
    case PLAN_OBJECT:
        return object_same(&slot->object, after, before);
    case PLAN_CONSTANT:
    case PLAN_ABSENT:
        break;
    }
    return true;
}

static bool compare(struct run *run, uint32_t n, const struct image *before)
{
    struct program *program = run->program;
    struct image after = image_after(run->row);
    bool all = true;

    for (uint32_t i = 0; i < n; i++) {
        program->same[i] = same_slot(&program->slots[i], &after, before);
        all = all && program->same[i];
    }
    return all;
}

bool fields_same_key(struct run *run)
{
    struct image before = image_before(run->row);

    return compare(run, run->program->plan->nkeyslots, &before);
}

bool fields_same(struct run *run)
{
    struct image before = {run->row->before, NULL};

    return compare(run, run->program->plan->shape->nfields, &before);
}

/* The old row's trouble is forgotten, unless it is the machine's. */
static enum fields_old give_up(struct run *run)
{
    if (run->work->reason == WORK_MEMORY)
        return FIELDS_FAILED;
    run->work->reason = WORK_OK;
    run->failed_slot = PLAN_NONE;
    return FIELDS_UNKNOWN;
}

/* Unchanged columns are not converted again. */
enum fields_old fields_beside(struct run *run)
{
    struct program *program = run->program;
    uint32_t n = program->plan->shape->nfields;
    struct image before = {run->row->before, NULL};
    struct rule_value value;

    for (uint32_t i = 0; i < n; i++) {
        struct cdc_field *f = &program->fields[i];
        if (program->same[i]) {
            f->before = f->after;
            f->before_state = f->after_state;
            continue;
        }
        if (read_slot(run, i, &before, &value))
            return give_up(run);
        if (value.state == CDC_VALUE_UNAVAILABLE)
            return FIELDS_UNKNOWN;
        set_before(f, &value);
    }
    return FIELDS_KNOWN;
}

static enum fields_old read_gone(struct run *run)
{
    struct program *program = run->program;
    uint32_t n = program->plan->shape->nfields;
    struct image before = {run->row->before, NULL};
    struct rule_value value;

    if (!run_has_full(run))
        return FIELDS_UNKNOWN;
    for (uint32_t i = program->plan->nkeyslots; i < n; i++) {
        if (read_slot(run, i, &before, &value))
            return give_up(run);
        set_before(&program->gone[i], &value);
    }
    return FIELDS_KNOWN;
}

enum fields_old fields_gone(struct run *run)
{
    struct program *program = run->program;
    uint32_t n = program->plan->shape->nfields;
    enum fields_old old = read_gone(run);

    for (uint32_t i = 0; i < n; i++) {
        program->gone[i].after = cdc_slice(NULL, 0);
        program->gone[i].after_state = CDC_VALUE_NULL;
        if (old != FIELDS_KNOWN && i >= program->plan->nkeyslots)
            set_before(&program->gone[i], &unavailable);
    }
    return old;
}

/*
 * Events (emit.h). Fields are ready when one of these is called; nothing here can fail. The verb is the first of the
 * model's transition rules that fits, else the plain one of the operation.
 */
#include "map/emit.h"

#include "map/bytes.h"
#include "map/fields.h"

/* A deleted entity concerns whom it concerned. */
static struct cdc_slice customer_of(const struct plan *plan, const struct cdc_field *fields,
                                    struct cdc_slice key, bool gone)
{
    const struct cdc_field *f;

    if (plan->customer_is_key)
        return key;
    if (plan->customer_slot == PLAN_NONE)
        return cdc_slice(NULL, 0);
    f = &fields[plan->customer_slot];
    if ((gone ? f->before_state : f->after_state) != CDC_VALUE_PRESENT)
        return cdc_slice(NULL, 0);
    return gone ? f->before : f->after;
}

/* Whose it was, when it is now another's or nobody's. (A customer's own id is its key, which does not change in place.) */
static struct cdc_slice customer_before(const struct plan *plan, const struct cdc_field *fields)
{
    const struct cdc_field *f;

    if (plan->customer_is_key || plan->customer_slot == PLAN_NONE)
        return cdc_slice(NULL, 0);
    f = &fields[plan->customer_slot];
    return f->before_state == CDC_VALUE_PRESENT && fields_changed(f) ? f->before : cdc_slice(NULL, 0);
}

static struct cdc_event *add(struct run *run, enum cdc_event_op op, struct cdc_slice key,
                             const struct cdc_field *fields)
{
    const struct plan *plan = run->program->plan;
    struct cdc_event *event = &run->events[run->nevents];

    *event = (struct cdc_event){
        .op = op,
        .shape = plan->shape,
        .key = key,
        .fields = fields,
        .customer = customer_of(plan, fields, key, op == CDC_EVENT_DELETE || op == CDC_EVENT_DROP),
        .tx = run->tx,
        .ordinal = run->ordinal,
        .part = (uint32_t)run->nevents,
    };
    run->nevents++;
    return event;
}

static bool fits_value(bool given, struct cdc_slice wanted, enum cdc_value_state state,
                       struct cdc_slice value)
{
    return !given || (state == CDC_VALUE_PRESENT && bytes_equal(wanted, value));
}

static struct cdc_slice type_created(const struct plan *plan, const struct cdc_field *fields)
{
    for (uint32_t i = 0; i < plan->ntransitions; i++) {
        const struct plan_transition *t = &plan->transitions[i];
        const struct cdc_field *f = &fields[t->slot];
        if ((t->on & MODEL_ON_INSERT) && !t->has_from && f->after_state == CDC_VALUE_PRESENT &&
            fits_value(t->has_to, t->to, f->after_state, f->after))
            return t->type;
    }
    return plan->created;
}

static struct cdc_slice type_changed(const struct plan *plan, const struct cdc_field *fields)
{
    for (uint32_t i = 0; i < plan->ntransitions; i++) {
        const struct plan_transition *t = &plan->transitions[i];
        const struct cdc_field *f = &fields[t->slot];
        if ((t->on & MODEL_ON_UPDATE) && fields_changed(f) &&
            fits_value(t->has_from, t->from, f->before_state, f->before) &&
            fits_value(t->has_to, t->to, f->after_state, f->after))
            return t->type;
    }
    return plan->updated;
}

void emit_created(struct run *run, struct cdc_slice key)
{
    struct cdc_event *event = add(run, CDC_EVENT_PUT, key, run->program->fields);

    event->type = type_created(run->program->plan, event->fields);
}

void emit_changed(struct run *run, struct cdc_slice key)
{
    const struct cdc_field *fields = run->program->fields;
    uint32_t n = run->program->plan->shape->nfields, i = 0;
    struct cdc_event *event;

    while (i < n && !fields_changed(&fields[i]))
        i++;
    if (i == n)
        return;
    event = add(run, CDC_EVENT_PUT, key, fields);
    event->before_known = true;
    event->customer_before = customer_before(run->program->plan, fields);
    event->type = type_changed(run->program->plan, fields);
}

/* The rules that fit as far as the new values tell; the store knows the old ones. */
static uint32_t fill_candidates(const struct program *program)
{
    const struct plan *plan = program->plan;
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->ntransitions; i++) {
        const struct plan_transition *t = &plan->transitions[i];
        const struct cdc_field *f = &program->fields[t->slot];
        if (!(t->on & MODEL_ON_UPDATE) || f->after_state == CDC_VALUE_UNAVAILABLE ||
            !fits_value(t->has_to, t->to, f->after_state, f->after))
            continue;
        program->candidates[n++] = (struct cdc_candidate){t->slot, t->has_from, t->from, t->type};
    }
    return n;
}

void emit_merged(struct run *run, struct cdc_slice key, bool existing_only)
{
    struct cdc_event *event = add(run, CDC_EVENT_MERGE, key, run->program->fields);

    event->existing_only = existing_only;
    event->type = run->program->plan->updated;
    event->candidates = run->program->candidates;
    event->ncandidates = fill_candidates(run->program);
}

void emit_gone(struct run *run, enum cdc_event_op op, struct cdc_slice key, bool before_known)
{
    struct cdc_event *event = add(run, op, key, run->program->gone);

    event->before_known = before_known;
    event->type = run->program->plan->deleted;
}

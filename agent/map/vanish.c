/* Vanished rows (vanish.h): found by a snapshot or a verification. Any thread that has an arena. */
#include "map/vanish.h"

#include "map/bytes.h"

static bool fits(const struct plan_transition *t, const struct cdc_field *f)
{
    if (!(t->on & MODEL_ON_UPDATE) || f->after_state == CDC_VALUE_UNAVAILABLE)
        return false;
    return !t->has_to || (f->after_state == CDC_VALUE_PRESENT && bytes_equal(t->to, f->after));
}

static uint32_t fill_candidates(const struct plan *plan, const struct cdc_field *fields,
                                struct cdc_candidate *out)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->ntransitions; i++) {
        const struct plan_transition *t = &plan->transitions[i];
        if (fits(t, &fields[t->slot]))
            out[n++] = (struct cdc_candidate){t->slot, t->has_from, t->from, t->type};
    }
    return n;
}

static enum vanish set_fields(const struct plan *plan, struct cdc_arena *arena, struct cdc_event *event)
{
    uint32_t n = plan->shape->nfields;
    struct cdc_field *fields = cdc_arena_alloc(arena, n * sizeof *fields);
    struct cdc_candidate *candidates = cdc_arena_alloc(arena, plan->ntransitions * sizeof *candidates);

    if (!fields || !candidates)
        return VANISH_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        fields[i] =
            (struct cdc_field){.after_state = CDC_VALUE_UNAVAILABLE, .before_state = CDC_VALUE_UNAVAILABLE};
    for (uint32_t i = 0; i < plan->nset; i++) {
        fields[plan->set[i].slot].after = plan->set[i].value;
        fields[plan->set[i].slot].after_state = plan->set[i].is_null ? CDC_VALUE_NULL : CDC_VALUE_PRESENT;
    }
    event->op = CDC_EVENT_MERGE;
    event->existing_only = true;
    event->type = plan->updated;
    event->fields = fields;
    event->candidates = candidates;
    event->ncandidates = fill_candidates(plan, fields, candidates);
    return VANISH_EVENT;
}

enum vanish vanish_make(const struct plan *plan, struct cdc_slice key, struct cdc_arena *arena,
                        struct cdc_event *event)
{
    *event = (struct cdc_event){.shape = plan->shape,
                                .key = key,
                                .customer = plan->customer_is_key ? key : cdc_slice(NULL, 0),
                                .part = plan->shape->part};
    switch (plan->mapping->on_delete) {
    case CONFIG_DELETE_IGNORE:
        return VANISH_NOTHING;
    case CONFIG_DELETE_STATE:
        event->op = CDC_EVENT_ABSENT;
        event->type = plan->deleted;
        return VANISH_EVENT;
    case CONFIG_DELETE_SET:
        break;
    }
    return set_fields(plan, arena, event);
}

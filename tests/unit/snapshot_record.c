/* Records of a trial's store: encoded from events, applied to states (snapshot_trial.h). */
#include "unit/snapshot_record.h"

#include <stdio.h>
#include <stdlib.h>

#define UNAVAILABLE (-2)

struct record {
    enum cdc_event_op op;
    unsigned table, code, tx, ordinal, part;
    unsigned run;
    bool of_stream, truncates, existing_only, note, repair, tells;
    int v[TRIAL_FIELDS];
};

/* ---- encoding ---- */

static int number(struct cdc_slice text)
{
    char copy[32];

    snprintf(copy, sizeof copy, "%.*s", CDC_ARG(text));
    return atoi(copy);
}

static int value(const struct cdc_field *field)
{
    if (field->after_state == CDC_VALUE_UNAVAILABLE)
        return UNAVAILABLE;
    return field->after_state == CDC_VALUE_PRESENT ? number(field->after) : WORLD_NULL;
}

static int append(const struct record *record, struct cdc_buf *body, size_t *last, struct cdc_err *err)
{
    *last = body->len;
    cdc_buf_put(body, record, sizeof *record);
    return body->failed ? cdc_err_memory(err) : 0;
}

static struct record record_of(const struct cdc_shape *shape, const struct cdc_tx *tx, uint64_t ordinal)
{
    return (struct record){
        .table = trial_table(shape->entity),
        .of_stream = !cdc_slice_is(tx->xid, "snapshot"),
        .tx = (unsigned)number(cdc_slice(tx->id.ptr + 1, tx->id.len - 1)),
        .ordinal = (unsigned)ordinal,
        .run = trial_run(tx->id),
    };
}

int record_encode(const struct cdc_sink *s, const struct cdc_event *event, struct cdc_buf *body, size_t *last,
                  struct cdc_err *err)
{
    struct record r = record_of(event->shape, event->tx, event->ordinal);

    (void)s;
    r.op = event->op;
    r.code = (unsigned)number(event->key);
    r.part = event->part;
    r.existing_only = event->existing_only;
    r.note = event->note;
    r.repair = event->repair;
    r.tells = event->type.len > 0;
    for (unsigned i = 0; i < TRIAL_FIELDS; i++)
        r.v[i] = UNAVAILABLE;
    for (uint32_t i = 0; event->fields && i < event->shape->nfields; i++) {
        char name = *event->shape->names[i].ptr;
        if (event->shape->names[i].len == 1)
            r.v[name - 'a'] = value(&event->fields[i]);
    }
    return append(&r, body, last, err);
}

void record_mark_last(struct cdc_buf *body, size_t last)
{
    (void)body, (void)last;
}

int record_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin)
{
    *begin = 0;
    cdc_buf_put(rest, body->data + at, body->len - at);
    return rest->failed ? -1 : 0;
}

int record_truncate(const struct cdc_sink *s, const struct cdc_shape *shape, const struct cdc_tx *tx,
                    uint64_t ordinal, struct cdc_buf *body, size_t *last, struct cdc_err *err)
{
    struct record r = record_of(shape, tx, ordinal);

    (void)s;
    r.truncates = true;
    return append(&r, body, last, err);
}

/* ---- notes ---- */

static void note(struct trial_notes *notes, unsigned *n, char what, const struct record *r)
{
    if (*n == notes->cap) {
        notes->cap = notes->cap ? notes->cap * 2 : 1024;
        notes->all = realloc(notes->all, notes->cap * sizeof *notes->all);
        if (!notes->all)
            abort();
    }
    notes->all[(*n)++] = (struct trial_note){what, r->table, r->code, r->tx, r->ordinal, r->part, r->run};
    notes->n = *n;
}

static void write_fields(struct trial_state *state, const struct record *r)
{
    if (!state->exists)
        *state = (struct trial_state){true, {WORLD_NULL, WORLD_NULL, WORLD_NULL}};
    for (unsigned i = 0; i < TRIAL_FIELDS; i++)
        if (r->v[i] != UNAVAILABLE)
            state->v[i] = r->v[i];
}

static bool differs(const struct trial_state *state, const struct record *r)
{
    bool different = false;

    for (unsigned i = 0; i < TRIAL_FIELDS; i++)
        different = different || (r->v[i] != UNAVAILABLE && state->v[i] != r->v[i]);
    return different;
}

static void check(struct trial *t, struct trial_state *state, const struct record *r)
{
    char what = state->exists ? TRIAL_DIFFERENT : TRIAL_MISSING;

    if (state->exists && !differs(state, r))
        return;
    if (r->note)
        note(&t->findings, &t->now.nfindings, what, r);
    if (r->repair)
        write_fields(state, r);
}

static void absent(struct trial *t, struct trial_state *state, const struct record *r)
{
    if (!state->exists)
        return;
    if (r->note)
        note(&t->findings, &t->now.nfindings, TRIAL_EXTRA, r);
    if (!r->repair)
        return;
    *state = (struct trial_state){0};
    if (!r->tells)
        trial_fault(t, "state %u of table %u vanishes without an event", r->code, r->table);
    note(&t->vanished, &t->now.nvanished, TRIAL_EXTRA, r);
}

static void apply(struct trial *t, const struct record *r)
{
    struct trial_state *state = &t->now.states[r->table][r->code];

    if (r->of_stream && r->op < CDC_EVENT_LOAD)
        note(&t->events, &t->now.nevents, r->truncates ? 'T' : (char)('0' + (int)r->op), r);
    if (r->truncates)
        return;
    switch (r->op) {
    case CDC_EVENT_PUT:
    case CDC_EVENT_LOAD:
        write_fields(state, r);
        break;
    case CDC_EVENT_MERGE:
        if (state->exists || !r->existing_only)
            write_fields(state, r);
        break;
    case CDC_EVENT_DELETE:
    case CDC_EVENT_DROP:
        *state = (struct trial_state){0};
        break;
    case CDC_EVENT_CHECK:
        check(t, state, r);
        break;
    case CDC_EVENT_ABSENT:
        absent(t, state, r);
        break;
    }
}

void record_apply(struct trial *t, const struct cdc_batch *batch)
{
    struct record r;

    if (batch->body.len != batch->records * sizeof r)
        trial_fault(t, "batch %u has %zu bytes for %u records", (unsigned)batch->number, batch->body.len,
                    batch->records);
    for (uint32_t i = 0; i < batch->records; i++) {
        memcpy(&r, batch->body.data + i * sizeof r, sizeof r);
        apply(t, &r);
    }
}

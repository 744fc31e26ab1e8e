/*
 * Row changes (row.h), the decisions between columns and events:
 *
 *              filter: before -> after   what becomes of it
 *   insert             -      -> yes     PUT, as new
 *   update            yes     -> yes     PUT with what was before, or MERGE when that is not known
 *                     yes     -> yes     under another key: DELETE of the old one, PUT of the new one
 *                     no      -> yes     PUT, as new
 *                     yes     -> no      DELETE
 *                     unknown -> no      DROP: the store knows whether the row was ever in
 *   delete            yes     ->  -      DELETE; or, as configured, nothing, or a change of some fields
 *                     unknown ->  -      DROP
 *
 * A delete of which the source sent nothing is rejected, unless deletes are ignored.
 *
 * Runs in the source thread. A row that fails in one field is rejected as a whole: events are added only when all fields
 * of all of them are there.
 */
#include "map/row.h"

#include "map/emit.h"
#include "map/fields.h"

enum old_key {
    OLD_SAME,
    OLD_OTHER,
    OLD_UNKNOWN,
    OLD_FAILED,
};

/* ---- filter ---- */

static enum filter_match match_conditions(struct run *run)
{
    const struct program *program = run->program;
    struct image after = image_after(run->row);
    size_t at = 0;
    enum filter_match match = filter_match(&program->plan->where, program->where, &after, &at);

    if (match == FILTER_UNKNOWN)
        work_fail(run->work, WORK_UNAVAILABLE_FILTER, "was not sent by the source");
    if (match == FILTER_INVALID)
        work_fail_slice(
            run->work, WORK_BAD_VALUE,
            cdc_slice(image_at(&after, program->where[at])->ptr, image_at(&after, program->where[at])->len));
    if (match == FILTER_UNKNOWN || match == FILTER_INVALID)
        run->failed_where = (uint32_t)at;
    return match;
}

/* Without conditions every row is in, and was in. */
static enum filter_match match_after(struct run *run)
{
    return run->program->plan->where.n ? match_conditions(run) : FILTER_YES;
}

static enum filter_match match_before(const struct run *run)
{
    const struct program *program = run->program;
    struct image before = {run->row->before, NULL};
    enum filter_match match;
    size_t at;

    if (!program->plan->where.n)
        return FILTER_YES;
    if (!run->row->before)
        return FILTER_UNKNOWN;
    match = filter_match(&program->plan->where, program->where, &before, &at);
    return match == FILTER_INVALID ? FILTER_UNKNOWN : match;
}

/* Whether there was a state is certain only if the row was certainly in. */
static enum cdc_event_op gone_op(enum filter_match was)
{
    return was == FILTER_YES ? CDC_EVENT_DELETE : CDC_EVENT_DROP;
}

/* ---- steps ---- */

static enum row_outcome failed(const struct run *run)
{
    return run->work->reason == WORK_MEMORY ? ROW_FAILED : ROW_REJECTED;
}

static enum row_outcome create(struct run *run)
{
    if (fields_key_after(run, &run->key) || fields_rest_after(run))
        return failed(run);
    emit_created(run, run->key);
    return ROW_MAPPED;
}

/* The state under the old key goes. With `was` unknown, only if there is one. */
static enum row_outcome remove_old(struct run *run, struct cdc_slice key, enum filter_match was)
{
    enum fields_old old = fields_gone(run);

    if (old == FIELDS_FAILED)
        return ROW_FAILED;
    emit_gone(run, gone_op(was), key, old == FIELDS_KNOWN);
    return ROW_MAPPED;
}

static enum row_outcome change_in_place(struct run *run)
{
    enum fields_old old = run_has_full(run) ? fields_beside(run) : FIELDS_UNKNOWN;

    if (old == FIELDS_FAILED)
        return ROW_FAILED;
    if (old == FIELDS_KNOWN)
        emit_changed(run, run->key);
    else
        emit_merged(run, run->key, false);
    return ROW_MAPPED;
}

/* An old key that cannot be made was never one of a state: its row was rejected. */
static enum old_key compare_keys(struct run *run, struct cdc_slice *old)
{
    if (!run->row->before || fields_same_key(run))
        return OLD_SAME;
    if (fields_key_before(run, old)) {
        if (run->work->reason == WORK_MEMORY)
            return OLD_FAILED;
        run->work->reason = WORK_OK;
        run->failed_slot = PLAN_NONE;
        return OLD_UNKNOWN;
    }
    return cdc_slice_eq(*old, run->key) ? OLD_SAME : OLD_OTHER;
}

/*
 * A table that got another primary key sends updates without what the entity was called: the state of before could stay as if nothing had
 * moved.
 */
static enum row_outcome hides_key(struct run *run)
{
    run->failed_slot = run->program->hidden_slot;
    work_fail(
        run->work, WORK_UNAVAILABLE_KEY,
        "makes the key and is not in the table's replica identity: whether an update changed it is not known");
    return ROW_REJECTED;
}

static enum row_outcome change(struct run *run, enum filter_match was)
{
    struct cdc_slice old = {NULL, 0};
    enum row_outcome outcome = ROW_FAILED;

    if (run_has_full(run) && fields_same(run))
        return ROW_MAPPED;
    if (run->program->hidden_key && !run_has_full(run))
        return hides_key(run);
    if (fields_key_after(run, &run->key) || fields_rest_after(run))
        return failed(run);
    switch (compare_keys(run, &old)) {
    case OLD_SAME:
        return change_in_place(run);
    case OLD_OTHER:
        outcome = remove_old(run, old, was);
        if (outcome == ROW_MAPPED)
            emit_created(run, run->key);
        break;
    case OLD_UNKNOWN:
        emit_merged(run, run->key, false);
        return ROW_MAPPED;
    case OLD_FAILED:
        break;
    }
    return outcome;
}

/* ---- deletes ---- */

static enum row_outcome lacks_key(struct run *run)
{
    run->failed_slot = 0;
    work_fail(run->work, WORK_UNAVAILABLE_KEY, "was not sent by the source, and the key is made of it");
    return ROW_REJECTED;
}

/* The row's state leaves the store: the row was deleted, or is no longer one of those that the mapping is for. */
static enum row_outcome leave(struct run *run, enum filter_match was)
{
    if (fields_key_before(run, &run->key))
        return failed(run);
    return remove_old(run, run->key, was);
}

/* All that is not known stays as it is in the store. */
static void keep_but_key(struct program *program)
{
    const struct plan *plan = program->plan;

    for (uint32_t i = 0; i < plan->shape->nfields; i++) {
        struct cdc_field *to = &program->fields[i];
        const struct cdc_field *from = &program->gone[i];
        bool key = i < plan->nkeyslots;
        *to = (struct cdc_field){.after_state = CDC_VALUE_UNAVAILABLE, .before_state = CDC_VALUE_UNAVAILABLE};
        if (key) {
            to->after = from->before;
            to->after_state = from->before_state;
        }
    }
}

static void keep_all(struct program *program)
{
    for (uint32_t i = 0; i < program->plan->shape->nfields; i++) {
        program->fields[i] = program->gone[i];
        program->fields[i].after = program->gone[i].before;
        program->fields[i].after_state = program->gone[i].before_state;
    }
}

static void set_fields(struct program *program)
{
    const struct plan *plan = program->plan;

    for (uint32_t i = 0; i < plan->nset; i++) {
        struct cdc_field *f = &program->fields[plan->set[i].slot];
        f->after = plan->set[i].value;
        f->after_state = plan->set[i].is_null ? CDC_VALUE_NULL : CDC_VALUE_PRESENT;
    }
}

/*
 * `on_delete: set`: the state stays, some fields of it change. When the row is not known whole, it may never have been in: then
 * there is no state, and none must be made of the few fields that are set.
 */
static enum row_outcome set_instead(struct run *run)
{
    enum fields_old old;

    if (fields_key_before(run, &run->key))
        return failed(run);
    old = fields_gone(run);
    if (old == FIELDS_FAILED)
        return ROW_FAILED;
    if (old == FIELDS_KNOWN)
        keep_all(run->program);
    else
        keep_but_key(run->program);
    set_fields(run->program);
    if (old == FIELDS_KNOWN)
        emit_changed(run, run->key);
    else
        emit_merged(run, run->key, true);
    return ROW_MAPPED;
}

static enum row_outcome delete_as_configured(struct run *run, enum filter_match was)
{
    enum config_on_delete on_delete = run->program->plan->mapping->on_delete;

    if (on_delete == CONFIG_DELETE_IGNORE)
        return ROW_MAPPED;
    if (!run->row->before)
        return lacks_key(run);
    if (on_delete == CONFIG_DELETE_STATE)
        return leave(run, was);
    return set_instead(run);
}

/* ---- operations ---- */

static enum row_outcome apply_insert(struct run *run)
{
    switch (match_after(run)) {
    case FILTER_YES:
        return create(run);
    case FILTER_NO:
        return ROW_FILTERED;
    case FILTER_UNKNOWN:
    case FILTER_INVALID:
        break;
    }
    return ROW_REJECTED;
}

static enum row_outcome apply_update(struct run *run)
{
    enum filter_match was = match_before(run);

    switch (match_after(run)) {
    case FILTER_YES:
        return was == FILTER_NO ? create(run) : change(run, was);
    case FILTER_NO:
        if (was == FILTER_NO)
            return ROW_FILTERED;
        return leave(run, was);
    case FILTER_UNKNOWN:
    case FILTER_INVALID:
        break;
    }
    return ROW_REJECTED;
}

static enum row_outcome apply_delete(struct run *run)
{
    enum filter_match was = match_before(run);

    return was == FILTER_NO ? ROW_FILTERED : delete_as_configured(run, was);
}

static enum row_outcome lacks_column(struct run *run)
{
    const struct cdc_row *row = run->row;
    const struct program *program = run->program;
    int made = 0;

    if (!program->missing_key && (row->after || row->before))
        made = row->after ? fields_key_after(run, &run->key) : fields_key_before(run, &run->key);
    if (made)
        run->key = cdc_slice(NULL, 0);
    run->failed_slot = run->failed_where = PLAN_NONE;
    work_fail(run->work, WORK_MISSING_COLUMN, "is missing from the table, or not sent by the source");
    return ROW_REJECTED;
}

enum row_outcome row_apply(struct run *run)
{
    if (run->program->missing)
        return lacks_column(run);
    switch (run->row->op) {
    case CDC_OP_INSERT:
        return apply_insert(run);
    case CDC_OP_UPDATE:
        return apply_update(run);
    case CDC_OP_DELETE:
        break;
    }
    return apply_delete(run);
}

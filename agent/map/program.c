/*
 * Binding of plans to relations (program.h): runs whenever the stream announces a relation, so columns are looked up by
 * name here and never for a row.
 */
#include "map/program.h"

#include <stdio.h>
#include <stdlib.h>

#include "cdc/suggest.h"

#define COLUMN_NAME_MAX 256 /* longer names are compared and shown by this many bytes */

/* calloc() that gives something for nothing, so that NULL only means "no memory". */
static void *take(size_t n, size_t size)
{
    return calloc(n ? n : 1, size);
}

static long find_column(const struct cdc_relation *relation, const char *name)
{
    for (uint32_t i = 0; i < relation->ncolumns; i++)
        if (cdc_slice_is(relation->columns[i].name, name))
            return (long)i;
    return -1;
}

/* The column's index; 0 when it is missing, which is remembered: such a program never touches a value. */
static uint32_t want(struct program *program, struct cdc_relation *relation, const char *name,
                     struct config_pos pos, bool key)
{
    long column = find_column(relation, name);

    if (column >= 0) {
        relation->columns[column].wanted = true;
        program->hidden_key = program->hidden_key || (key && !relation->columns[column].key);
        return (uint32_t)column;
    }
    program->missing_key = program->missing_key || key;
    if (!program->missing) {
        program->missing = name;
        program->missing_pos = pos;
    }
    return 0;
}

static int bind_template(struct program *program, struct cdc_relation *relation, struct program_slot *slot,
                         bool key)
{
    const struct config_field *field = slot->plan->field;
    struct template_text *t = &slot->template;

    t->n = field->npieces;
    t->pieces = take(t->n, sizeof *t->pieces);
    if (!t->pieces)
        return -1;
    for (size_t i = 0; i < t->n; i++) {
        const struct config_piece *piece = &field->pieces[i];
        t->pieces[i].column =
            piece->is_column ? want(program, relation, piece->text, field->pos, key) : TEMPLATE_LITERAL;
        t->pieces[i].literal = cdc_slice_str(piece->text);
    }
    return 0;
}

static int bind_object(struct program *program, struct cdc_relation *relation, struct program_slot *slot)
{
    const struct object_plan *plan = &slot->plan->object;

    slot->object.plan = plan;
    slot->object.cells = take(plan->n, sizeof *slot->object.cells);
    if (!slot->object.cells)
        return -1;
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct config_member *member = plan->members[i].config;
        uint32_t column;

        if (plan->members[i].is_object)
            continue;
        column = want(program, relation, member->column, member->pos, false);
        object_bind_cell(&slot->object, i, column,
                         program->missing ? CDC_KIND_TEXT : relation->columns[column].kind);
    }
    return 0;
}

static int bind_slot(struct program *program, struct cdc_relation *relation, uint32_t i)
{
    struct program_slot *slot = &program->slots[i];
    const struct plan_slot *plan = &program->plan->slots[i];
    enum cdc_kind kind = CDC_KIND_TEXT;
    bool key = i < program->plan->nkeyslots;

    slot->plan = plan;
    slot->rule = &plan->rule;
    slot->plain = plan->from == PLAN_COLUMN && rule_is_plain(&plan->rule);
    slot->from = plan->from;
    if (plan->from == PLAN_COLUMN) {
        slot->column = want(program, relation, plan->field->column, plan->field->pos, key);
        if (!program->missing)
            kind = relation->columns[slot->column].kind;
    } else if (plan->from == PLAN_TEMPLATE && bind_template(program, relation, slot, key)) {
        return -1;
    } else if (plan->from == PLAN_OBJECT && bind_object(program, relation, slot)) {
        return -1;
    }
    slot->convert = canonical_converter(plan->rule.how.type, kind);
    return 0;
}

static void bind_where(struct program *program, struct cdc_relation *relation)
{
    const struct config_mapping *mapping = program->plan->mapping;

    for (size_t i = 0; i < mapping->nconditions; i++)
        program->where[i] =
            want(program, relation, mapping->conditions[i].column, mapping->conditions[i].pos, false);
}

int program_init(struct program *program, const struct plan *plan, struct cdc_relation *relation)
{
    uint32_t n = plan->shape->nfields;

    *program = (struct program){.plan = plan, .relation = relation};
    program->slots = take(n, sizeof *program->slots);
    program->where = take(plan->where.n, sizeof *program->where);
    program->fields = take(n, sizeof *program->fields);
    program->gone = take(n, sizeof *program->gone);
    program->candidates = take(plan->ntransitions, sizeof *program->candidates);
    program->parts = take(plan->nkeys, sizeof *program->parts);
    program->same = take(n, sizeof *program->same);
    if (!program->slots || !program->where || !program->fields || !program->gone || !program->candidates ||
        !program->parts || !program->same)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        if (bind_slot(program, relation, i))
            return -1;
        if (!program->hidden_key)
            program->hidden_slot = i + 1;
    }
    bind_where(program, relation);
    return 0;
}

void program_fini(struct program *program)
{
    uint32_t n = program->slots ? program->plan->shape->nfields : 0;

    for (uint32_t i = 0; i < n; i++) {
        free(program->slots[i].template.pieces);
        free(program->slots[i].object.cells);
    }
    free(program->slots);
    free(program->where);
    free(program->fields);
    free(program->gone);
    free(program->candidates);
    free(program->parts);
    free(program->same);
    *program = (struct program){0};
}

/* The column whose name is like `name`, or "". */
static void find_similar(const struct cdc_relation *relation, const char *name, char best[COLUMN_NAME_MAX])
{
    struct cdc_suggest suggest = cdc_suggest_start(name);
    char column[COLUMN_NAME_MAX];

    best[0] = '\0';
    for (uint32_t i = 0; i < relation->ncolumns; i++) {
        snprintf(column, sizeof column, "%.*s", CDC_ARG(relation->columns[i].name));
        cdc_suggest_offer(&suggest, column);
        if (suggest.best == column) {
            memcpy(best, column, sizeof column);
            suggest.best = best;
        }
    }
}

int program_missing(const struct program *program, const struct config *config, struct cdc_err *err)
{
    char similar[COLUMN_NAME_MAX];

    find_similar(program->relation, program->missing, similar);
    cdc_err_set(err, CDC_ERR_CONFIG, "%s:%u:%u: error: tables.%.*s: the table has no column \"%s\"",
                config->path ? config->path : "config", program->missing_pos.line,
                program->missing_pos.column, CDC_ARG(program->plan->shape->table), program->missing);
    if (similar[0])
        return cdc_err_hint(err, "did you mean \"%s\"?", similar);
    return cdc_err_hint(
        err, "correct the name, or see whether the source sends that column (publication's column list)");
}

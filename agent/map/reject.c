/* Rejects (reject.h). Not on the path of ordinary rows; cannot fail, because the program keeps room for the text. */
#include "map/reject.h"

#include <stdio.h>

/* The column, or the first one of a template. */
static const char *column_of(const struct config_field *field)
{
    if (field->from == CONFIG_FROM_COLUMN)
        return field->column;
    for (size_t i = 0; field->from == CONFIG_FROM_TEMPLATE && i < field->npieces; i++)
        if (field->pieces[i].is_column)
            return field->pieces[i].text;
    return "";
}

static int print_member(const struct run *run, const struct program_slot *slot, char *out,
                        const char **column)
{
    const struct config_member *member = slot->object.plan->members[slot->object.failed].config;
    const struct cdc_column *from =
        &run->program->relation->columns[slot->object.cells[slot->object.failed].column];

    *column = member->column;
    return snprintf(out, PROGRAM_DETAIL_MAX, "field %s, member \"%s\" (column \"%s\", %s) %.*s",
                    slot->plan->model->name, member->name, *column, cdc_kind_name(from->kind),
                    CDC_ARG(run->work->why));
}

static int print_slot(const struct run *run, char *out, const char **column)
{
    const struct program_slot *slot = &run->program->slots[run->failed_slot];
    const struct cdc_relation *relation = run->program->relation;

    if (slot->from == PLAN_OBJECT)
        return print_member(run, slot, out, column);
    *column = column_of(slot->plan->field);
    if (slot->from == PLAN_TEMPLATE)
        return snprintf(out, PROGRAM_DETAIL_MAX, "field %s (template of column \"%s\") %.*s",
                        slot->plan->model->name, *column, CDC_ARG(run->work->why));
    return snprintf(out, PROGRAM_DETAIL_MAX, "field %s (column \"%s\", %s) %.*s", slot->plan->model->name,
                    *column, cdc_kind_name(relation->columns[slot->column].kind), CDC_ARG(run->work->why));
}

static int print(const struct run *run, char *out, const char **column)
{
    const struct program *program = run->program;

    if (run->failed_where != PLAN_NONE) {
        *column = program->plan->where.conditions[run->failed_where].column;
        return snprintf(out, PROGRAM_DETAIL_MAX, "where: column \"%s\" %.*s", *column,
                        CDC_ARG(run->work->why));
    }
    if (run->failed_slot != PLAN_NONE)
        return print_slot(run, out, column);
    *column = program->missing ? program->missing : "";
    return snprintf(out, PROGRAM_DETAIL_MAX, "column \"%s\" %.*s", *column, CDC_ARG(run->work->why));
}

void reject_make(const struct run *run, struct cdc_reject *out)
{
    char *detail = run->program->detail;
    const char *column;
    int len = print(run, detail, &column);

    *out = (struct cdc_reject){
        .reason = cdc_slice_str(work_reason_name(run->work->reason)),
        .detail = cdc_slice(detail, len < PROGRAM_DETAIL_MAX ? (size_t)len : PROGRAM_DETAIL_MAX - 1),
        .table = run->program->plan->shape->table,
        .column = cdc_slice_str(column),
        .key = run->key,
        .entity = run->program->plan->shape->entity,
        .tx = run->tx,
        .ordinal = run->ordinal,
    };
}

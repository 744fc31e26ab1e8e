/*
 * Plans of mappings (plan.h). Runs when the map is made, on the way from the configuration to the rows; what it refuses
 * is an error of the configuration and is reported with its place there.
 */
#include "map/plan.h"

#include <stdio.h>

#define SOURCE_PREFIX "source_"

/* What is known while a plan is made. */
struct making {
    struct plan *plan;
    const struct rule_context *context;
    const struct model_entity *entity;
    struct cdc_slice *names;
    uint32_t n;
};

/* "cinema.yaml:12:5: tables.public.reservation: " before what has been set. */
static int wrap(const struct plan *plan, const struct config *config, struct config_pos pos,
                const char *field, struct cdc_err *err)
{
    return cdc_err_wrap(err, "%s:%u:%u: error: tables.%s.%s%s%s", config->path ? config->path : "config",
                        pos.line, pos.column, plan->table->schema, plan->table->name, field ? ".fields." : "",
                        field ? field : "");
}

static void *take(struct making *m, size_t n, size_t size)
{
    void *p = cdc_arena_alloc(m->context->arena, n * size + 1);

    if (p)
        memset(p, 0, n * size + 1);
    return p;
}

static int join(struct making *m, const char *a, const char *b, const char *c, struct cdc_slice *out,
                struct cdc_err *err)
{
    size_t len = strlen(a) + strlen(b) + strlen(c);
    char *text = take(m, len, 1);

    if (!text)
        return cdc_err_memory(err);
    snprintf(text, len + 1, "%s%s%s", a, b, c);
    *out = cdc_slice(text, len);
    return 0;
}

/* ---- slots ---- */

/* The raw text is of interest only where it and the canonical value may differ. */
static bool keeps_source(const struct config_field *field, const struct model_field *model)
{
    return model->keep_source && field->from == CONFIG_FROM_COLUMN &&
           (field->nvalues || model->type == MODEL_ENUM);
}

static size_t count_slots(const struct config_mapping *mapping)
{
    size_t n = mapping->nset;

    for (size_t i = 0; i < mapping->entity->nkeys; i++)
        n += mapping->keys[i] != NULL;
    return n + 2 * mapping->nfields; /* each may bring its source's text */
}

static struct plan_slot *new_slot(struct making *m, size_t model_index)
{
    struct plan_slot *slot = &m->plan->slots[m->n];

    *slot = (struct plan_slot){
        .model = &m->entity->fields[model_index], .model_index = model_index, .from = PLAN_ABSENT};
    m->names[m->n++] = cdc_slice_str(slot->model->name);
    return slot;
}

static int init_slot(struct making *m, struct plan_slot *slot, const struct config_field *field, bool key,
                     struct cdc_err *err)
{
    slot->field = field;
    if (rule_init(&slot->rule, m->context, slot->model, field, err))
        return -1;
    slot->rule.key = key;
    switch (field->from) {
    case CONFIG_FROM_COLUMN:
        slot->from = PLAN_COLUMN;
        return 0;
    case CONFIG_FROM_TEMPLATE:
        slot->from = PLAN_TEMPLATE;
        return 0;
    case CONFIG_FROM_JSON:
        slot->from = PLAN_OBJECT;
        return object_plan_init(&slot->object, m->context, field, err);
    case CONFIG_FROM_CONST:
        slot->from = PLAN_CONSTANT;
        break;
    }
    return rule_constant(&slot->rule, m->context, field->constant, &slot->constant, err);
}

static int add_source_slot(struct making *m, const struct config_field *field, const struct rule *rule,
                           struct cdc_err *err)
{
    struct plan_slot *slot = new_slot(m, field->field);

    slot->field = field;
    slot->from = PLAN_COLUMN;
    slot->rule = (struct rule){.how = {.type = MODEL_ENUM}, .raw = true, .pii = rule->pii};
    return join(m, SOURCE_PREFIX, slot->model->name, "", &m->names[m->n - 1], err);
}

static int add_field(struct making *m, const struct config_field *field, bool key, struct cdc_err *err)
{
    struct plan_slot *slot;
    int status;

    if (field->pii == CONFIG_PII_DROP && !key)
        return 0;
    slot = new_slot(m, field->field);
    if (field->pii == CONFIG_PII_DROP)
        status = cdc_err_set(err, CDC_ERR_CONFIG, "\"pii: drop\" on a part of the key");
    else
        status = init_slot(m, slot, field, key, err);
    if (!status && !key && keeps_source(field, slot->model))
        status = add_source_slot(m, field, &slot->rule, err);
    if (status)
        wrap(m->plan, m->context->config, field->pos, slot->model->name, err);
    return status;
}

/* The slot of a model field; its source's text comes behind it. */
static uint32_t find_slot(const struct making *m, size_t model_index)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->plan->slots[i].model_index == model_index)
            return i;
    return PLAN_NONE;
}

static int add_keys(struct making *m, struct cdc_err *err)
{
    const struct config_mapping *mapping = m->plan->mapping;
    struct plan *plan = m->plan;

    plan->nkeys = (uint32_t)m->entity->nkeys;
    plan->keys = take(m, plan->nkeys, sizeof *plan->keys);
    if (!plan->keys)
        return cdc_err_memory(err);
    for (uint32_t i = 0; i < plan->nkeys; i++) {
        plan->keys[i].slot = mapping->keys[i] ? m->n : PLAN_NONE;
        plan->keys[i].is_ref = m->entity->fields[m->entity->keys[i]].type == MODEL_REF;
        if (mapping->keys[i] && add_field(m, mapping->keys[i], true, err))
            return -1;
    }
    plan->nkeyslots = m->n;
    if (plan->nkeyslots)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG, "no part of the key of %s is given", m->entity->name);
    return wrap(plan, m->context->config, mapping->pos, NULL, err);
}

static int add_fields(struct making *m, struct cdc_err *err)
{
    const struct config_mapping *mapping = m->plan->mapping;

    for (size_t i = 0; i < mapping->nfields; i++)
        if (add_field(m, &mapping->fields[i], false, err))
            return -1;
    return 0;
}

/* ---- what deletes set ---- */

/* A constant of the configuration is nobody's data: the field's rule for personal data does not concern it. */
static int add_set(struct making *m, const struct config_set *from, struct plan_set *to, struct cdc_err *err)
{
    struct plan_slot *slot;
    struct rule rule;

    to->slot = find_slot(m, from->field);
    to->is_null = !from->value;
    if (to->slot == PLAN_NONE) {
        to->slot = m->n;
        slot = new_slot(m, from->field);
        if (rule_init(&slot->rule, m->context, slot->model, NULL, err))
            return -1;
    }
    rule = m->plan->slots[to->slot].rule;
    rule.pii = (struct pii){.rule = CONFIG_PII_NONE};
    if (to->slot < m->plan->nkeyslots)
        return cdc_err_set(err, CDC_ERR_CONFIG, "on_delete: \"%s\" is a part of the key",
                           m->entity->fields[from->field].name);
    return to->is_null ? 0 : rule_constant(&rule, m->context, from->value, &to->value, err);
}

static int add_sets(struct making *m, struct cdc_err *err)
{
    const struct config_mapping *mapping = m->plan->mapping;
    struct plan *plan = m->plan;

    plan->nset = mapping->on_delete == CONFIG_DELETE_SET ? (uint32_t)mapping->nset : 0;
    plan->set = take(m, plan->nset, sizeof *plan->set);
    if (!plan->set)
        return cdc_err_memory(err);
    for (uint32_t i = 0; i < plan->nset; i++)
        if (add_set(m, &mapping->set[i], &plan->set[i], err))
            return wrap(plan, m->context->config, mapping->pos, NULL, err);
    return 0;
}

/* ---- verbs ---- */

static int add_verbs(struct making *m, struct cdc_err *err)
{
    const struct model_entity *e = m->entity;
    struct plan *plan = m->plan;

    if (join(m, e->name, ".", e->verb_insert, &plan->created, err) ||
        join(m, e->name, ".", e->verb_update, &plan->updated, err))
        return -1;
    return join(m, e->name, ".", e->verb_delete, &plan->deleted, err);
}

/* Rules about fields that are not mapped can never hold and are left out. */
static int add_transitions(struct making *m, struct cdc_err *err)
{
    const struct model_entity *e = m->entity;
    struct plan *plan = m->plan;

    plan->transitions = take(m, e->ntransitions, sizeof *plan->transitions);
    if (!plan->transitions)
        return cdc_err_memory(err);
    for (size_t i = 0; i < e->ntransitions; i++) {
        const struct model_transition *from = &e->transitions[i];
        struct plan_transition *to = &plan->transitions[plan->ntransitions];
        to->slot = find_slot(m, from->field);
        if (to->slot == PLAN_NONE)
            continue;
        to->has_from = from->from != NULL;
        to->has_to = from->to != NULL;
        to->from = cdc_slice_str(from->from);
        to->to = cdc_slice_str(from->to);
        to->on = from->on;
        if (join(m, e->name, ".", from->verb, &to->type, err))
            return -1;
        plan->ntransitions++;
    }
    return 0;
}

/* ---- the whole ---- */

static void find_customer(struct making *m)
{
    struct plan *plan = m->plan;

    plan->customer_slot = PLAN_NONE;
    plan->customer_is_key = strcmp(m->entity->name, "customer") == 0;
    for (uint32_t i = 0; i < m->n && !plan->customer_is_key; i++)
        if (cdc_slice_is(m->names[i], "customer_id") && plan->slots[i].model->type == MODEL_REF)
            plan->customer_slot = i;
}

static int init_shape(struct making *m, struct cdc_shape *shape, struct cdc_err *err)
{
    const struct config_table *table = m->plan->table;

    *shape = (struct cdc_shape){.entity = cdc_slice_str(m->entity->name), .nfields = m->n, .names = m->names};
    m->plan->shape = shape;
    return join(m, table->schema, ".", table->name, &shape->table, err);
}

int plan_init(struct plan *plan, const struct rule_context *context, const struct config_table *table,
              const struct config_mapping *mapping, struct cdc_shape *shape, struct cdc_err *err)
{
    struct making m = {.plan = plan, .context = context, .entity = mapping->entity};
    size_t room = count_slots(mapping);

    *plan = (struct plan){.table = table, .mapping = mapping};
    plan->slots = take(&m, room, sizeof *plan->slots);
    m.names = take(&m, room, sizeof *m.names);
    if (!plan->slots || !m.names)
        return cdc_err_memory(err);
    if (add_keys(&m, err) || add_fields(&m, err) || add_sets(&m, err) || add_verbs(&m, err) ||
        add_transitions(&m, err))
        return -1;
    if (filter_init(&plan->where, context->arena, mapping))
        return cdc_err_memory(err);
    find_customer(&m);
    return init_shape(&m, shape, err);
}

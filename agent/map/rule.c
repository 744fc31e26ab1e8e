/*
 * Rules of fields (rule.h). For a row: value map, else conversion and its fallback; then personal data; then, for a
 * reference, its system in front. What the configuration writes out (values of the map, constants) goes the same way
 * once, when the map is made, so that a row only finds the result.
 */
#include "map/rule.h"

#include "map/key.h"

/* ---- a row's value ---- */

/* Of a reference the id is what is personal: the system stays readable, and keys of both sides agree. */
static int finish(const struct rule *rule, struct work *work, struct cdc_slice text, struct rule_value *out)
{
    out->state = CDC_VALUE_PRESENT;
    out->text = text;
    if (rule->key && !text.len)
        return work_fail(work, WORK_NULL_KEY, "is empty, and the key is made of it");
    if (rule->pii.rule != CONFIG_PII_NONE && pii_apply(&rule->pii, work, text, &out->text))
        return -1;
    if (rule->how.type != MODEL_REF || rule->raw)
        return 0;
    if (!text.len)
        return work_fail(work, WORK_BAD_VALUE, "is empty, and a reference needs an id");
    return key_qualify(work, rule->prefix, out->text, &out->text);
}

static int convert_and_finish(const struct rule *rule, canonical_fn convert, struct work *work,
                              struct cdc_slice in, struct rule_value *out)
{
    struct cdc_slice text;

    return convert(work, &rule->how, in, &text) ? -1 : finish(rule, work, text, out);
}

static int refuse(const struct rule *rule, struct work *work)
{
    if (rule->how.type == MODEL_ENUM)
        return work_fail(work, WORK_ENUM, "is not one of the field's values, nor in its value map");
    return work_fail(work, WORK_BAD_VALUE, "is not in the value map");
}

/* Neither the value map nor the enum knows the text. */
static int otherwise(const struct rule *rule, canonical_fn convert, struct work *work, struct cdc_slice in,
                     struct rule_value *out)
{
    switch (rule->otherwise) {
    case CONFIG_OTHERWISE_REJECT:
        break;
    case CONFIG_OTHERWISE_NULL:
        *out = (struct rule_value){{NULL, 0}, CDC_VALUE_NULL};
        return 0;
    case CONFIG_OTHERWISE_VALUE:
        *out = (struct rule_value){rule->otherwise_value, CDC_VALUE_PRESENT};
        return 0;
    case CONFIG_OTHERWISE_PASS:
        return convert_and_finish(rule, convert, work, in, out);
    }
    return refuse(rule, work);
}

static int from_map(const struct choice *choice, struct rule_value *out)
{
    out->text = choice->value;
    out->state = choice->is_null ? CDC_VALUE_NULL : CDC_VALUE_PRESENT;
    return 0;
}

int rule_apply(const struct rule *rule, canonical_fn convert, struct work *work, struct cdc_slice in,
               struct rule_value *out)
{
    const struct choice *choice;

    if (rule->has_map) {
        choice = choices_find(&rule->map, in);
        if (choice)
            return from_map(choice, out);
        if (rule->how.type != MODEL_ENUM)
            return otherwise(rule, convert, work, in, out);
    }
    if (rule->how.type == MODEL_ENUM && !rule->raw) {
        choice = choices_find(&rule->allowed, in);
        return choice ? finish(rule, work, choice->text, out) : otherwise(rule, convert, work, in, out);
    }
    return convert_and_finish(rule, convert, work, in, out);
}

bool rule_is_plain(const struct rule *rule)
{
    bool more = rule->how.type == MODEL_ENUM || rule->how.type == MODEL_REF;

    return !rule->has_map && !rule->key && rule->pii.rule == CONFIG_PII_NONE && (rule->raw || !more);
}

/* ---- making a rule ---- */

/* The very steps of a row, in memory that stays. */
int rule_constant(const struct rule *rule, const struct rule_context *context, const char *text,
                  struct cdc_slice *out, struct cdc_err *err)
{
    struct work work = {.reason = WORK_OK};
    struct rule_value value = {{NULL, 0}, CDC_VALUE_NULL};
    struct rule plain = *rule;
    int status;

    plain.has_map = false;
    plain.otherwise = CONFIG_OTHERWISE_REJECT;
    cdc_arena_init(&work.arena, 0);
    status = rule_apply(&plain, canonical_converter(rule->how.type, CDC_KIND_TEXT), &work,
                        cdc_slice_str(text), &value);
    if (!status) {
        out->ptr = cdc_arena_str(context->arena, value.text);
        out->len = value.text.len;
        if (!out->ptr)
            status = cdc_err_memory(err);
    } else if (work.reason == WORK_MEMORY) {
        cdc_err_memory(err);
    } else {
        cdc_err_set(err, CDC_ERR_CONFIG, "\"%s\" %.*s", text, CDC_ARG(work.why));
    }
    cdc_arena_fini(&work.arena);
    return status;
}

static int init_allowed(struct rule *rule, const struct rule_context *context,
                        const struct model_field *model, struct cdc_err *err)
{
    if (choices_init(&rule->allowed, context->arena, model->nvalues))
        return cdc_err_memory(err);
    for (size_t i = 0; i < model->nvalues; i++)
        rule->allowed.all[i].text = cdc_slice_str(model->values[i]);
    choices_sort(&rule->allowed);
    return 0;
}

static int init_map(struct rule *rule, const struct rule_context *context, const struct config_field *field,
                    struct cdc_err *err)
{
    if (choices_init(&rule->map, context->arena, field->nvalues))
        return cdc_err_memory(err);
    for (size_t i = 0; i < field->nvalues; i++) {
        const struct config_pair *pair = &field->values[i];
        struct choice *choice = &rule->map.all[i];
        choice->text = cdc_slice_str(pair->from);
        choice->is_null = !pair->to;
        if (pair->to && rule_constant(rule, context, pair->to, &choice->value, err))
            return -1;
    }
    choices_sort(&rule->map);
    rule->has_map = field->nvalues > 0;
    if (field->otherwise == CONFIG_OTHERWISE_VALUE)
        return rule_constant(rule, context, field->otherwise_value, &rule->otherwise_value, err);
    return 0;
}

static int init_prefix(struct rule *rule, const struct rule_context *context, const char *system,
                       struct cdc_err *err)
{
    struct work work = {.reason = WORK_OK};
    struct cdc_slice encoded;
    char *prefix = NULL;

    cdc_arena_init(&work.arena, 0);
    if (!key_encode(&work, cdc_slice_str(system), &encoded))
        prefix = cdc_arena_alloc(context->arena, encoded.len + 1);
    if (prefix) {
        memcpy(prefix, encoded.ptr, encoded.len);
        prefix[encoded.len] = ':';
        rule->prefix = cdc_slice(prefix, encoded.len + 1);
    }
    cdc_arena_fini(&work.arena);
    return prefix ? 0 : cdc_err_memory(err);
}

static int init_pii(struct rule *rule, const struct rule_context *context, const struct config_field *field,
                    struct cdc_err *err)
{
    rule->pii = (struct pii){field->pii, field->truncate, context->hmac};
    if (field->pii == CONFIG_PII_HMAC && !context->hmac) {
        cdc_err_set(err, CDC_ERR_CONFIG, "\"pii: hmac\" needs a key");
        return cdc_err_hint(err, "set pii.key to a secret");
    }
    if (field->pii == CONFIG_PII_TRUNCATE && !field->truncate)
        return cdc_err_set(err, CDC_ERR_CONFIG, "\"pii: truncate\" needs at least one character");
    return 0;
}

static int init_zone(struct rule *rule, const struct rule_context *context, const struct config_field *field,
                     struct cdc_err *err)
{
    const char *name = field->timezone ? field->timezone : context->config->source.timezone;
    struct cdc_err zone_err = {.class = CDC_ERR_NONE};

    rule->how.zone = context->zone(context->zone_ctx, name, &zone_err);
    if (zone_err.class == CDC_ERR_NONE)
        return 0;
    if (err)
        *err = zone_err;
    return -1;
}

int rule_init(struct rule *rule, const struct rule_context *context, const struct model_field *model,
              const struct config_field *field, struct cdc_err *err)
{
    static const struct config_field none = {.otherwise = CONFIG_OTHERWISE_REJECT};
    const char *system;

    if (!field)
        field = &none;
    system = field->system ? field->system : context->config->system;
    *rule = (struct rule){.how = {.type = model->type, .scale = field->scale}, .otherwise = field->otherwise};
    if (field->scale > CANONICAL_SCALE_MAX || field->scale < -CANONICAL_SCALE_MAX)
        return cdc_err_set(err, CDC_ERR_CONFIG, "scale %d is out of range (-%d to %d)", field->scale,
                           CANONICAL_SCALE_MAX, CANONICAL_SCALE_MAX);
    if (init_zone(rule, context, field, err) || init_pii(rule, context, field, err))
        return -1;
    if (model->type == MODEL_ENUM && init_allowed(rule, context, model, err))
        return -1;
    if (model->type == MODEL_REF && init_prefix(rule, context, system, err))
        return -1;
    return init_map(rule, context, field, err);
}

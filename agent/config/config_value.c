/* Values against the model (config_value.h). On the loading thread; what is wrong goes to the list of errors. */
#include "config/config_value.h"

#include "cdc/buf.h"
#include "cdc/suggest.h"
#include "config/config_node.h"

#define LIST_BYTES 256 /* as far as an enum's values are listed */

static void put_allowed(struct cdc_buf *out, const struct model_field *field)
{
    cdc_buf_puts(out, " (allowed: ");
    for (size_t i = 0; i < field->nvalues; i++) {
        if (out->len > LIST_BYTES) {
            cdc_buf_puts(out, ", ...");
            break;
        }
        cdc_buf_printf(out, "%s%s", i ? ", " : "", field->values[i]);
    }
    cdc_buf_putc(out, ')');
}

static void report_enum(struct config_diag *diag, const struct yaml_node *node,
                        const struct model_field *field)
{
    struct cdc_suggest suggest = cdc_suggest_start(node->text);
    struct cdc_buf hint;

    cdc_buf_init(&hint, 0);
    for (size_t i = 0; i < field->nvalues; i++)
        cdc_suggest_offer(&suggest, field->values[i]);
    if (suggest.best)
        cdc_buf_printf(&hint, " (did you mean \"%s\"?)", suggest.best);
    else
        put_allowed(&hint, field);
    config_diag_node(diag, node, "\"%.100s\" is not a value of \"%s\"%s", node->text, field->name,
                     cdc_buf_str(&hint));
    diag->failed |= hint.failed;
    cdc_buf_fini(&hint);
}

static const char *example(enum model_type type)
{
    switch (type) {
    case MODEL_DECIMAL:
        return ", such as 12.50";
    case MODEL_TIME:
        return ", such as 2026-11-21T18:30:00.000000Z";
    case MODEL_DATE:
        return ", such as 2026-11-21";
    case MODEL_BOOLEAN:
        return ", true or false";
    case MODEL_STRING:
    case MODEL_INTEGER:
    case MODEL_ENUM:
    case MODEL_JSON:
    case MODEL_REF:
        break;
    }
    return "";
}

bool config_value_is(struct config_diag *diag, const struct yaml_node *node, const struct model_field *field)
{
    if (!config_node_is_string(diag, node))
        return false;
    if (model_valid(field, node->text))
        return true;
    if (field->type == MODEL_ENUM)
        report_enum(diag, node, field);
    else
        config_diag_node(diag, node, "\"%.100s\" is not a value of \"%s\" (type %s%s)", node->text,
                         field->name, model_type_name(field->type), example(field->type));
    return false;
}

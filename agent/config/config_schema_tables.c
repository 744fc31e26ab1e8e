/*
 * What rows become, as JSON Schema (config_schema_tables.h): one definition for each entity with its key and fields, so that an
 * editor offers them, and one for what a field may be. Cold.
 */
#include "config/config_schema_tables.h"

#include <string.h>

#include "model/model_verbs.h"

/* In definitions that do not depend on the model; see "Tables" in conf/README.md. */
static const char fixed[] =
    "  \"text\": {\"type\": [\"string\", \"number\", \"boolean\"]},\n"
    "  \"value\": {\"type\": [\"string\", \"number\", \"boolean\", \"null\"]},\n"
    "  \"pii\": {\"anyOf\": [{\"enum\": [\"drop\", \"hmac\", \"mask\"]}, "
    "{\"type\": \"string\", \"pattern\": \"^truncate:[0-9]+$\"}]},\n"
    "  \"member\": {\"anyOf\": [{\"$ref\": \"#/$defs/text\"}, {\"type\": \"object\", \"additionalProperties\": false, "
    "\"properties\": {\"column\": {\"$ref\": \"#/$defs/text\"}, \"template\": {\"type\": \"string\"}, "
    "\"const\": {\"$ref\": \"#/$defs/text\"}, \"json\": {\"$ref\": \"#/$defs/members\"}, "
    "\"as\": {\"enum\": [\"string\", \"number\", \"boolean\", \"json\"]}, \"pii\": {\"$ref\": \"#/$defs/pii\"}}}]},\n"
    "  \"members\": {\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {\"$ref\": \"#/$defs/member\"}},\n"
    "  \"field\": {\"anyOf\": [{\"$ref\": \"#/$defs/text\"}, {\"type\": \"object\", \"additionalProperties\": false, "
    "\"properties\": {\n"
    "    \"column\": {\"description\": \"the column\", \"$ref\": \"#/$defs/text\"},\n"
    "    \"template\": {\"description\": \"columns in a text: ${column}\", \"type\": \"string\"},\n"
    "    \"const\": {\"description\": \"the same for all rows\", \"$ref\": \"#/$defs/text\"},\n"
    "    \"json\": {\"description\": \"JSON of several columns\", \"$ref\": \"#/$defs/members\"},\n"
    "    \"scale\": {\"description\": \"times ten to this power\", \"type\": \"integer\", \"minimum\": -18, \"maximum\": 18},\n"
    "    \"timezone\": {\"description\": \"zone of a column without one\", \"type\": \"string\"},\n"
    "    \"values\": {\"description\": \"source: canonical\", \"type\": \"object\", "
    "\"additionalProperties\": {\"$ref\": \"#/$defs/value\"}},\n"
    "    \"otherwise\": {\"description\": \"what is in no value map: reject, null, pass, or a value\", "
    "\"$ref\": \"#/$defs/value\"},\n"
    "    \"pii\": {\"description\": \"personal data: drop, hmac, mask, truncate:N\", \"$ref\": \"#/$defs/pii\"},\n"
    "    \"system\": {\"description\": \"whose id it is\", \"type\": \"string\"}},\n"
    "    \"oneOf\": [{\"required\": [\"column\"]}, {\"required\": [\"template\"]}, {\"required\": [\"const\"]}, "
    "{\"required\": [\"json\"]}]}]},\n"
    "  \"condition\": {\"anyOf\": [{\"$ref\": \"#/$defs/value\"}, {\"type\": \"array\", \"minItems\": 1, "
    "\"items\": {\"$ref\": \"#/$defs/value\"}}]},\n"
    "  \"where\": {\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {\"anyOf\": ["
    "{\"$ref\": \"#/$defs/condition\"}, {\"type\": \"object\", \"required\": [\"not\"], \"additionalProperties\": false, "
    "\"properties\": {\"not\": {\"$ref\": \"#/$defs/condition\"}}}]}},\n";

void config_schema_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fprintf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    fputc('"', out);
}

static bool is_key(const struct model_entity *entity, size_t field)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->keys[i] == field)
            return true;
    return false;
}

/* The parts of the key, or the other fields, each as `ref`. */
static void put_fields(FILE *out, const struct model_entity *entity, bool keys, const char *ref)
{
    const char *comma = "\n";

    fputs("\"additionalProperties\": false, \"properties\": {", out);
    for (size_t i = 0; i < entity->nfields; i++) {
        if (is_key(entity, i) != keys)
            continue;
        fprintf(out, "%s      \"%s\": {\"description\": ", comma, entity->fields[i].name);
        config_schema_string(out, entity->fields[i].meaning);
        fprintf(out, ", \"$ref\": \"#/$defs/%s\"}", ref);
        comma = ",\n";
    }
    fputc('}', out);
}

static void put_key(FILE *out, const struct model_entity *entity)
{
    const char *comma = "";

    fputs("{\"anyOf\": [", out);
    if (entity->nkeys == 1)
        fputs("{\"$ref\": \"#/$defs/text\"}, ", out);
    fputs("{\"type\": \"object\", \"required\": [", out);
    for (size_t i = 0; i < entity->nkeys; i++) {
        const struct model_field *field = &entity->fields[entity->keys[i]];

        if (!field->optional) {
            fprintf(out, "%s\"%s\"", comma, field->name);
            comma = ", ";
        }
    }
    fputs("], ", out);
    put_fields(out, entity, true, "field");
    fputs("}]}", out);
}

static void put_entity(FILE *out, const struct model_entity *entity)
{
    fprintf(out, "  \"%s\": {\"description\": ", entity->name);
    config_schema_string(out, entity->meaning);
    fprintf(
        out,
        ", \"type\": \"object\", \"required\": [\"entity\", \"key\", \"fields\"], \"additionalProperties\": false, "
        "\"properties\": {\n    \"entity\": {\"const\": \"%s\"},\n    \"key\": ",
        entity->name);
    put_key(out, entity);
    fputs(",\n    \"fields\": {\"type\": \"object\", \"minProperties\": 1, ", out);
    put_fields(out, entity, false, "field");
    fputs(
        "},\n    \"where\": {\"$ref\": \"#/$defs/where\"},\n    \"on_delete\": {\"anyOf\": [{\"enum\": [\"delete\", "
        "\"ignore\"]}, {\"type\": \"object\", \"required\": [\"set\"], \"additionalProperties\": false, \"properties\": "
        "{\"set\": {\"type\": \"object\", \"minProperties\": 1, ",
        out);
    put_fields(out, entity, false, "value");
    fputs("}}}]}}},\n", out);
}

/* Which entity a mapping is of decides about the rest, so that what is wrong is named, and not "no alternative fits". */
static void put_mapping(FILE *out, const struct model *model)
{
    fputs("  \"mapping\": {\"type\": \"object\", \"required\": [\"entity\"], \"properties\": {\"entity\": "
          "{\"description\": \"what a row is\", \"enum\": [",
          out);
    for (size_t i = 0; i < model_count(model); i++)
        fprintf(out, "%s\"%s\"", i ? ", " : "", model_at(model, i)->name);
    fputs("]}}, \"allOf\": [\n", out);
    for (size_t i = 0; i < model_count(model); i++) {
        const char *name = model_at(model, i)->name;

        fprintf(
            out,
            "%s    {\"if\": {\"properties\": {\"entity\": {\"const\": \"%s\"}}}, \"then\": {\"$ref\": \"#/$defs/%s\"}}",
            i ? ",\n" : "", name, name);
    }
    fputs("]},\n", out);
}

void config_schema_definitions(FILE *out, const struct model *model)
{
    fputs(fixed, out);
    for (size_t i = 0; i < model_count(model); i++)
        put_entity(out, model_at(model, i));
    put_mapping(out, model);
    fputs(
        "  \"tables\": {\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {\"if\": {\"type\": "
        "\"array\"}, \"then\": {\"minItems\": 1, \"items\": {\"$ref\": \"#/$defs/mapping\"}}, \"else\": "
        "{\"$ref\": \"#/$defs/mapping\"}}}\n",
        out);
}

/* The entities that `suits` accepts, each with the same schema. */
static void put_by_entity(FILE *out, const struct model *model, bool (*suits)(const struct model_entity *),
                          const char *schema)
{
    const char *comma = "";

    fputs(", \"type\": \"object\", \"additionalProperties\": false, \"properties\": {", out);
    for (size_t i = 0; i < model_count(model); i++)
        if (suits(model_at(model, i))) {
            fprintf(out, "%s\"%s\": %s", comma, model_at(model, i)->name, schema);
            comma = ", ";
        }
    fputc('}', out);
}

static bool may_agree(const struct model_entity *entity)
{
    return model_has_verb(entity, MODEL_DIVERGED) && model_has_verb(entity, MODEL_CONVERGED);
}

static bool falls_due(const struct model_entity *entity)
{
    return entity->due.verb != NULL;
}

void config_schema_agree(FILE *out, const struct model *model)
{
    put_by_entity(
        out, model, may_agree,
        "{\"type\": \"object\", \"required\": [\"fields\", \"across\"], \"additionalProperties\": false, "
        "\"properties\": {\"fields\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}, \"across\": "
        "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}");
}

void config_schema_due(FILE *out, const struct model *model)
{
    put_by_entity(
        out, model, falls_due,
        "{\"type\": \"object\", \"required\": [\"after\"], \"additionalProperties\": false, \"properties\": "
        "{\"after\": {\"type\": \"string\", \"pattern\": \"^[0-9]+(ms|s|m|h|d)$\"}}}");
}

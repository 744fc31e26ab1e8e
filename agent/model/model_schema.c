/*
 * The events as one JSON Schema (draft 2020-12) document: `tributary schema --json-schema`. The document describes an
 * event as `tributary tail` prints it: a CloudEvent whose `data` is an object of strings. Cold; writes to a stream whose
 * errors the caller checks.
 */
#include "model/model.h"

#include <string.h>

#include "model/model_verbs.h"

static void put_string(FILE *out, const char *text)
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

static void put_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    put_string(out, text);
}

static void put_strings(FILE *out, const char *const *words, size_t n)
{
    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", out);
        put_string(out, words[i]);
    }
    fputc(']', out);
}

static void put_form(FILE *out, const struct model_field *field)
{
    switch (field->type) {
    case MODEL_STRING:
        return;
    case MODEL_DECIMAL:
        put_member(out, "pattern", "^-?[0-9]+(\\.[0-9]+)?$");
        return;
    case MODEL_INTEGER:
        put_member(out, "pattern", "^-?[0-9]+$");
        return;
    case MODEL_BOOLEAN:
        fputs(", \"enum\": [\"true\", \"false\"]", out);
        return;
    case MODEL_TIME:
        put_member(out, "format", "date-time");
        return;
    case MODEL_DATE:
        put_member(out, "format", "date");
        return;
    case MODEL_ENUM:
        fputs(", \"enum\": ", out);
        put_strings(out, field->values, field->nvalues);
        return;
    case MODEL_JSON:
        put_member(out, "contentMediaType", "application/json");
        return;
    case MODEL_REF:
        put_member(out, "pattern", "^[^:]+:.+$");
        return;
    }
}

static void put_field(FILE *out, const struct model_field *field)
{
    fprintf(out, "        \"%s\": {\"type\": \"string\"", field->name);
    put_member(out, "description", field->meaning);
    put_form(out, field);
    if (field->personal)
        fputs(", \"x-personal\": true", out);
    fputc('}', out);
    if (field->keep_source)
        fprintf(
            out,
            ",\n        \"source_%s\": {\"type\": \"string\", \"description\": \"%s as the source has it\"}",
            field->name, field->name);
}

static void put_entity(FILE *out, const struct model_entity *entity)
{
    fprintf(out, "    \"%s\": {\n      \"type\": \"object\"", entity->name);
    put_member(out, "title", entity->term ? entity->term : entity->name);
    put_member(out, "description", entity->meaning);
    fputs(",\n      \"additionalProperties\": false,\n      \"properties\": {\n", out);
    for (size_t i = 0; i < entity->nfields; i++) {
        fputs(i ? ",\n" : "", out);
        put_field(out, &entity->fields[i]);
    }
    fputs("\n      }\n    },\n", out);
}

/* What the store says by itself has data of its own shape. */
static bool diverges(const struct model_entity *entity)
{
    return model_has_verb(entity, MODEL_DIVERGED) || model_has_verb(entity, MODEL_CONVERGED);
}

static void put_divergence(FILE *out, const struct model_entity *entity)
{
    fprintf(out,
            "    \"%s.divergence\": {\n"
            "      \"type\": \"object\",\n"
            "      \"description\": \"what should be equal, wherever it is found\",\n"
            "      \"required\": [\"fields\", \"values\"],\n"
            "      \"additionalProperties\": false,\n"
            "      \"properties\": {\n"
            "        \"fields\": {\"type\": \"string\", \"description\": \"names, joined by commas\"},\n"
            "        \"values\": {\"type\": \"array\", \"maxItems\": 20, \"items\": {\n"
            "          \"type\": \"object\",\n"
            "          \"required\": [\"subject\", \"source\"],\n"
            "          \"properties\": {\"subject\": {\"type\": \"string\"}, "
            "\"source\": {\"type\": \"string\"}},\n"
            "          \"additionalProperties\": {\"type\": \"string\", \"description\": \"the fields\"}\n"
            "        }},\n"
            "        \"more\": {\"type\": \"string\", \"description\": \"how many values are not listed\"}\n"
            "      }\n"
            "    },\n",
            entity->name);
}

static void put_erased(FILE *out, const struct model_entity *entity)
{
    static const char *const counts[] = {"references", "states", "events", "timelines"};

    fprintf(out,
            "    \"%s.erased\": {\n"
            "      \"type\": \"object\",\n"
            "      \"description\": \"what Redis no longer holds\",\n"
            "      \"required\": [\"request_id\", \"complete\"],\n"
            "      \"additionalProperties\": false,\n"
            "      \"properties\": {\n"
            "        \"request_id\": {\"type\": \"string\"},\n",
            entity->name);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        fprintf(out, "        \"%s\": {\"type\": \"string\", \"pattern\": \"^[0-9]+$\"},\n", counts[i]);
    fputs("        \"complete\": {\"type\": \"string\", \"enum\": [\"true\", \"false\"]}\n      }\n    },\n",
          out);
}

static void put_types(FILE *out, const struct model_entity *entity, bool first)
{
    const char *verbs[MODEL_MAX_VERBS];
    size_t n = model_verbs(entity, verbs);

    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s\n            \"%s.%s\"", first && !i ? "" : ",", entity->name, verbs[i]);
}

static void put_data(FILE *out, const struct model_entity *entity)
{
    if (entity->role == CDC_ROLE_ERASURE)
        fprintf(out, "{\"anyOf\": [{\"$ref\": \"#/$defs/%s\"}, {\"$ref\": \"#/$defs/%s.erased\"}]}",
                entity->name, entity->name);
    else
        fprintf(out, "{\"$ref\": \"#/$defs/%s\"}", entity->name);
}

static void put_case(FILE *out, const struct model_entity *entity, bool first)
{
    bool more = diverges(entity);

    fprintf(out, "%s\n        {\n", first ? "" : ",");
    if (more)
        fprintf(out,
                "          \"if\": {\"properties\": {\"type\": {\"enum\": [\"%s." MODEL_DIVERGED
                "\", \"%s." MODEL_CONVERGED "\"]}}},\n"
                "          \"then\": {\"properties\": {\"data\": {\"$ref\": \"#/$defs/%s.divergence\"}}},\n"
                "          \"else\": {\n",
                entity->name, entity->name, entity->name);
    fprintf(out,
            "          \"if\": {\"properties\": {\"type\": {\"pattern\": \"^%s\\\\.\"}}},\n"
            "          \"then\": {\"properties\": {\"data\": ",
            entity->name);
    put_data(out, entity);
    fprintf(out, ", \"previous\": {\"$ref\": \"#/$defs/%s\"}}}\n        %s}", entity->name, more ? "}" : "");
}

static const char envelope_head[] =
    "    \"CloudEvent\": {\n"
    "      \"title\": \"CloudEvent\",\n"
    "      \"description\": \"CloudEvents 1.0; all values are strings, but for those of a divergence\",\n"
    "      \"type\": \"object\",\n"
    "      \"required\": [\"id\", \"type\", \"source\", \"time\"],\n"
    "      \"properties\": {\n"
    "        \"specversion\": {\"const\": \"1.0\"},\n"
    "        \"id\": {\"type\": \"string\", \"description\": \"connector, commit position, ordinal in the "
    "transaction\"},\n"
    "        \"source\": {\"type\": \"string\", \"pattern\": \"^/tributary/\"},\n"
    "        \"subject\": {\"type\": \"string\", \"description\": \"the key of the entity\"},\n"
    "        \"time\": {\"type\": \"string\", \"format\": \"date-time\", \"description\": \"of the commit\"},\n"
    "        \"data\": {\"type\": \"object\", \"description\": \"the mapped fields after the change\"},\n"
    "        \"previous\": {\"type\": \"object\", \"description\": \"what the changed fields held before\"},\n"
    "        \"customer\": {\"type\": \"string\", \"pattern\": \"^[^:]+:.+$\"},\n"
    "        \"tx\": {\"type\": \"string\", \"description\": \"transaction id\"},\n"
    "        \"txlast\": {\"type\": \"string\", \"description\": \"stands on the last event of a transaction\"},\n"
    "        \"unavailable\": {\"description\": \"fields that the source did not send\"},\n"
    "        \"type\": {\n"
    "          \"enum\": [";

static void put_envelope(FILE *out, const struct model *model, const struct model_entity *only)
{
    bool first = true;

    fputs(envelope_head, out);
    for (size_t i = 0; i < model_count(model); i++) {
        if (only && only != model_at(model, i))
            continue;
        put_types(out, model_at(model, i), first);
        first = false;
    }
    fputs("\n          ]\n        }\n      },\n      \"allOf\": [", out);
    first = true;
    for (size_t i = 0; i < model_count(model); i++) {
        if (only && only != model_at(model, i))
            continue;
        put_case(out, model_at(model, i), first);
        first = false;
    }
    fputs("\n      ]\n    }\n", out);
}

static void put_defs(FILE *out, const struct model_entity *entity)
{
    put_entity(out, entity);
    if (diverges(entity))
        put_divergence(out, entity);
    if (entity->role == CDC_ROLE_ERASURE)
        put_erased(out, entity);
}

void model_print_json_schema(const struct model *model, const struct model_entity *only, FILE *out)
{
    fputs("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
          "  \"title\": \"Tributary events\",\n  \"$ref\": \"#/$defs/CloudEvent\",\n  \"$defs\": {\n",
          out);
    for (size_t i = 0; i < model_count(model); i++)
        if (!only || only == model_at(model, i))
            put_defs(out, model_at(model, i));
    put_envelope(out, model, only);
    fputs("  }\n}\n", out);
}

/*
 * The canonical model as a table for people (`tributary schema`). Cold; writes to a stream whose errors the caller
 * checks. Columns are as wide as their widest cell, counted in characters.
 */
#include "model/model.h"

#include <string.h>

#include "config/config_scalar.h"
#include "model/model_verbs.h"

static size_t width(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static size_t wider(size_t most, const char *text)
{
    size_t n = text ? width(text) : 1;

    return n > most ? n : most;
}

static void cell(FILE *out, const char *text, size_t columns)
{
    fputs(text, out);
    for (size_t n = width(text); n < columns + 2; n++)
        fputc(' ', out);
}

static void print_list(FILE *out, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i ? ", " : "", words[i]);
}

static void print_key(const struct model_entity *entity, FILE *out)
{
    for (size_t i = 0; i < entity->nkeys; i++) {
        const struct model_field *field = &entity->fields[entity->keys[i]];
        fprintf(out, field->optional ? "%s[%s]" : "%s%s", i ? ", " : "", field->name);
    }
}

static void print_head(const struct model_entity *entity, FILE *out)
{
    const char *verbs[MODEL_MAX_VERBS];
    size_t n = model_verbs(entity, verbs);

    fprintf(out, "%s", entity->name);
    if (entity->term)
        fprintf(out, " (%s)", entity->term);
    fprintf(out, ": %s\n  key     ", entity->meaning);
    print_key(entity, out);
    fputs("\n  events  ", out);
    print_list(out, verbs, n);
    fputs("\n\n", out);
}

static const char *mark(const struct model_field *field)
{
    if (field->personal)
        return field->keep_source ? "personal +source" : "personal";
    return field->keep_source ? "+source" : "";
}

static void print_fields(const struct model_entity *entity, FILE *out)
{
    size_t names = strlen("FIELD"), types = strlen("boolean"), marks = strlen("MARK"), indent;

    for (size_t i = 0; i < entity->nfields; i++) {
        names = wider(names, entity->fields[i].name);
        marks = wider(marks, mark(&entity->fields[i]));
    }
    indent = names + types + marks + 8;
    fputs("  ", out);
    cell(out, "FIELD", names);
    cell(out, "TYPE", types);
    cell(out, "MARK", marks);
    fputs("MEANING\n", out);
    for (size_t i = 0; i < entity->nfields; i++) {
        const struct model_field *field = &entity->fields[i];

        fputs("  ", out);
        cell(out, field->name, names);
        cell(out, model_type_name(field->type), types);
        cell(out, mark(field), marks);
        fprintf(out, "%s\n", field->meaning);
        if (!field->nvalues)
            continue;
        fprintf(out, "%*s", (int)indent, "");
        print_list(out, field->values, field->nvalues);
        fputc('\n', out);
    }
}

static void print_rules(const struct model_entity *entity, FILE *out)
{
    if (entity->ntransitions)
        fputs("\n  The first that fits names the event:\n", out);
    for (size_t i = 0; i < entity->ntransitions; i++) {
        const struct model_transition *rule = &entity->transitions[i];

        fprintf(out, "  %s", entity->fields[rule->field].name);
        if (rule->from)
            fprintf(out, " from %s", rule->from);
        if (rule->to)
            fprintf(out, " to %s", rule->to);
        if (!rule->from && !rule->to)
            fputs(" changed", out);
        fprintf(out, "%s => %s.%s\n", rule->on & MODEL_ON_INSERT ? ", also when inserted" : "", entity->name,
                rule->verb);
    }
}

static void print_agreement(const struct model_entity *entity, FILE *out)
{
    const struct model_agree *agree = &entity->agree;
    const char *before = " must agree across ";

    fputs("  ", out);
    for (size_t i = 0; i < agree->nfields; i++)
        fprintf(out, "%s%s", i ? ", " : "", entity->fields[agree->fields[i]].name);
    for (size_t i = 0; i < entity->nkeys; i++)
        if (agree->across[i]) {
            fprintf(out, "%s%s", before, entity->fields[entity->keys[i]].name);
            before = ", ";
        }
    fprintf(out, " => %s." MODEL_DIVERGED ", %s." MODEL_CONVERGED "\n", entity->name, entity->name);
}

static void print_due(const struct model_entity *entity, FILE *out)
{
    const struct model_due *due = &entity->due;
    char text[CONFIG_SCALAR_TEXT];

    fprintf(out, "  %s still ", entity->fields[due->field].name);
    print_list(out, due->values, due->nvalues);
    fprintf(out, " %s after %s => %s.%s\n", config_scalar_print_duration(due->after_ms, text),
            due->since ? due->since : "the last change", entity->name, due->verb);
}

static void print_duties(const struct model_entity *entity, FILE *out)
{
    if (entity->role == CDC_ROLE_NONE && !entity->agree.nfields && !entity->due.verb)
        return;
    fputs("\n  What Redis does besides:\n", out);
    switch (entity->role) {
    case CDC_ROLE_NONE:
        break;
    case CDC_ROLE_LINK:
        fputs("  the key is a customer, linked to customer_id unless link_status is unlinked\n", out);
        break;
    case CDC_ROLE_ERASURE:
        fprintf(out, "  customer_id is forgotten unless status is rejected => %s." MODEL_COMPLETED "\n",
                entity->name);
        break;
    }
    if (entity->agree.nfields)
        print_agreement(entity, out);
    if (entity->due.verb)
        print_due(entity, out);
}

static void print_summary(const struct model *model, FILE *out)
{
    size_t names = strlen("ENTITY"), terms = strlen("TERM"), n = model_count(model);

    for (size_t i = 0; i < n; i++) {
        names = wider(names, model_at(model, i)->name);
        terms = wider(terms, model_at(model, i)->term);
    }
    cell(out, "ENTITY", names);
    cell(out, "TERM", terms);
    fputs("KEY\n", out);
    for (size_t i = 0; i < n; i++) {
        const struct model_entity *entity = model_at(model, i);

        cell(out, entity->name, names);
        cell(out, entity->term ? entity->term : "-", terms);
        print_key(entity, out);
        fputc('\n', out);
    }
    fputs(
        "\nParts of a key in [] may be left out. +source: the source's own value is kept as source_<field>.\n",
        out);
}

void model_print(const struct model *model, const struct model_entity *only, FILE *out)
{
    if (!only)
        print_summary(model, out);
    for (size_t i = 0; i < model_count(model); i++) {
        const struct model_entity *entity = model_at(model, i);

        if (only && only != entity)
            continue;
        if (!only)
            fputc('\n', out);
        print_head(entity, out);
        print_fields(entity, out);
        print_rules(entity, out);
        print_duties(entity, out);
    }
}

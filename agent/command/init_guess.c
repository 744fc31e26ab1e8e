/*
 * Guessing what a table means (init_guess.h): by the words of its name and of its columns, against the model. Pure. Better too little
 * than something wrong: what two entities could be is none.
 */
#include "command/init_guess.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command/init_words.h"

struct view {
    const struct cdc_found_table *table;
    struct words words; /* of the table's name */
    struct guess *guess;
};

static bool begins(const char *type, const char *with)
{
    return strncasecmp(type, with, strlen(with)) == 0;
}

static bool is_whole(const char *type)
{
    return begins(type, "int") || begins(type, "bigint") || begins(type, "smallint") ||
           begins(type, "mediumint") || begins(type, "tinyint");
}

static bool is_moment(const char *type)
{
    return begins(type, "timestamp") || begins(type, "datetime");
}

static bool is_binary(const char *type)
{
    static const char *const types[] = {"bytea",    "blob",   "tinyblob", "mediumblob",
                                        "longblob", "binary", "varbinary"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (begins(type, types[i]))
            return true;
    return false;
}

/* Whether values of a column's type are values of a field's. */
static bool type_fits(const char *type, enum model_type wanted)
{
    switch (wanted) {
    case MODEL_INTEGER:
        return is_whole(type);
    case MODEL_DECIMAL:
        return is_whole(type) || begins(type, "numeric") || begins(type, "decimal") ||
               begins(type, "double") || begins(type, "real") || begins(type, "float");
    case MODEL_BOOLEAN:
        return begins(type, "bool") || strcasecmp(type, "tinyint(1)") == 0;
    case MODEL_TIME:
        return is_moment(type);
    case MODEL_DATE:
        return strcasecmp(type, "date") == 0;
    case MODEL_JSON:
        return begins(type, "json");
    case MODEL_STRING:
    case MODEL_REF:
        return !is_moment(type) && !is_binary(type);
    case MODEL_ENUM:
        return true;
    }
    return false;
}

static bool is_key_field(const struct model_entity *entity, size_t field)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->keys[i] == field)
            return true;
    return false;
}

bool guess_has(const struct guess *guess, size_t field)
{
    for (size_t i = 0; i < guess->ncolumns; i++)
        if (guess->columns[i].use != GUESS_UNUSED && guess->columns[i].field == field)
            return true;
    return false;
}

/* Whether a column's name means the field: as it is, or without the table's own words. */
static bool name_fits(const struct view *v, const char *column, const char *field)
{
    static const struct words none = {.n = 0};
    char joined[WORDS_MAX * WORDS_BYTES];
    struct words words;

    words_split(&words, column);
    words_join(&words, &none, joined, sizeof joined);
    if (words_mean_field(joined, field))
        return true;
    words_join(&words, &v->words, joined, sizeof joined);
    return words_mean_field(joined, field);
}

bool guess_is_personal(const char *column)
{
    struct words words;

    words_split(&words, column);
    return words_are_personal(&words);
}

/* ---- the entity ---- */

/* The one entity that a word means; NULL: none. */
static const struct model_entity *meant(const struct model *model, const char *word)
{
    for (size_t i = 0; i < model_count(model); i++)
        if (words_mean_entity(word, model_at(model, i)->name))
            return model_at(model, i);
    return NULL;
}

static void guess_entity(struct view *v, const struct model *model)
{
    const struct words *words = &v->words;
    const struct model_entity *last = words->n ? meant(model, words->word[words->n - 1]) : NULL, *other;

    v->guess->entity = last;
    for (size_t i = 0; i + 1 < words->n; i++) {
        other = meant(model, words->word[i]);
        if (!other || other == last)
            continue;
        v->guess->entity = last ? last : other;
        v->guess->doubt =
            last ? "its name speaks of two entities" : "its name speaks of more than the entity";
    }
    if (!last && v->guess->entity == NULL)
        return;
    if (!last)
        v->guess->doubt = "its name speaks of more than the entity";
}

/* ---- the key ---- */

static size_t count_keys(const struct cdc_found_table *table)
{
    size_t n = 0;

    for (size_t i = 0; i < table->ncolumns; i++)
        n += table->columns[i].key;
    return n;
}

static void use(struct guess *guess, size_t column, enum guess_use use, size_t field)
{
    guess->columns[column] = (struct guess_column){use, field};
}

/* Each column of the primary key is a part of the entity's key by its name, and no part that must be there is missing. */
static bool match_parts(struct view *v)
{
    const struct model_entity *entity = v->guess->entity;

    for (size_t c = 0; c < v->table->ncolumns; c++) {
        const struct cdc_found_column *column = &v->table->columns[c];

        for (size_t k = 0; column->key && k < entity->nkeys; k++)
            if (v->guess->columns[c].use == GUESS_UNUSED && !guess_has(v->guess, entity->keys[k]) &&
                name_fits(v, column->name, entity->fields[entity->keys[k]].name))
                use(v->guess, c, GUESS_KEY, entity->keys[k]);
        if (column->key && v->guess->columns[c].use != GUESS_KEY)
            return false;
    }
    for (size_t k = 0; k < entity->nkeys; k++)
        if (!entity->fields[entity->keys[k]].optional && !guess_has(v->guess, entity->keys[k]))
            return false;
    return true;
}

/* The key of the entity out of the primary key: the only columns that every change carries. */
static bool guess_key(struct view *v)
{
    const struct model_entity *entity = v->guess->entity;
    size_t n = count_keys(v->table);

    if (n == 0)
        v->guess->doubt = "it has no primary key";
    else if (n == 1 && entity->nkeys == 1) {
        for (size_t c = 0; c < v->table->ncolumns; c++)
            if (v->table->columns[c].key)
                use(v->guess, c, GUESS_KEY, entity->keys[0]);
        return true;
    } else if (match_parts(v)) {
        return true;
    } else {
        v->guess->doubt = "its primary key is not the entity's key";
    }
    return false;
}

/* ---- the fields ---- */

static enum guess_use use_of(const struct model_field *field, const char *column)
{
    if (field->type == MODEL_ENUM)
        return GUESS_WORDS;
    return field->personal || (field->type == MODEL_STRING && guess_is_personal(column) &&
                               strcmp(field->name, "name") != 0)
               ? GUESS_PERSONAL
               : GUESS_FIELD;
}

static void guess_column(struct view *v, size_t c)
{
    const struct model_entity *entity = v->guess->entity;
    const struct cdc_found_column *column = &v->table->columns[c];

    for (size_t f = 0; f < entity->nfields; f++) {
        const struct model_field *field = &entity->fields[f];

        if (is_key_field(entity, f) || guess_has(v->guess, f) || !type_fits(column->type, field->type) ||
            !name_fits(v, column->name, field->name))
            continue;
        use(v->guess, c, use_of(field, column->name), f);
        v->guess->nfields += v->guess->columns[c].use == GUESS_FIELD;
        return;
    }
}

int guess_table(const struct model *model, const struct cdc_found_table *table, struct cdc_arena *arena,
                struct guess *guess, struct cdc_err *err)
{
    struct view v = {.table = table, .guess = guess};
    bool keyed;

    *guess = (struct guess){.ncolumns = table->ncolumns};
    guess->columns = cdc_arena_alloc(arena, table->ncolumns * sizeof *guess->columns);
    if (!guess->columns)
        return cdc_err_memory(err);
    memset(guess->columns, 0, table->ncolumns * sizeof *guess->columns);
    words_split(&v.words, table->name);
    guess_entity(&v, model);
    if (!guess->entity)
        return 0;
    keyed = guess_key(&v);
    for (size_t c = 0; c < table->ncolumns; c++)
        if (guess->columns[c].use == GUESS_UNUSED)
            guess_column(&v, c);
    if (!guess->doubt && guess->nfields == 0)
        guess->doubt = "no column fits a field as it is";
    guess->sure = keyed && !guess->doubt;
    return 0;
}

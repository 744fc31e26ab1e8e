/*
 * What a table may mean: the entity whose name fits the table's, fields whose names and types fit the columns', the key made of the
 * primary key. For `tributary init`, whose reader decides: what is not sure is written as a comment.
 */
#ifndef INIT_GUESS_H
#define INIT_GUESS_H

#include "cdc/found.h"
#include "model/model.h"

enum { GUESS_FIELDS_MAX = 64, GUESS_KEYS_MAX = 8 };

enum guess_use {
    GUESS_UNUSED,
    GUESS_KEY,
    GUESS_FIELD,    /* fits by name and type */
    GUESS_PERSONAL, /* fits, but is personal data: somebody has to decide */
    GUESS_WORDS,    /* fits an enum, whose words only people can translate */
};

struct guess_column {
    enum guess_use use;
    size_t field; /* index into the entity's fields */
};

struct guess {
    const struct model_entity *entity; /* NULL: none comes near */
    bool sure;                         /* entity, key and at least one field: it can be used as it is */
    const char *doubt;                 /* why it is not sure */
    size_t nfields;                    /* of GUESS_FIELD */
    size_t ncolumns;
    struct guess_column *columns; /* one for each of the table's, in the arena */
};

/* -1: no memory. */
int guess_table(const struct model *model, const struct cdc_found_table *table, struct cdc_arena *arena,
                struct guess *guess, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether some column is used for this field of the entity. */
bool guess_has(const struct guess *guess, size_t field);
/* Whether a column's name is one of personal data. */
bool guess_is_personal(const char *column);

#endif

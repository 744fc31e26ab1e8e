/*
 * The canonical model: entities, their fields, verbs and transition rules, read from conf/model.yaml (built into the
 * program) or from the file that `model:` in a configuration names. Immutable once read; any thread.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdio.h>

#include "cdc/err.h"
#include "cdc/rules.h"

enum model_type {
    MODEL_STRING,
    MODEL_DECIMAL,
    MODEL_INTEGER,
    MODEL_BOOLEAN,
    MODEL_TIME,
    MODEL_DATE,
    MODEL_ENUM,
    MODEL_JSON,
    MODEL_REF, /* customer reference "<system>:<id>" */
};

const char *model_type_name(enum model_type type);

struct model_field {
    const char *name;
    enum model_type type;
    const char *meaning;
    bool personal;    /* personal data */
    bool keep_source; /* the source's raw value is kept beside it as source_<name> */
    size_t nvalues;   /* MODEL_ENUM */
    const char *const *values;
    bool optional; /* part of the key that a mapping may leave out: "-" in keys */
};

enum { MODEL_ON_INSERT = 1, MODEL_ON_UPDATE = 2 };

/* "When this field changes (from `from`) (to `to`), the event is called `verb`." The first rule that fits wins. */
struct model_transition {
    size_t field;     /* index into the entity's fields */
    const char *from; /* NULL: whatever it was */
    const char *to;   /* NULL: whatever it is now */
    const char *verb;
    unsigned on; /* MODEL_ON_… */
};

/* Fields that must be equal among the entities whose keys differ only in the parts that are marked in `across`. */
struct model_agree {
    size_t nfields;       /* 0: nothing has to agree */
    const size_t *fields; /* indexes into the entity's fields */
    const bool *across;   /* for each part of the key */
};

#define MODEL_DUE_MIN_MS INT64_C(1000)
#define MODEL_DUE_MAX_MS (INT64_C(3650) * 86400 * 1000)

/* "While `field` has one of these values, and `after` has passed since the time in `since`: `verb`." */
struct model_due {
    const char *verb; /* NULL: time brings nothing about */
    size_t field;     /* index into the entity's fields */
    size_t nvalues;
    const char *const *values;
    const char *since; /* a field; NULL: the last change */
    int64_t after_ms;
};

struct model_entity {
    const char *name;
    const char *term; /* the standard's name for it, or NULL */
    const char *meaning;
    size_t nkeys;       /* parts of the key */
    const size_t *keys; /* indexes into fields, in order */
    size_t nfields;
    const struct model_field *fields;
    const char *verb_insert, *verb_update, *verb_delete;
    size_t ntransitions;
    const struct model_transition *transitions;
    size_t nderived; /* verbs that no row change makes by itself: price.diverged, … */
    const char *const *derived;
    enum cdc_role role;
    struct model_agree agree;
    struct model_due due;
};

struct model;

/*
 * Reads a model from YAML text; `name` stands in messages. On errors prints each as `name:line:col: error: …` on
 * `diagnostics` and returns -1 with err set (CDC_ERR_CONFIG).
 */
int model_parse(struct model **model, const char *name, const char *text, size_t len, FILE *diagnostics,
                struct cdc_err *err) CDC_MUST_CHECK;
/* The built-in one. */
int model_builtin(struct model **model, struct cdc_err *err) CDC_MUST_CHECK;
void model_free(struct model *model);

size_t model_count(const struct model *model);
const struct model_entity *model_at(const struct model *model, size_t i);
/* NULL if there is none. */
const struct model_entity *model_find(const struct model *model, const char *name);
/* Index of a field, or -1. */
long model_field_index(const struct model_entity *entity, const char *name);
/* Whether an enum field allows a value (always true for other types). */
bool model_allows(const struct model_field *field, const char *value, size_t len);

/*
 * Whether a text is a canonical value of the field's type: a plain decimal, RFC 3339 in UTC with microseconds, a date,
 * true or false, JSON, one of the enum's values; a reference only has to have something in it.
 */
bool model_valid(const struct model_field *field, const char *value);
/* Whether bytes are one JSON text (RFC 8259), nested at most 64 deep. */
bool model_json_valid(const char *text, size_t len);

/* `tributary schema`: a table for people (all entities or one), or the JSON Schema of the events' data. */
void model_print(const struct model *model, const struct model_entity *only, FILE *out);
void model_print_json_schema(const struct model *model, const struct model_entity *only, FILE *out);

#endif

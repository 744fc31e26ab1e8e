/*
 * The configuration of one connector, as parsed, checked and frozen: nobody changes it, a reload makes another one and
 * the old one is freed when nothing refers to it any more. Reference for people: conf/README.md.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cdc/config.h"
#include "cdc/err.h"
#include "cdc/log.h"
#include "model/model.h"

struct config_pos {
    unsigned line, column; /* from 1 */
};

enum config_from { CONFIG_FROM_COLUMN, CONFIG_FROM_TEMPLATE, CONFIG_FROM_CONST, CONFIG_FROM_JSON };
enum config_pii { CONFIG_PII_NONE, CONFIG_PII_DROP, CONFIG_PII_HMAC, CONFIG_PII_MASK, CONFIG_PII_TRUNCATE };
enum config_otherwise {
    CONFIG_OTHERWISE_REJECT,
    CONFIG_OTHERWISE_NULL,
    CONFIG_OTHERWISE_PASS,
    CONFIG_OTHERWISE_VALUE
};

struct config_pair {
    const char *from, *to; /* to NULL: SQL NULL */
};

/* One piece of a template: literal text, or a column. */
struct config_piece {
    bool is_column;
    const char *text;
};

enum config_as {
    CONFIG_AS_KIND, /* a column of JSON or an array as it is, anything else as a string */
    CONFIG_AS_STRING,
    CONFIG_AS_NUMBER,
    CONFIG_AS_BOOLEAN,
    CONFIG_AS_JSON,
};

/* A member of a JSON object that is made of columns. An object's members follow it, one deeper. */
struct config_member {
    struct config_pos pos;
    unsigned depth; /* 0: a member of the field's own object */
    const char *name;
    const char *column; /* NULL: an object */
    enum config_as as;
    enum config_pii pii;
    unsigned truncate; /* characters */
};

/* One canonical field (or key part) of a mapping. */
struct config_field {
    struct config_pos pos;
    size_t field; /* index into the entity's fields */
    enum config_from from;
    const char *column;   /* CONFIG_FROM_COLUMN */
    const char *constant; /* CONFIG_FROM_CONST */
    size_t npieces;       /* CONFIG_FROM_TEMPLATE */
    const struct config_piece *pieces;
    size_t nmembers; /* CONFIG_FROM_JSON */
    const struct config_member *members;
    int scale;            /* power of ten by which the number is multiplied; 0: as it is */
    const char *timezone; /* NULL: the source's */
    const char *system;   /* MODEL_REF: whose id it is; NULL: the connector's system */
    size_t nvalues;       /* value map */
    const struct config_pair *values;
    enum config_otherwise
        otherwise; /* default: reject with a value map; for an enum without one also reject */
    const char *otherwise_value;
    enum config_pii pii;
    unsigned truncate; /* characters */
};

/* `where`: the column's text must be (or must not be) one of the values. NULL matches only `null` in the list. */
struct config_condition {
    struct config_pos pos;
    const char *column;
    bool negate;
    size_t nvalues;
    const char *const *values; /* a NULL pointer stands for SQL NULL */
};

enum config_on_delete { CONFIG_DELETE_STATE, CONFIG_DELETE_IGNORE, CONFIG_DELETE_SET };

struct config_set {
    size_t field;      /* index into the entity's fields */
    const char *value; /* NULL: SQL NULL */
};

struct config_mapping {
    struct config_pos pos;
    const struct model_entity *entity;
    /* one for each key part of the entity, in the model's order; NULL: left out, "-" in keys */
    const struct config_field *const *keys;
    size_t nfields;
    const struct config_field *fields; /* without the keys */
    size_t nconditions;
    const struct config_condition *conditions;
    enum config_on_delete on_delete;
    size_t nset;
    const struct config_set *set;
};

struct config_table {
    struct config_pos pos;
    const char *schema, *name; /* "public" (or the source's database for MySQL) when the config names none */
    size_t nmappings;
    const struct config_mapping *mappings;
};

/* What must agree between entities: takes the place of what the model says about that entity. */
struct config_agree {
    struct config_pos pos;
    const struct model_entity *entity;
    struct model_agree agree;
};

/* When the model's `due` of an entity falls due. */
struct config_due {
    struct config_pos pos;
    const struct model_entity *entity;
    int64_t after_ms; /* 0: never */
};

enum config_snapshot { CONFIG_SNAPSHOT_INITIAL, CONFIG_SNAPSHOT_NEVER, CONFIG_SNAPSHOT_ALWAYS };
enum config_on_gap { CONFIG_GAP_STOP, CONFIG_GAP_RESNAPSHOT };
enum config_wal_action { CONFIG_WAL_ALERT, CONFIG_WAL_DROP_SLOT };
enum config_on_reject { CONFIG_REJECT_DEAD_LETTER, CONFIG_REJECT_STOP };

struct config {
    const char *path;
    const char *connector;
    const char *system; /* never NULL */
    struct cdc_source_config source;
    struct cdc_redis_config redis;
    enum config_snapshot snapshot_mode;
    uint32_t snapshot_chunk_rows;
    bool snapshot_events;
    int64_t verify_every_ms; /* 0: tables are verified only when somebody asks */
    uint32_t verify_rows_per_second;
    bool verify_repair;
    enum config_on_gap on_gap;
    enum config_on_reject on_reject;
    uint64_t limit_memory_bytes;
    uint64_t limit_wal_retained_bytes; /* 0: none */
    enum config_wal_action wal_action;
    int64_t wal_patience_ms;
    const char *http_listen; /* NULL: off */
    enum cdc_log_level log_level;
    enum cdc_log_format log_format;
    const char *pii_key; /* secret, for `pii: hmac` */
    struct model *model; /* owned */
    size_t ntables;
    const struct config_table *tables;
    size_t nagrees;
    const struct config_agree *agrees;
    size_t ndues;
    const struct config_due *dues;
    const char *model_path; /* of the model's file; NULL: the built-in model */
};

/*
 * Reads and checks a file. Every error and warning of the file goes to `diagnostics` (may be NULL), one line each, as
 * `file:line:col: error: where: what (did you mean "…"?)`; -1 with err set if there was an error: CDC_ERR_CONFIG,
 * CDC_ERR_DENIED when a permission to read the file or a secret is missing, CDC_ERR_RETRY when memory runs out.
 */
int config_load(struct config **config, const char *path, FILE *diagnostics,
                struct cdc_err *err) CDC_MUST_CHECK;

/* How config_parse() treats the text. */
enum {
    CONFIG_NO_FILES =
        1, /* open nothing: ${file:…} and ${cred:…} stand for "***", the model is the built-in one */
    CONFIG_OTHERS_READ = 2, /* the text is from a file that others can read: literal secrets are errors */
};

/* The same from memory. `path` stands in messages; files that the text names are relative to its folder. */
int config_parse(struct config **config, const char *path, const char *text, size_t len, unsigned flags,
                 FILE *diagnostics, struct cdc_err *err) CDC_MUST_CHECK;
/* Overwrites the secrets, then frees. */
void config_free(struct config *config);

/*
 * Prints the whole configuration with every default, as YAML that reads back as the same configuration; a secret is
 * printed as "***". Write errors are the stream's.
 */
void config_print(const struct config *config, FILE *out);

/*
 * Whether `next` can take the place of `now` at run time. -1 with err set (CDC_ERR_CONFIG) if not; each setting that
 * would need a restart goes to `diagnostics` (may be NULL) as one line.
 */
int config_reloadable(const struct config *now, const struct config *next, FILE *diagnostics,
                      struct cdc_err *err) CDC_MUST_CHECK;

#endif

/*
 * Describing mapped tables (relation.h). Called by the decoder on the source thread, once per table and after definitions changed.
 *
 * The table map always tells types and sizes; with binlog_row_metadata=FULL also names, signs, character sets, labels and the
 * key. What it lacks comes from the catalogue, by position, but only if number and types of the columns agree: the catalogue
 * shows the table of now, the binlog the one of then.
 */
#include "relation.h"

#include "remedy.h"
#include "sample_value.h"

#include <stdio.h>

#define ARENA_LIMIT (32u << 20)

static const char HINT_FULL[] = "set binlog_row_metadata=FULL, then " MY_BEGIN_ANEW;

void my_relation_init(struct my_relation *relation, const struct cdc_table_ref *table, uint64_t id)
{
    *relation = (struct my_relation){.table = table};
    relation->public.id = id;
    relation->public.schema = cdc_slice_str(table->schema);
    relation->public.name = cdc_slice_str(table->name);
    cdc_arena_init(&relation->arena, ARENA_LIMIT);
}

void my_relation_forget(struct my_relation *relation)
{
    cdc_arena_reset(&relation->arena);
    my_position_fini(&relation->read_at);
    relation->described = relation->announced = relation->stale = false;
    relation->definition = cdc_slice(NULL, 0);
    relation->public.ncolumns = 0;
    relation->now = (struct my_catalog_table){.exists = false};
    relation->public.columns = NULL;
    relation->public.binding = NULL;
}

void my_relation_fini(struct my_relation *relation)
{
    my_relation_forget(relation);
    cdc_arena_fini(&relation->arena);
}

/* What describing works with. */
struct draft {
    struct my_relation *relation;
    const struct my_catalog *catalog;
    struct my_definition definition;
    struct my_catalog_table table;
};

static int refuse(const struct draft *draft, struct cdc_err *err, enum cdc_err_class class, const char *what,
                  const char *hint)
{
    const struct cdc_relation *r = &draft->relation->public;

    cdc_err_set(err, class, "table %.*s.%.*s: %s", CDC_ARG(r->schema), CDC_ARG(r->name), what);
    return cdc_err_hint(err, "%s", hint);
}

static bool needs_catalog(const struct my_definition *d)
{
    return !d->has_names || !d->has_signs;
}

static bool has_type(const struct my_definition *d, bool (*is)(uint8_t))
{
    for (uint32_t i = 0; i < d->ncolumns; i++)
        if (is(d->columns[i].type))
            return true;
    return false;
}

static bool is_label(uint8_t type)
{
    return type == MY_TYPE_ENUM || type == MY_TYPE_SET;
}

/* FULL metadata leaves out the fields of which it has no columns. */
static void complete_flags(struct my_definition *d)
{
    d->has_signs = d->has_signs || !has_type(d, my_type_is_numeric);
    d->has_charsets = d->has_charsets || !has_type(d, my_type_is_text);
    d->has_labels = d->has_labels || !has_type(d, is_label);
    d->has_label_charsets = d->has_label_charsets || !has_type(d, is_label);
}

/* The columns by position: only for definitions that do not name them. */
static int check_positions(const struct draft *draft, struct cdc_err *err)
{
    const struct my_definition *d = &draft->definition;
    char what[160];

    if (!draft->table.exists)
        return refuse(draft, err, CDC_ERR_GAP,
                      "its column names are not in the binlog, and the table is gone", HINT_FULL);
    if (draft->table.ncolumns != d->ncolumns) {
        snprintf(what, sizeof what, "its rows in the binlog have %u columns, the table now has %u",
                 d->ncolumns, draft->table.ncolumns);
        return refuse(draft, err, CDC_ERR_GAP, what, HINT_FULL);
    }
    for (uint32_t i = 0; i < d->ncolumns; i++) {
        const struct my_catalog_column *now = &draft->table.columns[i];

        if (my_catalog_type_fits(now->data_type, d->columns[i].type))
            continue;
        snprintf(what, sizeof what, "its column %u is %s in the binlog, and now %.*s \"%.*s\"", i + 1,
                 my_type_name(d->columns[i].type), (int)(now->data_type.len > 30 ? 30 : now->data_type.len),
                 now->data_type.ptr, (int)(now->name.len > 64 ? 64 : now->name.len), now->name.ptr);
        return refuse(draft, err, CDC_ERR_GAP, what, HINT_FULL);
    }
    return 0;
}

static const struct my_catalog_column *counterpart(const struct draft *draft, uint32_t i)
{
    const struct my_column *column = &draft->definition.columns[i];
    const struct my_catalog_column *now;

    if (!draft->definition.has_names)
        return &draft->table.columns[i];
    now = my_catalog_find(&draft->table, column->name);
    return now && my_catalog_type_fits(now->data_type, column->type) ? now : NULL;
}

static int find_charset(const struct draft *draft, const struct my_column *column,
                        const struct my_catalog_column *now, const struct my_charset **charset,
                        struct cdc_err *err)
{
    const struct my_catalog *catalog = draft->catalog;

    *charset = NULL;
    if (column->has_collation)
        return catalog->ops->charset_of(catalog->ctx, column->collation, charset, err);
    if (!now)
        return 0;
    return catalog->ops->charset_named(
        catalog->ctx, now->charset.len ? now->charset : cdc_slice_str("binary"), charset, err);
}

/* Labels of table maps are in the column's character set (as they are where that is binary), those of the catalogue in UTF-8. */
static int set_labels(struct draft *draft, struct my_column *column, const struct my_catalog_column *now,
                      struct cdc_err *err)
{
    const struct my_charset *charset;
    const char *why;

    if (!draft->definition.has_labels)
        return now && my_catalog_labels(now->column_type, &draft->relation->arena, &column->labels)
                   ? cdc_err_memory(err)
                   : 0;
    if (find_charset(draft, column, now, &charset, err))
        return -1;
    if (!charset || charset->kind == MY_CHARSET_BYTES)
        return 0;
    for (uint32_t i = 0; i < column->labels.n; i++) {
        struct cdc_slice *label = &column->labels.text[i];

        if (my_charset_convert(charset, *label, &draft->relation->arena, label, &why))
            return refuse(draft, err, CDC_ERR_CONFIG,
                          "an ENUM or SET label is in a character set that is not supported",
                          "convert the column to utf8mb4");
    }
    return 0;
}

static bool may_be_disguised(const struct my_column *column)
{
    return column->type == MY_TYPE_STRING && (column->size == 4 || column->size == 16);
}

static enum my_meaning meaning_of(const struct draft *draft, const struct my_column *column,
                                  const struct my_catalog_column *now)
{
    bool binary = column->charset && column->charset->kind == MY_CHARSET_BYTES;

    if (!now)
        return !binary                                               ? MY_MEANING_PLAIN
               : draft->catalog->mariadb && may_be_disguised(column) ? MY_MEANING_UNKNOWN
                                                                     : MY_MEANING_BYTES;
    if (!binary)
        return now->json ? MY_MEANING_JSON : MY_MEANING_PLAIN;
    if (cdc_slice_is(now->data_type, "uuid"))
        return MY_MEANING_UUID;
    if (cdc_slice_is(now->data_type, "inet4"))
        return MY_MEANING_INET4;
    if (cdc_slice_is(now->data_type, "inet6"))
        return MY_MEANING_INET6;
    return cdc_slice_is(now->data_type, "vector") ? MY_MEANING_VECTOR : MY_MEANING_BYTES;
}

static bool is_old_time(uint8_t type)
{
    return type == MY_TYPE_TIME || type == MY_TYPE_DATETIME || type == MY_TYPE_TIMESTAMP;
}

/*
 * The constant in the form of the column's values. What the catalogue shows in a form of its own (bits, bytes), or in some session's time
 * zone, is not known.
 */
static void set_omitted(struct draft *draft, struct my_column *column, const struct my_catalog_column *now)
{
    struct my_value_space space = {.arena = draft->relation->arena};
    struct cdc_slice text = now ? now->constant : cdc_slice(NULL, 0);

    column->omitted = (struct cdc_value){.state = CDC_VALUE_UNAVAILABLE};
    if (!now || !now->has_constant)
        return;
    if (!text.ptr)
        column->omitted.state = CDC_VALUE_NULL;
    else if (my_type_is_text(column->type) || is_label(column->type)) {
        if (column->meaning == MY_MEANING_PLAIN || column->meaning == MY_MEANING_JSON)
            my_value_set(&column->omitted, text.ptr, text.len);
    } else if (column->kind != CDC_KIND_BITS && column->kind != CDC_KIND_INSTANT)
        my_sample_value(column, text, &space, &column->omitted);
    draft->relation->arena = space.arena;
}

static int complete_column(struct draft *draft, uint32_t i, struct cdc_err *err)
{
    struct my_column *column = &draft->definition.columns[i];
    const struct my_catalog_column *now = counterpart(draft, i);

    if (now && is_old_time(column->type) && now->fsp > 0)
        return refuse(draft, err, CDC_ERR_CONFIG,
                      "it has a time with decimals in the format before MariaDB 10.1",
                      "rebuild it: ALTER TABLE … FORCE, with mysql56_temporal_format=ON");
    if (now && !draft->definition.has_names) {
        column->name = now->name;
        column->key = now->key;
    }
    if (now && !draft->definition.has_signs)
        column->is_unsigned = my_catalog_is_unsigned(now);
    if (is_label(column->type) && set_labels(draft, column, now, err))
        return -1;
    if (my_type_is_text(column->type)) {
        if (find_charset(draft, column, now, &column->charset, err))
            return -1;
        column->meaning = meaning_of(draft, column, now);
    }
    column->kind = my_value_kind(column);
    set_omitted(draft, column, now);
    if (draft->relation->arena.starved)
        return cdc_err_memory(err);
    column->type_text = now ? now->column_type : cdc_slice_str(my_type_name(column->type));
    return 0;
}

static int allocate(struct my_relation *relation, uint32_t n, struct cdc_err *err)
{
    struct my_row_target *t = &relation->target;

    relation->public.columns = cdc_arena_alloc(&relation->arena, n * sizeof *relation->public.columns);
    t->before = cdc_arena_alloc(&relation->arena, n * sizeof *t->before);
    t->after = cdc_arena_alloc(&relation->arena, n * sizeof *t->after);
    t->raw = cdc_arena_alloc(&relation->arena, n * sizeof *t->raw);
    return relation->public.columns && t->before && t->after && t->raw ? 0 : cdc_err_memory(err);
}

static void publish(struct my_relation *relation, struct my_column *columns, uint32_t n)
{
    struct my_row_target *t = &relation->target;

    relation->columns = columns;
    relation->public.ncolumns = n;
    t->columns = columns;
    t->wanted = relation->public.columns;
    t->ncolumns = n;
    t->njson = 0;
    for (uint32_t i = 0; i < n; i++) {
        relation->public.columns[i] = (struct cdc_column){.name = columns[i].name,
                                                          .type_name = columns[i].type_text,
                                                          .kind = columns[i].kind,
                                                          .key = columns[i].key};
        t->before[i] = t->after[i] = (struct cdc_value){.state = CDC_VALUE_UNWANTED};
        t->raw[i] = cdc_slice(NULL, 0);
        t->njson += columns[i].type == MY_TYPE_JSON;
    }
    relation->described = true;
}

static int keep_definition(struct my_relation *relation, struct cdc_slice definition, struct cdc_err *err)
{
    char *copy = cdc_arena_alloc(&relation->arena, definition.len);

    if (!copy)
        return cdc_err_memory(err);
    memcpy(copy, definition.ptr, definition.len);
    relation->definition = cdc_slice(copy, definition.len);
    return 0;
}

static int read_catalog(struct draft *draft, struct cdc_err *err)
{
    const struct cdc_relation *r = &draft->relation->public;

    if (draft->catalog->ops->table(draft->catalog->ctx, r->schema, r->name, &draft->relation->arena,
                                   &draft->table, err))
        return cdc_err_wrap(err, "looking up table %.*s.%.*s", CDC_ARG(r->schema), CDC_ARG(r->name));
    if (draft->table.versioned)
        return refuse(draft, err, CDC_ERR_CONFIG,
                      "it is system-versioned: its binlog mixes old rows with new ones",
                      "map a table without WITH SYSTEM VERSIONING");
    return 0;
}

/* Behind the reading of the catalogue: what changed the table before is covered by it for certain. */
static int note_position(struct draft *draft, struct cdc_err *err)
{
    const struct my_catalog *catalog = draft->catalog;

    if (draft->definition.has_names || !catalog->ops->position)
        return 0;
    return catalog->ops->position(catalog->ctx, &draft->relation->read_at, err);
}

static int describe(struct draft *draft, struct cdc_slice definition, struct cdc_err *err)
{
    struct my_relation *relation = draft->relation;
    struct my_definition *d = &draft->definition;

    if (keep_definition(relation, definition, err) ||
        my_definition_parse(relation->definition, draft->catalog->mariadb, &relation->arena, d, err) ||
        read_catalog(draft, err) || note_position(draft, err))
        return -1;
    complete_flags(d);
    if (needs_catalog(d) && !d->has_names && check_positions(draft, err))
        return -1;
    for (uint32_t i = 0; i < d->ncolumns; i++)
        if (complete_column(draft, i, err))
            return -1;
    if (allocate(relation, d->ncolumns, err))
        return -1;
    publish(relation, d->columns, d->ncolumns);
    return 0;
}

int my_relation_describe(struct my_relation *relation, struct cdc_slice definition,
                         enum cdc_identity identity, const struct my_catalog *catalog, struct cdc_err *err)
{
    struct draft draft = {.relation = relation, .catalog = catalog};

    my_relation_forget(relation);
    relation->public.identity = identity;
    if (describe(&draft, definition, err) == 0)
        return 0;
    my_relation_forget(relation);
    return -1;
}

/* The number in "bit(11)". */
static uint16_t bits_of(const struct my_catalog_column *now)
{
    unsigned bits = 1;

    if (cdc_slice_is(now->data_type, "bit"))
        sscanf(now->column_type.ptr, "bit(%u)", &bits); /* the catalogue's texts end with a NUL */
    return (uint16_t)(bits > 64 ? 64 : bits);
}

/* The columns of now, as a table map with full metadata would show them. */
static int columns_of_now(struct draft *draft, struct cdc_err *err)
{
    struct my_definition *d = &draft->definition;

    d->ncolumns = draft->table.ncolumns;
    d->columns = cdc_arena_alloc(&draft->relation->arena, d->ncolumns * sizeof *d->columns);
    if (!d->columns)
        return cdc_err_memory(err);
    for (uint32_t i = 0; i < d->ncolumns; i++) {
        const struct my_catalog_column *now = &draft->table.columns[i];

        d->columns[i] = (struct my_column){.type = my_catalog_type(now->data_type),
                                           .name = now->name,
                                           .nullable = true,
                                           .bits = bits_of(now)};
        if (d->columns[i].type == 0)
            return refuse(draft, err, CDC_ERR_CONFIG, "it has a column of a type that is not known here",
                          "leave the table out of the mapping, or change the column");
    }
    return 0;
}

int my_relation_describe_now(struct my_relation *relation, const struct my_catalog *catalog,
                             struct cdc_err *err)
{
    struct draft draft = {.relation = relation, .catalog = catalog};
    const struct my_definition *d = &draft.definition;

    my_relation_forget(relation);
    relation->public.identity = CDC_IDENTITY_FULL;
    if (read_catalog(&draft, err))
        return -1;
    if (!draft.table.exists)
        return refuse(&draft, err, CDC_ERR_CONFIG, "it does not exist, or the account may not see it",
                      "check the name, and GRANT SELECT on it");
    if (columns_of_now(&draft, err))
        return -1;
    for (uint32_t i = 0; i < d->ncolumns; i++)
        if (complete_column(&draft, i, err))
            return -1;
    if (allocate(relation, d->ncolumns, err))
        return -1;
    relation->now = draft.table;
    publish(relation, d->columns, d->ncolumns);
    return 0;
}

/*
 * QUERY events (decoder_impl.h): the ends of transactions, savepoints, XA, definitions, TRUNCATE, and rows that were changed by a
 * statement instead of row events, which nothing can turn into rows any more: a gap. Part of the decoder, source thread.
 */
#include "decoder_impl.h"

#include "remedy.h"
#include "statement.h"

#include "cdc/log.h"

static int statement_gap(const struct my_relation *relation, const struct my_decoder *d, struct cdc_err *err)
{
    cdc_err_set(
        err, CDC_ERR_GAP,
        "table %s.%s was changed by a statement that was logged as a statement, not as rows, before %s:%llu",
        relation->table->schema, relation->table->name, d->place.name, (unsigned long long)d->place.offset);
    return cdc_err_hint(
        err,
        "have every session use binlog_format=ROW (no one may set it to STATEMENT or MIXED), then " MY_BEGIN_ANEW);
}

/* The mapped table that the text names, from *at on; NULL: none. */
static struct my_relation *next_named(struct my_decoder *d, struct cdc_slice text, size_t *at)
{
    while (*at < d->tables.nrelations) {
        struct my_relation *relation = &d->tables.relations[(*at)++];

        if (my_statement_names(text, relation->public.name))
            return relation;
    }
    return NULL;
}

static int on_change(struct my_decoder *d, const struct my_query *query, struct cdc_err *err)
{
    size_t at = 0;
    const struct my_relation *relation;

    if (d->group.mode == MY_MODE_SKIP)
        return 0;
    relation = next_named(d, query->text, &at);
    if (relation)
        return statement_gap(relation, d, err);
    if (!d->warned_statement)
        cdc_log(CDC_LOG_WARNING,
                "a change of other tables was logged as a statement: if triggers or functions of it change "
                "mapped tables, those changes are lost; set binlog_format=ROW in every session");
    d->warned_statement = true;
    return 0;
}

/* Rows before this statement were given the names of the columns that it made. They are out: all that can be done is to say so. */
static int names_were_wrong(const struct my_decoder *d, const struct my_relation *relation,
                            struct cdc_err *err)
{
    cdc_err_set(
        err, CDC_ERR_GAP,
        "table %s.%s: columns were moved or renamed before %s:%llu, and rows before that may have been read with the "
        "columns of after, because the binlog does not name them",
        relation->table->schema, relation->table->name, d->place.name, (unsigned long long)d->place.offset);
    return cdc_err_hint(err,
                        "set binlog_row_metadata=FULL, then write the table's rows anew, or " MY_BEGIN_ANEW);
}

/*
 * Where the binlog has no names of columns, the catalogue is asked again, and it may be further than the stream is. So it is asked
 * only when it has to be: not for what gives no other columns, and not when an ALTER begins that is logged again at its end.
 */
static int on_definition(struct my_decoder *d, const struct my_query *query, struct cdc_err *err)
{
    if (d->group.info.announces_alter)
        return 0;
    for (size_t i = 0; i < d->tables.nrelations; i++) {
        struct my_relation *relation = &d->tables.relations[i];

        if (!my_statement_defines(query->text, relation->public.name))
            continue;
        if (relation->described && !relation->stale && d->group.mode != MY_MODE_SKIP &&
            my_position_covers(&relation->read_at, &d->group.info.id) &&
            my_statement_moves_columns(query->text, relation->public.name))
            return names_were_wrong(d, relation, err);
        relation->stale = true;
    }
    return 0;
}

static void on_truncate(struct my_decoder *d, const struct my_query *query,
                        const struct my_statement *statement)
{
    struct cdc_slice schema = statement->schema.len ? statement->schema : query->database;

    if (d->group.mode != MY_MODE_SKIP)
        d->truncated = my_tables_find(&d->tables, schema, statement->name);
}

/* A server without GTIDs, or before MySQL 5.7, begins transactions with their first statement. */
static int begin_unnamed(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    if (d->group.mode != MY_MODE_OUTSIDE)
        return 0;
    d->group.info = (struct my_group){.may_hold_statements = true};
    if (my_group_begin(d, event, err))
        return -1;
    d->group.waits_for_first = true;
    return 0;
}

static void on_xa_start(struct my_decoder *d)
{
    d->group.xa = true;
    d->group.store.bytes.limit = d->params.prepare_bytes;
    if (d->group.mode == MY_MODE_STREAM && d->known.form == MY_POSITION_NONE)
        d->group.mode = MY_MODE_HOLD;
}

static bool is_opening(enum my_statement_kind kind)
{
    return kind == MY_STATEMENT_BEGIN || kind == MY_STATEMENT_XA_START;
}

static int apply(struct my_decoder *d, const struct my_event *event, const struct my_query *query,
                 const struct my_statement *statement, struct cdc_err *err)
{
    switch (statement->kind) {
    case MY_STATEMENT_BEGIN:
    case MY_STATEMENT_XA_END:
        return 0;
    case MY_STATEMENT_XA_START:
        on_xa_start(d);
        return 0;
    case MY_STATEMENT_COMMIT:
        return my_group_commit(d, event, err);
    case MY_STATEMENT_ROLLBACK:
        return my_group_rollback(d, event, err);
    case MY_STATEMENT_SAVEPOINT:
        return my_group_savepoint(d, statement->name, err);
    case MY_STATEMENT_ROLLBACK_TO:
        return my_group_rollback_to(d, statement->name, err);
    case MY_STATEMENT_XA_COMMIT:
    case MY_STATEMENT_XA_ROLLBACK:
        return my_xa_decide(d, event, statement->name, statement->kind == MY_STATEMENT_XA_COMMIT, err);
    case MY_STATEMENT_TRUNCATE:
        on_truncate(d, query, statement);
        return 0;
    case MY_STATEMENT_CHANGE:
        return on_definition(d, query, err) || on_change(d, query, err) ? -1 : 0;
    case MY_STATEMENT_OTHER:
        return on_definition(d, query, err);
    }
    return 0;
}

int my_decode_query(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_statement statement;
    struct my_query query;

    if (!my_query_parse(event, &query))
        return my_event_malformed(event, err);
    if (begin_unnamed(d, event, err))
        return -1;
    statement = my_statement_read(query.text);
    if (d->group.waits_for_first && !is_opening(statement.kind))
        d->group.alone = true;
    d->group.waits_for_first = false;
    if (apply(d, event, &query, &statement, err))
        return -1;
    if (d->group.alone && d->group.mode != MY_MODE_OUTSIDE && d->ending == MY_ENDING_NONE)
        return my_group_commit(d, event, err);
    return 0;
}

/*
 * Comparing states and events with what a server shows (typed_check.h). Main thread of a test; a value that differs does not end it,
 * so that one run tells all.
 */
#include "typed_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "lib/json.h"
#include "lib/stored.h"

/* More than this of a value says nothing. */
enum { SHOWN_BYTES = 200 };

static bool same(const struct typed_cell *cell, const char *text, size_t len)
{
    if (!cell->text || !text)
        return !cell->text && !text;
    return cell->len == len && memcmp(cell->text, text, len) == 0;
}

static bool same_cells(const struct typed_cell *a, const struct typed_cell *b)
{
    return same(a, b->text, b->len);
}

/* Where they differ, and a little before. */
static size_t differs_from(const struct typed_cell *cell, const char *text)
{
    size_t at = 0;

    while (cell->text && text && at < cell->len && cell->text[at] == text[at])
        at++;
    return at > 20 ? at - 20 : 0;
}

static void expect_same(const struct typed_cell *cell, const char *text, size_t len, const char *where,
                        const char *field, size_t row)
{
    size_t from = same(cell, text, len) ? 0 : differs_from(cell, text);

    cr_expect(same(cell, text, len), "%s, column %s, row %zu, from byte %zu\n   is: %.*s\n  not: %.*s", where,
              field, row + 1, from, SHOWN_BYTES, text ? text + from : "absent", SHOWN_BYTES,
              cell->text ? cell->text + from : "absent");
}

/* States. */

static const char *value_of(const struct stored_record *record, const char *name, size_t *len)
{
    for (size_t i = 0; i < record->n; i++)
        if (strcmp(record->names[i], name) == 0) {
            *len = record->lens[i];
            return record->values[i];
        }
    *len = 0;
    return NULL;
}

static void check_state(const struct stored_record *state, const struct typed_table *table,
                        const struct typed_rows *rows, size_t row, const char *where)
{
    static const char *const always[] = {"id", "touched", "_source", "_time", "_seq"};
    size_t expected = sizeof always / sizeof *always;

    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct typed_cell *cell = typed_rows_at(rows, row, i);
        size_t len;
        const char *text = value_of(state, table->columns[i].field, &len);

        expect_same(cell, text, len, where, table->columns[i].field, row);
        expected += cell->text != NULL;
    }
    cr_expect_eq(state->n, expected, "%s: row %zu has %zu fields, not %zu", where, row + 1, state->n,
                 expected);
}

void typed_check_states(struct server_redis *redis, const struct typed_table *table,
                        const struct typed_rows *rows, const char *when)
{
    char *where = text_print("%s, %s", table->name, when);

    for (size_t row = 0; row < rows->n; row++) {
        char *key = text_print("cdc:state:{%s}:%zu", table->name, row + 1);
        struct stored_record *state = stored_hash_read(redis, key);

        check_state(state, table, rows, row, where);
        stored_record_free(state);
        free(key);
    }
    free(where);
}

/* Events. */

static void expect_member(const char *object, const char *field, const struct typed_cell *cell,
                          const char *where, size_t row)
{
    char *raw = json_member(object, field);
    size_t len = 0;
    char *text = raw ? json_text(raw, &len) : NULL;

    expect_same(cell, text, len, where, field, row);
    free(text);
    free(raw);
}

static void expect_absent(const char *object, const char *field, const char *where, size_t row)
{
    char *raw = object ? json_member(object, field) : NULL;

    cr_expect_null(raw, "%s: row %zu has %s", where, row + 1, field);
    free(raw);
}

static const char *part_of(const struct stored_record *event, const char *part, const char *type,
                           const char *where, size_t row)
{
    const char *found = event ? stored_record_get(event, "type") : NULL;
    const char *dot = found ? strchr(found, '.') : NULL;

    cr_expect(dot && strcmp(dot + 1, type) == 0, "%s: row %zu, event is %s, not %s", where, row + 1,
              found ? found : "absent", type);
    return event ? stored_record_get(event, part) : NULL;
}

/* Whether the event says that the source did not send the field: "a b". */
static bool is_unavailable(const struct stored_record *event, const char *field)
{
    const char *list = event ? stored_record_get(event, "unavailable") : NULL;
    size_t len = strlen(field);

    for (const char *at = list; at; at = strchr(at, ' '), at = at ? at + 1 : NULL)
        if (strncmp(at, field, len) == 0 && (at[len] == 0 || at[len] == ' '))
            return true;
    return false;
}

/* All fields of a row, in `data` after an insert or update and in `previous` after a delete. */
static void check_whole(const char *object, const struct typed_table *table, const struct typed_rows *rows,
                        size_t row, const char *where)
{
    if (!object) {
        cr_expect(false, "%s: row %zu has no such object", where, row + 1);
        return;
    }
    for (size_t i = 0; i < table->ncolumns; i++)
        expect_member(object, table->columns[i].field, typed_rows_at(rows, row, i), where, row);
}

/* The fields that changed, as they were; NULL is null there. */
static void check_previous(const char *object, const struct typed_table *table,
                           const struct typed_rows *before, const struct typed_rows *after, size_t row,
                           const char *where)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct typed_cell *was = typed_rows_at(before, row, i);
        char *null;

        if (same_cells(was, typed_rows_at(after, row, i)))
            expect_absent(object, table->columns[i].field, where, row);
        else if (was->text)
            expect_member(object ? object : "{}", table->columns[i].field, was, where, row);
        else {
            null = object ? json_member(object, table->columns[i].field) : NULL;
            cr_expect(null && strcmp(null, "null") == 0, "%s: row %zu, %s is %s, not null", where, row + 1,
                      table->columns[i].field, null ? null : "absent");
            free(null);
        }
    }
}

static bool row_changes(const struct typed_rows *before, const struct typed_rows *after, size_t row)
{
    for (size_t i = 0; i < before->ncolumns; i++)
        if (!same_cells(typed_rows_at(before, row, i), typed_rows_at(after, row, i)))
            return true;
    return false;
}

/* An update: all columns as they are, but those that the source did not send, which must be unchanged. */
static void check_update(const struct stored_record *event, const struct typed_table *table,
                         const struct typed_rows *before, const struct typed_rows *after, size_t row,
                         const char *where)
{
    const char *data = part_of(event, "data", "changed", where, row);

    for (size_t i = 0; data && i < table->ncolumns; i++) {
        const char *field = table->columns[i].field;

        if (is_unavailable(event, field) &&
            same_cells(typed_rows_at(before, row, i), typed_rows_at(after, row, i)))
            expect_absent(data, field, where, row);
        else
            expect_member(data, field, typed_rows_at(after, row, i), where, row);
    }
    check_previous(event ? stored_record_get(event, "previous") : NULL, table, before, after, row, where);
}

static void check_row(const struct stored_stream *events, const struct typed_table *table,
                      const struct typed_rows *inserted, const struct typed_rows *updated, size_t row,
                      const char *where)
{
    char *subject = text_print("%zu", row + 1);
    const struct stored_record *event = stored_stream_about(events, subject, 0);
    int at = 1;

    check_whole(part_of(event, "data", "added", where, row), table, inserted, row, where);
    if (row_changes(inserted, updated, row)) {
        event = stored_stream_about(events, subject, at++);
        check_update(event, table, inserted, updated, row, where);
    }
    event = stored_stream_about(events, subject, at++);
    check_update(event, table, updated, updated, row, where);
    event = stored_stream_about(events, subject, at++);
    check_whole(part_of(event, "previous", "gone", where, row), table, updated, row, where);
    cr_expect_null(stored_stream_about(events, subject, at), "%s: row %zu has more events", where, row + 1);
    free(subject);
}

void typed_check_events(struct server_redis *redis, const struct typed_table *table,
                        const struct typed_rows *inserted, const struct typed_rows *updated, const char *how)
{
    char *key = text_print("cdc:events:{%s}", table->name),
         *where = text_print("%s, events, %s", table->name, how);
    struct stored_stream events;

    stored_stream_read(&events, redis, key);
    for (size_t row = 0; row < inserted->n; row++)
        check_row(&events, table, inserted, updated, row, where);
    stored_stream_fini(&events);
    free(where);
    free(key);
}

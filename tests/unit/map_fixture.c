/* See map_fixture.h. */
#include "unit/map_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cdc/buf.h"

/* ---- the model ---- */

static const char *const statuses[] = {"hold", "pending", "confirmed", "cancelled"};

static const struct model_field booking_fields[] = {
    [B_ID] = {.name = "reservation_id", .type = MODEL_STRING},
    [B_CUSTOMER] = {.name = "customer_id", .type = MODEL_REF},
    [B_SERVICE] = {.name = "service_id", .type = MODEL_STRING},
    [B_STATUS] = {.name = "reservation_status",
                  .type = MODEL_ENUM,
                  .keep_source = true,
                  .nvalues = FIXTURE_COUNT(statuses),
                  .values = statuses},
    [B_SIZE] = {.name = "party_size", .type = MODEL_INTEGER},
    [B_PRICE] = {.name = "total_price", .type = MODEL_DECIMAL},
    [B_CURRENCY] = {.name = "price_currency", .type = MODEL_STRING},
    [B_TIME] = {.name = "booking_time", .type = MODEL_TIME},
    [B_DAY] = {.name = "booking_day", .type = MODEL_DATE},
    [B_SEATS] = {.name = "seats", .type = MODEL_JSON},
    [B_PAID] = {.name = "paid", .type = MODEL_BOOLEAN},
    [B_EMAIL] = {.name = "email", .type = MODEL_STRING, .personal = true},
};

static const size_t first_key[] = {0}, first_two_keys[] = {0, 1};

static const struct model_transition booking_transitions[] = {
    {B_STATUS, NULL, "cancelled", "cancelled", MODEL_ON_UPDATE},
    {B_STATUS, "hold", "confirmed", "confirmed", MODEL_ON_UPDATE},
    {B_STATUS, NULL, "confirmed", "confirmed", MODEL_ON_INSERT},
    {B_STATUS, "cancelled", NULL, "reopened", MODEL_ON_UPDATE},
    {B_SERVICE, NULL, NULL, "rebooked", MODEL_ON_UPDATE},
    {B_STATUS, "hold", "pending", "promoted", MODEL_ON_INSERT | MODEL_ON_UPDATE},
};

const struct model_entity fixture_booking = {
    .name = "booking",
    .nkeys = 1,
    .keys = first_key,
    .nfields = FIXTURE_COUNT(booking_fields),
    .fields = booking_fields,
    .verb_insert = "created",
    .verb_update = "changed",
    .verb_delete = "deleted",
    .ntransitions = FIXTURE_COUNT(booking_transitions),
    .transitions = booking_transitions,
};

static const struct model_field customer_fields[] = {
    {.name = "customer_id", .type = MODEL_REF},
    {.name = "given_name", .type = MODEL_STRING, .personal = true},
};

const struct model_entity fixture_customer = {
    .name = "customer",
    .nkeys = 1,
    .keys = first_key,
    .nfields = FIXTURE_COUNT(customer_fields),
    .fields = customer_fields,
    .verb_insert = "created",
    .verb_update = "updated",
    .verb_delete = "deleted",
};

static const struct model_field stock_fields[] = {
    {.name = "sku", .type = MODEL_STRING},
    {.name = "location", .type = MODEL_STRING},
    {.name = "quantity", .type = MODEL_INTEGER},
};

const struct model_entity fixture_stock = {
    .name = "inventory",
    .nkeys = 2,
    .keys = first_two_keys,
    .nfields = FIXTURE_COUNT(stock_fields),
    .fields = stock_fields,
    .verb_insert = "created",
    .verb_update = "changed",
    .verb_delete = "deleted",
};

static const struct model_field consent_fields[] = {
    {.name = "customer_id", .type = MODEL_REF},
    {.name = "purpose", .type = MODEL_STRING},
    {.name = "lawful_basis", .type = MODEL_STRING},
};

const struct model_entity fixture_consent = {
    .name = "consent",
    .nkeys = 2,
    .keys = first_two_keys,
    .nfields = FIXTURE_COUNT(consent_fields),
    .fields = consent_fields,
    .verb_insert = "granted",
    .verb_update = "changed",
    .verb_delete = "deleted",
};

/* ---- the configuration ---- */

struct config *fixture_config(const struct config_mapping *mappings, size_t n)
{
    static struct config_table table;
    static struct config config;

    table = (struct config_table){
        .pos = {10, 3}, .schema = "public", .name = "reservation", .nmappings = n, .mappings = mappings};
    config = (struct config){
        .path = "cinema.yaml",
        .connector = "cinema-bookings",
        .system = "booking-site",
        .source = {.timezone = "UTC"},
        .ntables = 1,
        .tables = &table,
    };
    return &config;
}

/* ---- relations and rows ---- */

static enum cdc_kind kind_by_name(const char *name)
{
    for (int kind = CDC_KIND_TEXT; kind <= CDC_KIND_BITS; kind++)
        if (strcmp(cdc_kind_name((enum cdc_kind)kind), name) == 0)
            return (enum cdc_kind)kind;
    cr_assert_fail("no kind %s", name);
    return CDC_KIND_TEXT;
}

static struct cdc_relation relation;

struct cdc_relation *fixture_relation(const char *table, const char *const *columns, size_t n)
{
    static struct cdc_column cols[FIXTURE_COLUMNS_MAX];
    static char names[FIXTURE_COLUMNS_MAX][32];

    cr_assert_leq(n, FIXTURE_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++) {
        char kind[32] = "", key[8] = "";
        cr_assert_geq(sscanf(columns[i], "%31s %31s %7s", names[i], kind, key), 2, "%s", columns[i]);
        cols[i] = (struct cdc_column){
            .name = cdc_slice_str(names[i]), .kind = kind_by_name(kind), .key = key[0] != '\0'};
    }
    relation = (struct cdc_relation){
        .id = 4711,
        .schema = cdc_slice_str("public"),
        .name = cdc_slice_str(table),
        .identity = CDC_IDENTITY_KEY,
        .ncolumns = (uint32_t)n,
        .columns = cols,
    };
    return &relation;
}

const char fixture_unavailable[] = "?", fixture_invalid[] = "cannot be read";

static const struct cdc_value *values(struct cdc_value *out, const char *const *texts)
{
    if (!texts)
        return NULL;
    for (uint32_t i = 0; i < relation.ncolumns; i++) {
        const char *text = texts[i];
        out[i] = (struct cdc_value){.state = text == NULL                  ? CDC_VALUE_NULL
                                             : text == fixture_unavailable ? CDC_VALUE_UNAVAILABLE
                                             : text == fixture_invalid     ? CDC_VALUE_INVALID
                                                                           : CDC_VALUE_PRESENT};
        if (out[i].state == CDC_VALUE_PRESENT || out[i].state == CDC_VALUE_INVALID) {
            out[i].ptr = text;
            out[i].len = (uint32_t)strlen(text);
        }
    }
    return out;
}

struct cdc_row *fixture_row(enum cdc_op op, const char *const *after, const char *const *before,
                            enum cdc_identity before_is)
{
    static struct cdc_value new_values[FIXTURE_COLUMNS_MAX], old_values[FIXTURE_COLUMNS_MAX];
    static struct cdc_row row;

    row = (struct cdc_row){
        .op = op,
        .relation = &relation,
        .after = values(new_values, after),
        .before = values(old_values, before),
        .before_is = before_is,
    };
    return &row;
}

/* ---- running ---- */

struct map *fixture_map(const struct config *config)
{
    struct cdc_err err = {.class = CDC_ERR_NONE};
    struct map *map;

    cr_assert_eq(map_new(&map, config, &err), 0, "%s", err.message);
    return map;
}

static void print_value(struct cdc_buf *out, enum cdc_value_state state, struct cdc_slice value)
{
    if (state == CDC_VALUE_PRESENT)
        cdc_buf_put_slice(out, value);
    else
        cdc_buf_putc(out, state == CDC_VALUE_NULL ? '~' : '?');
}

static void print_event(struct cdc_buf *out, const struct cdc_event *e, size_t part)
{
    cr_assert_eq(e->part, part);
    cr_assert_eq(e->ordinal, 7);
    cr_assert_eq(e->tx->commit_us, 1000);
    cdc_buf_printf(out, "%s %.*s %.*s", cdc_event_op_name(e->op), CDC_ARG(e->type), CDC_ARG(e->key));
    if (e->customer.len)
        cdc_buf_printf(out, " customer=%.*s", CDC_ARG(e->customer));
    if (e->customer_before.len)
        cdc_buf_printf(out, " was=%.*s", CDC_ARG(e->customer_before));
    cdc_buf_puts(out, "\n ");
    for (uint32_t i = 0; i < e->shape->nfields; i++) {
        const struct cdc_field *f = &e->fields[i];
        cdc_buf_printf(out, " %.*s=", CDC_ARG(e->shape->names[i]));
        print_value(out, f->after_state, f->after);
        if (e->before_known) {
            cdc_buf_putc(out, '<');
            print_value(out, f->before_state, f->before);
        }
    }
    cdc_buf_putc(out, '\n');
    for (uint32_t i = 0; i < e->ncandidates; i++) {
        const struct cdc_candidate *c = &e->candidates[i];
        cdc_buf_printf(out, "  candidate %.*s %.*s", CDC_ARG(c->type), CDC_ARG(e->shape->names[c->field]));
        if (c->has_from)
            cdc_buf_printf(out, "<%.*s", CDC_ARG(c->from));
        cdc_buf_putc(out, '\n');
    }
}

static void print_reject(struct cdc_buf *out, const struct cdc_reject *r)
{
    cr_assert_eq(r->ordinal, 7);
    cr_assert_eq(r->tx->commit_us, 1000);
    cr_assert(cdc_slice_is(r->table, "public.reservation"));
    cr_assert_gt(r->entity.len, 0);
    cdc_buf_printf(out, "reject %.*s column=%.*s key=%.*s: %.*s\n", CDC_ARG(r->reason), CDC_ARG(r->column),
                   CDC_ARG(r->key), CDC_ARG(r->detail));
}

const char *fixture_print(const struct map_result *result)
{
    static struct cdc_buf out;

    cdc_buf_reset(&out);
    for (size_t i = 0; i < result->nevents; i++)
        print_event(&out, &result->events[i], i);
    for (size_t i = 0; i < result->nrejects; i++)
        print_reject(&out, &result->rejects[i]);
    if (result->nfiltered)
        cdc_buf_printf(&out, "filtered %zu\n", result->nfiltered);
    return cdc_buf_str(&out);
}

const char *fixture_run(struct map *map, const struct cdc_row *row)
{
    static const struct cdc_tx tx = {.commit_us = 1000};
    struct cdc_err err = {.class = CDC_ERR_NONE};
    struct map_result result;

    cr_assert_eq(map_row(map, row, &tx, 7, &result, &err), 0, "%s", err.message);
    return fixture_print(&result);
}

/*
 * What the tests of the mapping share: a small canonical model, configurations written out in C, relations, rows, and the
 * result of a row as text. Everything is in static memory: a test process uses one fixture.
 */
#ifndef MAP_FIXTURE_H
#define MAP_FIXTURE_H

#include "map/map.h"

/* ---- the model ---- */

enum {
    B_ID,
    B_CUSTOMER,
    B_SERVICE,
    B_STATUS,
    B_SIZE,
    B_PRICE,
    B_CURRENCY,
    B_TIME,
    B_DAY,
    B_SEATS,
    B_PAID,
    B_EMAIL
};

extern const struct model_entity fixture_booking;  /* key: reservation_id */
extern const struct model_entity fixture_customer; /* key: customer_id, a reference */
extern const struct model_entity fixture_stock;    /* key: sku, location */
extern const struct model_entity fixture_consent;  /* key: customer_id, a reference, and purpose */

/* ---- the configuration ---- */

#define FIXTURE_COLUMN(index, name)                                                                          \
    .field = (index), .from = CONFIG_FROM_COLUMN, .column = (name), .pos = {12, 5}
#define FIXTURE_CONST(index, text)                                                                           \
    .field = (index), .from = CONFIG_FROM_CONST, .constant = (text), .pos = {12, 5}
#define FIXTURE_COUNT(array) (sizeof(array) / sizeof *(array))

/* One table "public.reservation" with these mappings; more tables are put into `config` by the test. */
struct config *fixture_config(const struct config_mapping *mappings, size_t n);

/* ---- relations and rows ---- */

#define FIXTURE_COLUMNS_MAX 16

/* "id integer key": name, kind, and whether it is part of the identity. */
struct cdc_relation *fixture_relation(const char *table, const char *const *columns, size_t n);

/* In place of a value's text: */
extern const char fixture_unavailable[], fixture_invalid[];

/* Values by column; NULL is SQL NULL. `before` NULL: none was sent. */
struct cdc_row *fixture_row(enum cdc_op op, const char *const *after, const char *const *before,
                            enum cdc_identity before_is);

/* ---- running ---- */

struct map *fixture_map(const struct config *config);
/* Maps and prints; the text lives until the next call. */
const char *fixture_run(struct map *map, const struct cdc_row *row);
/*
 * put booking.created cinema-42 customer=booking-site:991 was=booking-site:7
 *   reservation_id=cinema-42 total_price=12.50<11.00 email=~ specs=?      (~ NULL, ? unavailable, < before, if known)
 *   candidate booking.cancelled reservation_status<confirmed
 * reject enum column=state key=cinema-42: field …
 * filtered 1
 */
const char *fixture_print(const struct map_result *result);

#endif

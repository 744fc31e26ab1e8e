/* Bytes of a PostgreSQL 15 server: pg_logical_slot_peek_binary_changes() with proto_version 1. */
#include "postgresql/pgoutput.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const char *const golden[] = {
    "420000000006ddc4d8000303d13576ec7d00002a0b",
    "590000402c7075626c6963006d6f6f6400",
    ("520000402f7075626c69630074006400040169640000000017ffffffff00760000000019ffffffff006d000000402cffffffff006269670000"
     "000019ffffffff"),
    "490000402f4e00047400000001317400000001616e74000000057878787878",
    "43000000000006ddc4d80000000006ddc508000303d13576ec7d",
    "550000402f4e000474000000013174000000006e75",
    "550000402f4b00047400000001316e6e6e4e000474000000013274000000006e75",
    "440000402f4b00047400000001326e6e6e",
    "52000040367075626c69630066006600020169640000000017ffffffff01760000000019ffffffff",
    "55000040364f00027400000001377400000001794e00027400000001376e",
    "44000040364f00027400000001376e",
    "5400000002010000402f00004036",
    "4f000000000000123466617200",
    "4d010000000006dde710707265000000000568656c6c6f",
};

enum { GOLDEN = sizeof golden / sizeof *golden };

static struct pgoutput_space space;
static struct pgoutput_message m;
static struct cdc_err err;

/* The bytes in a block of exactly their size, so that the sanitizer sees a read behind them. The caller frees it. */
static char *bytes_of(const char *hex, size_t *len)
{
    char *bytes = malloc(strlen(hex) / 2 + 1);

    *len = strlen(hex) / 2;
    for (size_t i = 0; i < *len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    return realloc(bytes, *len ? *len : 1);
}

static char *decoded(size_t i)
{
    size_t len;
    char *bytes = bytes_of(golden[i], &len);

    cr_assert_eq(pgoutput_decode(cdc_slice(bytes, len), &space, &m, &err), 0, "%zu: %s", i, err.message);
    return bytes;
}

static void expect_value(const struct cdc_value *value, enum cdc_value_state state, const char *text)
{
    cr_expect_eq(value->state, state);
    cr_expect(cdc_slice_is(cdc_slice(value->ptr, value->len), text));
}

Test(pgoutput, begin_and_commit)
{
    char *bytes = decoded(0);

    cr_assert_eq(m.type, PGOUTPUT_BEGIN);
    cr_assert_eq(m.u.begin.final_lsn, 0x6ddc4d8);
    cr_assert_eq(m.u.begin.commit_us, INT64_C(0x000303d13576ec7d) + INT64_C(946684800000000));
    cr_assert_eq(m.u.begin.xid, 0x2a0b);
    free(bytes);
    bytes = decoded(4);
    cr_assert_eq(m.type, PGOUTPUT_COMMIT);
    cr_assert_eq(m.u.commit.commit_lsn, 0x6ddc4d8);
    cr_assert_eq(m.u.commit.end_lsn, 0x6ddc508);
    free(bytes);
}

Test(pgoutput, relation)
{
    static const struct {
        const char *name;
        bool key;
        uint32_t type;
    } columns[] = {{"id", true, 23}, {"v", false, 25}, {"m", false, 0x402c}, {"big", false, 25}};
    char *bytes = decoded(2);
    struct cdc_reader r = m.u.relation.columns;

    cr_assert_eq(m.type, PGOUTPUT_RELATION);
    cr_assert_eq(m.u.relation.id, 0x402f);
    cr_assert(cdc_slice_is(m.u.relation.schema, "public"));
    cr_assert(cdc_slice_is(m.u.relation.name, "t"));
    cr_assert_eq(m.u.relation.identity, 'd');
    cr_assert_eq(m.u.relation.ncolumns, 4);
    for (int i = 0; i < 4; i++) {
        struct pgoutput_column column = pgoutput_column_next(&r);
        cr_expect(cdc_slice_is(column.name, columns[i].name));
        cr_expect_eq(column.key, columns[i].key);
        cr_expect_eq(column.type, columns[i].type);
        cr_expect_eq(column.modifier, -1);
    }
    free(bytes);
}

Test(pgoutput, insert)
{
    char *bytes = decoded(3);

    cr_assert_eq(m.type, PGOUTPUT_INSERT);
    cr_assert_eq(m.u.change.relation, 0x402f);
    cr_assert_eq(m.u.change.old_kind, 0);
    cr_assert_eq(m.u.change.nafter, 4);
    expect_value(&space.after[0], CDC_VALUE_PRESENT, "1");
    expect_value(&space.after[1], CDC_VALUE_PRESENT, "a");
    expect_value(&space.after[2], CDC_VALUE_NULL, "");
    expect_value(&space.after[3], CDC_VALUE_PRESENT, "xxxxx");
    free(bytes);
}

Test(pgoutput, update)
{
    char *bytes = decoded(5);

    cr_assert_eq(m.type, PGOUTPUT_UPDATE);
    cr_assert_eq(m.u.change.old_kind, 0);
    expect_value(&space.after[1], CDC_VALUE_PRESENT, "");
    expect_value(&space.after[3], CDC_VALUE_UNAVAILABLE, "");
    free(bytes);
    bytes = decoded(6);
    cr_assert_eq(m.u.change.old_kind, 'K');
    cr_assert_eq(m.u.change.nold, 4);
    expect_value(&space.old[0], CDC_VALUE_PRESENT, "1");
    expect_value(&space.after[0], CDC_VALUE_PRESENT, "2");
    free(bytes);
    bytes = decoded(9);
    cr_assert_eq(m.u.change.old_kind, 'O');
    expect_value(&space.old[1], CDC_VALUE_PRESENT, "y");
    expect_value(&space.after[1], CDC_VALUE_NULL, "");
    free(bytes);
}

Test(pgoutput, delete)
{
    char *bytes = decoded(7);

    cr_assert_eq(m.type, PGOUTPUT_DELETE);
    cr_assert_eq(m.u.change.old_kind, 'K');
    cr_assert_eq(m.u.change.nafter, 0);
    expect_value(&space.old[0], CDC_VALUE_PRESENT, "2");
    free(bytes);
    bytes = decoded(10);
    cr_assert_eq(m.u.change.old_kind, 'O');
    free(bytes);
}

Test(pgoutput, truncate_and_what_is_passed_over)
{
    char *bytes = decoded(11);

    cr_assert_eq(m.type, PGOUTPUT_TRUNCATE);
    cr_assert_eq(m.u.truncate.nrelations, 2);
    cr_assert_eq(cdc_read_be32(&m.u.truncate.relations), 0x402f);
    cr_assert_eq(cdc_read_be32(&m.u.truncate.relations), 0x4036);
    free(bytes);
    free(decoded(1));
    cr_assert_eq(m.type, PGOUTPUT_TYPE);
    free(decoded(12));
    cr_assert_eq(m.type, PGOUTPUT_ORIGIN);
    free(decoded(13));
    cr_assert_eq(m.type, PGOUTPUT_MESSAGE);
}

Test(pgoutput, every_message_cut_at_every_length_is_refused)
{
    for (size_t i = 0; i < GOLDEN; i++) {
        size_t len;
        char *bytes = bytes_of(golden[i], &len);
        for (size_t n = 0; n < len; n++) {
            char *cut = malloc(n ? n : 1);
            memcpy(cut, bytes, n);
            cr_expect_eq(pgoutput_decode(cdc_slice(cut, n), &space, &m, &err), -1, "message %zu, %zu bytes",
                         i, n);
            cr_expect_eq(err.class, CDC_ERR_RETRY);
            free(cut);
        }
        free(bytes);
    }
}

Test(pgoutput, bytes_behind_a_message_are_refused)
{
    for (size_t i = 0; i < GOLDEN; i++) {
        size_t len;
        char *bytes = bytes_of(golden[i], &len), *longer = malloc(len + 1);
        memcpy(longer, bytes, len);
        longer[len] = 0;
        cr_expect_eq(pgoutput_decode(cdc_slice(longer, len + 1), &space, &m, &err), -1, "message %zu", i);
        free(bytes);
        free(longer);
    }
}

static int decode_hex(const char *hex)
{
    size_t len;
    char *bytes = bytes_of(hex, &len);
    int rc = pgoutput_decode(cdc_slice(bytes, len), &space, &m, &err);

    free(bytes);
    return rc;
}

Test(pgoutput, nonsense_is_refused)
{
    cr_expect_eq(decode_hex("490000402f4b00017400000001"), -1, "an insert with an old tuple");
    cr_expect_eq(decode_hex("490000402f4e0001620000000131"), -1, "a binary value");
    cr_expect_eq(decode_hex("490000402f4e000174ffffffff31"), -1, "a value longer than the message");
    cr_expect_eq(decode_hex("490000402f4effff"), -1, "too many columns");
    cr_expect_eq(decode_hex("440000402f4e00016e"), -1, "a delete with a new tuple");
    cr_expect_eq(decode_hex("550000402f4b00016e4b00016e"), -1, "an update with two old tuples");
    cr_expect_eq(decode_hex("54ffffffff01"), -1, "a truncate of too many");
    cr_expect_eq(decode_hex("520000402f0000640681"), -1, "a relation with too many columns");
    cr_expect_eq(decode_hex("7a"), -1);
    cr_expect_eq(err.class, CDC_ERR_RETRY);
    cr_expect_eq(decode_hex(""), -1);
}

Test(pgoutput, messages_of_later_protocols_are_named)
{
    cr_assert_eq(decode_hex("530000000101"), -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL);
    cr_assert(strstr(err.message, "'S'"), "%s", err.message);
    cr_assert_eq(decode_hex("62"), -1);
    cr_assert(strstr(err.hint, "two_phase"));
}

Test(pgoutput, an_empty_row_is_a_row)
{
    cr_assert_eq(decode_hex("490000402f4e0000"), 0);
    cr_assert_eq(m.u.change.nafter, 0);
}

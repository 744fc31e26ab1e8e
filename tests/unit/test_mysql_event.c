/* Events: headers, checksums, and the small ones, as the servers sent them. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/event.h"

TestSuite(mysql_event);

/* XID 8 of MariaDB 10.11, with its checksum. */
#define XID_EVENT "8f44026b 10 65000000 1f000000 f4030000 0000 0800000000000000"

static struct my_event kept(uint8_t type, const char *body)
{
    static char bytes[1024];
    struct cdc_slice b = mysql_hex(body);
    struct my_event event;

    memset(bytes, 0, 19);
    bytes[4] = (char)type;
    bytes[5] = 101;
    memcpy(bytes + 19, b.ptr, b.len);
    cr_assert(my_event_parse_kept(cdc_slice(bytes, 19 + b.len), &event));
    return event;
}

Test(mysql_event, headers_and_checksums)
{
    struct my_event event;
    struct cdc_err err = {0};

    cr_expect_eq(my_event_parse(mysql_hex(XID_EVENT "00000000"), true, &event, &err), -1);
    cr_expect_eq(err.class, CDC_ERR_RETRY);
    cr_expect_eq(my_event_parse(mysql_hex(XID_EVENT), false, &event, &err), -1); /* the size does not fit */
    cr_expect_eq(err.class, CDC_ERR_FATAL);
    cr_expect_eq(my_event_parse(mysql_hex("8f44026b 10 65000000 1b000000 f4030000 0000 0800000000000000"),
                                false, &event, &err),
                 0);
    cr_expect_eq(event.type, MY_EVENT_XID);
    cr_expect_eq(event.timestamp, 0x6b02448f);
    cr_expect_eq(event.server_id, 101);
    cr_expect_eq(event.end, 1012);
    cr_expect_eq(event.body.len, 8);
    cr_expect_eq(my_event_parse(mysql_hex("8f44026b 10"), false, &event, &err), -1);
}

static void check_group(struct my_event event, const char *id, int64_t commit_us, bool alone,
                        bool may_hold_statements)
{
    struct my_group group;
    struct cdc_buf out = {0};

    cr_assert(my_group_parse(&event, &group), "%s", id);
    my_txid_print(&group.id, &out);
    cr_expect_str_eq(cdc_buf_str(&out), id);
    cr_expect_eq(group.commit_us, commit_us, "%s: %lld", id, (long long)group.commit_us);
    cr_expect_eq(group.standalone, alone);
    cr_expect_eq(group.may_hold_statements, may_hold_statements);
    for (size_t n = 0; n < event.body.len && n < 13; n++) {
        struct my_event cut = event;

        cut.body.len = n;
        cr_expect_not(my_group_parse(&cut, &group), "%s cut at %zu", id, n);
    }
    cdc_buf_fini(&out);
}

Test(mysql_event, beginnings_of_transactions)
{
    check_group(kept(MY_EVENT_MARIADB_GTID, "0900000000000000 00000000 0c 000000000000"), "0-101-9", 0, false,
                true);
    check_group(kept(MY_EVENT_MARIADB_GTID, "0100000000000000 05000000 29 000000000000"), "5-101-1", 0, true,
                true);
    check_group(
        kept(MY_EVENT_GTID,
             "00 752999ffe60111f185a202fc00000001 0300000000000000 02 0200000000000000 0300000000000000 "
             "8b5b23ced16006 fce101506201 00"),
        "752999ff-e601-11f1-85a2-02fc00000001:3", 1795304083118987, false, false);
    check_group(kept(MY_EVENT_ANONYMOUS_GTID, "01 00000000000000000000000000000000 0000000000000000"), "", 0,
                false, true);
}

Test(mysql_event, tagged_gtids)
{
    struct my_event event = kept(
        MY_EVENT_TAGGED_GTID,
        "027600000002ea526502fd0399030222c5031502890204f103000000020408060c626c75655f3108380a3c0c7fb4c6ab09d2"
        "600610b5041283120b");
    struct my_group group;
    struct cdc_buf out = {0};

    cr_assert(my_group_parse(&event, &group));
    my_txid_print(&group.id, &out);
    cr_expect_str_eq(cdc_buf_str(&out), "752999ff-e601-11f1-85a2-02fc00000001:blue_1:2");
    cr_expect_eq(group.commit_us, 1795305081915060);
    cr_expect_not(group.may_hold_statements);
    for (size_t n = 0; n < event.body.len; n++) {
        struct my_event cut = event;

        cut.body.len = n;
        cr_expect_not(my_group_parse(&cut, &group), "cut at %zu", n);
    }
    cdc_buf_fini(&out);
}

Test(mysql_event, xa)
{
    struct my_event event = kept(MY_EVENT_XA_PREPARE, "00 07000000 02000000 01000000 6b31 62");
    struct cdc_buf out = {0};
    struct my_xid xid;
    bool one_phase;

    cr_assert(my_xa_prepare_parse(&event, &one_phase, &xid));
    cr_expect_not(one_phase);
    my_xid_print(&xid, &out);
    cr_expect_str_eq(cdc_buf_str(&out), "X'6b31',X'62',7");
    event.body.len--;
    cr_expect_not(my_xa_prepare_parse(&event, &one_phase, &xid));
    event = kept(MY_EVENT_XA_PREPARE, "00 07000000 ffffffff 01000000 6b31 62");
    cr_expect_not(my_xa_prepare_parse(&event, &one_phase, &xid));
    cdc_buf_fini(&out);
}

Test(mysql_event, rotate_and_query)
{
    struct my_event event = kept(MY_EVENT_ROTATE, "0400000000000000 62696e2e303030303031");
    struct my_rotate rotate;
    struct my_query query;

    cr_assert(my_rotate_parse(&event, &rotate));
    cr_expect_eq(rotate.offset, 4);
    cr_expect(cdc_slice_is(rotate.name, "bin.000001"));
    event = kept(MY_EVENT_ROTATE, "0400000000000000");
    cr_expect_not(my_rotate_parse(&event, &rotate));
    event = kept(MY_EVENT_QUERY, "05000000 00000000 02 0000 0300 aabbcc 7831 00 434f4d4d4954");
    cr_assert(my_query_parse(&event, &query));
    cr_expect(cdc_slice_is(query.database, "x1") && cdc_slice_is(query.text, "COMMIT"));
    event = kept(MY_EVENT_QUERY, "05000000 00000000 02 0000 ff00 aabbcc 7831 00 434f4d4d4954");
    cr_expect_not(my_query_parse(&event, &query));
}

Test(mysql_event, what_is_known_of_gtid_lists)
{
    struct my_event event = kept(MY_EVENT_MARIADB_GTID_LIST, "02000010");
    uint32_t count;

    cr_assert(my_gtid_list_count(&event, &count));
    cr_expect_eq(count, 2);
    event.body.len = 3;
    cr_expect_not(my_gtid_list_count(&event, &count));
}

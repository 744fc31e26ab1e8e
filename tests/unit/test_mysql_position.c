/* Positions: their text, and moving them. */
#include <criterion/criterion.h>

#include "mysql/position.h"

TestSuite(mysql_position);

#define U "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static struct my_position parse(const char *text)
{
    struct my_position position = {0};
    struct cdc_err err = {0};

    cr_assert_eq(my_position_parse(&position, cdc_slice_str(text), &err), 0, "%s: %s", text, err.message);
    return position;
}

static void check_text(const struct my_position *position, const char *text)
{
    struct cdc_buf out = {0};

    my_position_print(position, &out);
    cr_expect_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

static void check_same(const char *text)
{
    struct my_position position = parse(text);

    check_text(&position, text);
    my_position_fini(&position);
}

Test(mysql_position, prints_what_it_parsed)
{
    check_same("");
    check_same("mysql:");
    check_same("mysql:" U ":1-5:7");
    check_same("mysql:" U ":1-5:blue:1;log=bin.000007/1795303646/73");
    check_same("mariadb:");
    check_same("mariadb:0-101-38,5-102-7");
    check_same("mariadb:0-101-38;held=0-101-30,0-101-35;from=0-101-29;log=mysql-bin.000001/1/2");
    check_same("file:bin.000003:1234");
    check_same("file:bin.000003:1234;held=bin.000002:77;from=bin.000002:77");
    check_same("file:odd:name:4");
}

Test(mysql_position, refuses_what_it_does_not_know)
{
    static const char *const bad[] = {"x",
                                      "mysql",
                                      "0-1-2",
                                      "mysql:x",
                                      "mariadb:1",
                                      "file:bin.000003",
                                      "file:bin.000003:x",
                                      "file::4",
                                      "mysql:;what=1",
                                      "mysql:;log=x",
                                      "mysql:;log=x/1/2/3",
                                      "mariadb:;held=0-1",
                                      "file:b:18446744073709551616",
                                      "mysql:;"};
    struct my_position position = {0};
    struct cdc_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(my_position_parse(&position, cdc_slice_str(bad[i]), &err), -1, "%s", bad[i]);
        cr_expect_eq(err.class, CDC_ERR_CONFIG);
        cr_expect(err.hint[0]);
    }
    my_position_fini(&position);
}

static void check_order(const char *a, const char *b, int order)
{
    struct my_position x = parse(a), y = parse(b);
    int found = my_position_compare(&x, &y);

    cr_expect_eq((found > 0) - (found < 0), order, "%s, %s", a, b);
    found = my_position_compare(&y, &x);
    cr_expect_eq((found > 0) - (found < 0), -order, "%s, %s", b, a);
    my_position_fini(&x);
    my_position_fini(&y);
}

Test(mysql_position, order)
{
    check_order("mysql:" U ":1-5", "mysql:" U ":1-6", -1);
    check_order("mysql:" U ":1-5;log=a.1/1/1", "mysql:" U ":1-5;log=a.2/1/1", 0);
    check_order("mysql:" U ":1-5", "mysql:" U ":6", 0); /* neither contains the other */
    check_order("mysql:", "mysql:" U ":1", -1);
    check_order("mariadb:0-1-5", "mariadb:0-2-6", -1);
    check_order("mariadb:0-1-5", "mariadb:0-1-5,1-1-1", -1);
    check_order("file:bin.000009:500", "file:bin.000010:4", -1);
    check_order("file:bin.999999:4", "file:bin.1000000:4", -1);
    check_order("file:bin.000009:500", "file:bin.000009:501", -1);
    check_order("", "file:bin.000001:4", -1);
    check_order("file:bin.000001:4", "mysql:" U ":1", 0);
}

Test(mysql_position, held_transactions_are_left_out_of_mysqls_set)
{
    struct my_position position = parse("mysql:" U ":1-5"), again;
    struct my_txid id = {.form = MY_POSITION_MYSQL};

    id.gtid = position.set.origins[0].id;
    id.gtid.number = 6;
    cr_assert_eq(my_position_hold(&position, &id), 0);
    cr_assert_eq(my_position_advance(&position, &id, NULL), 0);
    check_text(&position, "mysql:" U ":1-5;held=" U ":6");
    id.gtid.number = 7;
    cr_assert_eq(my_position_advance(&position, &id, NULL), 0);
    check_text(&position, "mysql:" U ":1-5:7;held=" U ":6");
    again = parse("mysql:" U ":1-5:7;held=" U ":6");
    cr_expect_eq(my_position_compare(&position, &again), 0);
    id.gtid.number = 6;
    cr_expect(my_position_holds(&again, &id));
    my_position_release(&position, &id);
    check_text(&position, "mysql:" U ":1-7");
    my_position_fini(&position);
    my_position_fini(&again);
}

Test(mysql_position, mariadb_reads_again_from_before_the_first_held_one)
{
    struct my_position position = parse("mariadb:0-1-5");
    struct my_txid first = {.form = MY_POSITION_MARIADB, .mgtid = {0, 1, 6}},
                   second = {.form = MY_POSITION_MARIADB, .mgtid = {0, 1, 8}};

    cr_assert_eq(my_position_hold(&position, &first), 0);
    cr_assert_eq(my_position_advance(&position, &first, NULL), 0);
    cr_assert_eq(my_position_advance(
                     &position, &(struct my_txid){.form = MY_POSITION_MARIADB, .mgtid = {0, 1, 7}}, NULL),
                 0);
    cr_assert_eq(my_position_hold(&position, &second), 0);
    cr_assert_eq(my_position_advance(&position, &second, NULL), 0);
    check_text(&position, "mariadb:0-1-8;held=0-1-6,0-1-8;from=0-1-5");
    my_position_release(&position, &first);
    check_text(&position, "mariadb:0-1-8;held=0-1-8;from=0-1-7");
    cr_expect(my_position_covers(&position, &first));
    cr_expect_not(
        my_position_covers(&position, &(struct my_txid){.form = MY_POSITION_MARIADB, .mgtid = {0, 1, 9}}));
    my_position_fini(&position);
}

Test(mysql_position, copies_are_independent)
{
    struct my_position a = parse("mariadb:0-1-8;held=0-1-6;from=0-1-5;log=x.1/2/3"), b = {0};

    cr_assert_eq(my_position_copy(&b, &a), 0);
    my_position_fini(&a);
    check_text(&b, "mariadb:0-1-8;held=0-1-6;from=0-1-5;log=x.1/2/3");
    my_position_fini(&b);
}

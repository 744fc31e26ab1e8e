/* What a chunk saw, judged against streamed transactions and positions. */
#include <criterion/criterion.h>

#include "mysql/chunk_view.h"

TestSuite(mysql_chunk_view);

#define U "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define V "4e11fa47-71ca-11e1-9e33-c80aa9429562"

static bool sees(const char *visibility, const char *id)
{
    return my_view_sees(cdc_slice_str(visibility),
                        &(struct cdc_tx){.id = cdc_slice_str(id), .xid = cdc_slice_str(id)});
}

static bool reached(const char *position, const char *high)
{
    return my_view_reached(cdc_slice_str(position), cdc_slice_str(high));
}

Test(mysql_chunk_view, sees_gtids_of_mariadb)
{
    cr_expect(sees("mariadb:0-1-10,5-2-7", "0-1-10"));
    cr_expect(sees("mariadb:0-1-10,5-2-7", "0-3-2"));
    cr_expect(sees("mariadb:0-1-10,5-2-7", "5-2-7"));
    cr_expect_not(sees("mariadb:0-1-10,5-2-7", "5-2-8"));
    cr_expect_not(sees("mariadb:0-1-10", "0-1-11"));
    cr_expect_not(sees("mariadb:0-1-10", "1-1-1"));
    cr_expect_not(sees("mariadb:", "0-1-1"));
}

Test(mysql_chunk_view, sees_gtids_of_mysql)
{
    cr_expect(sees("mysql:" U ":1-5:7", U ":5"));
    cr_expect(sees("mysql:" U ":1-5:7", U ":7"));
    cr_expect_not(sees("mysql:" U ":1-5:7", U ":6"));
    cr_expect_not(sees("mysql:" U ":1-5:7", V ":1"));
    cr_expect_not(sees("mysql:" U ":1-5", U ":blue:1"));
    cr_expect(sees("mysql:" U ":1-5:blue:1-2," V ":3", U ":blue:2"));
    cr_expect_not(sees("mysql:" U ":1-5:blue:1-2," V ":3", U ":blue:3"));
    cr_expect_not(sees("mysql:", U ":1"));
}

Test(mysql_chunk_view, sees_places_in_files)
{
    cr_expect(sees("file:bin.000003:500", "bin.000003:400"));
    cr_expect(sees("file:bin.000003:500", "bin.000002:9000"));
    cr_expect_not(sees("file:bin.000003:500", "bin.000003:500"));
    cr_expect_not(sees("file:bin.999999:500", "bin.1000000:4"));
}

Test(mysql_chunk_view, in_doubt_nothing_is_seen)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "mariadb",
                                      "mysql:x",
                                      "file:",
                                      "mariadb:0-1-10;what=1",
                                      "mariadb:0-x-10",
                                      "mariadb:0-10",
                                      "mysql:" U ":1-x",
                                      "mariadb:0-1-99999999999999999999999",
                                      "file:bin.000003:500"};
    struct cdc_tx xa = {.id = cdc_slice_str("0-1-5"), .xid = cdc_slice_str("X'61',X'',1")};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(sees(bad[i], "0-1-5"), "%s", bad[i]);
    cr_expect_not(sees("mysql:" U ":1-5", "0-1-5"));
    cr_expect_not(sees("mariadb:0-1-10", U ":5"));
    cr_expect_not(sees("mariadb:0-1-10", ""));
    cr_expect_not(sees("mariadb:0-1-10", "0-1-5 "));
    cr_expect_not(sees("mysql:" U ":1-5", U ":1-2"));
    cr_expect_not(sees("mysql:" U ":1-5", U ":1 "));
    cr_expect_not(sees("mysql:" U ":1-5", U));
    cr_expect_not(sees("mysql:" U ":1-5", U ":"));
    cr_expect_not(sees("mysql:" U ":1-x", U ":5"));
    cr_expect_not(sees("mysql:" U ":1-5;x", U ":5"));
    cr_expect_not(sees("mariadb:0-1-10", "0-1-"));
    cr_expect_not(sees("mariadb:0-1-10", "0-1"));
    cr_expect_not(sees("mariadb:10-1-10", "0-1-1"));
    cr_expect_not(my_view_sees(cdc_slice_str("mariadb:0-1-10"), &xa));
}

Test(mysql_chunk_view, reached_when_nothing_of_it_is_missing)
{
    cr_expect(reached("mariadb:0-1-10,5-2-7;log=bin.000001/1/1", "mariadb:0-1-10"));
    cr_expect(reached("mariadb:0-1-10;held=0-1-8;from=0-1-7", "mariadb:0-1-9"));
    cr_expect(reached("mariadb:0-1-10", "mariadb:"));
    cr_expect_not(reached("mariadb:0-1-10", "mariadb:0-1-11"));
    cr_expect_not(reached("mariadb:0-1-10", "mariadb:0-1-10,5-2-1"));
    cr_expect(reached("mysql:" U ":1-10", "mysql:" U ":1-7"));
    cr_expect(reached("mysql:" U ":1-4:6-7;held=" U ":5", "mysql:" U ":1-7"));
    cr_expect_not(reached("mysql:" U ":1-4:6-7", "mysql:" U ":1-7"));
    cr_expect_not(reached("mysql:" U ":1-10", "mysql:" U ":1-7," V ":1"));
    cr_expect(reached("file:bin.000003:500;log=bin.000003/1/1", "file:bin.000003:500"));
    cr_expect_not(reached("file:bin.000003:499", "file:bin.000003:500"));
    cr_expect_not(reached("file:bin.000003:500", "mariadb:0-1-1"));
    cr_expect_not(reached("", "mariadb:0-1-1"));
    cr_expect_not(reached("mariadb:0-1-1", ""));
    cr_expect_not(reached("mariadb:0-1-1", "rubbish"));
}

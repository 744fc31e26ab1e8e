/* Partial JSON updates, as MySQL 9.7 logged them. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/json_diff.h"

TestSuite(mysql_json_diff);

/* {"a": [1, 2, {"c": null}], "b": 1, "aa": "x"} */
#define BASE                                                                                                 \
    "0003003800190001001a0001001b000200021d000501000c36006162616103001900050100050200000d0001000c000b000100040000630178"

static bool print(const char *base, const char *diffs, struct cdc_buf *out)
{
    static char document[1024];
    struct cdc_slice bytes = mysql_hex(base);
    struct cdc_arena arena;
    bool ok;

    memcpy(document, bytes.ptr, bytes.len);
    cdc_arena_init(&arena, 1 << 20);
    ok = my_json_diff_print(cdc_slice(document, bytes.len), mysql_hex(diffs), &arena, out);
    cdc_arena_fini(&arena);
    return ok;
}

static void check(const char *diffs, const char *text)
{
    struct cdc_buf out = {0};

    cr_expect(print(BASE, diffs, &out), "%s", text);
    cr_expect_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

Test(mysql_json_diff, changes_of_members_and_elements)
{
    check("", "{\"a\": [1, 2, {\"c\": null}], \"b\": 1, \"aa\": \"x\"}");
    check("00 03 242e62 03 050700", "{\"a\": [1, 2, {\"c\": null}], \"b\": 7, \"aa\": \"x\"}");
    check("02 06 242e615b315d", "{\"a\": [1, {\"c\": null}], \"b\": 1, \"aa\": \"x\"}");
    check("02 03 242e61", "{\"b\": 1, \"aa\": \"x\"}");
    check("00 08 242e615b325d2e63 02 0401", "{\"a\": [1, 2, {\"c\": true}], \"b\": 1, \"aa\": \"x\"}");
    check("01 06 242e615b305d 03 050600", "{\"a\": [6, 1, 2, {\"c\": null}], \"b\": 1, \"aa\": \"x\"}");
    check("01 06 242e615b335d 03 050600", "{\"a\": [1, 2, {\"c\": null}, 6], \"b\": 1, \"aa\": \"x\"}");
    check("00 01 24 05 0000000400", "{}");
}

Test(mysql_json_diff, new_members_stand_where_the_server_puts_them)
{
    check("01 03 242e63 02 0400", "{\"a\": [1, 2, {\"c\": null}], \"b\": 1, \"c\": null, \"aa\": \"x\"}");
    check("01 0f 242e227765206972645c226b657922 03 050100",
          "{\"a\": [1, 2, {\"c\": null}], \"b\": 1, \"aa\": \"x\", \"we ird\\\"key\": 1}");
    check("01 0a 242e225c753030303122 02 0400",
          "{\"\\u0001\": null, \"a\": [1, 2, {\"c\": null}], \"b\": 1, \"aa\": \"x\"}");
}

Test(mysql_json_diff, several_changes_build_on_each_other)
{
    check("01 03 242e7a 05 0200000400 01 06 242e7a5b305d 03 0c0161 00 03 242e62 02 0402",
          "{\"a\": [1, 2, {\"c\": null}], \"b\": false, \"z\": [\"a\"], \"aa\": \"x\"}");
    check("01 06 242e615b305d 03 050100 01 06 242e615b305d 03 050200 01 06 242e615b305d 03 050300 "
          "01 06 242e615b305d 03 050400 01 06 242e615b305d 03 050500 02 06 242e615b375d",
          "{\"a\": [5, 4, 3, 2, 1, 1, 2], \"b\": 1, \"aa\": \"x\"}");
}

Test(mysql_json_diff, what_does_not_fit_is_refused)
{
    static const char *const bad[] = {
        "00 03 242e78 03 050700", /* replaces what is not there */
        "01 03 242e62 03 050700", /* inserts what is there */
        "02 03 242e78",           /* removes what is not there */
        "02 06 242e615b395d",     /* an element beyond the end */
        "02 05 242e622e63",       /* a member of a number */
        "02 03 245b30",           /* a path without its end */
        "02 03 612e62",           /* a path without its beginning */
        "03 03 242e62",           /* an unknown operation */
        "00 03 242e62 05 050700", /* a value that is cut off */
        "00 03 242e62",           /* no value */
        "02 01 24",               /* removes everything */
    };
    struct cdc_buf out = {0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cdc_buf_reset(&out);
        cr_expect_not(print(BASE, bad[i], &out), "%s", bad[i]);
    }
    cdc_buf_fini(&out);
}

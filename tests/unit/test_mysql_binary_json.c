/* MySQL's binary JSON: documents as MySQL 9.7 stored them, against the text that it printed for them. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/binary_json.h"

TestSuite(mysql_binary_json);

static void check(const char *hex, const char *text)
{
    struct cdc_buf out = {0};

    cr_expect(my_json_print_document(mysql_hex(hex), &out), "%s", text);
    cr_expect_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

Test(mysql_binary_json, scalars)
{
    check("", "null");
    check("0400", "null");
    check("0401", "true");
    check("0402", "false");
    check("050000", "0");
    check("05ffff", "-1");
    check("0700800000", "32768");
    check("07ff7fffff", "-32769");
    check("09ffffff7fffffffff", "-2147483649");
    check("0a0000000001000000", "4294967296");
    check("0affffffffffffffff", "18446744073709551615");
    check("0c0161", "\"a\"");
    check("0c16 22 78 22 20 0a 09 20 01 20 1f 20 7f 20 c3a9 20 f09f9880 20 2f",
          "\"\\\"x\\\" \\n\\t \\u0001 \\u001f \x7f é 😀 /\"");
}

Test(mysql_binary_json, doubles_as_the_server_prints_them)
{
    check("0b000000000000f03f", "1.0");
    check("0b9a9999999999b9bf", "-0.1");
    check("0b408cb5781daf1544", "1e20");
    check("0b00003426f56b0c43", "1e15");
    check("0b0000901ec4bcd642", "100000000000000.0");
    check("0b00a0d88557347643", "1e17");
    check("0bf168e388b5f8e43e", "0.00001");
    check("0b1656e79eaf03d23c", "0.000000000000001");
    check("0b7dc39425ad49b254", "1e100");
    check("0b66de77832112dc42", "123456789012345.6");
    check("0b0100000000000000", "5e-324");
    check("0bffffffffffffef7f", "1.7976931348623157e308");
}

Test(mysql_binary_json, containers)
{
    check("0000000400", "{}");
    check("0200000400", "[]");
    check(
        "0003003800190001001a0001001b000200021d000501000c36006162616103001900050100050200000d0001000c000b000100040000630178",
        "{\"a\": [1, 2, {\"c\": null}], \"b\": 1, \"aa\": \"x\"}");
    check("0201002000020700010019000207000100120002070001000b0002070000000400", "[[[[[]]]]]");
    check("0002001a0012000000120002000c1400050100c3a905656d707479", "{\"\": \"empty\", \"é\": 1}");
}

Test(mysql_binary_json, columns_inside_documents)
{
    check("02010011000f07000a0800000000006abb19", "[\"2026-11-21\"]");
    check("02010011000f07000b0820a1078027010000", "[\"18:30:00.500000\"]");
    check("02010011000f07000b0800000080d8feffff", "[\"-18:30:00.000000\"]");
    check("02010011000f07000c0878e00180276bbb19", "[\"2026-11-21 18:30:00.123000\"]");
    check("02010010000f0700f6070b028000000c32", "[12.50]");
    check("02010018000f0700f60f1d147ffffffffff0bdbfffffffffff", "[-0.00100000000000000000]");
    check("0201000c000f07000f030102ff", "[\"base64:type15:AQL/\"]");
}

Test(mysql_binary_json, cut_at_every_length_it_is_refused)
{
    static const char *const documents[] = {
        "0003003800190001001a0001001b000200021d000501000c36006162616103001900050100050200000d0001000c000b000100040000630178",
        "02010018000f0700f60f1d147ffffffffff0bdbfffffffffff", "0c0161", "0affffffffffffffff",
        "0b000000000000f03f"};
    struct cdc_buf out = {0};

    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct cdc_slice whole = mysql_hex(documents[i]);

        for (size_t n = 1; n < whole.len; n++) {
            cdc_buf_reset(&out);
            cr_expect_not(my_json_print_document(cdc_slice(whole.ptr, n), &out), "document %zu at %zu", i, n);
        }
    }
    cdc_buf_fini(&out);
}

Test(mysql_binary_json, a_document_that_contains_itself_ends_at_the_limit)
{
    struct cdc_slice loop =
        mysql_hex("02 0200 0a00 02 0000 02 0000"); /* two elements, both the array itself */
    struct cdc_buf out = {.limit = 1 << 16};

    cr_expect_not(my_json_print_document(loop, &out));
    cdc_buf_fini(&out);
}

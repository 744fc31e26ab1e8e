/* Character sets to UTF-8. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/charset.h"

TestSuite(mysql_charset);

static struct cdc_arena arena;

static bool convert(const struct my_charset *charset, struct cdc_slice in, struct cdc_slice *out)
{
    const char *why = NULL;
    int rc = my_charset_convert(charset, in, &arena, out, &why);

    cr_expect_eq(rc != 0, why != NULL);
    return rc == 0;
}

static void check(const char *name, const char *hex, const char *text)
{
    struct my_charset charset;
    struct cdc_slice out;

    my_charset_init(&charset, name);
    cr_expect(convert(&charset, mysql_hex(hex), &out), "%s", name);
    cr_expect(cdc_slice_is(out, text), "%s: %.*s", name, CDC_ARG(out));
    my_charset_fini(&charset);
}

Test(mysql_charset, sets_of_the_c_library)
{
    cdc_arena_init(&arena, 0);
    check("gbk", "d6d0cec4", "中文");
    check("gb2312", "d6d0cec4", "中文");
    check("cp932", "93fa967b8740", "日本①");
    check("eucjpms", "c6fccbdcada1", "日本①");
    check("euckr", "c7d1b1db", "한글");
    check("ucs2", "00e94e2d", "é中");
    check("utf16", "00e9d83dde00", "é😀");
    check("utf16le", "e9003dd800de", "é😀");
    check("utf32", "000000e90001f600", "é😀");
    cdc_arena_fini(&arena);
}

Test(mysql_charset, utf8_and_ascii_are_not_copied)
{
    struct my_charset utf8, gbk;
    struct cdc_slice in = cdc_slice_str("tea for two"), out;

    my_charset_init(&utf8, "utf8mb4");
    my_charset_init(&gbk, "gbk");
    cr_expect(convert(&utf8, in, &out) && out.ptr == in.ptr);
    cr_expect(convert(&gbk, in, &out) && out.ptr == in.ptr);
    my_charset_fini(&gbk);
}

static void fill(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++)
        table[i] = i < 128 ? i : MY_CHARSET_NONE;
    table[0xe9] = 0x20ac;
    table[0xea] = 0xe9;
}

Test(mysql_charset, sets_of_one_byte_go_through_the_servers_table)
{
    struct my_charset charset;
    struct cdc_slice out;
    uint32_t table[256];

    cdc_arena_init(&arena, 0);
    my_charset_init(&charset, "latin2");
    cr_expect(my_charset_wants_table(&charset));
    cr_expect_not(convert(&charset, mysql_hex("61e9"), &out));
    fill(table);
    cr_assert_eq(my_charset_set_table(&charset, table), 0);
    cr_expect_not(my_charset_wants_table(&charset));
    cr_expect(convert(&charset, mysql_hex("61e9ea"), &out));
    cr_expect(cdc_slice_is(out, "a€é"));
    cr_expect_not(convert(&charset, mysql_hex("61ff"), &out));
    my_charset_fini(&charset);
    cdc_arena_fini(&arena);
}

Test(mysql_charset, sets_of_two_bytes_go_through_the_servers_pairs)
{
    static uint16_t pairs[65536];
    struct my_charset charset;
    struct cdc_slice out;
    uint32_t table[256];

    cdc_arena_init(&arena, 0);
    my_charset_init(&charset, "sjis");
    fill(table);
    pairs[0x815f] = '\\';
    pairs[0x93fa] = 0x65e5;
    cr_assert_eq(my_charset_set_table(&charset, table), 0);
    cr_expect(my_charset_wants_pairs(&charset));
    cr_expect_not(convert(&charset, mysql_hex("93fa"), &out));
    cr_assert_eq(my_charset_set_pairs(&charset, pairs), 0);
    cr_expect(convert(&charset, mysql_hex("61 93fa e9 815f"), &out));
    cr_expect(cdc_slice_is(out, "a日€\\"));
    cr_expect_not(convert(&charset, mysql_hex("93"), &out));
    my_charset_fini(&charset);
    cdc_arena_fini(&arena);
}

Test(mysql_charset, ujis_has_characters_of_three_bytes)
{
    static uint16_t pairs[65536], triples[65536];
    struct my_charset charset;
    struct cdc_slice out;
    uint32_t table[256];

    cdc_arena_init(&arena, 0);
    my_charset_init(&charset, "ujis");
    fill(table);
    pairs[0xc6fc] = 0x65e5;
    triples[0xa2b7] = '~';
    cr_assert_eq(my_charset_set_table(&charset, table), 0);
    cr_assert_eq(my_charset_set_pairs(&charset, pairs), 0);
    cr_expect(my_charset_wants_triples(&charset));
    cr_expect_not(convert(&charset, mysql_hex("c6fc"), &out));
    cr_assert_eq(my_charset_set_triples(&charset, triples), 0);
    cr_expect_not(my_charset_wants_triples(&charset));
    cr_expect(convert(&charset, mysql_hex("c6fc 8fa2b7 61"), &out));
    cr_expect(cdc_slice_is(out, "日~a"));
    cr_expect_not(convert(&charset, mysql_hex("8fa2b8"), &out));
    cr_expect_not(convert(&charset, mysql_hex("8fa2"), &out));
    my_charset_fini(&charset);
    cdc_arena_fini(&arena);
}

Test(mysql_charset, gb18030_has_characters_of_four_bytes)
{
    static uint16_t pairs[65536], quads[MY_CHARSET_QUADS];
    struct my_charset charset;
    struct cdc_slice out;
    uint32_t table[256];

    cdc_arena_init(&arena, 0);
    my_charset_init(&charset, "gb18030");
    fill(table);
    pairs[0xd6d0] = 0x4e2d;
    quads[my_charset_quad((const unsigned char *)"\x81\x30\x81\x30")] = 0x80;
    cr_assert_eq(my_charset_set_table(&charset, table), 0);
    cr_assert_eq(my_charset_set_pairs(&charset, pairs), 0);
    cr_expect(my_charset_wants_quads(&charset));
    cr_expect_not(convert(&charset, mysql_hex("d6d0"), &out));
    cr_assert_eq(my_charset_set_quads(&charset, quads), 0);
    cr_expect(convert(&charset, mysql_hex("d6d0 9439fc36 61 81308130 90308130 e3329a35"), &out));
    cr_expect(cdc_slice_is(out, "中😀a\xc2\x80\U00010000\U0010ffff"));
    cr_expect_not(convert(&charset, mysql_hex("e3329a36"), &out));
    cr_expect_not(convert(&charset, mysql_hex("81308131"), &out));
    cr_expect_not(convert(&charset, mysql_hex("8f308130"), &out));
    cr_expect_not(convert(&charset, mysql_hex("813081"), &out));
    my_charset_fini(&charset);
    cdc_arena_fini(&arena);
}

Test(mysql_charset, what_is_not_valid_is_refused)
{
    struct my_charset charset;
    struct cdc_slice out;

    cdc_arena_init(&arena, 0);
    my_charset_init(&charset, "gbk");
    cr_expect_not(convert(&charset, mysql_hex("d6"), &out));
    cr_expect_not(convert(&charset, mysql_hex("ffff"), &out));
    my_charset_fini(&charset);
    my_charset_init(&charset, "klingon");
    cr_expect_eq(charset.kind, MY_CHARSET_UNKNOWN);
    cr_expect_not(convert(&charset, cdc_slice_str("plain"), &out));
    my_charset_fini(&charset);
    cdc_arena_fini(&arena);
}

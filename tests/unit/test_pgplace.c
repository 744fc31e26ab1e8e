#include "postgresql/pgplace.h"

#include <criterion/criterion.h>

#define ORDER UINT64_C(0x0123456789ABCDEF)

enum { MOST = 4 };

static struct cdc_buf text;

static void done(void)
{
    cdc_buf_fini(&text);
}

TestSuite(pgplace, .fini = done);

static int parse(struct cdc_slice place, size_t n)
{
    struct cdc_slice values[MOST];

    return pgplace_parse(place, ORDER, n, values);
}

static int parse_text(const char *place, size_t n)
{
    return parse(cdc_slice_str(place), n);
}

Test(pgplace, gives_back_what_it_was_made_of)
{
    static const char *const parts[] = {"", "42", "it's: a \"5:text\"\n\\", "\xC3\xA9\xFF"};
    struct cdc_slice values[MOST], back[MOST];

    for (size_t n = 1; n <= MOST; n++) {
        for (size_t i = 0; i < n; i++)
            values[i] = cdc_slice_str(parts[i]);
        cdc_buf_reset(&text);
        pgplace_put(&text, ORDER, n, values);
        cr_assert_eq(pgplace_parse(cdc_buf_slice(&text), ORDER, n, back), 0);
        for (size_t i = 0; i < n; i++)
            cr_expect(cdc_slice_eq(values[i], back[i]));
    }
}

Test(pgplace, reads_well)
{
    struct cdc_slice values[] = {cdc_slice_str("42"), cdc_slice_str("hello")};

    pgplace_put(&text, 0xABC, 2, values);
    cr_assert_str_eq(cdc_buf_str(&text), "0000000000000abc:2:42:5:hello");
}

Test(pgplace, refuses_everything_else)
{
    static const char *const bad[] = {
        "",
        "42",
        "0123456789abcdef",
        "0123456789abcdef:",
        "0123456789abcdef:1",
        "0123456789abcdef:1:",
        "0123456789abcdef::x",
        "0123456789abcdef:2:x",
        "0123456789abcdef:1:xy",
        "0123456789abcdef:1:x:",
        "0123456789abcdef:1:x:0:",
        "0123456789abcdef:01:x",
        "0123456789abcdef:+1:x",
        "0123456789abcdef:-1:x",
        "0123456789abcdef: 1:x",
        "0123456789abcdef:1 :x",
        "0123456789abcdef;1:x",
        "0123456789abcdef:99999999999999999999999999:x",
        "0123456789abcdef:18446744073709551617:x",
        "0123456789ABCDEF:1:x",
        "0123456789abcdee:1:x",
    };

    cr_assert_eq(parse_text("0123456789abcdef:1:x", 1), 0);
    cr_assert_eq(parse_text("0123456789abcdef:0:", 1), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(parse_text(bad[i], 1), -1, "\"%s\"", bad[i]);
    cr_expect_eq(parse_text("0123456789abcdef:1:x", 2), -1);
    cr_expect_eq(parse(cdc_slice(NULL, 0), 1), -1);
    cr_expect_eq(parse(cdc_slice("0123456789abcdef:1:\0", 20), 1), -1, "a NUL");
}

Test(pgplace, refuses_it_cut_anywhere)
{
    static const char whole[] = "0123456789abcdef:2:42:11:hello world";
    char *copy;

    cr_assert_eq(parse_text(whole, 2), 0);
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        copy = malloc(n + 1); /* so that a read behind the end is seen */
        memcpy(copy, whole, n);
        cr_expect_eq(parse(cdc_slice(copy, n), 2), -1, "%zu", n);
        free(copy);
    }
}

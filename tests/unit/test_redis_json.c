/* JSON escaping. */
#include "redis/json.h"

#include <criterion/criterion.h>

TestSuite(redis_json);

static void assert_escaped(const char *text, size_t len, const char *expected)
{
    struct cdc_buf out = {.limit = 0};

    redis_json_escape(&out, cdc_slice(text, len));
    cr_assert_str_eq(cdc_buf_str(&out), expected);
    cr_assert_eq(redis_json_plain(cdc_slice(text, len)), strlen(expected) == len);
    cdc_buf_fini(&out);
}

Test(redis_json, plain_text_stays)
{
    assert_escaped("", 0, "");
    assert_escaped("confirmed", 9, "confirmed");
    assert_escaped("caf\xc3\xa9 \xe2\x82\xac 12/3 \x7f", 16, "caf\xc3\xa9 \xe2\x82\xac 12/3 \x7f");
}

Test(redis_json, quotes_backslashes_and_controls_are_escaped)
{
    assert_escaped("\"", 1, "\\\"");
    assert_escaped("a\\b", 3, "a\\\\b");
    assert_escaped("\n\r\t", 3, "\\n\\r\\t");
    assert_escaped("\0\x01\x1f", 3, "\\u0000\\u0001\\u001f");
}

/* Eight bytes are looked at together: every byte that needs escaping must be seen at every place of them. */
Test(redis_json, every_unsafe_byte_is_seen_at_every_place)
{
    char text[20];

    for (int c = 0; c < 256; c++) {
        bool unsafe = c < 0x20 || c == '"' || c == '\\';
        for (size_t len = 1; len <= sizeof text; len++) {
            for (size_t at = 0; at < len; at++) {
                memset(text, 0xff, sizeof text);
                text[at] = (char)c;
                cr_assert_eq(redis_json_plain(cdc_slice(text, len)), !unsafe, "byte %d at %zu of %zu", c, at,
                             len);
            }
        }
    }
}

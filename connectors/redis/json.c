/* JSON strings (json.h): looks at eight bytes at a time, because nearly no value needs escaping. No state. */
#include "redis/json.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* Not 0 if one of eight bytes is below 0x20, a quote or a backslash. */
static uint64_t unsafe_in(uint64_t word)
{
    uint64_t quote = word ^ ONES * '"', backslash = word ^ ONES * '\\';

    return ((word - ONES * 0x20) & ~word & HIGH) | ((quote - ONES) & ~quote & HIGH) |
           ((backslash - ONES) & ~backslash & HIGH);
}

static bool unsafe_byte(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static uint64_t word_at(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Length of the run of safe bytes at the start. */
static size_t safe_run(const char *at, size_t len)
{
    size_t i = 0;

    for (; len - i >= sizeof(uint64_t) && !unsafe_in(word_at(at + i)); i += sizeof(uint64_t))
        ;
    while (i < len && !unsafe_byte((unsigned char)at[i]))
        i++;
    return i;
}

/* One to seven bytes; some of them twice, and spaces. */
static uint64_t short_word(const char *at, size_t len)
{
    const unsigned char *b = (const unsigned char *)at;
    uint32_t low, high;

    if (len < 4)
        return UINT64_C(0x2020202020000000) | b[0] | (uint64_t)b[len / 2] << 8 | (uint64_t)b[len - 1] << 16;
    memcpy(&low, at, sizeof low);
    memcpy(&high, at + len - sizeof high, sizeof high);
    return low | (uint64_t)high << 32;
}

bool redis_json_plain(struct cdc_slice text)
{
    uint64_t unsafe = 0;

    if (text.len < 8)
        return text.len == 0 || !unsafe_in(short_word(text.ptr, text.len));
    for (size_t i = 0; i + 8 < text.len; i += 8)
        unsafe |= unsafe_in(word_at(text.ptr + i));
    return !(unsafe | unsafe_in(word_at(text.ptr + text.len - 8)));
}

static void escape_byte(struct cdc_buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    const char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"':
        cdc_buf_put(out, "\\\"", 2);
        break;
    case '\\':
        cdc_buf_put(out, "\\\\", 2);
        break;
    case '\n':
        cdc_buf_put(out, "\\n", 2);
        break;
    case '\r':
        cdc_buf_put(out, "\\r", 2);
        break;
    case '\t':
        cdc_buf_put(out, "\\t", 2);
        break;
    default:
        cdc_buf_put(out, code, sizeof code);
        break;
    }
}

void redis_json_escape(struct cdc_buf *out, struct cdc_slice text)
{
    size_t run;

    if (redis_json_plain(text)) {
        cdc_buf_put_slice(out, text);
        return;
    }
    while (text.len) {
        run = safe_run(text.ptr, text.len);
        cdc_buf_put(out, text.ptr, run);
        if (run == text.len)
            return;
        escape_byte(out, (unsigned char)text.ptr[run]);
        text = cdc_slice(text.ptr + run + 1, text.len - run - 1);
    }
}

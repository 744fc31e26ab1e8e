/*
 * Conversion of column text to UTF-8 (charset.h). Called by the value decoder for each wanted text, on the source thread. A byte
 * sequence that the set does not know makes the value invalid; it is never replaced by a question mark.
 */
#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#define UTF8_BYTES_MAX 4

/* The server's names of sets with several bytes a character, and iconv's. */
static const struct {
    const char *name, *iconv;
    bool ascii_same;
} wide[] = {
    {"gbk", "GBK", true},           {"gb2312", "EUC-CN", true},     {"cp932", "CP932", true},
    {"eucjpms", "EUC-JP-MS", true}, {"euckr", "CP949", true},       {"ucs2", "UTF-16BE", false},
    {"utf16", "UTF-16BE", false},   {"utf16le", "UTF-16LE", false}, {"utf32", "UTF-32BE", false},
};

static const char *const narrow[] = {"latin1",   "latin2", "latin5",  "latin7", "cp1250",   "cp1251",
                                     "cp1256",   "cp1257", "cp850",   "cp852",  "cp866",    "koi8r",
                                     "koi8u",    "greek",  "hebrew",  "tis620", "armscii8", "geostd8",
                                     "macroman", "macce",  "keybcs2", "dec8",   "hp8",      "swe7"};

static bool is_name(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void init_wide(struct my_charset *charset)
{
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        if (strcmp(wide[i].name, charset->name) != 0)
            continue;
        charset->iconv = iconv_open("UTF-8", wide[i].iconv);
        charset->ascii_same = wide[i].ascii_same;
        if (charset->iconv == (iconv_t)-1)
            charset->iconv = NULL;
        else
            charset->kind = MY_CHARSET_ICONV;
        return;
    }
}

void my_charset_init(struct my_charset *charset, const char *name)
{
    static const char *const utf8[] = {"utf8mb4", "utf8mb3", "utf8", "ascii"}, *const paired[] = {
                                                                                   "big5", "sjis", "ujis",
                                                                                   "gb18030"};

    *charset = (struct my_charset){.kind = MY_CHARSET_UNKNOWN};
    snprintf(charset->name, sizeof charset->name, "%s", name);
    if (is_name(name, utf8, sizeof utf8 / sizeof *utf8))
        charset->kind = MY_CHARSET_UTF8;
    else if (strcmp(name, "binary") == 0)
        charset->kind = MY_CHARSET_BYTES;
    else if (is_name(name, narrow, sizeof narrow / sizeof *narrow))
        charset->kind = MY_CHARSET_TABLE;
    else if (is_name(name, paired, sizeof paired / sizeof *paired))
        charset->kind = MY_CHARSET_PAIRS;
    else
        init_wide(charset);
}

void my_charset_fini(struct my_charset *charset)
{
    if (charset->iconv)
        iconv_close(charset->iconv);
    free(charset->code_points);
    free(charset->pairs);
    free(charset->triples);
    free(charset->quads);
    *charset = (struct my_charset){.kind = MY_CHARSET_UNKNOWN};
}

bool my_charset_wants_table(const struct my_charset *charset)
{
    return (charset->kind == MY_CHARSET_TABLE || charset->kind == MY_CHARSET_PAIRS) && !charset->code_points;
}

bool my_charset_wants_pairs(const struct my_charset *charset)
{
    return charset->kind == MY_CHARSET_PAIRS && !charset->pairs;
}

bool my_charset_wants_triples(const struct my_charset *charset)
{
    return charset->kind == MY_CHARSET_PAIRS && !charset->triples && strcmp(charset->name, "ujis") == 0;
}

bool my_charset_wants_quads(const struct my_charset *charset)
{
    return charset->kind == MY_CHARSET_PAIRS && !charset->quads && strcmp(charset->name, "gb18030") == 0;
}

int32_t my_charset_quad(const unsigned char bytes[4])
{
    if (bytes[0] < 0x81 || bytes[0] == 0xff || bytes[2] < 0x81 || bytes[2] == 0xff || bytes[1] < '0' ||
        bytes[1] > '9' || bytes[3] < '0' || bytes[3] > '9')
        return -1;
    return (((bytes[0] - 0x81) * 10 + bytes[1] - '0') * 126 + bytes[2] - 0x81) * 10 + bytes[3] - '0';
}

int my_charset_set_table(struct my_charset *charset, const uint32_t code_points[256])
{
    uint32_t *copy = charset->code_points ? charset->code_points : malloc(256 * sizeof *copy);

    if (!copy)
        return -1;
    memcpy(copy, code_points, 256 * sizeof *copy);
    charset->code_points = copy;
    charset->ascii_same = true;
    for (uint32_t i = 0; i < 128; i++)
        charset->ascii_same = charset->ascii_same && copy[i] == i;
    return 0;
}

static int set_characters(uint16_t **place, const uint16_t *characters, size_t n)
{
    uint16_t *copy = *place ? *place : malloc(n * sizeof *copy);

    if (!copy)
        return -1;
    memcpy(copy, characters, n * sizeof *copy);
    *place = copy;
    return 0;
}

int my_charset_set_pairs(struct my_charset *charset, const uint16_t pairs[65536])
{
    return set_characters(&charset->pairs, pairs, 65536);
}

int my_charset_set_triples(struct my_charset *charset, const uint16_t triples[65536])
{
    return set_characters(&charset->triples, triples, 65536);
}

int my_charset_set_quads(struct my_charset *charset, const uint16_t quads[MY_CHARSET_QUADS])
{
    return set_characters(&charset->quads, quads, MY_CHARSET_QUADS);
}

static char *put_utf8(char *at, uint32_t c)
{
    if (c < 0x80) {
        *at++ = (char)c;
        return at;
    }
    if (c < 0x800) {
        *at++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *at++ = (char)(0xe0 | c >> 12);
        } else {
            *at++ = (char)(0xf0 | c >> 18);
            *at++ = (char)(0x80 | (c >> 12 & 63));
        }
        *at++ = (char)(0x80 | (c >> 6 & 63));
    }
    *at++ = (char)(0x80 | (c & 63));
    return at;
}

/* gb18030: the table as far as it goes; from 90 30 81 30 on follow the code points beyond the first plane. */
#define QUAD_PLANES 189000
#define UNICODE_END 0x110000

static uint32_t quad_character(const struct my_charset *charset, int32_t quad)
{
    uint32_t beyond;

    if (quad < MY_CHARSET_QUADS)
        return charset->quads[quad] ? charset->quads[quad] : MY_CHARSET_NONE;
    beyond = 0x10000 + (uint32_t)(quad - QUAD_PLANES);
    return quad < QUAD_PLANES || beyond >= UNICODE_END ? MY_CHARSET_NONE : beyond;
}

/* The character at in.ptr[*i], which moves on; MY_CHARSET_NONE when there is none. */
static uint32_t next_character(const struct my_charset *charset, struct cdc_slice in, size_t *i)
{
    unsigned char first = (unsigned char)in.ptr[(*i)++];
    uint32_t pair;

    if (charset->quads && in.len - *i >= 3) {
        int32_t quad = my_charset_quad((const unsigned char *)in.ptr + *i - 1);

        if (quad >= 0) {
            *i += 3;
            return quad_character(charset, quad);
        }
    }
    if (charset->triples && first == MY_CHARSET_TRIPLE && in.len - *i >= 2) {
        pair = charset->triples[(unsigned char)in.ptr[*i] << 8 | (unsigned char)in.ptr[*i + 1]];
        *i += 2;
        return pair ? pair : MY_CHARSET_NONE;
    }
    if (charset->pairs && *i < in.len) {
        pair = charset->pairs[first << 8 | (unsigned char)in.ptr[*i]];
        if (pair) {
            ++*i;
            return pair;
        }
    }
    return charset->code_points[first];
}

static int convert_table(const struct my_charset *charset, struct cdc_slice in, char *at,
                         struct cdc_slice *out)
{
    char *start = at;

    for (size_t i = 0; i < in.len;) {
        uint32_t c = next_character(charset, in, &i);

        if (c == MY_CHARSET_NONE)
            return -1;
        at = put_utf8(at, c);
    }
    *out = cdc_slice(start, (size_t)(at - start));
    return 0;
}

static int convert_iconv(const struct my_charset *charset, struct cdc_slice in, char *at, size_t room,
                         struct cdc_slice *out)
{
    char *from = (char *)in.ptr, *start = at;
    size_t left = in.len;

    iconv(charset->iconv, NULL, NULL, NULL, NULL);
    if (iconv(charset->iconv, &from, &left, &at, &room) == (size_t)-1 || left)
        return -1;
    *out = cdc_slice(start, (size_t)(at - start));
    return 0;
}

static bool is_usable(const struct my_charset *charset)
{
    return charset->kind == MY_CHARSET_ICONV ||
           ((charset->kind == MY_CHARSET_TABLE || charset->kind == MY_CHARSET_PAIRS) &&
            !my_charset_wants_table(charset) && !my_charset_wants_pairs(charset) &&
            !my_charset_wants_triples(charset) && !my_charset_wants_quads(charset));
}

static int invalid(const struct my_charset *charset, const char **why)
{
    *why = is_usable(charset) ? "not valid in its character set" : "a character set that is not supported";
    return -1;
}

int my_charset_convert(const struct my_charset *charset, struct cdc_slice in, struct cdc_arena *arena,
                       struct cdc_slice *out, const char **why)
{
    size_t room = in.len * UTF8_BYTES_MAX;
    char *at;

    *out = in;
    if (in.len == 0 || my_charset_is_same(charset, in))
        return 0;
    if (!is_usable(charset))
        return invalid(charset, why);
    at = cdc_arena_alloc(arena, room);
    if (!at) {
        *why = "too large to convert";
        return -1;
    }
    if (charset->kind == MY_CHARSET_ICONV ? convert_iconv(charset, in, at, room, out)
                                          : convert_table(charset, in, at, out))
        return invalid(charset, why);
    return 0;
}

/*
 * Character sets of columns, to UTF-8. ASCII and UTF-8 text is passed through without a copy; sets of one byte a character go
 * through a table that the server itself gives, and so do those of two bytes of which the C library has other ideas than the
 * servers (big5, sjis, ujis, gb18030), so that both sides agree on every byte; the others go through iconv.
 */
#ifndef MYSQL_CHARSET_H
#define MYSQL_CHARSET_H

#include <stdint.h>

#include "cdc/arena.h"
#include "cdc/err.h"
#include "cdc/slice.h"

#define MY_CHARSET_NAME   32
#define MY_CHARSET_NONE   UINT32_MAX /* in a table: no such character */
#define MY_CHARSET_TRIPLE 0x8f       /* begins a character of three bytes */
#define MY_CHARSET_QUADS  50400      /* characters of four bytes that begin with 81 to 84 */

enum my_charset_kind {
    MY_CHARSET_UTF8,  /* as it is */
    MY_CHARSET_BYTES, /* not text */
    MY_CHARSET_TABLE, /* one byte a character */
    MY_CHARSET_PAIRS, /* one byte or two, ujis also three, gb18030 also four */
    MY_CHARSET_ICONV,
    MY_CHARSET_UNKNOWN,
};

struct my_charset {
    char name[MY_CHARSET_NAME + 1]; /* the server's: "latin1" */
    enum my_charset_kind kind;
    bool ascii_same;       /* bytes below 128 are ASCII */
    void *iconv;           /* NULL if not opened */
    uint32_t *code_points; /* of a TABLE, and of the single bytes of PAIRS: 256 */
    uint16_t *pairs;       /* of PAIRS: 65536 by both bytes; 0: no such character */
    uint16_t *triples; /* of ujis: the same for the two bytes behind MY_CHARSET_TRIPLE; NULL in other sets */
    uint16_t *quads;   /* of gb18030: MY_CHARSET_QUADS characters, by my_charset_quad(); NULL in other sets */
};

/* What kind of set the server's name stands for; tables are filled by my_charset_set_table(). */
void my_charset_init(struct my_charset *charset, const char *name);
void my_charset_fini(struct my_charset *charset);
/* Whether tables must still be filled. */
bool my_charset_wants_table(const struct my_charset *charset);
bool my_charset_wants_pairs(const struct my_charset *charset);
bool my_charset_wants_triples(const struct my_charset *charset);
bool my_charset_wants_quads(const struct my_charset *charset);
/* The place of a character of four bytes among all of gb18030: bytes 81 to FE, 30 to 39, 81 to FE, 30 to 39. -1: it is none. */
int32_t my_charset_quad(const unsigned char bytes[4]);
/* All copy. -1: out of memory. */
int my_charset_set_table(struct my_charset *charset, const uint32_t code_points[256]) CDC_MUST_CHECK;
int my_charset_set_pairs(struct my_charset *charset, const uint16_t pairs[65536]) CDC_MUST_CHECK;
int my_charset_set_quads(struct my_charset *charset, const uint16_t quads[MY_CHARSET_QUADS]) CDC_MUST_CHECK;
int my_charset_set_triples(struct my_charset *charset, const uint16_t triples[65536]) CDC_MUST_CHECK;

/* Whether the text is UTF-8 as it is: it is of such a set, or no more than ASCII, as most is. */
static inline bool my_charset_is_same(const struct my_charset *charset, struct cdc_slice in)
{
    uint64_t all = 0, word;

    if (charset->kind == MY_CHARSET_UTF8)
        return true;
    for (; in.len >= sizeof word; in.ptr += sizeof word, in.len -= sizeof word) {
        memcpy(&word, in.ptr, sizeof word);
        all |= word;
    }
    for (size_t i = 0; i < in.len; i++)
        all |= (unsigned char)in.ptr[i];
    return charset->ascii_same && !(all & UINT64_C(0x8080808080808080));
}

/*
 * 0 and the text in UTF-8 in `out`: `in` itself, or memory of the arena. -1 when `in` is not text of this set, or memory is short:
 * *why says so, without the value.
 */
int my_charset_convert(const struct my_charset *charset, struct cdc_slice in, struct cdc_arena *arena,
                       struct cdc_slice *out, const char **why) CDC_MUST_CHECK;

#endif

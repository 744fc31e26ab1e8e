/*
 * Asking a server for its character sets (charset_server.h): every byte, or pair of bytes, converted to UTF-32, a row each. Once per
 * set and connection, when a mapped table has a text column of it; source thread. Fails as the client does.
 */
#include "charset_server.h"

#include "cdc/buf.h"

#include <stdlib.h>

#define HEX_PER_CHARACTER 8 /* UTF-32 */

/* All values of a hexadecimal digit as a table. */
static void put_digit(struct cdc_buf *sql, char name)
{
    cdc_buf_puts(sql, "(SELECT '0' AS h");
    for (const char *digit = "123456789ABCDEF"; *digit; digit++)
        cdc_buf_printf(sql, " UNION ALL SELECT '%c'", *digit);
    cdc_buf_printf(sql, ") AS %c", name);
}

/* What is asked: single bytes, pairs, pairs behind the byte that begins three, or what the first four of four are. */
enum units { BYTES, PAIRS, TRIPLES, QUADS };

static const char *key_of(enum units units)
{
    switch (units) {
    case BYTES:
        return "CONCAT(a.h, b.h)";
    case PAIRS:
    case TRIPLES:
        return "CONCAT(a.h, b.h, c.h, d.h)";
    case QUADS:
        return "CONCAT('8', a.h, '3', b.h, c.h, d.h, '3', e.h)";
    }
    return "";
}

/* Pairs begin with a byte from 80 and end with one from 40. */
static void put_question(const struct my_charset *charset, enum units units, struct cdc_buf *sql)
{
    const char *key = key_of(units);

    cdc_buf_printf(sql, "SELECT %s, HEX(CONVERT(CONVERT(UNHEX(", key);
    if (units == TRIPLES)
        cdc_buf_printf(sql, "CONCAT('%02X', %s)", MY_CHARSET_TRIPLE, key);
    else
        cdc_buf_puts(sql, key);
    cdc_buf_printf(sql, ") USING %s) USING utf32)) FROM ", charset->name);
    put_digit(sql, 'a');
    cdc_buf_puts(sql, ", ");
    put_digit(sql, 'b');
    if (units == BYTES)
        return;
    cdc_buf_puts(sql, ", ");
    put_digit(sql, 'c');
    cdc_buf_puts(sql, ", ");
    put_digit(sql, 'd');
    if (units == QUADS) {
        cdc_buf_puts(sql, ", ");
        put_digit(sql, 'e');
        cdc_buf_puts(sql, " WHERE a.h BETWEEN '1' AND '4' AND b.h <= '9' AND c.h >= '8' AND e.h <= '9'");
        return;
    }
    cdc_buf_puts(sql, " WHERE a.h >= '8' AND c.h >= '4'");
}

static uint32_t hex_value(struct cdc_slice digits)
{
    char text[HEX_PER_CHARACTER + 1] = "";

    memcpy(text, digits.ptr, digits.len < HEX_PER_CHARACTER ? digits.len : HEX_PER_CHARACTER);
    return (uint32_t)strtoul(text, NULL, 16);
}

/* What the server does not know it shows as NULL, '?' or the replacement character; several characters are not one. */
static uint32_t character(struct cdc_slice utf32, uint32_t key)
{
    uint32_t c = utf32.len == HEX_PER_CHARACTER ? hex_value(utf32) : MY_CHARSET_NONE;

    return (c == '?' && key != '?') || c == 0xfffd || (c == 0 && key != 0) ? MY_CHARSET_NONE : c;
}

/* Where in the table the character of a key stands; -1: nowhere. */
static int32_t place_of(enum units units, uint32_t key)
{
    unsigned char bytes[4] = {(unsigned char)(key >> 24), (unsigned char)(key >> 16),
                              (unsigned char)(key >> 8), (unsigned char)key};
    int32_t quad = units == QUADS ? my_charset_quad(bytes) : -1;

    if (units == QUADS)
        return quad < MY_CHARSET_QUADS ? quad : -1;
    return key < (units == BYTES ? 256u : 65536u) ? (int32_t)key : -1;
}

/* `found` has 256 places, or 65536 for pairs and more. */
static int ask(struct my_client *client, const struct my_charset *charset, enum units units, uint32_t *found,
               struct cdc_err *err)
{
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    put_question(charset, units, &sql);
    rc = sql.failed ? cdc_err_memory(err) : my_client_query(client, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        uint32_t key = hex_value(my_client_value(&rows, 0));

        int32_t place = place_of(units, key);

        if (place >= 0)
            found[place] = character(my_client_value(&rows, 1), key);
    }
    my_client_result_free(&rows);
    return rc;
}

static int fill_table(struct my_client *client, struct my_charset *charset, struct cdc_err *err)
{
    uint32_t found[256];

    for (unsigned i = 0; i < 256; i++)
        found[i] = MY_CHARSET_NONE;
    if (ask(client, charset, BYTES, found, err))
        return -1;
    if (found['A'] != 'A')
        return cdc_err_set(err, CDC_ERR_FATAL, "the server does not show its character set %s",
                           charset->name);
    return my_charset_set_table(charset, found) ? cdc_err_memory(err) : 0;
}

static int fill_pairs(struct my_client *client, struct my_charset *charset, enum units units,
                      int (*set)(struct my_charset *charset, const uint16_t *characters), struct cdc_err *err)
{
    uint32_t *found = calloc(65536, sizeof *found);
    uint16_t *pairs = calloc(65536, sizeof *pairs);
    int rc = found && pairs ? ask(client, charset, units, found, err) : cdc_err_memory(err);

    for (uint32_t i = 0; rc == 0 && i < 65536; i++)
        pairs[i] = found[i] > 0xffff ? 0 : (uint16_t)found[i];
    if (rc == 0 && set(charset, pairs))
        rc = cdc_err_memory(err);
    free(found);
    free(pairs);
    return rc;
}

int my_charset_server_fill(struct my_client *client, struct my_charset *charset, struct cdc_err *err)
{
    if (my_charset_wants_table(charset) && fill_table(client, charset, err))
        return -1;
    if (my_charset_wants_pairs(charset) && fill_pairs(client, charset, PAIRS, my_charset_set_pairs, err))
        return -1;
    if (my_charset_wants_triples(charset) &&
        fill_pairs(client, charset, TRIPLES, my_charset_set_triples, err))
        return -1;
    return my_charset_wants_quads(charset) ? fill_pairs(client, charset, QUADS, my_charset_set_quads, err)
                                           : 0;
}

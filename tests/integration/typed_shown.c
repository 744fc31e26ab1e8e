/*
 * The rules by which a server's own text becomes canonical (typed_shown.h). Numbers are found by trying: one more digit until the C
 * library reads the same number. Main thread of a test; failures end it.
 */
#include "typed_shown.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"

enum { NUMBER_TEXT = 64 };

static bool reads_back(const char *text, double value, bool single)
{
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* "1.5e+20" beyond the digits that a number of this size surely has, as PostgreSQL writes it; else without exponent. */
static void print_number(double value, bool single, char out[NUMBER_TEXT])
{
    int precision = 0, exponent, decimals;

    if (value == 0) {
        strcpy(out, "0");
        return;
    }
    do
        snprintf(out, NUMBER_TEXT, "%.*e", precision++, value);
    while (!reads_back(out, value, single));
    exponent = atoi(strchr(out, 'e') + 1);
    decimals = precision - 1 - exponent;
    if (exponent >= -4 && exponent < (single ? 6 : 15))
        snprintf(out, NUMBER_TEXT, "%.*f", decimals > 0 ? decimals : 0, value);
}

static void set(struct typed_cell *cell, char *text)
{
    free(cell->text);
    cell->text = text;
    cell->len = strlen(text);
}

/* Each number of the text anew; everything else stays. */
static void convert_numbers(struct typed_cell *cell, bool single)
{
    char *text = NULL, number[NUMBER_TEXT], *end;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        fail("out of memory");
    for (const char *at = cell->text; *at;) {
        if (!isdigit((unsigned char)*at) && *at != '-') {
            fputc(*at++, out);
            continue;
        }
        print_number(single ? (double)strtof(at, &end) : strtod(at, &end), single, number);
        if (end == at)
            fail("no number: %s", at);
        fputs(number, out);
        at = end;
    }
    fclose(out);
    set(cell, text);
}

static void convert_fraction(struct typed_cell *cell)
{
    if (!strchr(cell->text, '.'))
        return;
    while (cell->text[cell->len - 1] == '0')
        cell->text[--cell->len] = 0;
    if (cell->text[cell->len - 1] == '.')
        cell->text[--cell->len] = 0;
}

static void convert_json(struct typed_cell *cell)
{
    bool quoted = false;
    size_t n = 0;

    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->text[i];

        if (!quoted && strchr(" \t\r\n", c))
            continue;
        if (c == '"')
            quoted = !quoted;
        cell->text[n++] = c;
        if (quoted && c == '\\')
            cell->text[n++] = cell->text[++i];
    }
    cell->text[n] = 0;
    cell->len = n;
}

/* "MULTIPOINT(1 2,3 4)" is how one of the servers writes "MULTIPOINT((1 2),(3 4))". */
static void bracket_points(struct typed_cell *cell)
{
    static const char head[] = "MULTIPOINT(";
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool inside = false;

    if (!out)
        fail("out of memory");
    for (const char *at = cell->text; *at;) {
        if (strncmp(at, head, sizeof head - 1) == 0 && at[sizeof head - 1] != '(') {
            fputs("MULTIPOINT((", out);
            at += sizeof head - 1;
            inside = true;
            continue;
        }
        if (inside && (*at == ',' || *at == ')'))
            fputs(*at == ',' ? "),(" : "))", out);
        else
            fputc(*at, out);
        inside = inside && *at != ')';
        at++;
    }
    fclose(out);
    set(cell, text);
}

void typed_cell_convert(struct typed_cell *cell, enum typed_rule rule)
{
    if (!cell->text)
        return;
    switch (rule) {
    case TYPED_SAME:
        break;
    case TYPED_FRACTION:
        convert_fraction(cell);
        break;
    case TYPED_SINGLE:
    case TYPED_VECTOR:
        convert_numbers(cell, true);
        break;
    case TYPED_DOUBLE:
        convert_numbers(cell, false);
        break;
    case TYPED_JSON:
        convert_json(cell);
        break;
    case TYPED_WKT:
        bracket_points(cell);
        convert_numbers(cell, false);
        break;
    }
}

static unsigned digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = strchr(digits, c);

    if (!c || !at)
        fail("'%c' is no hexadecimal digit", c);
    return (unsigned)(at - digits);
}

void typed_cell_read(struct typed_cell *cell, const char *hex, size_t len)
{
    *cell = (struct typed_cell){NULL, 0};
    if (len == 4 && memcmp(hex, "NULL", 4) == 0)
        return;
    cell->len = len / 2;
    cell->text = malloc(cell->len + 1);
    if (!cell->text)
        fail("out of memory");
    for (size_t i = 0; i < cell->len; i++)
        cell->text[i] = (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    cell->text[cell->len] = 0;
}

void typed_cell_free(struct typed_cell *cell)
{
    free(cell->text);
    *cell = (struct typed_cell){NULL, 0};
}

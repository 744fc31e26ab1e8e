/*
 * What a server shows of values, as the canonical text that it means: rules that are simple, and share nothing with the
 * program. Everything that goes wrong fails the test.
 */
#ifndef TESTS_INTEGRATION_TYPED_SHOWN_H
#define TESTS_INTEGRATION_TYPED_SHOWN_H

#include <stddef.h>

/* How the text that the server shows becomes the canonical one. */
enum typed_rule {
    TYPED_SAME,
    TYPED_FRACTION, /* a time: no zeros at the end of its decimals */
    TYPED_SINGLE,   /* a number: the shortest text that reads back as the same float */
    TYPED_DOUBLE,   /* the same for a double */
    TYPED_JSON,     /* without white space between its tokens */
    TYPED_WKT,      /* numbers as TYPED_DOUBLE, points of a MULTIPOINT in brackets */
    TYPED_VECTOR,   /* numbers as TYPED_SINGLE, no decimals that say nothing */
};

/* A cell: NULL, or bytes with a 0 behind them. */
struct typed_cell {
    char *text;
    size_t len;
};

/* Applies a rule in place; NULL stays NULL. */
void typed_cell_convert(struct typed_cell *cell, enum typed_rule rule);
/* Reads "4A6F", or NULL from "NULL"; `len` characters. */
void typed_cell_read(struct typed_cell *cell, const char *hex, size_t len);
void typed_cell_free(struct typed_cell *cell);

#endif

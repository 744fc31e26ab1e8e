/*
 * MySQL's binary JSON documents: looked into without a copy, and printed as the server prints them.
 */
#ifndef MYSQL_BINARY_JSON_H
#define MYSQL_BINARY_JSON_H

#include <stdint.h>

#include "cdc/buf.h"
#include "cdc/slice.h"

#define MY_JSON_DEPTH 100 /* the server's own limit */

enum my_json_kind { MY_JSON_OBJECT, MY_JSON_ARRAY, MY_JSON_SCALAR };

/* One value of a document: borrowed from the document's bytes. */
struct my_json {
    uint8_t type; /* of the binary format */
    enum my_json_kind kind;
    struct cdc_slice data; /* what follows the type; of a literal its one byte */
    uint32_t count;        /* members or elements */
    size_t width;          /* 2 or 4: bytes of offsets and sizes of a container */
};

/* The document's outermost value. false: malformed. An empty document is the literal null. */
bool my_json_open(struct cdc_slice document, struct my_json *value);
/* Member or element `i` < count; `key` only for objects (may be NULL). */
bool my_json_child(const struct my_json *container, uint32_t i, struct cdc_slice *key, struct my_json *value);

/* The whole value, as the server's own text: {"a": 1, "b": [true, null]}. false: malformed or too deep. */
bool my_json_print(const struct my_json *value, unsigned depth, struct cdc_buf *out);
/* A string with its quotation marks. */
void my_json_put_string(struct cdc_slice text, struct cdc_buf *out);
/* Open and print at once. */
bool my_json_print_document(struct cdc_slice document, struct cdc_buf *out);

#endif

/* Columns as table maps describe them, and what the value decoder must know of each. */
#ifndef MYSQL_COLUMN_H
#define MYSQL_COLUMN_H

#include "cdc/slice.h"
#include "cdc/value.h"

#include "charset.h"

enum my_type {
    MY_TYPE_TINY = 1,
    MY_TYPE_SHORT = 2,
    MY_TYPE_LONG = 3,
    MY_TYPE_FLOAT = 4,
    MY_TYPE_DOUBLE = 5,
    MY_TYPE_NULL = 6,
    MY_TYPE_TIMESTAMP = 7,
    MY_TYPE_LONGLONG = 8,
    MY_TYPE_INT24 = 9,
    MY_TYPE_DATE = 10,
    MY_TYPE_TIME = 11,
    MY_TYPE_DATETIME = 12,
    MY_TYPE_YEAR = 13,
    MY_TYPE_NEWDATE = 14,
    MY_TYPE_VARCHAR = 15,
    MY_TYPE_BIT = 16,
    MY_TYPE_TIMESTAMP2 = 17,
    MY_TYPE_DATETIME2 = 18,
    MY_TYPE_TIME2 = 19,
    MY_TYPE_BLOB_COMPRESSED = 140,    /* MariaDB */
    MY_TYPE_VARCHAR_COMPRESSED = 141, /* MariaDB */
    MY_TYPE_VECTOR = 242,
    MY_TYPE_JSON = 245,
    MY_TYPE_DECIMAL = 246,
    MY_TYPE_ENUM = 247,
    MY_TYPE_SET = 248,
    MY_TYPE_TINY_BLOB = 249,
    MY_TYPE_MEDIUM_BLOB = 250,
    MY_TYPE_LONG_BLOB = 251,
    MY_TYPE_BLOB = 252,
    MY_TYPE_VAR_STRING = 253,
    MY_TYPE_STRING = 254,
    MY_TYPE_GEOMETRY = 255,
};

/* What a type's bytes stand for, where the binlog does not say. */
enum my_meaning {
    MY_MEANING_PLAIN,
    MY_MEANING_BYTES,
    MY_MEANING_UUID,
    MY_MEANING_INET4,
    MY_MEANING_INET6,
    MY_MEANING_JSON, /* text that is JSON */
    MY_MEANING_VECTOR,
    MY_MEANING_UNKNOWN, /* the table was changed since, and nothing tells any more */
};

struct my_labels {
    uint32_t n;
    struct cdc_slice *text;
};

struct my_column {
    uint8_t type;      /* enum my_type; CHAR, ENUM and SET are told apart */
    uint8_t width;     /* bytes of a fixed value, or of the length before a variable one */
    uint8_t precision; /* DECIMAL */
    uint8_t scale;     /* DECIMAL; decimals of a time */
    uint16_t bits;     /* BIT */
    uint16_t size;     /* CHAR, BINARY: bytes at most */
    bool variable;     /* a length of `width` bytes stands before the value */
    bool nullable, is_unsigned, key;
    bool has_collation;
    uint32_t collation;
    struct cdc_slice name;
    struct cdc_slice type_text; /* the catalogue's, or my_type_name() */
    struct my_labels labels;    /* ENUM, SET; as in the binlog, then in UTF-8 */
    /* Filled when the table's relation is made: */
    const struct my_charset *charset;
    enum my_meaning meaning;
    enum cdc_kind kind;
    struct cdc_value
        omitted; /* what an inserted row has whose image lacks the column: its constant default, or UNAVAILABLE */
};

/* Numbers that can be unsigned, in the order of which SIGNEDNESS has its bits. */
bool my_type_is_numeric(uint8_t type);
/* Types that have a collation in the table map. */
bool my_type_is_text(uint8_t type);
/* "VARCHAR", for messages and cdc_column.type_name. */
const char *my_type_name(uint8_t type);

#endif

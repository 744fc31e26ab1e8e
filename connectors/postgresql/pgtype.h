/* What a PostgreSQL type means to us: the kind of its values, and how their text becomes the kind's lexical form. */
#ifndef PGTYPE_H
#define PGTYPE_H

#include "cdc/err.h"
#include "cdc/value.h"

enum pgtype_form {
    PGTYPE_AS_IS,   /* the server's text is the lexical form */
    PGTYPE_BOOLEAN, /* t, f */
    PGTYPE_HEX,     /* \x0badcafe */
    PGTYPE_UTC,     /* a trailing +00 */
    PGTYPE_PADDED,  /* blanks at the end that mean nothing */
    PGTYPE_MONEY,   /* $1,234.50 */
    PGTYPE_ARRAY,   /* {1,NULL,"a b"} */
    PGTYPE_UNKNOWN, /* the type cannot be found any more: its values cannot be read */
};

struct pgtype {
    uint32_t oid;
    enum cdc_kind kind;
    enum pgtype_form form;
    enum pgtype_form element_form; /* of arrays, never PGTYPE_ARRAY */
    enum cdc_kind element_kind;
    char delimiter; /* of arrays */
    char name[64];  /* as in CREATE TABLE */
};

/* The common built-in types; NULL for all others, which the catalogue must explain. */
const struct pgtype *pgtype_builtin(uint32_t oid);

/* Whether elements of this kind stand in JSON without quotes. */
static inline bool pgtype_is_bare(enum cdc_kind kind)
{
    return kind == CDC_KIND_INTEGER || kind == CDC_KIND_DECIMAL || kind == CDC_KIND_FLOAT ||
           kind == CDC_KIND_BOOLEAN;
}

#endif

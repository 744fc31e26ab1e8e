/* From the server's text to the lexical forms of cdc/value.h. */
#ifndef PGVALUE_H
#define PGVALUE_H

#include "cdc/arena.h"
#include "cdc/buf.h"

#include "postgresql/pgtype.h"

/* Where converted values live until it is reset. */
struct pgvalue_space {
    struct cdc_arena arena;
    struct cdc_buf scratch; /* for what grows while it is made */
};

void pgvalue_space_init(struct pgvalue_space *space);
void pgvalue_space_fini(struct pgvalue_space *space);

/*
 * Converts a PRESENT value in place. What cannot be converted becomes INVALID with a reason. -1 only when memory ran
 * out (CDC_ERR_RETRY). The new bytes live in the space, or are part of the old ones.
 */
int pgvalue_convert(const struct pgtype *type, struct cdc_value *value, struct pgvalue_space *space,
                    struct cdc_err *err) CDC_MUST_CHECK;

/* Scalar forms, for pgarray.c too. Each gives false and sets *reason when the text is not of that form. */
bool pgvalue_boolean(struct cdc_slice text, struct cdc_slice *out, const char **reason);
struct cdc_slice pgvalue_utc(struct cdc_slice text);
/* character(n) is padded with blanks that do not count when it is compared; the other engines do not show them. */
struct cdc_slice pgvalue_unpadded(struct cdc_slice text);
/* "$-1,234.50" without its signs for people; `out` has room for text.len bytes. */
bool pgvalue_money(struct cdc_slice text, char *out, size_t *len, const char **reason);
/* Base64 of what "\x0badcafe" stands for; `out` has room for pgvalue_base64_size(text.len). */
bool pgvalue_bytes(struct cdc_slice text, char *out, size_t *len, const char **reason);

static inline size_t pgvalue_base64_size(size_t hex)
{
    return (hex / 2 + 2) / 3 * 4;
}

#endif

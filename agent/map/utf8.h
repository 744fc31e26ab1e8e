/* UTF-8: checking, and counting characters. Pure; any thread. */
#ifndef UTF8_H
#define UTF8_H

#include "cdc/slice.h"

/* Well-formed by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct cdc_slice s);
/* How many bytes the first `chars` characters of valid text take; all of them when there are fewer. */
size_t utf8_prefix(struct cdc_slice s, size_t chars);

#endif

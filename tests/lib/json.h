/* As much of JSON as tests need to look into an event's data. */
#ifndef TESTS_LIB_JSON_H
#define TESTS_LIB_JSON_H

#include <stddef.h>

/*
 * The raw text of a member of a JSON object: "\"12.50\"", "true", "{\"a\":1}". NULL if there is none. The caller frees
 * it. The text must be JSON: fails the test when it ends too early.
 */
char *json_member(const char *object, const char *name);
/* What a raw text means: a string without its quotes and escapes, in UTF-8, anything else as it is. The caller frees it; a 0 is behind it. */
char *json_text(const char *raw, size_t *len);

#endif

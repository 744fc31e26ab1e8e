/* As much of JSON as tests need to look into an event's data. */
#ifndef TESTS_LIB_JSON_H
#define TESTS_LIB_JSON_H

/*
 * The raw text of a member of a JSON object: "\"12.50\"", "true", "{\"a\":1}". NULL if there is none. The caller frees
 * it. The text must be JSON: fails the test when it ends too early.
 */
char *json_member(const char *object, const char *name);

#endif

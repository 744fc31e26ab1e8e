/* Data folders that are slow to make: made once in the build folder, then copied. */
#ifndef TESTS_LIB_TEMPLATE_H
#define TESTS_LIB_TEMPLATE_H

/*
 * Copies the data folder that `program` makes to `to`, which must not exist. If there is no template yet, runs `argv`,
 * in which "@" as the last characters of a word is replaced by the path of the folder to make. Safe while other tests do the same.
 */
void template_copy(const char *name, const char *program, const char *const *argv, const char *to);

#endif

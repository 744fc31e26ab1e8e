/* Configurations for tests: golden files, and texts that are parsed where they stand. */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include "config/config.h"

/* A file of tests/unit/config, whole. The caller frees it. Fails the test when it is not there. */
char *fixture_read(const char *folder, const char *name, const char *extension);
/* Names (without ".yaml") of all examples in a folder, sorted, ended by NULL. */
char **fixture_names(const char *folder);
void fixture_free_names(char **names);

/* Parses a text as file "t". NULL when it is wrong; then *said (freed by the caller) is what was printed. */
struct config *fixture_parse(const char *text, unsigned flags, char **said);
/* What was printed about a text that must be wrong. The caller frees it. */
char *fixture_wrong(const char *text, unsigned flags);
/* A small valid configuration: a source, and one table with this mapping (flow style). */
struct config *fixture_mapping(const char *mapping);
/* config_print() as a text. The caller frees it. */
char *config_fixture_print(const struct config *config);

#endif

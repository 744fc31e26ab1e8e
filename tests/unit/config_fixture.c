/* Configurations for tests (config_fixture.h). Every failure ends the test. */
#include "config_fixture.h"

#include <criterion/criterion.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"

char *fixture_read(const char *folder, const char *name, const char *extension)
{
    char *path = text_print("%s/tests/unit/config/%s/%s%s", TEST_TREE, folder, name, extension);
    FILE *in = fopen(path, "r"), *out;
    char *text = NULL, bytes[4096];
    size_t size, n;

    if (!in)
        fail("%s: not there", path);
    out = open_memstream(&text, &size);
    while ((n = fread(bytes, 1, sizeof bytes, in)))
        fwrite(bytes, 1, n, out);
    fclose(in);
    fclose(out);
    free(path);
    return text;
}

char **fixture_names(const char *folder)
{
    char *pattern = text_print("%s/tests/unit/config/%s/*.yaml", TEST_TREE, folder), **names;
    glob_t found;

    if (glob(pattern, 0, NULL, &found))
        fail("%s: none", pattern);
    names = calloc(found.gl_pathc + 1, sizeof *names);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        names[i] = strndup(name, strlen(name) - strlen(".yaml"));
    }
    globfree(&found);
    free(pattern);
    return names;
}

void fixture_free_names(char **names)
{
    for (size_t i = 0; names[i]; i++)
        free(names[i]);
    free(names);
}

struct config *fixture_parse(const char *text, unsigned flags, char **said)
{
    struct config *config = NULL;
    struct cdc_err err = {0};
    size_t size;
    FILE *out = open_memstream(said, &size);
    int rc = config_parse(&config, "t", text, strlen(text), flags, out, &err);

    fclose(out);
    if (rc == 0 && err.class == CDC_ERR_NONE)
        return config;
    cr_assert_eq(rc, -1);
    cr_assert_null(config);
    cr_assert_neq(err.class, CDC_ERR_NONE);
    return NULL;
}

char *fixture_wrong(const char *text, unsigned flags)
{
    char *said;
    struct config *config = fixture_parse(text, flags, &said);

    if (config)
        fail("this should be wrong:\n%s", text);
    return said;
}

struct config *fixture_mapping(const char *mapping)
{
    char *said, *text = text_print("version: 1\nconnector: shop\npii: {key: 0123456789abcdef}\n"
                                   "source: {type: postgresql, host: localhost, database: d, user: u}\n"
                                   "redis: {url: 'redis://localhost'}\ntables: {t: %s}\n",
                                   mapping);
    struct config *config = fixture_parse(text, 0, &said);

    if (!config)
        fail("%s", said);
    free(text);
    free(said);
    return config;
}

char *config_fixture_print(const struct config *config)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    config_print(config, out);
    fclose(out);
    return text;
}

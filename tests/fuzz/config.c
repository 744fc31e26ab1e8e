/*
 * Fuzz target: YAML loader, configuration and model from any bytes. Nothing is opened: ${file:…} and ${cred:…} stand for
 * themselves. What is accepted must print as text that is accepted again and prints the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct config *config, FILE *diagnostics)
{
    char *text = NULL, *again = NULL;
    size_t len, again_len;
    FILE *out = open_memstream(&text, &len);
    struct config *copy;
    struct cdc_err err;

    config_print(config, out);
    fclose(out);
    if (config_parse(&copy, "again", text, len, CONFIG_NO_FILES, diagnostics, &err)) {
        fprintf(stderr, "%s\n%s", err.message, text);
        abort();
    }
    out = open_memstream(&again, &again_len);
    config_print(copy, out);
    fclose(out);
    if (len != again_len || memcmp(text, again, len) != 0) {
        fprintf(stderr, "%s\n----\n%s", text, again);
        abort();
    }
    if (config_reloadable(config, copy, NULL, &err) && !strstr(text, "\"***\""))
        abort();
    config_free(copy);
    free(text);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *said = NULL;
    size_t len;
    FILE *diagnostics = open_memstream(&said, &len);
    struct config *config;
    struct model *model;
    struct cdc_err err;

    if (config_parse(&config, "fuzz", (const char *)data, size, CONFIG_NO_FILES | CONFIG_OTHERS_READ,
                     diagnostics, &err) == 0)
        check_same(config, diagnostics);
    config_free(config);
    if (model_parse(&model, "fuzz", (const char *)data, size, diagnostics, &err) == 0) {
        model_print(model, NULL, diagnostics);
        model_print_json_schema(model, NULL, diagnostics);
    }
    model_free(model);
    fclose(diagnostics);
    free(said);
    return 0;
}

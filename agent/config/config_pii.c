/* Rules for personal data, read and printed (config_pii.h). Loading thread; what they may stand on is for the callers. */
#include "config/config_pii.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_scalar.h"

#define MAX_TRUNCATE 10000

static bool read_truncate(struct config_build *build, const struct yaml_node *node, unsigned *truncate)
{
    int64_t characters;

    if (config_scalar_integer(node->text + strlen("truncate:"), &characters) || characters < 1 ||
        characters > MAX_TRUNCATE) {
        config_diag_node(build->diag, node, "truncate needs a number of characters from 1 to %d",
                         MAX_TRUNCATE);
        return false;
    }
    *truncate = (unsigned)characters;
    return true;
}

bool config_pii_read(struct config_build *build, const struct yaml_node *node, enum config_pii *pii,
                     unsigned *truncate)
{
    static const char *const words[] = {"drop", "hmac", "mask", "truncate:N", NULL};
    static const enum config_pii rules[] = {CONFIG_PII_DROP, CONFIG_PII_HMAC, CONFIG_PII_MASK};
    int choice;

    if (!config_node_is_string(build->diag, node))
        return false;
    if (strncmp(node->text, "truncate:", 9) == 0) {
        if (!read_truncate(build, node, truncate))
            return false;
        *pii = CONFIG_PII_TRUNCATE;
        return true;
    }
    choice =
        config_node_choice(build->diag, node, "rule for personal data (drop, hmac, mask, truncate:N)", words);
    if (choice == 3)
        config_diag_node(build->diag, node, "N stands for a number of characters: truncate:3");
    if (choice < 0 || choice == 3)
        return false;
    *pii = rules[choice];
    return true;
}

void config_pii_print(enum config_pii pii, unsigned truncate, FILE *out)
{
    switch (pii) {
    case CONFIG_PII_NONE:
        return;
    case CONFIG_PII_DROP:
        fputs(", pii: drop", out);
        return;
    case CONFIG_PII_HMAC:
        fputs(", pii: hmac", out);
        return;
    case CONFIG_PII_MASK:
        fputs(", pii: mask", out);
        return;
    case CONFIG_PII_TRUNCATE:
        fprintf(out, ", pii: truncate:%u", truncate);
        return;
    }
}

/* Memory and secrets of a configuration that is being read (config_build.h). On the loading thread. */
#include "config/config_build.h"

#include <string.h>

void *config_array(struct config_build *build, size_t n, size_t size)
{
    void *array = cdc_arena_alloc(build->arena, n * size + 1);

    if (array)
        memset(array, 0, n * size + 1);
    else
        build->diag->failed = true;
    return array;
}

char *config_copy(struct config_build *build, const char *text)
{
    char *copy = cdc_arena_str(build->arena, cdc_slice_str(text));

    if (!copy)
        build->diag->failed = true;
    return copy;
}

void config_keep_secret(struct config_build *build, char *text)
{
    struct config_secret *secret = text ? config_array(build, 1, sizeof *secret) : NULL;

    if (!secret)
        return;
    secret->text = text;
    secret->next = build->owner->secrets;
    build->owner->secrets = secret;
}

struct config_pos config_pos_of(const struct yaml_node *node)
{
    return (struct config_pos){node->line, node->column};
}

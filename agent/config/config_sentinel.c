/*
 * The sentinels of a configuration (config_sentinel.h): a list of addresses, and how it goes with redis.url. On the loading thread;
 * what is wrong goes to the list of errors. The other settings of the section are rows of config_sections.c.
 */
#include "config/config_sentinel.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_print.h"
#include "config/config_secret.h"
#include "config/config_url.h"

#define SENTINEL_PORT 26379

static void read_node(struct config_build *build, const struct yaml_node *child, struct cdc_redis_node *node)
{
    struct config_url url = {.port = SENTINEL_PORT};
    const char *text, *why;
    bool expanded;

    if (!config_node_is_string(build->diag, child))
        return;
    text = config_secret_expand(build, child, &expanded);
    if (!text)
        return;
    why = config_url_authority(&url, cdc_slice_str(text), false, build->arena);
    if (!why && (url.user || url.password))
        why = "has a user or a password in it: those are keys of their own";
    if (why)
        config_diag_node(build->diag, child, "the address %s", why);
    *node = (struct cdc_redis_node){url.host, url.port};
}

void config_sentinel_nodes(struct config_build *build, const struct yaml_node *list)
{
    struct cdc_redis_sentinel *sentinel = &build->config->redis.sentinel;
    struct cdc_redis_node *nodes;

    if (!config_node_is_list(build->diag, list) || !config_node_has_children(build->diag, list))
        return;
    if (list->n > CDC_SENTINELS_MAX) {
        config_diag_node(build->diag, list, "more than %d addresses", CDC_SENTINELS_MAX);
        return;
    }
    nodes = config_array(build, list->n, sizeof *nodes);
    if (!nodes)
        return;
    for (const struct yaml_node *child = list->first; child; child = child->next)
        read_node(build, child, &nodes[sentinel->nnodes++]);
    sentinel->nodes = nodes;
}

void config_sentinel_finish(struct config_build *build, const struct yaml_node *redis)
{
    const struct cdc_redis_config *config = &build->config->redis;
    const struct yaml_node *url = yaml_child(redis, "url"), *sentinel = yaml_child(redis, "sentinel");
    bool named = config->host || config->socket;

    if (!url || !build->url_read)
        return;
    if (sentinel && named)
        config_diag_node(build->diag, url,
                         "the URL has a host, and \"sentinel\" says who knows it: leave it out, redis:///0");
    else if (!sentinel && !named)
        config_diag_node(build->diag, url, "the URL has no valid host");
}

void config_sentinel_print(const struct cdc_redis_sentinel *sentinel, FILE *out)
{
    char text[300];

    for (size_t i = 0; i < sentinel->nnodes; i++) {
        const struct cdc_redis_node *node = &sentinel->nodes[i];

        fputs(i ? ", " : "[", out);
        snprintf(text, sizeof text, strchr(node->host, ':') ? "[%s]:%u" : "%s:%u", node->host, node->port);
        config_print_quoted(text, out);
    }
    fputc(']', out);
}

bool config_sentinel_same(const struct cdc_redis_sentinel *a, const struct cdc_redis_sentinel *b)
{
    if (a->nnodes != b->nnodes)
        return false;
    for (size_t i = 0; i < a->nnodes; i++)
        if (a->nodes[i].port != b->nodes[i].port || strcmp(a->nodes[i].host, b->nodes[i].host) != 0)
            return false;
    return true;
}

/* redis.sentinel: who is asked where the master is. */
#ifndef CONFIG_SENTINEL_H
#define CONFIG_SENTINEL_H

#include <stdio.h>

#include "config/config_build.h"

/* Reads the list of nodes, each host[:port]. */
void config_sentinel_nodes(struct config_build *build, const struct yaml_node *list);
/* Once `redis` is read: either the URL has a host, or there are sentinels. */
void config_sentinel_finish(struct config_build *build, const struct yaml_node *redis);
/* The nodes as a YAML list on one line. */
void config_sentinel_print(const struct cdc_redis_sentinel *sentinel, FILE *out);
bool config_sentinel_same(const struct cdc_redis_sentinel *a, const struct cdc_redis_sentinel *b);

#endif

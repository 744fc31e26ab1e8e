/* The server behind a connection: whether it can serve as the store, and Tributary's functions in it. */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include "redis/client.h"
#include "redis/info.h"

/* The functions (functions/, as one), built into the program. */
extern const unsigned char embedded_functions_lua[];

int redis_server_info(struct redis_client *client, struct redis_info *info,
                      struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Version, role, eviction policy and what `config` asks for. -1: CDC_ERR_CONFIG, or CDC_ERR_RETRY for what passes (a replica,
 * a server that is loading).
 */
int redis_server_suits(const struct redis_info *info, const struct cdc_redis_config *config,
                       struct cdc_err *err) CDC_MUST_CHECK;

enum redis_library { REDIS_LIBRARY_ABSENT, REDIS_LIBRARY_OTHER, REDIS_LIBRARY_OURS, REDIS_LIBRARY_NEWER };

/* What the server has of the functions. `revision`: the server's, 0 if absent. */
int redis_server_library(struct redis_client *client, enum redis_library *library, unsigned *revision,
                         struct cdc_err *err) CDC_MUST_CHECK;
/* Loads the functions if the server has none, or one that is not newer and differs. */
int redis_server_load(struct redis_client *client, struct cdc_err *err) CDC_MUST_CHECK;
/* Tries the rights that applying needs, on keys of its own under `prefix` that are gone afterwards. */
int redis_server_probe(struct redis_client *client, const char *prefix, const char *connector,
                       struct cdc_err *err) CDC_MUST_CHECK;
/* The revision that a library's source states; 0 if it states none. */
unsigned redis_server_revision(struct cdc_slice code);

#endif

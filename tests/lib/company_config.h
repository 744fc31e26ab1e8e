/* A shipped example as a test can use it: its text with other addresses and secrets, and the SQL beside it. */
#ifndef TESTS_LIB_COMPANY_CONFIG_H
#define TESTS_LIB_COMPANY_CONFIG_H

#include <stdbool.h>

struct company_config {
    char *text, *tables;
    char *connector, *database, *publication;
    bool mysql;
};

/* Where it all is in the test. */
struct company_place {
    const char *host; /* of the source: a socket or its folder */
    unsigned port;    /* 0: not said */
    const char *redis, *password;
    unsigned server_id;
    const char *top; /* lines of the top level that take the place of the example's; may be NULL */
};

/* Finds conf/NAME.yaml or conf/examples/NAME.yaml and the .sql beside it; fails the test when there is none. */
void company_config_read(struct company_config *example, const char *name);
void company_config_fini(struct company_config *example);
/* The configuration, line for line the example's but for addresses, secrets, `http` and `top`. The caller frees it. */
char *company_config_print(const struct company_config *example, const struct company_place *place);

#endif

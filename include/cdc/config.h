/*
 * The parts of the configuration that connectors read. Frozen after parsing: a reload makes a new one, nobody changes
 * this one. All strings are NUL-terminated and owned by the configuration; absent ones are NULL.
 */
#ifndef CDC_CONFIG_H
#define CDC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cdc_source_type { CDC_SOURCE_POSTGRESQL, CDC_SOURCE_MYSQL };
enum cdc_tls { CDC_TLS_DEFAULT, CDC_TLS_DISABLE, CDC_TLS_REQUIRE, CDC_TLS_VERIFY_CA, CDC_TLS_VERIFY_FULL };
enum cdc_durability { CDC_DURABILITY_APPLIED, CDC_DURABILITY_AOF, CDC_DURABILITY_REPLICAS };

struct cdc_source_config {
    enum cdc_source_type type;
    const char *host; /* name, address, or the path of a socket or its folder */
    uint16_t port;
    const char *database;
    const char *user;
    const char *password; /* secret: never printed */
    enum cdc_tls tls;     /* DEFAULT: verify-full off-host, disable on a socket or loopback */
    const char *tls_ca;
    const char *slot;        /* PostgreSQL; never NULL there */
    const char *publication; /* PostgreSQL; never NULL there */
    uint32_t server_id;      /* MySQL, MariaDB */
    const char *timezone;    /* IANA name, of zone-less timestamps; "UTC" by default */
    int64_t heartbeat_ms;
};

/* Most sentinels that a configuration names. */
#define CDC_SENTINELS_MAX 16

struct cdc_redis_node {
    const char *host;
    uint16_t port;
};

/* Who knows which Redis is the master. They are spoken to with TLS if that Redis is. */
struct cdc_redis_sentinel {
    const char *master; /* what they call it; NULL: nobody is asked */
    const struct cdc_redis_node *nodes;
    size_t nnodes;
    const char *user;     /* of the sentinels themselves; NULL: default */
    const char *password; /* secret */
};

struct cdc_redis_config {
    const char *host; /* NULL with a socket, or sentinels */
    uint16_t port;
    const char *socket; /* path, from unix:// */
    bool tls;           /* from rediss:// */
    const char *tls_ca;
    unsigned database;
    const char *user;     /* NULL: default */
    const char *password; /* secret */
    const char *prefix;
    uint64_t stream_max_len;   /* entries; 0: not trimmed by length */
    int64_t stream_max_age_ms; /* 0: not trimmed by age */
    uint64_t timeline_max_len; /* entries of a customer's timeline; 0: none is kept */
    enum cdc_durability durability;
    unsigned replicas; /* with CDC_DURABILITY_REPLICAS */
    int64_t replay_window_ms;
    uint32_t batch_events;
    struct cdc_redis_sentinel sentinel;
};

#endif

/*
 * Finding the master by Redis Sentinel (master.h): each sentinel has a vote, and more than half of those that are configured must
 * agree, because a few that were cut off from the others go on naming the old master. Part of every connect(), on the sink thread or
 * in a command; a sentinel that does not answer costs PATIENCE_MS. Fails RETRY: a failover passes.
 */
#include "redis/master.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 1000, HOST_BYTES = 256 };

struct candidate {
    char host[HOST_BYTES];
    uint16_t port;
    unsigned votes;
};

struct election {
    const struct cdc_redis_sentinel *sentinel;
    struct candidate candidates[CDC_SENTINELS_MAX];
    unsigned n;
    unsigned unknowing;  /* sentinels that know no such master */
    struct cdc_err last; /* why a sentinel did not vote */
};

static unsigned needed(const struct election *election)
{
    return (unsigned)election->sentinel->nnodes / 2 + 1;
}

static const struct candidate *leader(const struct election *election)
{
    const struct candidate *most = NULL;

    for (unsigned i = 0; i < election->n; i++)
        if (!most || election->candidates[i].votes > most->votes)
            most = &election->candidates[i];
    return most;
}

static bool is_decided(const struct election *election)
{
    const struct candidate *most = leader(election);

    return most && most->votes >= needed(election);
}

static void vote(struct election *election, struct cdc_slice host, struct cdc_slice port)
{
    struct candidate *c = election->candidates, *end = c + election->n;
    char digits[8];
    unsigned long number;

    snprintf(digits, sizeof digits, "%.*s", CDC_ARG(port));
    number = strtoul(digits, NULL, 10);
    if (!host.len || host.len >= HOST_BYTES || !number || number > UINT16_MAX) {
        cdc_err_set(&election->last, CDC_ERR_RETRY, "a sentinel answered with no address");
        return;
    }
    while (c < end && !(c->port == number && cdc_slice_eq(host, cdc_slice_str(c->host))))
        c++;
    if (c == end) {
        election->n++;
        snprintf(c->host, sizeof c->host, "%.*s", CDC_ARG(host));
        c->port = (uint16_t)number;
    }
    c->votes++;
}

/* One sentinel's vote. */
static int ask(struct election *election, const struct cdc_redis_config *config, const char *name,
               const struct redis_wake *wake, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct redis_client *client;
    int rc;

    if (redis_client_open_soon(&client, config, name, wake, PATIENCE_MS, err))
        return -1;
    rc = redis_client_call(client, &reply, err, "SENTINEL", "GET-MASTER-ADDR-BY-NAME",
                           election->sentinel->master, (char *)NULL);
    if (rc)
        cdc_err_wrap(err, "the sentinel at %s", redis_client_address(client));
    else if (redis_reply_count(reply) == 2)
        vote(election, redis_reply_text(redis_reply_at(reply, 0)),
             redis_reply_text(redis_reply_at(reply, 1)));
    else
        election->unknowing++;
    redis_client_close(client);
    return rc;
}

static int no_master(const struct election *election, struct cdc_err *err)
{
    const struct candidate *most = leader(election);
    size_t all = election->sentinel->nnodes;

    if (election->unknowing >= needed(election)) {
        cdc_err_set(err, CDC_ERR_CONFIG, "the sentinels know no master called \"%s\"",
                    election->sentinel->master);
        return cdc_err_hint(err,
                            "check redis.sentinel.master; `SENTINEL MASTERS` names those that there are");
    }
    cdc_err_set(err, CDC_ERR_RETRY, "%u of %zu sentinels agree who is master of \"%s\", %u must%s%s",
                most ? most->votes : 0, all, election->sentinel->master, needed(election),
                election->last.class == CDC_ERR_NONE ? "" : ": ", election->last.message);
    return cdc_err_hint(err, election->last.class == CDC_ERR_NONE
                                 ? "a failover may be under way; redis.sentinel.nodes must name all sentinels"
                                 : "redis.sentinel.nodes must name all sentinels, and most must be reached");
}

/* All votes, or as many as are needed. What keeps a sentinel from voting only matters when the others are too few. */
static int elect(struct election *election, const struct cdc_redis_config *config, const char *name,
                 const struct redis_wake *wake, struct cdc_err *err)
{
    const struct cdc_redis_sentinel *sentinel = &config->sentinel;
    struct cdc_redis_config one = {.tls = config->tls, .tls_ca = config->tls_ca};
    struct cdc_err refused = {0};

    *election = (struct election){.sentinel = sentinel};
    one.user = sentinel->user;
    one.password = sentinel->password;
    for (size_t i = 0; i < sentinel->nnodes && !is_decided(election); i++) {
        one.host = sentinel->nodes[i].host;
        one.port = sentinel->nodes[i].port;
        if (ask(election, &one, name, wake, &election->last) && election->last.class != CDC_ERR_RETRY)
            refused = election->last;
    }
    if (is_decided(election))
        return 0;
    if (refused.class == CDC_ERR_NONE)
        return no_master(election, err);
    if (err)
        *err = refused;
    return cdc_err_wrap(err, "asking the sentinels");
}

int redis_master_open(struct redis_client **client, const struct cdc_redis_config *config, const char *name,
                      const struct redis_wake *wake, struct cdc_err *err)
{
    struct cdc_redis_config master = *config;
    struct election election;

    if (!config->sentinel.master)
        return redis_client_open(client, config, name, wake, err);
    if (elect(&election, config, name, wake, err))
        return -1;
    master.host = leader(&election)->host;
    master.port = leader(&election)->port;
    return redis_client_open(client, &master, name, wake, err);
}

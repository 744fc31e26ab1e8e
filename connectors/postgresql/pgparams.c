/*
 * Connection parameters (pgparams.h), for pq.c. The session's settings make the server print every value in one form, whatever
 * its own settings, those of the database or of the role are: what comes from the stream and from a SELECT is the same text.
 */
#include "postgresql/pgparams.h"

#include <stdio.h>
#include <string.h>

#define SETTINGS                                                                                              \
    "-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c extra_float_digits=3 -c bytea_output=hex " \
    "-c lc_monetary=C -c search_path=pg_catalog -c xmlbinary=base64 -c lock_timeout=0 -c idle_session_timeout=0 "

#define CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static void add(struct pgparams *params, const char *keyword, const char *value)
{
    if (!value || params->n == PGPARAMS_MAX)
        return;
    params->keywords[params->n] = keyword;
    params->values[params->n++] = value;
}

const char *pgparams_get(const struct pgparams *params, const char *keyword)
{
    for (unsigned i = 0; i < params->n; i++)
        if (!strcmp(params->keywords[i], keyword))
            return params->values[i];
    return NULL;
}

static bool is_local(const char *host)
{
    return host[0] == '/' || host[0] == '@' || !strcmp(host, "localhost") || !strncmp(host, "127.", 4) ||
           !strcmp(host, "::1");
}

static void add_tls(struct pgparams *params, const struct cdc_source_config *config)
{
    static const char *const modes[] = {
        [CDC_TLS_DISABLE] = "disable",
        [CDC_TLS_REQUIRE] = "require",
        [CDC_TLS_VERIFY_CA] = "verify-ca",
        [CDC_TLS_VERIFY_FULL] = "verify-full",
    };
    enum cdc_tls tls = config->tls;

    if (tls == CDC_TLS_DEFAULT)
        tls = is_local(params->host) ? CDC_TLS_DISABLE : CDC_TLS_VERIFY_FULL;
    add(params, "sslmode", modes[tls]);
    if (config->tls_ca)
        add(params, "sslrootcert", config->tls_ca);
    else if (tls == CDC_TLS_VERIFY_CA || tls == CDC_TLS_VERIFY_FULL)
        add(params, "sslrootcert", CA_BUNDLE);
}

/* The path of a socket becomes its folder and its port, which is what libpq wants. */
static void set_address(struct pgparams *params, const struct cdc_source_config *config)
{
    const char *host = config->host ? config->host : "/run/postgresql", *base = strrchr(host, '/');

    snprintf(params->port, sizeof params->port, "%u", config->port ? config->port : 5432U);
    snprintf(params->host, sizeof params->host, "%s", host);
    if (host[0] != '/' || strncmp(base, "/.s.PGSQL.", 10) || (size_t)(base - host) >= sizeof params->host)
        return;
    snprintf(params->port, sizeof params->port, "%.7s", base + 10);
    params->host[base - host] = '\0';
}

void pgparams_application(char *out, size_t size, const char *connector, const char *owner)
{
    size_t len = owner ? strlen(owner) : 0, room;
    int used = snprintf(out, size, "tributary %s%s", connector, len ? " " : "");

    room = used > 0 && (size_t)used < size ? size - 1 - (size_t)used : 0;
    if (len && room)
        memcpy(out + used, owner + (len > room ? len - room : 0), (len > room ? room : len) + 1);
}

void pgparams_init(struct pgparams *params, const struct cdc_source_config *config, const char *connector,
                   const char *owner, bool replication, bool writes)
{
    memset(params, 0, sizeof *params);
    set_address(params, config);
    pgparams_application(params->application, sizeof params->application, connector, owner);
    snprintf(params->options, sizeof params->options,
             SETTINGS "-c statement_timeout=%s -c default_transaction_read_only=%s",
             replication ? "0" : "60s", replication || writes ? "off" : "on");
    add(params, "host", params->host);
    add(params, "port", params->port);
    add(params, "dbname", config->database);
    add(params, "user", config->user);
    add(params, "password", config->password);
    add_tls(params, config);
    add(params, "gssencmode", "disable");
    add(params, "application_name", params->application);
    add(params, "client_encoding", "UTF8");
    add(params, "options", params->options);
    add(params, "replication", replication ? "database" : NULL);
    /* a dead peer is noticed within half a minute */
    add(params, "keepalives_idle", "10");
    add(params, "keepalives_interval", "5");
    add(params, "keepalives_count", "3");
    add(params, "tcp_user_timeout", "20000");
}

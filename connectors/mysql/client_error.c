/*
 * Classes of MySQL's and MariaDB's errors: passing, denied, configuration, or a gap. Two tables: by number, and for error 1236
 * (anything that ends a binlog dump) by what its text says. No state; any thread.
 */
#include "client_error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DUMP_ENDED 1236 /* ER_MASTER_FATAL_ERROR_READING_BINLOG */

static const char HINT_RIGHTS[] =
    "check user, password and host; `tributary setup` prints the grants that are needed";
static const char HINT_TWIN[] =
    "each reader of the binlog needs a number of its own: end the other reader, or give this connector another "
    "source.server_id";
static const char HINT_RESNAPSHOT[] =
    "changes between the checkpoint and what the server still has are lost to the stream: take a new snapshot "
    "(on_gap: resnapshot), and keep binlogs longer (binlog_expire_logs_seconds)";

struct number_rule {
    unsigned number;
    enum cdc_err_class class;
    const char *hint;
};

static const struct number_rule number_rules[] = {
    {1044, CDC_ERR_DENIED, HINT_RIGHTS},
    {1045, CDC_ERR_DENIED, HINT_RIGHTS},
    {1130, CDC_ERR_DENIED,
     "the server accepts no connection from this machine: create the account for this host"},
    {1142, CDC_ERR_DENIED, HINT_RIGHTS},
    {1143, CDC_ERR_DENIED, HINT_RIGHTS},
    {1227, CDC_ERR_DENIED, HINT_RIGHTS},
    {1698, CDC_ERR_DENIED, HINT_RIGHTS},
    {3118, CDC_ERR_DENIED, "the account is locked"},
    {4151, CDC_ERR_DENIED, "the account is locked"},
    {1820, CDC_ERR_DENIED, "the account's password has expired"},
    {1862, CDC_ERR_DENIED, "the account's password has expired"},
    {1129, CDC_ERR_CONFIG,
     "the server blocks this host after too many failed connections: FLUSH HOSTS there"},
    {1049, CDC_ERR_CONFIG, "the database does not exist"},
    {1054, CDC_ERR_CONFIG, "the column does not exist"},
    {1064, CDC_ERR_CONFIG, "this server does not know the statement"},
    {1146, CDC_ERR_CONFIG, "the table does not exist"},
    {1193, CDC_ERR_CONFIG, "this server does not know the variable"},
    {1251, CDC_ERR_CONFIG, "the account uses an authentication method that the client library does not know"},
    {2059, CDC_ERR_CONFIG, "the account uses an authentication method whose client plugin is not installed"},
    {2061, CDC_ERR_CONFIG, "this authentication method needs an encrypted connection: source.tls"},
    {3159, CDC_ERR_CONFIG, "the server accepts encrypted connections only: source.tls"},
    {4052, CDC_ERR_CONFIG, HINT_TWIN},
};

struct text_rule {
    const char *part;
    enum cdc_err_class class;
    const char *hint;
};

/* In this order: the first whose part is in the text. */
static const struct text_rule dump_rules[] = {
    {"same server_uuid", CDC_ERR_CONFIG, HINT_TWIN},
    {"same server_id", CDC_ERR_CONFIG, HINT_TWIN},
    {"server_id was not set", CDC_ERR_CONFIG, "set server_id on the database server"},
    {"server id was not set", CDC_ERR_CONFIG, "set server_id on the database server"},
    {"Binary log is not open", CDC_ERR_CONFIG,
     "switch the binlog on (log_bin) and restart the database server"},
    {"GTID_MODE", CDC_ERR_CONFIG, "the server's gtid_mode does not fit a start by GTID"},
    {"max_allowed_packet", CDC_ERR_CONFIG, "raise max_allowed_packet on the database server"},
    {"did not pass crc", CDC_ERR_GAP, "the server's binlog is damaged: take a new snapshot"},
    {"bogus data", CDC_ERR_GAP, "the server's binlog is damaged: take a new snapshot"},
    {"truncated in the middle", CDC_ERR_GAP, "the server's binlog is damaged: take a new snapshot"},
    {"memory allocation failed", CDC_ERR_RETRY, ""},
    {"checksum", CDC_ERR_CONFIG, "the server's binlog_checksum was changed to a kind that is not known here"},
    {"purged", CDC_ERR_GAP, HINT_RESNAPSHOT},
    {"Could not find", CDC_ERR_GAP, HINT_RESNAPSHOT},
    {"impossible position", CDC_ERR_GAP, "the binlog is not the one of the checkpoint: take a new snapshot"},
    {"position > file size", CDC_ERR_GAP, "the binlog is not the one of the checkpoint: take a new snapshot"},
    {"not in the master's binlog", CDC_ERR_GAP,
     "the server's history is not the one of the checkpoint (RESET, restored backup, other server): take a new snapshot"},
    {"more GTIDs", CDC_ERR_GAP,
     "the server's history is not the one of the checkpoint (RESET, restored backup, other server): take a new snapshot"},
};

static const char HINT_TLS[] =
    "the server's certificate must be valid for source.host and signed by an authority in source.tls_ca";

/* Oracle's library ends there by itself; with Connector/C the client finds out (client.c). */
static const char HINT_NO_TLS[] =
    "the server offers no encryption: set up TLS there, or accept clear text with source.tls: disable";

static int set(struct cdc_err *err, enum cdc_err_class class, const char *hint, unsigned number,
               const char *text, const char *doing)
{
    cdc_err_set(err, class, "%s: %s (error %u)", doing, text, number);
    return hint[0] ? cdc_err_hint(err, "%s", hint) : -1;
}

static int set_dump_ended(struct cdc_err *err, const char *text, const char *doing)
{
    for (size_t i = 0; i < sizeof dump_rules / sizeof *dump_rules; i++)
        if (strstr(text, dump_rules[i].part))
            return set(err, dump_rules[i].class, dump_rules[i].hint, DUMP_ENDED, text, doing);
    return set(err, CDC_ERR_GAP, "the server cannot go on from the checkpoint: take a new snapshot",
               DUMP_ENDED, text, doing);
}

int my_client_error_set(struct cdc_err *err, unsigned number, const char *text, const char *doing)
{
    if (number == DUMP_ENDED)
        return set_dump_ended(err, text, doing);
    if (number == 2026 && strstr(text, "SSL is required"))
        return set(err, CDC_ERR_CONFIG, HINT_NO_TLS, number, text, doing);
    if (number == 2026 && (strstr(text, "certificate") || strstr(text, "erif") || strstr(text, "self")))
        return set(err, CDC_ERR_CONFIG, HINT_TLS, number, text, doing);
    for (size_t i = 0; i < sizeof number_rules / sizeof *number_rules; i++)
        if (number_rules[i].number == number)
            return set(err, number_rules[i].class, number_rules[i].hint, number, text, doing);
    return set(err, CDC_ERR_RETRY, "", number, text, doing);
}

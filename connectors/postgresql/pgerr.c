/*
 * From SQLSTATE codes and libpq's texts to error classes with a remedy. No state; any thread. The codes are those of
 * PostgreSQL's documentation, appendix A; the first row that fits a code wins.
 */
#include "postgresql/pgerr.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *prefix; /* of the SQLSTATE */
    enum cdc_err_class class;
    const char *hint;
} states[] = {
    {"28P01", CDC_ERR_DENIED, "correct source.user and source.password; `tributary setup` prints the role"},
    {"28", CDC_ERR_DENIED,
     "the role must exist and have LOGIN (`tributary setup` prints the statements for an administrator), and pg_hba.conf "
     "must allow this user, database and host (logical replication counts as the database, not as `replication`)"},
    {"3D000", CDC_ERR_CONFIG, "correct source.database, or create the database"},
    {"42501", CDC_ERR_DENIED, "`tributary setup` prints the rights that the role needs"},
    {"55006", CDC_ERR_RETRY, ""},
    {"53300", CDC_ERR_RETRY,
     "raise max_connections and max_wal_senders, or end sessions that are not needed"},
    {"53400", CDC_ERR_CONFIG, "raise max_replication_slots, or drop slots that nobody uses"},
    {"42704", CDC_ERR_CONFIG, "`tributary setup` prints what is missing"},
    {"42P01", CDC_ERR_CONFIG, "correct the table's name in the configuration, or create the table"},
    {"42703", CDC_ERR_CONFIG, "correct the column's name in the configuration"},
    {"42601", CDC_ERR_FATAL, "the server did not understand a command of ours: please report this"},
    {"0A000", CDC_ERR_CONFIG, ""},
};

/* libpq's own words, where there is no SQLSTATE. */
static const struct {
    const char *part;
    enum cdc_err_class class;
    const char *hint;
} texts[] = {
    {"no password supplied", CDC_ERR_DENIED, "set source.password"},
    {"does not support SSL", CDC_ERR_CONFIG,
     "switch TLS on in the server (ssl = on), or set source.tls: disable"},
    {"root certificate file", CDC_ERR_CONFIG,
     "set source.tls_ca to the file with the authority's certificate"},
    {"certificate verify failed", CDC_ERR_CONFIG,
     "set source.tls_ca to the file with the certificate of the authority that signed the server's"},
    {"does not match host name", CDC_ERR_CONFIG,
     "use the host name in the server's certificate, or source.tls: verify-ca"},
    {"could not translate host name", CDC_ERR_RETRY, "correct source.host, or mend the name service"},
    {"No such file or directory", CDC_ERR_RETRY,
     "is the server running, and is this its socket folder and port?"},
    {"Connection refused", CDC_ERR_RETRY, "is the server running and listening on this address and port?"},
};

static void one_line(char *out, size_t size, const char *text)
{
    size_t n = 0;

    for (; *text && n + 1 < size; text++) {
        bool space = isspace((unsigned char)*text);
        if (space && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = space ? ' ' : *text;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static int set_from_text(struct cdc_err *err, const char *line)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(line, texts[i].part)) {
            cdc_err_set(err, texts[i].class, "%s", line);
            return cdc_err_hint(err, "%s", texts[i].hint);
        }
    return cdc_err_set(err, CDC_ERR_RETRY, "%s", line[0] ? line : "the connection was lost");
}

/* `replication slot "x" is active for PID 123`: whoever that is must let go first. */
static void hint_in_use(struct cdc_err *err, const char *line)
{
    const char *pid = strstr(line, "PID ");

    if (pid)
        cdc_err_hint(
            err, "stop the other reader of the slot, or end its session: SELECT pg_terminate_backend(%.*s)",
            (int)strspn(pid + 4, "0123456789"), pid + 4);
    else
        cdc_err_hint(err, "another session uses it: see pg_replication_slots.active_pid");
}

int pgerr_set(struct cdc_err *err, const char *sqlstate, const char *message)
{
    char line[480];

    one_line(line, sizeof line, message ? message : "");
    if (!sqlstate || !sqlstate[0])
        return set_from_text(err, line);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strncmp(sqlstate, states[i].prefix, strlen(states[i].prefix)))
            continue;
        cdc_err_set(err, states[i].class, "%s", line);
        cdc_err_hint(err, "%s", states[i].hint);
        if (!strcmp(sqlstate, "55006"))
            hint_in_use(err, line);
        return -1;
    }
    return cdc_err_set(err, CDC_ERR_RETRY, "%s (SQLSTATE %.5s)", line, sqlstate);
}

/* Where "SEVERITY:  XXXXX: " begins its code; NULL if the text has none. */
static const char *find_state(const char *text)
{
    for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
        const char *code = at + 3;
        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':' && code[6] == ' ')
            return code;
    }
    return NULL;
}

int pgerr_set_connection(struct cdc_err *err, const char *text)
{
    const char *code = find_state(text);
    char state[6] = "", message[480];
    size_t n;

    if (!code)
        return pgerr_set(err, NULL, text);
    memcpy(state, code, 5);
    n = strcspn(code + 7, "\n");
    snprintf(message, sizeof message, "%.*s", (int)(n < sizeof message ? n : sizeof message - 1), code + 7);
    return pgerr_set(err, state, message);
}

int pgerr_set_stream(struct cdc_err *err, const char *sqlstate, const char *message)
{
    pgerr_set(err, sqlstate, message);
    if (!sqlstate)
        return -1;
    if (!strcmp(sqlstate, "58P01")) {
        err->class = CDC_ERR_GAP;
        cdc_err_hint(err, "the log that the slot needs is gone: drop the slot and load the tables anew");
    } else if (!strcmp(sqlstate, "42704")) {
        cdc_err_hint(
            err, "a publication must be older than the slot that reads it: if it exists now, drop the slot, "
                 "and begin anew without what it would have sent: `tributary checkpoint CONFIG reset --yes`");
    }
    return -1;
}

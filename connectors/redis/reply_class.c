/*
 * Error replies of Redis (reply_class.h), as one table: the first word of the reply decides. What is not in the table is
 * fatal: nothing is ever skipped to get on. No state.
 */
#include "redis/reply_class.h"

static const struct {
    const char *code;
    const char *word; /* for metrics */
    enum cdc_err_class class;
    const char *hint;
} replies[] = {
    /* passing */
    {"LOADING", "loading", CDC_ERR_RETRY, "Redis is reading its data set; it will be ready soon"},
    {"READONLY", "readonly", CDC_ERR_RETRY, "this Redis is a replica now: connect to the master (redis.url)"},
    {"MASTERDOWN", "masterdown", CDC_ERR_RETRY,
     "this replica has lost its master: connect to the master (redis.url)"},
    {"CLUSTERDOWN", "clusterdown", CDC_ERR_RETRY, "the cluster does not serve all slots: see CLUSTER INFO"},
    {"TRYAGAIN", "tryagain", CDC_ERR_RETRY, "slots are being moved"},
    {"BUSY", "busy", CDC_ERR_RETRY, "another script runs too long: see FUNCTION STATS, SCRIPT KILL"},
    {"UNKILLABLE", "unkillable", CDC_ERR_RETRY, "another script runs too long and has written already"},
    {"OOM", "oom", CDC_ERR_RETRY, "Redis is full: raise maxmemory, or lower redis.stream.max_len or max_age"},
    {"MISCONF", "misconf", CDC_ERR_RETRY,
     "Redis cannot save its data to disk and refuses writes: see its log, and free disk space"},
    {"NOREPLICAS", "noreplicas", CDC_ERR_RETRY,
     "Redis wants more replicas (min-replicas-to-write) than are connected"},
    {"FORGOTTEN", "forgotten", CDC_ERR_RETRY,
     "Redis lost data (a restart, a failover, FLUSHALL): the agent goes on from what is left, as far as the source can replay"},
    {"NOAGENT", CDC_ERR_RETRY, "start it, and ask again: `systemctl start tributary@CONNECTOR`"},
    {"TOOMANY", CDC_ERR_RETRY, "the agent takes them every second: ask again in a moment"},
    /* another agent */
    {"FENCED", "fenced", CDC_ERR_FENCED, "another agent runs this connector now; see `tributary status`"},
    /* rights */
    {"NOAUTH", "noauth", CDC_ERR_DENIED, "set redis.user and redis.password"},
    {"WRONGPASS", "wrongpass", CDC_ERR_DENIED,
     "check redis.user and redis.password; `tributary setup` prints the ACL line"},
    {"NOPERM", "noperm", CDC_ERR_DENIED, "give the user the rights that `tributary setup` prints"},
    /* states that need somebody */
    {"WRONGTYPE", "wrongtype", CDC_ERR_FATAL,
     "somebody else uses that key for something else: remove or rename it, or set another redis.prefix"},
    {"CROSSSLOT", "crossslot", CDC_ERR_FATAL, "a cluster needs redis.cluster, not redis.url"},
    {"MOVED", "moved", CDC_ERR_FATAL, "a cluster needs redis.cluster, not redis.url"},
    {"NOSCRIPT", "noscript", CDC_ERR_FATAL, ""},
    {"OUTOFORDER", "outoforder", CDC_ERR_FATAL,
     "the store and the agent disagree about what was applied: restart the agent"},
    {"BEGUN", "begun", CDC_ERR_FATAL, "see `tributary checkpoint show`"},
    {"GAP", "gap", CDC_ERR_GAP,
     "restore Redis, or begin anew at the slot, without what is missing: `tributary checkpoint CONFIG reset --yes`"},
    {"BROKEN", "broken", CDC_ERR_FATAL,
     "compare with `tributary verify`, then HDEL the field `broken` of the connector's checkpoint"},
    {"ERR max number of clients", "max_clients", CDC_ERR_RETRY, "raise maxclients of Redis"},
    {"UNBLOCKED", "unblocked", CDC_ERR_RETRY, "Redis was demoted to a replica"},
    {"ERR", NULL, CDC_ERR_FATAL, ""},
};

static bool begins(struct cdc_slice text, const char *with)
{
    size_t n = strlen(with);

    return text.len >= n && memcmp(text.ptr, with, n) == 0;
}

/* Where `part` begins in `text`; text.len if it is not in it. */
static size_t find(struct cdc_slice text, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= text.len; i++) {
        if (memcmp(text.ptr + i, part, n) == 0)
            return i;
    }
    return text.len;
}

/* Redis quotes arguments in some errors; they may be secrets or row values. */
static struct cdc_slice without_arguments(struct cdc_slice text)
{
    return cdc_slice(text.ptr, find(text, ", with args beginning with"));
}

/* When a function's user lacks a right, Redis does not say NOPERM; 7.0 says it in other words than later versions. */
static struct cdc_slice code_of(struct cdc_slice text)
{
    static const char *const denials[] = {"The user executing the script can't", "ACL failure in script"};
    size_t start = begins(text, "ERR ") ? 4 : 0;
    struct cdc_slice rest = cdc_slice(text.ptr + start, text.len - start);

    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++) {
        if (begins(rest, denials[i]))
            return cdc_slice_str("NOPERM");
    }
    return text;
}

static bool has_code(struct cdc_slice text, const char *code)
{
    size_t n = strlen(code);

    return begins(text, code) && (text.len == n || text.ptr[n] == ' ');
}

int redis_reply_class(struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice shown = without_arguments(text), code = code_of(text);

    if (shown.len > 400)
        shown.len = 400;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        if (!has_code(code, replies[i].code))
            continue;
        cdc_err_set(err, replies[i].class, "Redis answered: %.*s", CDC_ARG(shown));
        if (err)
            err->word = replies[i].word;
        return cdc_err_hint(err, "%s", replies[i].hint);
    }
    return cdc_err_set(err, CDC_ERR_FATAL, "Redis answered: %.*s", CDC_ARG(shown));
}

/*
 * Error replies of Redis (reply_class.h), as one table: the first word of the reply decides. What is not in the table is
 * fatal: nothing is ever skipped to get on. No state.
 */
#include "redis/reply_class.h"

static const struct {
    const char *code;
    enum cdc_err_class class;
    const char *hint;
} replies[] = {
    /* passing */
    {"LOADING", CDC_ERR_RETRY, "Redis is reading its data set; it will be ready soon"},
    {"READONLY", CDC_ERR_RETRY, "this Redis is a replica now: connect to the master (redis.url)"},
    {"MASTERDOWN", CDC_ERR_RETRY, "this replica has lost its master: connect to the master (redis.url)"},
    {"CLUSTERDOWN", CDC_ERR_RETRY, "the cluster does not serve all slots: see CLUSTER INFO"},
    {"TRYAGAIN", CDC_ERR_RETRY, "slots are being moved"},
    {"BUSY", CDC_ERR_RETRY, "another script runs too long: see FUNCTION STATS, SCRIPT KILL"},
    {"UNKILLABLE", CDC_ERR_RETRY, "another script runs too long and has written already"},
    {"OOM", CDC_ERR_RETRY, "Redis is full: raise maxmemory, or lower redis.stream.max_len or max_age"},
    {"MISCONF", CDC_ERR_RETRY,
     "Redis cannot save its data to disk and refuses writes: see its log, and free disk space"},
    {"NOREPLICAS", CDC_ERR_RETRY, "Redis wants more replicas (min-replicas-to-write) than are connected"},
    {"FORGOTTEN", CDC_ERR_RETRY,
     "Redis lost data (a restart, a failover, FLUSHALL): the agent goes on from what is left, as far as the source can replay"},
    {"NOAGENT", CDC_ERR_RETRY, "start it, and ask again: `systemctl start tributary@CONNECTOR`"},
    {"TOOMANY", CDC_ERR_RETRY, "the agent takes them every second: ask again in a moment"},
    /* another agent */
    {"FENCED", CDC_ERR_FENCED, "another agent runs this connector now; see `tributary status`"},
    /* rights */
    {"NOAUTH", CDC_ERR_DENIED, "set redis.user and redis.password"},
    {"WRONGPASS", CDC_ERR_DENIED,
     "check redis.user and redis.password; `tributary setup` prints the ACL line"},
    {"NOPERM", CDC_ERR_DENIED, "give the user the rights that `tributary setup` prints"},
    /* states that need somebody */
    {"WRONGTYPE", CDC_ERR_FATAL,
     "somebody else uses that key for something else: remove or rename it, or set another redis.prefix"},
    {"CROSSSLOT", CDC_ERR_FATAL, "a cluster needs redis.cluster, not redis.url"},
    {"MOVED", CDC_ERR_FATAL, "a cluster needs redis.cluster, not redis.url"},
    {"NOSCRIPT", CDC_ERR_FATAL, ""},
    {"OUTOFORDER", CDC_ERR_FATAL,
     "the store and the agent disagree about what was applied: restart the agent"},
    {"BEGUN", CDC_ERR_FATAL, "see `tributary checkpoint show`"},
    {"GAP", CDC_ERR_GAP,
     "restore Redis, or begin anew at the slot, without what is missing: `tributary checkpoint CONFIG reset --yes`"},
    {"BROKEN", CDC_ERR_FATAL,
     "compare with `tributary verify`, then HDEL the field `broken` of the connector's checkpoint"},
    {"ERR max number of clients", CDC_ERR_RETRY, "raise maxclients of Redis"},
    {"UNBLOCKED", CDC_ERR_RETRY, "Redis was demoted to a replica"},
    {"ERR", CDC_ERR_FATAL, ""},
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
            err->word = replies[i].code;
        return cdc_err_hint(err, "%s", replies[i].hint);
    }
    return cdc_err_set(err, CDC_ERR_FATAL, "Redis answered: %.*s", CDC_ARG(shown));
}

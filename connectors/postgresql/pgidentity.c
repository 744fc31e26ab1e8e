/*
 * Identities (pgidentity.h): "system=…;timeline=…;database=…;slot=…", as checkpoints hold them. Made when the source connects, compared
 * when it starts; owned by the source thread. Pure, but for a word in the log about a new timeline.
 */
#include "postgresql/pgidentity.h"

#include "cdc/log.h"

#include <string.h>

/* A value of the identity: what would end it is encoded. */
static void put_part(struct cdc_buf *out, const char *name, const char *value)
{
    cdc_buf_printf(out, "%s%s=", out->len ? ";" : "", name);
    for (; *value; value++) {
        if (*value == ';' || *value == '%')
            cdc_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*value);
        else
            cdc_buf_putc(out, *value);
    }
}

void pgidentity_print(struct cdc_buf *out, const char *system, const char *timeline, const char *database,
                      const char *slot)
{
    cdc_buf_reset(out);
    put_part(out, "system", system);
    put_part(out, "timeline", timeline);
    put_part(out, "database", database);
    put_part(out, "slot", slot);
}

/* "name=value" of an identity, without the name. */
static struct cdc_slice find_part(struct cdc_slice identity, const char *name)
{
    size_t len = strlen(name);
    const char *at = identity.ptr, *end = identity.ptr + identity.len;

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        if (!stop)
            stop = end;
        if ((size_t)(stop - at) > len && !memcmp(at, name, len) && at[len] == '=')
            return cdc_slice(at + len + 1, (size_t)(stop - at) - len - 1);
        at = stop + 1;
    }
    return cdc_slice(NULL, 0);
}

int pgidentity_compare(struct cdc_slice now, struct cdc_slice before, struct cdc_err *err)
{
    static const char *const parts[] = {"system", "database", "slot"};
    struct cdc_slice was;

    if (before.len == 0)
        return 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        was = find_part(before, parts[i]);
        if (cdc_slice_eq(was, find_part(now, parts[i])))
            continue;
        cdc_err_set(err, CDC_ERR_GAP,
                    "the checkpoint is of another source: its %s is %.*s, this one's is %.*s", parts[i],
                    CDC_ARG(was), CDC_ARG(find_part(now, parts[i])));
        return cdc_err_hint(
            err, "connect to the server of before, or begin anew with this one: `tributary checkpoint CONFIG "
                 "reset --yes`");
    }
    was = find_part(before, "timeline");
    if (!cdc_slice_eq(was, find_part(now, "timeline")))
        cdc_log(CDC_LOG_NOTICE,
                "the server's timeline is %.*s, it was %.*s: it has been promoted or restored since",
                CDC_ARG(find_part(now, "timeline")), CDC_ARG(was));
    return 0;
}

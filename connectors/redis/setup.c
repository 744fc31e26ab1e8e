/*
 * `tributary setup` for Redis: the ACL lines for the agent and for those who read, least privilege, with a place for the
 * passwords. They are those of conf/redis.acl, which is part of the program, with the configuration's user and prefix. Pure. What
 * the writer may do is what client.c, server.c, apply.c, sweep.c, tend.c and functions/ call, and nothing else; the integration
 * tests load that file and run under it.
 */
#include "redis/sink.h"

#define WRITER "tributary-writer"
#define PREFIX "~cdc:" /* how the file begins a pattern of keys */
#define USER   "user " /* and a line … */
#define ON     " reset on "

extern const unsigned char embedded_redis_acl[];

static const char *const meant_for[] = {
    "the agent: everything under its prefix, and only the commands that it calls",
    "those who read: states, events, customers (FCALL_RO) and divergences, no list of keys; consumer groups "
    "may acknowledge",
};

/* Rights up to `end`, with each pattern of keys under the configured prefix. */
static void put_rights(struct cdc_buf *script, const char *rights, const char *end, const char *prefix)
{
    const char *found;

    while ((found = strstr(rights, PREFIX)) != NULL && found < end) {
        cdc_buf_put(script, rights, (size_t)(found - rights));
        cdc_buf_printf(script, "~%s:", prefix);
        rights = found + strlen(PREFIX);
    }
    cdc_buf_put(script, rights, (size_t)(end - rights));
}

/* A line "user NAME reset on RIGHTS" as a command. */
static void put_user(const struct cdc_sink *sink, const char *line, const char *end, struct cdc_buf *script)
{
    const struct cdc_redis_config *config = sink->config;
    const char *name = line + strlen(USER), *rights = strstr(line, ON);
    struct cdc_slice user = {name, (size_t)(rights - name)};
    bool writes = cdc_slice_is(user, WRITER);

    if (writes && config->user)
        user = cdc_slice_str(config->user);
    cdc_buf_printf(script, "ACL SETUSER %.*s%s>PASSWORD ", CDC_ARG(user), ON);
    put_rights(script, rights + strlen(ON), end, config->prefix);
    cdc_buf_puts(script, writes && config->durability == CDC_DURABILITY_AOF ? " +waitaof\n" : "\n");
}

int redis_setup_script(struct cdc_sink *sink, struct cdc_buf *script, struct cdc_err *err)
{
    const char *at = (const char *)embedded_redis_acl, *end;

    for (size_t i = 0; i < sizeof meant_for / sizeof *meant_for && (end = strchr(at, '\n')); i++) {
        cdc_buf_printf(script, "# %s\n", meant_for[i]);
        put_user(sink, at, end, script);
        at = end + 1;
    }
    cdc_buf_puts(script, "# keep them over a restart: ACL SAVE with an aclfile, else CONFIG REWRITE\n");
    return script->failed ? cdc_err_memory(err) : 0;
}

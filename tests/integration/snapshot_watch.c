/* See snapshot_watch.h. */
#include "integration/snapshot_watch.h"

#include "lib/fail.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

enum { AWAIT_MS = 900000 };

unsigned snapshot_rows(unsigned otherwise)
{
    return snapshot_number("SNAPSHOT_ROWS", otherwise);
}

unsigned snapshot_number(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static bool find_progress(const struct snapshot_watch *w, const char *table, struct progress *out)
{
    char field[200];
    const char *text;

    snprintf(field, sizeof field, PROGRESS_PREFIX "%s", table);
    text = server_redis_hget(w->redis, w->checkpoint, field);
    *out = (struct progress){0};
    return text && progress_parse(out, cdc_slice_str(text)) == 0;
}

struct progress snapshot_watch_progress(const struct snapshot_watch *w, const char *table)
{
    struct progress p;

    if (!find_progress(w, table, &p))
        fail("table %s has no progress", table);
    return p;
}

struct awaited {
    const struct snapshot_watch *watch;
    const char *table;
    enum progress_state state;
    uint64_t rows; /* 0: the state */
};

static bool is_there(void *ctx)
{
    struct awaited *a = ctx;
    struct progress p;
    bool there = find_progress(a->watch, a->table, &p);

    if (a->watch->agent->pid && !agent_runs(a->watch->agent))
        fail("the agent ended\n%s", agent_log(a->watch->agent));
    if (there && p.state == PROGRESS_FAILED && a->state != PROGRESS_FAILED)
        fail("table %s: %s", a->table, p.why);
    there = there && (a->rows ? p.rows >= a->rows || p.state == PROGRESS_DONE : p.state == a->state);
    progress_fini(&p);
    return there;
}

void snapshot_watch_state(const struct snapshot_watch *w, const char *table, enum progress_state state)
{
    struct awaited a = {w, table, state, 0};

    wait_until(progress_state_name(state), is_there, &a, AWAIT_MS);
}

void snapshot_watch_rows(const struct snapshot_watch *w, const char *table, unsigned rows)
{
    struct awaited a = {w, table, PROGRESS_RUNNING, rows};

    wait_until("so many rows are loaded", is_there, &a, AWAIT_MS);
}

static bool has_not_failed(void *ctx)
{
    struct awaited *a = ctx;
    struct progress p = snapshot_watch_progress(a->watch, a->table);
    bool failed = p.state == PROGRESS_FAILED;

    progress_fini(&p);
    return !failed;
}

void snapshot_watch_again(const struct snapshot_watch *w, const char *table)
{
    struct awaited a = {w, table, PROGRESS_RUNNING, 0};

    wait_until("it is tried again", has_not_failed, &a, AWAIT_MS);
}

unsigned snapshot_watch_count(const struct snapshot_watch *w, const char *entity)
{
    return (unsigned)server_redis_integer(
        w->redis, "EVAL %s 0 %s",
        "local n, at = 0, '0' repeat local r = redis.call('SCAN', at, 'MATCH', "
        "'cdc:state:{' .. ARGV[1] .. '}:*', 'COUNT', 10000) "
        "at, n = r[1], n + #r[2] until at == '0' return n",
        entity);
}

void snapshot_watch_load_anew(const struct snapshot_watch *w, const char *prefix)
{
    snapshot_watch_command(w, 0, (const char *const[]){"verify", NULL});
    server_redis_do(
        w->redis, "EVAL %s 0 %s",
        "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':state:*')) do redis.call('DEL', key) end",
        prefix);
    snapshot_watch_command(w, 0, (const char *const[]){"snapshot", "start", NULL});
}

void snapshot_watch_command(const struct snapshot_watch *w, int status, const char *const *words)
{
    const char *argv[12] = {words[0], w->agent->config};
    size_t n = 2;
    int is;

    for (size_t i = 1; words[i]; i++)
        argv[n++] = words[i];
    is = agent_command(w->agent, argv);
    cr_assert_eq(is, status, "%s ended with %d\n%s", words[0], is, agent_output(w->agent));
}

/*
 * The ledger: every account's state must equal its row; its events must form a chain in which each begins with what the
 * one before it left; the history must come through row by row. Runs on the test's main thread; failures end the test.
 */
#include "lib/ledger.h"

#include "lib/fail.h"
#include "lib/json.h"
#include "lib/process.h"
#include "lib/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 4, FILL_MS = 180000, LOAD_MS = 120000 };

const char LEDGER_MAPPING[] = "  public.pgbench_accounts:\n"
                              "    entity: loyalty\n"
                              "    key: {programme: {const: bench}, membership_number: aid}\n"
                              "    fields: {points_balance: abalance}\n"
                              "  public.pgbench_history:\n"
                              "    entity: message\n"
                              "    key: {message_id: \"${aid}-${tid}-${bid}-${mtime}\"}\n"
                              "    fields: {campaign: delta}\n";

struct ledger {
    size_t accounts;
    long *balance;  /* by account, as its events tell it */
    char *enrolled; /* by account */
    size_t moves, messages;
    long long sum; /* of the history's deltas, as its events tell it */
    struct stored_position last;
    struct server_rows *rows; /* of the accounts, in order */
};

static pid_t ledger_pgbench(struct scene *scene, const char *const *words)
{
    char *program = server_postgresql_program(scene->pg, "pgbench"),
         *port = text_print("%u", scene->pg->port);
    const char *argv[24] = {program, "-h", scene->pg->host, "-p", port, "-U", "postgres"};
    size_t n = 7;
    pid_t pid;

    while (*words)
        argv[n++] = *words++;
    argv[n] = "cinema";
    pid = process_start(argv, &(struct process_options){.output = scene->agent.output});
    free(program);
    free(port);
    return pid;
}

static void ledger_init_steps(struct scene *scene, const char *steps, unsigned scale)
{
    char *size = text_print("%u", scale);
    int status = process_wait(
        ledger_pgbench(scene, (const char *const[]){"-i", "-q", "-I", steps, "-s", size, NULL}), FILL_MS);

    if (status)
        fail("pgbench -i ended with %d\n%s", status, agent_output(&scene->agent));
    free(size);
}

void ledger_create(struct scene *scene, unsigned scale)
{
    ledger_init_steps(scene, "dt", scale);
}

void ledger_fill(struct scene *scene, unsigned scale)
{
    ledger_init_steps(scene, "g", scale);
    ledger_init_steps(scene, "p", scale);
}

pid_t ledger_load(struct scene *scene, unsigned transactions)
{
    char *clients = text_print("%d", CLIENTS), *each = text_print("%u", transactions / CLIENTS);
    pid_t pid = ledger_pgbench(
        scene, (const char *const[]){"-n", "-M", "prepared", "-c", clients, "-j", "1", "-t", each, NULL});

    free(clients);
    free(each);
    return pid;
}

pid_t ledger_load_steady(struct scene *scene, unsigned per_second)
{
    char *clients = text_print("%d", CLIENTS), *rate = text_print("%u", per_second);
    pid_t pid = ledger_pgbench(scene, (const char *const[]){"-n", "-M", "prepared", "-c", clients, "-j", "1",
                                                            "-T", "1000000", "-R", rate, NULL});

    free(clients);
    free(rate);
    return pid;
}

static long ledger_written(struct scene *scene)
{
    return atol(scene_query(scene, "SELECT count(*) FROM pgbench_history"));
}

struct ledger_goal {
    struct scene *scene;
    long written;
};

static bool ledger_has_written(void *ctx)
{
    const struct ledger_goal *goal = ctx;

    return ledger_written(goal->scene) >= goal->written;
}

pid_t ledger_load_more(struct scene *scene, unsigned per_second, unsigned transactions)
{
    struct ledger_goal goal = {.scene = scene, .written = ledger_written(scene) + transactions};
    pid_t load = ledger_load_steady(scene, per_second);

    wait_until("the load has written", ledger_has_written, &goal, LOAD_MS);
    return load;
}

static bool ledger_is_quiet(void *ctx)
{
    return strcmp(
               scene_query(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'"),
               "0") == 0;
}

void ledger_load_end(struct scene *scene, pid_t load)
{
    process_end(load, SIGKILL, LOAD_MS);
    wait_until("the load has ended", ledger_is_quiet, scene, LOAD_MS);
}

/* The integer of a member like "points_balance":"-5". */
static long ledger_number(const struct stored_record *event, const char *field, const char *name)
{
    const char *object = stored_record_get(event, field);
    char *text = object ? json_member(object, name) : NULL, *end;
    long value;

    if (!text || *text != '"')
        fail("event %s has no %s in its %s: %s", stored_record_get(event, "id"), name, field,
             object ? object : "absent");
    value = strtol(text + 1, &end, 10);
    if (end == text + 1 || *end != '"')
        fail("event %s: %s is %s", stored_record_get(event, "id"), name, text);
    free(text);
    return value;
}

static void ledger_follow(struct ledger *ledger, const struct stored_record *event)
{
    const char *id = stored_record_get(event, "id");
    struct stored_position at = stored_event_position(id, "cinema");

    if (stored_position_compare(&ledger->last, &at) >= 0)
        fail("event %s comes again, or after a later one", id);
    ledger->last = at;
}

static size_t ledger_account(const struct ledger *ledger, const struct stored_record *event)
{
    const char *subject = stored_record_get(event, "subject");
    size_t account = strncmp(subject, "bench:", 6) == 0 ? strtoul(subject + 6, NULL, 10) : 0;

    if (account == 0 || account > ledger->accounts)
        fail("event %s is about %s", stored_record_get(event, "id"), subject);
    return account - 1;
}

/* Of the truncated events there is one: pgbench empties the tables before it fills them. */
static void on_loyalty(void *ctx, const struct stored_record *event)
{
    struct ledger *ledger = ctx;
    const char *type = stored_record_get(event, "type"), *id = stored_record_get(event, "id");
    size_t account;

    ledger_follow(ledger, event);
    if (strcmp(type, "loyalty.truncated") == 0)
        return;
    account = ledger_account(ledger, event);
    if (strcmp(type, "loyalty.enrolled") == 0) {
        if (ledger->enrolled[account]++)
            fail("account %zu is enrolled twice, by %s", account + 1, id);
    } else if (strcmp(type, "loyalty.points_changed") == 0) {
        long before = ledger_number(event, "previous", "points_balance");
        if (before != ledger->balance[account])
            fail("account %zu had %ld before %s, but that says %ld", account + 1, ledger->balance[account],
                 id, before);
        ledger->moves++;
    } else {
        fail("event %s is a %s", id, type);
    }
    ledger->balance[account] = ledger_number(event, "data", "points_balance");
}

static void on_message(void *ctx, const struct stored_record *event)
{
    struct ledger *ledger = ctx;
    const char *type = stored_record_get(event, "type");

    ledger_follow(ledger, event);
    if (strcmp(type, "message.truncated") == 0)
        return;
    if (strcmp(type, "message.created") != 0)
        fail("event %s is a %s", stored_record_get(event, "id"), type);
    ledger->messages++;
    ledger->sum += ledger_number(event, "data", "campaign");
}

static void print_key(size_t i, char *out, size_t cap)
{
    snprintf(out, cap, "cdc:state:{loyalty}:bench:%zu", i + 1);
}

/* One account: row, state and the last event agree. */
static void on_state(void *ctx, size_t i, const struct stored_record *state)
{
    const struct ledger *ledger = ctx;
    const char *row = server_rows_at(ledger->rows, i, 0), *found = stored_record_get(state, "points_balance");

    if (!found || strcmp(found, row) != 0)
        fail("account %zu has %s, its state says %s", i + 1, row, found ? found : "nothing");
    if (ledger->balance[i] != strtol(row, NULL, 10) || ledger->enrolled[i] != 1)
        fail("account %zu has %s, its events end with %ld", i + 1, row, ledger->balance[i]);
}

static void expect_number(struct scene *scene, const char *what, const char *sql, long long found)
{
    const char *should = scene_query(scene, sql);

    if (strtoll(should, NULL, 10) != found)
        fail("%s: %lld, not %s", what, found, should);
}

void ledger_audit(struct scene *scene)
{
    struct ledger ledger = {0};

    ledger.rows =
        server_postgresql_rows(scene->pg, "cinema", "SELECT abalance FROM pgbench_accounts ORDER BY aid");
    ledger.accounts = server_rows_count(ledger.rows);
    ledger.balance = calloc(ledger.accounts, sizeof *ledger.balance);
    ledger.enrolled = calloc(ledger.accounts, sizeof *ledger.enrolled);
    if (!ledger.balance || !ledger.enrolled)
        fail("out of memory");
    stored_stream_each(scene->redis, "cdc:events:{loyalty}", on_loyalty, &ledger);
    stored_hash_each(scene->redis, ledger.accounts, print_key, on_state, &ledger);
    /* a delta of 0 changes nothing and makes no event */
    expect_number(scene, "moves", "SELECT count(*) FROM pgbench_history WHERE delta <> 0",
                  (long long)ledger.moves);
    ledger.last = (struct stored_position){0};
    stored_stream_each(scene->redis, "cdc:events:{message}", on_message, &ledger);
    expect_number(scene, "messages", "SELECT count(*) FROM pgbench_history", (long long)ledger.messages);
    expect_number(scene, "sum of the messages", "SELECT sum(delta) FROM pgbench_history", ledger.sum);
    server_rows_free(ledger.rows);
    free(ledger.balance);
    free(ledger.enrolled);
}

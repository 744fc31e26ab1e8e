/*
 * Snapshots as a property: whatever the database does meanwhile, whatever fails, and whenever transactions become visible, in the end
 * each state is its row, and the stream's events are what they are without a snapshot.
 *
 * TEST_SEED and TEST_TRIALS run others and more.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#include "cdc/log.h"
#include "unit/snapshot_trial.h"

#define SIDE_BY_SIDE 8

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* One trial: makes what happens of the seed, and leaves what is wrong in `fault`. */
typedef void scenario(struct trial *trial, unsigned seed);

struct run {
    scenario *play;
    unsigned seed;
    struct trial trial;
    pthread_t thread;
};

static void *run_main(void *arg)
{
    struct run *run = arg;

    run->play(&run->trial, run->seed);
    trial_free(&run->trial);
    return NULL;
}

/* How many of so many trials go wrong; `fault` is what the first of them says. */
static unsigned play_all(scenario *play, unsigned trials, char fault[500])
{
    unsigned first = from_environment("TEST_SEED", 1), n = from_environment("TEST_TRIALS", trials), wrong = 0;
    struct run *runs = calloc(SIDE_BY_SIDE, sizeof *runs);

    cr_assert_not_null(runs);
    cdc_log_init(getenv("TEST_LOG") ? CDC_LOG_DEBUG : CDC_LOG_ERROR, CDC_LOG_TEXT, "test");
    fault[0] = '\0';
    for (unsigned done = 0; done < n; done += SIDE_BY_SIDE) {
        unsigned now = n - done < SIDE_BY_SIDE ? n - done : SIDE_BY_SIDE;
        for (unsigned i = 0; i < now; i++) {
            runs[i].play = play;
            runs[i].seed = first + done + i;
            cr_assert_eq(pthread_create(&runs[i].thread, NULL, run_main, &runs[i]), 0);
        }
        for (unsigned i = 0; i < now; i++) {
            pthread_join(runs[i].thread, NULL);
            if (runs[i].trial.fault[0] && !wrong++)
                snprintf(fault, 500, "seed %u: %s", runs[i].seed, runs[i].trial.fault);
        }
    }
    free(runs);
    return wrong;
}

static void expect_right(scenario *play, unsigned trials)
{
    char fault[500];
    unsigned wrong = play_all(play, trials, fault);

    cr_assert_eq(wrong, 0, "%u trials went wrong; %s", wrong, fault);
}

static struct trial_params usual(unsigned seed)
{
    return (struct trial_params){
        .world = {.seed = seed,
                  .tables = 3,
                  .rows = 100,
                  .transactions = 500,
                  .most_changes = 4,
                  .most_delay = 30,
                  .truncates = true},
        .clock = 60,
        .chunk_rows = 7,
        .memory_bytes = 256 * 1024,
    };
}

static void finish_and_compare(struct trial *t)
{
    trial_finish(t);
    trial_compare(t);
    trial_compare_events(t);
}

static void first_load(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, a_first_load_beside_the_stream, .timeout = 300)
{
    expect_right(first_load, 2);
}

static void first_load_believing_positions(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.wrong_sees = true;
    trial_new(t, &params);
    finish_and_compare(t);
}

/* The proof that these trials see the race which they are for. */
Test(pipeline_snapshot, a_position_is_not_enough_to_know_what_a_chunk_saw, .timeout = 300)
{
    char fault[500];
    unsigned trials = from_environment("TEST_TRIALS", 8),
             wrong = play_all(first_load_believing_positions, trials, fault);

    cr_assert_gt(wrong, trials / 2, "only %u of %u went wrong", wrong, trials);
}

static void disturb(struct trial_params *params)
{
    params->mishaps = 30;
    params->fail_one_in = 200;
    params->go_back_one_in = 3;
    params->stop_one_in = 40;
    params->ask_one_in = 40;
}

static void disturbed_load(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    disturb(&params);
    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, a_first_load_that_everything_disturbs, .timeout = 300)
{
    expect_right(disturbed_load, 2);
}

/* Updates that give rows other ids and leave columns out. */
static void rows_that_move(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.world.moves = true;
    params.world.key_one_in = 6;
    params.world.rows = 400;
    params.world.transactions = 1000;
    params.chunk_rows = 10;
    params.pace = 8;
    if (seed % 2)
        disturb(&params);
    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, rows_that_move_while_they_are_read, .timeout = 300)
{
    expect_right(rows_that_move, 2);
}

/* More is touched than is remembered: chunks are read again until they are in time. */
static void overflow(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.memory_bytes = 8 * 1024; /* 32 keys */
    params.world.large_one_in = 10;
    params.world.transactions = 400;
    disturb(&params);
    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, more_is_touched_than_fits, .timeout = 300)
{
    expect_right(overflow, 2);
}

/* ---- states that are wrong ---- */

#define PLANTED       12 /* of each kind in each table */
#define EXTRA(i)      (WORLD_FREE + (i))
#define PLANTED_ID(i) (((i) + 1) * WORLD_QUIET)

/* Codes of rows that nobody touches are their ids. Those of kind 0 have no state. */
static bool is_mapped(const struct trial *t, unsigned table, unsigned id)
{
    const struct world_row *row = world_row(&t->world, table, id, t->world.clock);

    return row && row->v[WORLD_KIND];
}

static void plant(struct trial *t)
{
    for (unsigned table = 0; table < t->params.world.tables; table++)
        for (unsigned i = 0; i < PLANTED; i++) {
            struct trial_state state = {true, {1, 2, 3}};
            trial_plant(t, table, EXTRA(i), &state);
            state = t->now.states[table][PLANTED_ID(i)];
            state.exists = state.exists && i % 2;
            state.v[i % TRIAL_FIELDS] += 5000;
            trial_plant(t, table, PLANTED_ID(i), &state);
        }
}

/* In a run, or in all that there were (0). */
static unsigned count(const struct trial_notes *notes, unsigned run, char what, unsigned table, unsigned code)
{
    unsigned n = 0;

    for (unsigned i = 0; i < notes->n; i++) {
        const struct trial_note *note = &notes->all[i];
        n += note->what == what && note->table == table && note->code == code && (!run || note->run == run);
    }
    return n;
}

/* What was planted is found, and nothing else. An extra state that is looked at again, after a failure, is noted again. */
static void expect_findings(struct trial *t, unsigned run)
{
    unsigned wanted = 0, found = 0;

    for (unsigned table = 0; table < t->params.world.tables; table++)
        for (unsigned i = 0; i < PLANTED; i++) {
            char what = i % 2 ? TRIAL_DIFFERENT : TRIAL_MISSING;
            unsigned extra = count(&t->findings, run, TRIAL_EXTRA, table, EXTRA(i)), other;
            other = count(&t->findings, run, what, table, PLANTED_ID(i));
            wanted += 1 + is_mapped(t, table, PLANTED_ID(i));
            found += (extra > 0) + other;
            if (!extra)
                trial_fault(t, "table %u: extra state %u is not found", table, EXTRA(i));
            if (other != is_mapped(t, table, PLANTED_ID(i)))
                trial_fault(t, "table %u: wrong state %u is found %u times", table, PLANTED_ID(i), other);
        }
    for (unsigned i = 0; i < t->now.nfindings; i++) {
        const struct trial_note *note = &t->findings.all[i];
        if (note->code < WORLD_FREE && (note->code % WORLD_QUIET || note->code > PLANTED_ID(PLANTED - 1)))
            trial_fault(t, "table %u: state %u is not wrong (%c)", note->table, note->code, note->what);
    }
    if (wanted != found)
        trial_fault(t, "%u findings instead of %u", found, wanted);
}

/* Loads in peace; then states are spoilt, and the job that is to find or mend them is disturbed. */
static void spoil(struct trial *t, struct trial_params *params, const char *job)
{
    params->world.truncates = false;
    trial_new(t, params);
    trial_load(t);
    plant(t);
    disturb(&t->params);
    trial_want(t, job);
}

static void verify(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    spoil(t, &params, "verify");
    trial_finish(t);
    expect_findings(t, trial_run(cdc_slice_str(t->run)));
    trial_compare_events(t);
}

Test(pipeline_snapshot, a_verification_finds_what_is_wrong_and_nothing_else, .timeout = 300)
{
    expect_right(verify, 2);
}

/* Each run that is begun finds all of it, whatever the one before it was about to do. */
static void verify_again_and_again(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    spoil(t, &params, "verify");
    t->params.ask_all = true;
    t->params.fail_one_in = t->params.stop_one_in = 0; /* all mishaps are of this kind */
    t->params.ask_one_in = 25;
    trial_finish(t);
    expect_findings(t, trial_run(cdc_slice_str(t->run)));
}

Test(pipeline_snapshot, a_verification_that_is_begun_anew, .timeout = 300)
{
    expect_right(verify_again_and_again, 2);
}

static void repair(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    spoil(t, &params, "repair");
    finish_and_compare(t);
    expect_findings(t, 0);
}

Test(pipeline_snapshot, a_repair_notes_and_mends, .timeout = 300)
{
    expect_right(repair, 2);
}

static void expect_one_event_for_each_extra(struct trial *t)
{
    for (unsigned table = 0; table < t->params.world.tables; table++)
        for (unsigned i = 0; i < PLANTED; i++)
            if (count(&t->vanished, 0, TRIAL_EXTRA, table, EXTRA(i)) != 1)
                trial_fault(t, "table %u: extra state %u vanishes without an event, or with several", table,
                            EXTRA(i));
    if (t->now.nvanished != t->params.world.tables * PLANTED)
        trial_fault(t, "%u states vanished", t->now.nvanished);
}

static void reload(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    spoil(t, &params, "reload");
    finish_and_compare(t);
    expect_one_event_for_each_extra(t);
    if (t->now.nfindings)
        trial_fault(t, "loading anew notes findings");
}

Test(pipeline_snapshot, loading_anew_mends_and_tells_of_what_is_gone, .timeout = 300)
{
    expect_right(reload, 2);
}

/* The catalogue says that there are more keys than can be remembered. */
static void reload_in_parts(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.estimate = 10000;
    params.memory_bytes = 64 * 1024;
    spoil(t, &params, "reload");
    finish_and_compare(t);
    expect_one_event_for_each_extra(t);
}

Test(pipeline_snapshot, keys_in_several_parts, .timeout = 300)
{
    expect_right(reload_in_parts, 2);
}

/* Where little is wrong, little has to be looked at again, however many keys there are: the table is read twice, or only once. */
static void verify_many(struct trial *t, unsigned seed, bool wrong)
{
    struct trial_params params = usual(seed);
    unsigned read;

    params.world.rows = 3000;
    params.world.tables = 1;
    params.world.truncates = false;
    params.world.transactions = params.clock = 10;
    params.world.most_delay = 0;
    params.scan_once = true;
    params.memory_bytes = 64 * 1024;
    params.estimate = 30000;
    params.chunk_rows = 500;
    trial_new(t, &params);
    trial_load(t);
    if (wrong)
        plant(t);
    t->rows_read[0] = 0;
    trial_want(t, "verify");
    trial_finish(t);
    read = (t->rows_read[0] + 500) / 3000;
    if (wrong)
        expect_findings(t, trial_run(cdc_slice_str(t->run)));
    if (t->now.nfindings && !wrong)
        trial_fault(t, "%u findings where nothing is wrong", t->now.nfindings);
    if (read != 1u + wrong)
        trial_fault(t, "%u rows were read", t->rows_read[0]);
}

static void verify_many_in_order(struct trial *t, unsigned seed)
{
    verify_many(t, seed, false);
}

static void verify_many_with_errors(struct trial *t, unsigned seed)
{
    verify_many(t, seed, true);
}

Test(pipeline_snapshot, very_many_keys_in_order, .timeout = 300)
{
    expect_right(verify_many_in_order, 2);
}

Test(pipeline_snapshot, very_many_keys_with_errors, .timeout = 300)
{
    expect_right(verify_many_with_errors, 2);
}

/* The catalogue was wrong: they do not fit. */
static void verify_more_than_fits(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.world.rows = 3950;
    params.world.transactions = 200;
    params.world.tables = 1;
    params.estimate = 10;
    params.memory_bytes = 500 * 1024; /* the smallest set of keys */
    params.chunk_rows = 1000;
    spoil(t, &params, "verify");
    trial_finish(t);
    expect_findings(t, trial_run(cdc_slice_str(t->run)));
}

Test(pipeline_snapshot, more_keys_than_the_catalogue_says, .timeout = 300)
{
    expect_right(verify_more_than_fits, 1);
}

/* ---- several tables, and what is asked of them ---- */

static void many_tables(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    params.world.tables = 7;
    params.world.rows = 60;
    disturb(&params);
    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, more_tables_than_are_read_at_once, .timeout = 300)
{
    expect_right(many_tables, 2);
}

static void asked_for_anything(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    disturb(&params);
    params.ask_all = true;
    trial_new(t, &params);
    finish_and_compare(t);
}

Test(pipeline_snapshot, cancelled_and_begun_anew_in_the_middle, .timeout = 300)
{
    expect_right(asked_for_anything, 2);
}

static enum progress_state state_of(struct trial *t, unsigned table)
{
    struct progress p = {0};
    bool known = trial_progress(t, table, &p);
    enum progress_state state = p.state;

    if (!known)
        trial_fault(t, "table %u has no progress", table);
    progress_fini(&p);
    return state;
}

/* One table cannot be read. The others are loaded, and it is, when somebody has mended it, by the next session. */
static void refused(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);

    disturb(&params);
    trial_new(t, &params);
    t->refused[1] = true; /* which is logged as an error, again and again */
    trial_load(t);
    if (state_of(t, 0) != PROGRESS_DONE || state_of(t, 1) != PROGRESS_FAILED ||
        state_of(t, 2) != PROGRESS_DONE)
        trial_fault(t, "not the one table failed, but %d %d %d", state_of(t, 0), state_of(t, 1),
                    state_of(t, 2));
    t->refused[1] = false;
    t->rows_read[0] = t->rows_read[2] = 0;
    trial_again(t);
    finish_and_compare(t);
}

Test(pipeline_snapshot, a_table_that_cannot_be_read, .timeout = 300)
{
    int kept = dup(STDERR_FILENO), none = open("/dev/null", O_WRONLY);

    dup2(none, STDERR_FILENO);
    expect_right(refused, 2);
    dup2(kept, STDERR_FILENO);
    close(none);
    close(kept);
}

/* Tables come and go: what is loaded is not read again, what comes is loaded, what goes is forgotten. */
static void configured(struct trial *t, unsigned seed)
{
    struct trial_params params = usual(seed);
    struct progress p = {0};

    trial_new(t, &params);
    trial_configure(t, 1 | 2);
    trial_load(t);
    t->rows_read[0] = t->rows_read[1] = 0;
    trial_configure(t, 1 | 2 | 4);
    trial_load(t);
    if (t->rows_read[0] + t->rows_read[1] || !t->rows_read[2])
        trial_fault(t, "of the loaded tables %u and %u rows were read again, of the new one %u",
                    t->rows_read[0], t->rows_read[1], t->rows_read[2]);
    trial_configure(t, 1 | 4);
    trial_again(t);
    if (trial_progress(t, 1, &p))
        trial_fault(t, "a table that went is not forgotten");
    trial_configure(t, 1 | 2 | 4);
    disturb(&t->params);
    trial_finish(t);
    trial_compare(t);
}

Test(pipeline_snapshot, tables_that_come_and_go, .timeout = 300)
{
    expect_right(configured, 2);
}

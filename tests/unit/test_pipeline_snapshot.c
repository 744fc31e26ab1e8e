/*
 * Snapshots as a property: whatever the database does meanwhile, whatever fails, and whenever transactions become visible, in the end
 * each state is its row, and the stream's events are what they are without a snapshot.
 *
 * TEST_SEED and TEST_TRIALS run others and more.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

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
                  .rows = 150,
                  .transactions = 1200,
                  .most_changes = 4,
                  .most_delay = 30,
                  .truncates = true},
        .clock = 100,
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
    expect_right(first_load, 8);
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
    unsigned trials = from_environment("TEST_TRIALS", 8), wrong = play_all(first_load_believing_positions, trials, fault);

    cr_assert_gt(wrong, trials / 2, "only %u of %u went wrong", wrong, trials);
}

static void disturb(struct trial_params *params)
{
    params->mishaps = 60;
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
    expect_right(disturbed_load, 8);
}

/* Progress as text: what is printed reads back, what somebody else wrote is refused or harmless. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "snapshot/progress.h"

static struct progress progress, back;
static struct cdc_buf text;

static void fini(void)
{
    progress_fini(&progress);
    progress_fini(&back);
    cdc_buf_fini(&text);
}

static const char *print(void)
{
    cdc_buf_reset(&text);
    progress_print(&progress, &text);
    return cdc_buf_str(&text);
}

static int parse(const char *from)
{
    return progress_parse(&back, cdc_slice_str(from));
}

static void set_after(const char *place)
{
    cdc_buf_reset(&progress.after);
    cdc_buf_puts(&progress.after, place);
}

#define WHOLE                                                                                                          \
    "job=repair state=failed run=20261127T183000Z-5f3a phase=collect part=2/5 rows=120000 of=5000000 busy=7 loaded=1 " \
    "verified=1795809090 since=2026-11-27T18:30:00.000000Z until= why=it%20has%20no%0A100%25%20order after=a b=c"

Test(progress, reads_back_as_it_was, .fini = fini)
{
    cr_assert_eq(parse(WHOLE), 0);
    cr_assert_eq(back.job, PROGRESS_REPAIR);
    cr_assert_eq(back.state, PROGRESS_FAILED);
    cr_assert_eq(back.phase, PROGRESS_COLLECT);
    cr_assert_str_eq(back.run, "20261127T183000Z-5f3a");
    cr_assert(back.part == 2 && back.parts == 5);
    cr_assert(back.rows == 120000 && back.estimate == 5000000 && back.busy == 7 && back.loaded);
    cr_assert_eq(back.verified, 1795809090);
    cr_assert_str_eq(back.begun, "2026-11-27T18:30:00.000000Z");
    cr_assert_str_eq(back.ended, "");
    cr_assert_str_eq(back.why, "it has no\n100% order");
    cr_assert(cdc_slice_is(cdc_buf_slice(&back.after), "a b=c"));
    progress = back;
    back = (struct progress){0};
    cr_assert_str_eq(print(), WHOLE);
}

Test(progress, every_job_state_and_phase_has_its_name, .fini = fini)
{
    enum progress_job job;

    for (int i = 0; i < 4 * 4 * 4; i++) {
        progress_fini(&progress);
        progress.job = (enum progress_job)(i % 4);
        progress.state = (enum progress_state)(i / 4 % 4);
        progress.phase = (enum progress_phase)(i / 16);
        cr_assert_eq(parse(print()), 0, "%s", print());
        cr_assert(back.job == progress.job && back.state == progress.state && back.phase == progress.phase);
        cr_assert_eq(progress_job_parse(cdc_slice_str(progress_job_name(progress.job)), &job), 0);
        cr_assert_eq(job, progress.job);
    }
    cr_assert_eq(progress_job_parse(cdc_slice_str("delete"), &job), -1);
    cr_assert_eq(progress_job_parse(cdc_slice_str(""), &job), -1);
    cr_assert_str_eq(progress_state_name(PROGRESS_PAUSED), "paused");
    cr_assert_str_eq(progress_phase_name(PROGRESS_KEYS), "keys");
}

Test(progress, any_place_comes_back, .fini = fini)
{
    static const char *const places[] = {"",    " ",        "a b",    "x=1 after=2",
                                         "%20", "\xc3\xa9", "after=", "1:2:3 "};

    progress_fini(&progress);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        set_after(places[i]);
        cr_assert_eq(parse(print()), 0);
        cr_assert(cdc_slice_is(cdc_buf_slice(&back.after), places[i]), "place \"%s\"", places[i]);
    }
}

Test(progress, any_reason_comes_back, .fini = fini)
{
    progress_fini(&progress);
    for (unsigned c = 1; c < 256; c++) {
        snprintf(progress.why, sizeof progress.why, "%c%c x%%%c", (char)c, (char)c, (char)c);
        cr_assert_eq(parse(print()), 0);
        cr_assert_str_eq(back.why, progress.why);
    }
    memset(progress.why, ' ', sizeof progress.why - 1);
    cr_assert_eq(parse(print()), 0);
    cr_assert_eq(strlen(back.why), sizeof progress.why - 1);
}

Test(progress, what_is_cut_short_is_refused, .fini = fini)
{
    size_t whole = strlen(WHOLE), after = strlen("a b=c");

    for (size_t n = 0; n < whole - after; n++) {
        cr_assert_eq(progress_parse(&back, cdc_slice(WHOLE, n)), -1, "%zu bytes", n);
        cr_assert(back.parts == 1 && back.rows == 0 && back.after.len == 0 && back.run[0] == '\0');
    }
    cr_assert_eq(progress_parse(&back, cdc_slice(WHOLE, whole - after)), 0);
}

/* Every byte changed to some others: it may be read or not, but nothing bad happens (the sanitizers look), and it can be printed. */
Test(progress, hostile_bytes, .fini = fini)
{
    static const char bytes[] = {'\0', ' ', '=', '%', '/', '9', 'a', '\xff'};
    char copy[sizeof WHOLE];

    for (size_t i = 0; i < sizeof WHOLE - 1; i++)
        for (size_t b = 0; b < sizeof bytes; b++) {
            memcpy(copy, WHOLE, sizeof copy);
            copy[i] = bytes[b];
            if (progress_parse(&back, cdc_slice(copy, sizeof copy - 1)))
                continue;
            cr_assert_lt(back.part, back.parts);
            cr_assert_lt(strlen(back.run), sizeof back.run);
            cdc_buf_reset(&text);
            progress_print(&back, &text);
        }
}

Test(progress, hostile_texts, .fini = fini)
{
    static const char *const texts[] = {
        "job=load state=running run=x phase=rows part=1/1 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=0/0 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=0/1:x rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=0/1:00112233445566778 rows=0 of=0 busy=0 loaded=0 verified=0 since= "
        "until= why= after=",
        "job=load state=running run=x phase=rows part=0/1:1/2 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=/1 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=0/1 rows=-1 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load state=running run=x phase=rows part=0/1 rows=99999999999999999999 of=0 busy=0 loaded=0 verified=0 since= "
        "until= why= after=",
        "job=load state=running  run=x phase=rows part=0/1 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "state=running job=load run=x phase=rows part=0/1 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=",
        "job=load",
        "",
    };
    char longest[2000] = "job=load state=running run=";

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(parse(texts[i]), -1, "%s", texts[i]);
    memset(longest + strlen(longest), 'r', 1500);
    strcat(longest, " phase=rows part=0/1 rows=0 of=0 busy=0 loaded=0 verified=0 since= until= why= after=");
    cr_assert_eq(parse(longest), 0);
    cr_assert_eq(strlen(back.run), PROGRESS_RUN - 1);
}

Test(progress, begins_anew_but_for_what_was_done, .fini = fini)
{
    char run[PROGRESS_RUN], other[PROGRESS_RUN];

    cr_assert_eq(parse(WHOLE), 0);
    progress_new_run(run);
    progress_new_run(other);
    cr_assert_str_neq(run, other);
    progress_begin(&back, PROGRESS_VERIFY, run);
    cr_assert(back.loaded && back.verified == 1795809090);
    cr_assert(back.job == PROGRESS_VERIFY && back.state == PROGRESS_RUNNING && back.phase == PROGRESS_ROWS);
    cr_assert(back.part == 0 && back.parts == 1 && back.rows == 0 && back.busy == 0 && back.after.len == 0);
    cr_assert_str_eq(back.run, run);
    cr_assert_str_eq(back.why, "");
    cr_assert_gt(strlen(back.begun), 0);
    cr_assert_str_eq(back.ended, "");
}

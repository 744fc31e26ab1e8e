/* What people ask for: which tables it concerns, what becomes of their work, and what is dropped. Nothing can be read here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cdc/log.h"
#include "snapshot/snapshot.h"
#include "unit/map_fixture.h"

static int no_source(struct cdc_source **source, const struct cdc_source_params *params, struct cdc_err *err)
{
    (void)params;
    *source = NULL;
    return cdc_err_set(err, CDC_ERR_RETRY, "the database does not answer");
}

static void close_nothing(struct cdc_source *source)
{
    cr_assert_null(source);
}

static const struct cdc_source_ops source_ops = {.open = no_source, .close = close_nothing};
static const struct cdc_sink_ops sink_ops = {.name = "none"};
static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
static const struct config_field *const keys[] = {&key};
static const struct config_mapping mapping = {.entity = &fixture_booking, .keys = keys};
static const struct config_table tables[] = {
    {.schema = "public", .name = "reservation", .nmappings = 1, .mappings = &mapping},
    {.schema = "public", .name = "order line", .nmappings = 1, .mappings = &mapping},
    {.schema = "old", .name = "reservation", .nmappings = 1, .mappings = &mapping},
};

static struct config config;
static struct map *map;
static struct cdc_source_params source_params;
static struct snapshot *snapshot;
static struct cdc_batch batch;

/* A session whose checkpoint holds these pairs; nothing is begun by itself. */
static void open_with(const char *progress, size_t len)
{
    struct snapshot_params params = {.reader = {.config = &config,
                                                .source_ops = &source_ops,
                                                .source_params = &source_params,
                                                .sink_ops = &sink_ops}};
    struct cdc_checkpoint checkpoint = {0};
    struct cdc_err err;

    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "test");
    config = *fixture_config(NULL, 0);
    config.ntables = FIXTURE_COUNT(tables);
    config.tables = tables;
    config.snapshot_mode = CONFIG_SNAPSHOT_NEVER;
    config.snapshot_chunk_rows = 10;
    map = fixture_map(&config);
    source_params.tables = map_tables(map, &source_params.ntables);
    params.map = map;
    cr_assert_eq(snapshot_new(&snapshot, &params, &err), 0);
    cdc_buf_puts(&checkpoint.identity, "system=1");
    cdc_buf_put(&checkpoint.progress, progress, len);
    cr_assert_eq(snapshot_open(snapshot, &checkpoint, &err), 0);
    cr_assert_eq(snapshot_stream(snapshot, cdc_slice_str("0/10"), &err), 0);
    cdc_checkpoint_fini(&checkpoint);
}

static void init(void)
{
    open_with(NULL, 0);
}

static void fini(void)
{
    snapshot_free(snapshot);
    map_free(map);
    cdc_buf_fini(&batch.progress);
    cdc_buf_fini(&batch.body);
}

/* Asks, lets the capture thread have its turn, and says what is to be stored: of each table the job and its state. */
static const char *ask(const char *text)
{
    static char out[300];
    struct cdc_err err;

    cdc_buf_reset(&batch.progress);
    snapshot_ask(snapshot, cdc_slice_str(text));
    cr_assert_eq(snapshot_turn(snapshot, cdc_slice_str("0/20"), &batch, &err), batch.progress.len > 0);
    out[0] = '\0';
    for (size_t at = 0; at < batch.progress.len;) {
        const char *name = batch.progress.data + at, *value = name + strlen(name) + 1;
        struct progress p = {0};
        at += strlen(name) + strlen(value) + 2;
        cr_assert_eq(strncmp(name, PROGRESS_PREFIX, strlen(PROGRESS_PREFIX)), 0);
        if (!*value)
            continue;
        cr_assert_eq(progress_parse(&p, cdc_slice_str(value)), 0);
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s %s %s %s", *out ? ", " : "",
                 name + strlen(PROGRESS_PREFIX), progress_job_name(p.job), progress_state_name(p.state),
                 p.run);
        progress_fini(&p);
    }
    return out;
}

TestSuite(request, .init = init, .fini = fini);

Test(request, a_job_begins_for_the_table_that_is_named)
{
    struct snapshot_status status;

    cr_assert_eq(snapshot_wait_ms(snapshot), -1);
    cr_assert_str_eq(ask("start reload r1 public.reservation"), "public.reservation reload running r1");
    cr_assert(snapshot_watches(snapshot));
    cr_assert(snapshot_loading(snapshot));
    cr_assert(snapshot_status(snapshot, 0, &status));
    cr_assert(status.known && status.job == PROGRESS_RELOAD && status.state == PROGRESS_RUNNING);
    cr_assert_str_eq(status.table, "public.reservation");
    cr_assert(snapshot_status(snapshot, 1, &status));
    cr_assert_not(status.known);
    cr_assert_not(snapshot_status(snapshot, 3, &status));
}

Test(request, a_name_may_hold_blanks)
{
    cr_assert_str_eq(ask("start verify r1 public.order line"), "public.order line verify running r1");
    cr_assert_not(snapshot_loading(snapshot));
}

Test(request, all_tables)
{
    cr_assert_str_eq(ask("start reload r1 *"),
                     "public.reservation reload running r1, public.order line reload running "
                     "r1, old.reservation reload running r1");
    cr_assert_str_eq(ask("pause - - old.reservation"), "old.reservation reload paused r1");
    cr_assert_str_eq(ask("pause - - *"),
                     "public.reservation reload paused r1, public.order line reload paused r1");
    cr_assert_not(snapshot_watches(snapshot));
    cr_assert_str_eq(ask("pause - - *"), "");
    cr_assert_str_eq(ask("resume - - public.order line"), "public.order line reload running r1");
    cr_assert(snapshot_watches(snapshot));
}

Test(request, a_job_that_begins_again_is_another_run)
{
    cr_assert_str_eq(ask("start reload r1 old.reservation"), "old.reservation reload running r1");
    cr_assert_str_eq(ask("start reload r2 old.reservation"), "old.reservation reload running r2");
    cr_assert_str_eq(ask("start verify r3 old.reservation"), "", "it is being loaded");
    cr_assert_str_eq(ask("pause - - old.reservation"), "old.reservation reload paused r2");
    cr_assert_str_eq(ask("start verify r3 old.reservation"), "", "it is still to be loaded");
}

Test(request, what_is_cancelled_is_over)
{
    struct snapshot_status status;

    cr_assert_str_eq(ask("cancel - - *"), "");
    ask("start reload r1 old.reservation");
    cr_assert_str_eq(ask("cancel - - *"), "old.reservation reload failed r1");
    cr_assert(snapshot_status(snapshot, 2, &status));
    cr_assert_eq(status.state, PROGRESS_FAILED);
    cr_assert_not(snapshot_watches(snapshot));
    cr_assert_str_eq(ask("resume - - *"), "");
    cr_assert_str_eq(ask("cancel - - *"), "");
    cr_assert_str_eq(ask("start verify r2 old.reservation"), "old.reservation verify running r2");
}

Test(request, several_at_once_in_their_order)
{
    snapshot_ask(snapshot, cdc_slice_str("start reload r1 *"));
    snapshot_ask(snapshot, cdc_slice_str("cancel - - old.reservation"));
    cr_assert_str_eq(ask("pause - - public.reservation"),
                     "public.reservation reload paused r1, public.order line reload "
                     "running r1, old.reservation reload failed r1");
}

Test(request, what_makes_no_sense_changes_nothing)
{
    static const char *const texts[] = {
        "",
        "start",
        "start reload",
        "start reload r1",
        "start reload r1 public.nothing",
        "start delete r1 *",
        "begin reload r1 *",
        "START reload r1 *",
        "start reload r1 reservation",
        "\xff\xff\xff\xff",
        "start reload a-run-whose-name-is-much-longer-than-any-run-has *",
        "a-verb-that-is-much-longer-than-any-verb - - *",
    };

    for (size_t i = 0; i < FIXTURE_COUNT(texts); i++)
        cr_assert_str_eq(ask(texts[i]), "", "%s", texts[i]);
    cr_assert_not(snapshot_watches(snapshot));
}

Test(request, more_than_anybody_asks_is_dropped)
{
    char text[1024];

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 1000; i++)
        snapshot_ask(snapshot, cdc_slice(text, sizeof text));
    snapshot_ask(snapshot, cdc_slice("start reload r1\0 *", 18));
    cr_assert_str_eq(ask(""), "");
    cr_assert_str_eq(ask("start reload r1 old.reservation"), "old.reservation reload running r1");
}

/* The checkpoint is as before, and holds these pairs. */
static void open_again(const struct cdc_buf *pairs)
{
    struct cdc_checkpoint checkpoint = {0};
    struct cdc_err err;

    cdc_buf_puts(&checkpoint.identity, "system=1");
    cdc_buf_put_slice(&checkpoint.progress, cdc_buf_slice(pairs));
    cr_assert_eq(snapshot_open(snapshot, &checkpoint, &err), 0);
    cr_assert_eq(snapshot_stream(snapshot, cdc_slice_str("0/10"), &err), 0);
    cdc_checkpoint_fini(&checkpoint);
}

static void put_text(struct cdc_buf *buf, const char *text)
{
    cdc_buf_reset(buf);
    cdc_buf_puts(buf, "snapshot:public.reservation");
    cdc_buf_putc(buf, '\0');
    cdc_buf_puts(buf, text);
    cdc_buf_putc(buf, '\0');
}

static struct progress stored(const char *request)
{
    struct progress p = {0};

    ask(request);
    cr_assert_eq(progress_parse(&p, cdc_slice_str(batch.progress.data + strlen(batch.progress.data) + 1)), 0);
    return p;
}

/* Which keys a part is of is known to the session that divides them; a version of before named it behind a colon. */
Test(request, parts_that_another_session_did_are_not_done)
{
    static const char third[] =
        "job=reload state=running run=r1 phase=keys part=2/5:0000000000c0ffee rows=5 of=9 busy=0 loaded=0 verified=0 since= "
        "until= why= after=";
    struct cdc_buf pairs = {0};
    struct progress p;

    put_text(&pairs, third);
    open_again(&pairs);
    p = stored("pause - - *");
    cr_assert(p.part == 0 && p.parts == 1, "part %u of %u", p.part, p.parts);
    cdc_buf_fini(&pairs);
}

static void with_checkpoint(void)
{
    static const char pairs[] =
        "snapshot:public.reservation\0job=load state=paused run=r1 phase=rows part=0/1 rows=5 of=9 busy=0 loaded=0 "
        "verified=0 since= until= why= after=5\0"
        "snapshot:public.gone\0job=load state=running run=r1 phase=rows part=0/1 rows=5 of=9 busy=0 loaded=0 verified=0 "
        "since= until= why= after=5\0"
        "snapshot:old.reservation\0what is this\0"
        "snapshot:found:r1/public.reservation:public.reservation:extra\0007";

    open_with(pairs, sizeof pairs);
}

Test(request, a_pause_outlives_the_session, .init = with_checkpoint)
{
    struct snapshot_status status;
    struct cdc_err err;

    cr_assert(snapshot_status(snapshot, 0, &status));
    cr_assert(status.state == PROGRESS_PAUSED && status.rows == 5 && status.estimate == 9);
    cr_assert(snapshot_status(snapshot, 2, &status));
    cr_assert_not(status.known, "what cannot be read is not there");
    cr_assert_eq(snapshot_turn(snapshot, cdc_slice_str("0/20"), &batch, &err), 1);
    cr_assert_eq(batch.progress.len, sizeof "snapshot:public.gone" + 1, "what belongs to no table goes");
    cr_assert_str_eq(batch.progress.data, "snapshot:public.gone");
    cr_assert_str_eq(ask("resume - - *"), "public.reservation load running r1");
}

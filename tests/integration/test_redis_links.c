/* Links between customer references: what holds is what the rows say, whatever came before. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_links, .timeout = 240);

static bool knows(struct story *story, const char *ref, const char *references)
{
    char wanted[256];

    snprintf(wanted, sizeof wanted, "\"references\":[%s],", references);
    return strstr(story_states(story, ref), wanted) != NULL;
}

#define ROW(status) "system=loyalty source_id=M-1 customer_id=crm:C-1 link_status=" status

Test(redis_links, one_row_links_and_one_row_unlinks)
{
    struct story *story = story_new();

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=loyalty:M-1");
    story_write(story, "0/20", "identity", "linked", ROW("linked"));
    cr_assert(knows(story, "crm:C-1", "\"crm:C-1\",\"loyalty:M-1\""));
    cr_assert(knows(story, "loyalty:M-1", "\"crm:C-1\",\"loyalty:M-1\""));
    cr_assert(strstr(story_customer(story, "crm:C-1"), "\"booking\":{\"1\""));
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:timeline:{customer}:crm:C-1"), 1);
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:timeline:{customer}:loyalty:M-1"), 2);
    story_begin(story, "0/30");
    story_put(story, "identity", "unlinked", ROW("unlinked"), ROW("linked"));
    story_finish(story);
    cr_assert(knows(story, "crm:C-1", "\"crm:C-1\""));
    cr_assert(knows(story, "loyalty:M-1", "\"loyalty:M-1\""));
    cr_assert_null(strstr(story_customer(story, "crm:C-1"), "\"booking\":{\"1\""));
    cr_assert_not(server_redis_exists(story->redis, "cdc:links:{customer}:crm:C-1"));
    story_free(story);
}

Test(redis_links, an_edge_that_both_ends_say_goes_with_the_last_of_them)
{
    struct story *story = story_new();

    story_write(story, "0/10", "identity", "linked", ROW("linked"));
    story_write(story, "0/20", "identity", "linked", "system=crm source_id=C-1 customer_id=loyalty:M-1");
    story_write(story, "0/30", "identity", "unlinked", ROW("unlinked"));
    cr_assert(knows(story, "crm:C-1", "\"crm:C-1\",\"loyalty:M-1\""));
    story_begin(story, "0/40");
    story_event(story, CDC_EVENT_DELETE, "identity", "unlinked", "system=crm source_id=C-1", NULL);
    story_finish(story);
    cr_assert(knows(story, "crm:C-1", "\"crm:C-1\""));
    story_free(story);
}

Test(redis_links, a_truncated_table_links_nobody)
{
    struct story *story = story_new();

    story_write(story, "0/10", "identity", "linked", ROW("linked"));
    story_sweep(story, "identity");
    cr_assert(knows(story, "crm:C-1", "\"crm:C-1\""));
    cr_assert_not(server_redis_exists(story->redis, "cdc:links:{customer}:loyalty:M-1"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:entities:{customer}:loyalty:M-1"));
    story_free(story);
}

Test(redis_links, who_has_too_many_references_is_told_so)
{
    struct story *story = story_new();
    char row[80];

    story_begin(story, "0/10");
    for (int i = 0; i < 150; i++) {
        snprintf(row, sizeof row, "system=loyalty source_id=M-%d customer_id=crm:C-1", i);
        story_put(story, "identity", "linked", row, NULL);
    }
    story_finish(story);
    cr_assert(strstr(story_customer(story, "crm:C-1"), "],\"more_references\":\"true\",\"states\":"));
    story_free(story);
}

/* -- random rows, against a model of them ----------------------------------------------------------------------------- */

enum { REFS = 9, STEPS = 1000 };

struct row {
    bool exists, unlinked;
    int to;
};

static bool reaches(const struct row *rows, int from, bool *seen)
{
    seen[from] = true;
    for (int i = 0; i < REFS; i++) {
        bool edge = rows[i].exists && !rows[i].unlinked;
        if (edge && i == from && !seen[rows[i].to])
            reaches(rows, rows[i].to, seen);
        if (edge && rows[i].to == from && !seen[i])
            reaches(rows, i, seen);
    }
    return true;
}

static void assert_closure(struct story *story, const struct row *rows, int from, int step)
{
    bool seen[REFS] = {false};
    char wanted[256] = "", ref[16], *at = wanted;

    reaches(rows, from, seen);
    for (int i = 0; i < REFS; i++) {
        if (seen[i])
            at += sprintf(at, "%s\"s:%d\"", at > wanted ? "," : "", i);
    }
    snprintf(ref, sizeof ref, "s:%d", from);
    cr_assert(knows(story, ref, wanted), "step %d: %s is linked to %s, but: %s", step, ref, wanted,
              story_states(story, ref));
}

static void row_text(char *out, size_t size, int from, const struct row *row)
{
    snprintf(out, size, "system=s source_id=%d customer_id=s:%d link_status=%s", from, row->to,
             row->unlinked ? "unlinked" : "linked");
}

/* One change of one row, in one of the ways in which rows change. */
static void change(struct story *story, struct row *row, int from, unsigned *seed)
{
    char before[80], after[80], key[32];
    struct row now = {.exists = true, .unlinked = rand_r(seed) % 3 == 0, .to = rand_r(seed) % REFS};
    bool known = rand_r(seed) % 2, gone = rand_r(seed) % 4 == 0;

    row_text(before, sizeof before, from, row);
    row_text(after, sizeof after, from, &now);
    snprintf(key, sizeof key, "system=s source_id=%d", from);
    if (gone && row->exists) {
        story_event(story, known ? CDC_EVENT_DELETE : CDC_EVENT_DROP, "identity", "unlinked",
                    known ? NULL : key, known ? before : NULL);
        row->exists = false;
    } else if (!gone) {
        if (row->exists && known)
            story_put(story, "identity", "changed", after, before);
        else
            story_event(story, rand_r(seed) % 2 ? CDC_EVENT_MERGE : CDC_EVENT_PUT, "identity", "changed",
                        after, NULL);
        *row = now;
    }
}

Test(redis_links, any_sequence_of_rows_links_exactly_what_they_say)
{
    struct story *story = story_new();
    struct row rows[REFS] = {{.to = 0}};
    unsigned seed = 20261121;

    for (int step = 0; step < STEPS; step++) {
        int changes = 1 + rand_r(&seed) % 3;
        story_begin(story, "0/10");
        for (int i = 0; i < changes; i++) {
            int from = rand_r(&seed) % REFS;
            change(story, &rows[from], from, &seed);
        }
        story_finish(story);
        for (int from = 0; from < REFS; from += 1 + rand_r(&seed) % 4)
            assert_closure(story, rows, from, step);
    }
    story_sweep(story, "identity");
    memset(rows, 0, sizeof rows);
    for (int from = 0; from < REFS; from++)
        assert_closure(story, rows, from, STEPS);
    cr_assert_str_eq(server_redis_text(story->redis, "KEYS cdc:links:*"), "");
    cr_assert_str_eq(server_redis_text(story->redis, "KEYS cdc:entities:*"), "");
    story_free(story);
}

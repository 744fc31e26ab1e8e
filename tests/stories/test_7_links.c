/*
 * Story 7. After a call two members were linked by mistake (PostgreSQL, the CRM): each sees the other's bookings and points. One row
 * undoes it, at once and completely. Then a thousand random decisions: after each, everybody is told what the tables say.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "lib/arrival.h"
#include "lib/fail.h"
#include "lib/wait.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_7_links, .fini = done, .timeout = 180);

static const char SEES[] =
    "for c in M-1 M-2; do $REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:loyalty:$c | "
    "jq -r '[.references[], (.states | (.loyalty, .message) | keys[])] | join(\" \")'; done";

Test(story_7_links, one_row_undoes_a_wrong_link)
{
    struct arrival unlinked;
    int64_t committed;

    company_open(&company, NULL,
                 (const char *const[]){"contact-centre", "loyalty-programme", "mailer", NULL});
    company_sql(&company, "contact-centre",
                "INSERT INTO crm.customer (customer_no, given_name) VALUES ('C-1', 'Ann'), ('C-2', 'Bea')");
    people_link(&company, "loyalty", "M-1", "C-1");
    people_link(&company, "loyalty", "M-2", "C-2");
    people_link(&company, "booking-site", "101", "C-1");
    people_link(&company, "booking-site", "102", "C-2");
    company_sql(&company, "loyalty-programme", "INSERT INTO member (card_no) VALUES ('M-1'), ('M-2')");
    company_sql(&company, "mailer",
                "INSERT INTO mail (id, member_no, campaign) VALUES (1, 101, 'a'), (2, 102, 'b')");
    company_await(&company, "HGET cdc:state:{loyalty}:popcorn:M-2 tier", "silver");
    company_await(&company, "HGET cdc:state:{message}:mail-2 status", "queued");
    company_expect(&company, SEES,
                   "booking-site:101 crm:C-1 loyalty:M-1 popcorn:M-1 mail-1\n"
                   "booking-site:102 crm:C-2 loyalty:M-2 popcorn:M-2 mail-2");

    people_link(&company, "crm", "C-2", "C-1"); /* the mistake */
    company_expect(
        &company, SEES,
        "booking-site:101 booking-site:102 crm:C-1 crm:C-2 loyalty:M-1 loyalty:M-2 popcorn:M-1 popcorn:M-2 mail-1 mail-2\n"
        "booking-site:101 booking-site:102 crm:C-1 crm:C-2 loyalty:M-1 loyalty:M-2 popcorn:M-1 popcorn:M-2 mail-1 mail-2");

    arrival_await(&unlinked, company.redis, "identity", "identity.unlinked", "crm:C-2");
    committed = company_sql(
        &company, "contact-centre",
        "UPDATE crm.account_link SET active = false, unlinked_at = now(), reason = 'not the same person' "
        "WHERE system = 'crm' AND account = 'C-2'");
    arrival_tell(7, arrival_end(&unlinked) - committed);
    company_expect(&company, SEES,
                   "booking-site:101 crm:C-1 loyalty:M-1 popcorn:M-1 mail-1\n"
                   "booking-site:102 crm:C-2 loyalty:M-2 popcorn:M-2 mail-2");
    company_close(&company);
}

/* The random part: customers C-0 … and, for each of them, accounts crm:C-<n> (of the CRM itself) and loyalty:M-<n>. */

enum { PEOPLE = 6, REFS = 2 * PEOPLE, DECISIONS = 1000 };

static unsigned short seed[3];

static unsigned below(unsigned n)
{
    return (unsigned)(nrand48(seed) % (long)n);
}

static void begin_random(void)
{
    const char *text = getenv("TEST_SEED");
    unsigned long number = text ? strtoul(text, NULL, 10) : (unsigned long)cdc_wall_us() % 1000000;

    fprintf(stderr, "TEST_SEED=%lu\n", number);
    seed[0] = (unsigned short)number;
    seed[1] = (unsigned short)(number >> 16);
}

static const char *ref_of(size_t i)
{
    static const char *const refs[REFS] = {"crm:C-0",     "crm:C-1",     "crm:C-2",     "crm:C-3",
                                           "crm:C-4",     "crm:C-5",     "loyalty:M-0", "loyalty:M-1",
                                           "loyalty:M-2", "loyalty:M-3", "loyalty:M-4", "loyalty:M-5"};

    return refs[i];
}

/* One row of the table is written, changed or removed; each makes one event. */
static void decide(void)
{
    unsigned account = below(REFS);
    const char *ref = ref_of(account), *colon = strchr(ref, ':');
    char *where = text_print("WHERE system = '%.*s' AND account = '%s'", (int)(colon - ref), ref, colon + 1);
    char *found = text_print("SELECT customer_no FROM crm.account_link %s", where);
    char *before = text_print("%s", company_query(&company, "contact-centre", found));
    unsigned customer = below(PEOPLE);

    if (!*before)
        company_sql(&company, "contact-centre",
                    "INSERT INTO crm.account_link VALUES ('%.*s', '%s', 'C-%u', %s)", (int)(colon - ref), ref,
                    colon + 1, customer, below(4) ? "true" : "false");
    else if (below(5) == 0)
        company_sql(&company, "contact-centre", "DELETE FROM crm.account_link %s", where);
    else if (below(2) || (unsigned)atoi(before + 2) == customer)
        company_sql(&company, "contact-centre", "UPDATE crm.account_link SET active = NOT active %s", where);
    else
        company_sql(&company, "contact-centre", "UPDATE crm.account_link SET customer_no = 'C-%u' %s",
                    customer, where);
    free(before);
    free(found);
    free(where);
}

static size_t index_of(const char *ref)
{
    for (size_t i = 0; i < REFS; i++) {
        if (strcmp(ref_of(i), ref) == 0)
            return i;
    }
    fail("%s is nobody", ref);
}

/* Who is linked to whom, from the source's table: group[i] is the same for all references of one customer. */
static void read_groups(size_t group[REFS])
{
    struct server_rows *rows =
        server_postgresql_rows(company.pg, "crm",
                               "SELECT system || ':' || account, 'crm:' || customer_no "
                               "FROM crm.account_link WHERE active");

    for (size_t i = 0; i < REFS; i++)
        group[i] = i;
    for (size_t r = 0; r < server_rows_count(rows); r++) {
        size_t a = group[index_of(server_rows_at(rows, r, 0))],
               b = group[index_of(server_rows_at(rows, r, 1))];
        for (size_t i = 0; i < REFS; i++)
            group[i] = group[i] == a ? b : group[i];
    }
    server_rows_free(rows);
}

/* What the answer must begin with: the references, sorted, as ref_of() has them. */
static char *expected(const size_t group[REFS], size_t of)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    const char *separator = "";

    fprintf(out, "{\"customer\":\"%s\",\"references\":[", ref_of(of));
    for (size_t i = 0; i < REFS; i++) {
        if (group[i] != group[of])
            continue;
        fprintf(out, "%s\"%s\"", separator, ref_of(i));
        separator = ",";
    }
    fputs("],\"states\":{", out);
    fclose(out);
    return text;
}

/* References as expected; and the states are those of the same references' customers, and of nobody else. */
static void expect_answer(const size_t group[REFS], size_t of, int decision)
{
    char *want = expected(group, of);
    const char *answer = server_redis_text(
        company.redis, "FCALL_RO tributary_customer 1 cdc:links:{customer}:%s 0", ref_of(of));

    cr_assert(strncmp(answer, want, strlen(want)) == 0, "after decision %d\n    is: %s\nnot as: %s", decision,
              answer, want);
    for (size_t i = 0; i < PEOPLE; i++) {
        char *state = text_print("\"popcorn:M-%zu\":{", i);
        cr_assert_eq(strstr(answer, state) != NULL, group[PEOPLE + i] == group[of],
                     "after decision %d, %s: %s", decision, state, answer);
        free(state);
    }
    free(want);
}

struct events {
    long long n;
};

static bool have_come(void *ctx)
{
    const struct events *events = ctx;

    return server_redis_integer(company.redis, "XLEN cdc:events:{identity}") >= events->n;
}

Test(story_7_links, everybody_is_told_what_the_tables_say_after_each_of_1000_decisions)
{
    struct events events = {0};
    size_t group[REFS];

    begin_random();
    company_open(&company, NULL, (const char *const[]){"contact-centre", "loyalty-programme", NULL});
    company_sql(&company, "contact-centre",
                "INSERT INTO crm.customer SELECT 'C-' || n FROM generate_series(0, %d) n", PEOPLE - 1);
    company_sql(&company, "loyalty-programme",
                "INSERT INTO member (card_no) SELECT 'M-' || n FROM generate_series(0, %d) n", PEOPLE - 1);
    company_await(&company, "HGET cdc:state:{loyalty}:popcorn:M-5 tier", "silver");
    company_await(&company, "HGET cdc:state:{customer}:crm:C-5 status", "active");
    for (int i = 1; i <= DECISIONS; i++) {
        decide();
        events.n++;
        wait_until("the event of the decision", have_come, &events, COMPANY_SOON_MS);
        read_groups(group);
        for (size_t ref = 0; ref < REFS; ref++)
            expect_answer(group, ref, i);
    }
    cr_assert_eq(server_redis_integer(company.redis, "XLEN cdc:events:{identity}"), DECISIONS);
    company_close(&company);
}

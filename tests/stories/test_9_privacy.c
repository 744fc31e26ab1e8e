/*
 * Story 9. What a customer withdraws, every sender knows at the next question; what was not mapped, or was to be hidden, is nowhere;
 * and who asked to be forgotten stays forgotten, whatever still arrives. (Under load: test_9_erasure.c.)
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "lib/arrival.h"
#include "lib/fail.h"
#include "lib/search.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_9_privacy, .fini = done, .timeout = 180);

static const char MAY_WE[] =
    "for c in crm:C-17 booking-site:991 loyalty:M-12 airline:F-1007; do "
    "$REDIS FCALL_RO tributary_consent 1 cdc:links:{customer}:$c marketing email; done";

Test(story_9_privacy, consent_withdrawn_is_seen_by_every_sender)
{
    struct arrival withdrawn;
    int64_t committed;

    company_open(&company, NULL, (const char *const[]){"contact-centre", "privacy-office", NULL});
    people_ada(&company);
    people_link(&company, "booking-site", "991", "C-17");
    people_link(&company, "loyalty", "M-12", "C-17");
    people_link(&company, "airline", "F-1007", "C-17");
    company_expect(&company, MAY_WE, "none\nnone\nnone\nnone");
    company_sql(&company, "privacy-office", "INSERT INTO consent VALUES ('C-17', 'marketing', '-', 'yes')");
    company_await(&company, "HGET cdc:state:{consent}:crm:C-17:marketing:- status", "granted");
    company_expect(&company, MAY_WE, "granted\ngranted\ngranted\ngranted");

    arrival_await(&withdrawn, company.redis, "consent", "consent.withdrawn", "crm:C-17:marketing:-");
    committed = company_sql(
        &company, "privacy-office",
        "UPDATE consent SET decision = 'withdrawn', decided_at = now() WHERE customer_no = 'C-17'");
    arrival_tell(9, arrival_end(&withdrawn) - committed);
    company_expect(&company, MAY_WE, "withdrawn\nwithdrawn\nwithdrawn\nwithdrawn");
    company_close(&company);
}

/* Parts of what is planted below: in columns that are not mapped, that are dropped, hashed, masked or cut. */
#define SECRETS "zq7card zq7notes zq7body 1907-08-09 zq7hmac zq7mask zq7tail zq7subject zq7reject"
/* And in other columns of rows that are rejected; `preview`, which shows what it rejects, may show these. */
#define REJECTED "zq7state zq7medium"

static void plant(void)
{
    company_sql(
        &company, "cinema-bookings",
        "INSERT INTO screening VALUES (12, 'Metropolis', '2026-12-01 20:15', 'ok', 1250, 80, 80);"
        "INSERT INTO reservation VALUES (42, 991, 12, 'C', 1250, now(), 'zq7hmac@example.net', 'web', 'zq7card'),"
        "(43, 991, 12, 'Z', 1250, now(), 'zq7reject@example.net', 'web', 'zq7card')");
    company_sql(&company, "cinema-bookings",
                "UPDATE reservation SET price_pence = 900, email = 'zq7hmac2@example.net' WHERE id = 42");
    company_sql(
        &company, "loyalty-programme",
        "INSERT INTO member (card_no, email, born) VALUES ('M-12', 'zq7hmac@example.net', '1907-08-09');"
        "INSERT INTO bonus (id, card_no, points, state) VALUES (1, 'M-12', 5, 'zq7state')");
    company_sql(
        &company, "contact-centre",
        "INSERT INTO crm.customer VALUES ('C-17', 'Ada', 'Byron', NULL, '+44 20zq7tail', 'en', 'active', 'zq7notes');"
        "INSERT INTO crm.ticket (id, customer_no, subject) VALUES (1, 'C-17', repeat('x', 200) || 'zq7subject')");
    company_sql(
        &company, "mailer",
        "INSERT INTO mail (id, member_no, campaign, body) VALUES (1, 991, 'news', 'zq7body');"
        "INSERT INTO mail (id, member_no, medium, campaign, body) VALUES (2, 991, 'Q', 'zq7medium', 'zq7body');");
    company_sql(
        &company, "airline-operations",
        "INSERT INTO booking (locator, flyer_no, flight_number, departure_day, state, booked_at, email) VALUES "
        "('X7QR2A', 'F-1007', 'TR17', '2026-12-01', 'HK', now(), 'zq7mask@example.net'), "
        "('X7QR2B', 'F-1007', 'TR17', '2026-12-01', 'QQ', now(), 'zq7reject@example.net');"
        "UPDATE booking SET email = 'zq7mask2@example.net', passengers = 2 WHERE locator = 'X7QR2A';");
}

static void expect_unsaid(const char *text, const char *secrets, const char *what)
{
    char *list = text_print("%s", secrets), *save = NULL;

    for (char *secret = strtok_r(list, " ", &save); secret; secret = strtok_r(NULL, " ", &save))
        cr_assert_null(strstr(text, secret), "%s is in %s:\n%s", secret, what, text);
    free(list);
}

static void expect_silence(struct company_system *system)
{
    struct agent *agent = &system->agent;

    cr_assert_eq(agent_command(agent, (const char *const[]){"preview", agent->config, NULL}), 0, "%s",
                 agent_log(agent));
    cr_assert(strstr(agent_output(agent), "HSET"), "%s", agent_output(agent));
    expect_unsaid(agent_output(agent), SECRETS, "preview");
    cr_assert_eq(agent_command(agent, (const char *const[]){"status", agent->config, NULL}), 0, "%s",
                 agent_log(agent));
    expect_unsaid(agent_output(agent), SECRETS " " REJECTED, "status");
    cr_assert(strstr(system->config, "level: debug"));
    cr_assert(agent_log_contains(agent, "streaming from"));
    expect_unsaid(agent_log(agent), SECRETS " " REJECTED, "the log");
}

Test(story_9_privacy, what_is_not_mapped_or_hidden_is_nowhere)
{
    company_open(&company, "log: {level: debug}\n",
                 (const char *const[]){"cinema-bookings", "loyalty-programme", "contact-centre", "mailer",
                                       "airline-operations", NULL});
    plant();
    company_await(&company, "HGET cdc:state:{booking}:cinema-42 total_price", "9.00");
    company_await(&company, "HGET cdc:state:{loyalty}:popcorn:M-12 tier", "silver");
    company_await(&company, "HGET cdc:state:{customer}:crm:C-17 telephone", "+44 20");
    company_await(&company, "HGET cdc:state:{booking}:airline-X7QR2A party_size", "2");
    company_await(&company, "HGET cdc:state:{message}:mail-1 status", "queued");
    for (size_t i = 0; i < company.n; i++) {
        char *letters;
        if (strcmp(company.systems[i].name, "contact-centre") == 0)
            continue;
        letters = text_print("XLEN cdc:dlq:%s", company.systems[i].connector);
        company_await(&company, letters, "1");
        free(letters);
    }
    search_expect_all(company.redis, "cinema-42 +44 popcorn:M-12 airline-X7QR2B mail-2");
    search_expect_none(company.redis, SECRETS " " REJECTED);
    for (size_t i = 0; i < company.n; i++)
        expect_silence(&company.systems[i]);
    company_close(&company);
}

/*
 * Story 6. A trip is cancelled in the airline's database (MariaDB). The system that sends notifications follows the services with a
 * worker of a group, and asks before each message; so the reminders for that trip stop, and the others do not.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_6_trip, .fini = done, .timeout = 180);

static const char NOTIFY[] = "for trip in TR17/2026-12-01 TR19/2026-12-01; do "
                             "[ \"$($REDIS HGET cdc:state:{service}:$trip service_status)\" = cancelled ] || "
                             "echo \"your trip $trip\"; done";

static void given(void)
{
    company_open(
        &company, NULL,
        (const char *const[]){"airline-operations", "mailer", "contact-centre", "privacy-office", NULL});
    people_ada(&company);
    people_link(&company, "airline", "F-1007", "C-17");
    company_sql(&company, "privacy-office", "INSERT INTO consent VALUES ('C-17', 'marketing', '-', 'yes')");
    company_sql(
        &company, "airline-operations",
        "INSERT INTO flight (number, departure_day, origin, destination, departs_at, seats, seats_free) VALUES "
        "('TR17', '2026-12-01', 'LHR', 'OSL', '2026-12-01 07:10', 180, 60), "
        "('TR19', '2026-12-01', 'LHR', 'OSL', '2026-12-01 11:40', 180, 12);");
    company_sql(&company, "mailer",
                "INSERT INTO mail (id, member_no, campaign) VALUES (9, 991, 'your-trip')");
    company_await(&company, "HGET cdc:state:{service}:TR19/2026-12-01 service_status", "scheduled");
    company_await(&company, "HGET cdc:state:{message}:mail-9 status", "queued");
    company_await(&company, "HGET cdc:state:{consent}:crm:C-17:marketing:- status", "granted");
}

/* A handler of the test's own: it writes down what it is told of. */
static void expect_told(const char *lines)
{
    char command[1024];

    snprintf(
        command, sizeof command,
        "printf '#!/bin/sh\\necho \"$EVENT_TYPE $EVENT_SUBJECT\" >>%s/told\\n' >%s/handler; chmod +x %s/handler; "
        "ROUNDS=1 BLOCK_MS=100 START=0 conf/examples/worker.sh service notifier worker-1 %s/handler; cat %s/told",
        company.dir.path, company.dir.path, company.dir.path, company.dir.path, company.dir.path);
    company_expect(&company, command, lines);
}

Test(story_6_trip, notifications_for_a_cancelled_trip_stop)
{
    struct arrival cancelled;
    int64_t committed;

    given();
    company_expect(&company, NOTIFY, "your trip TR17/2026-12-01\nyour trip TR19/2026-12-01");
    company_expect(&company, "conf/examples/marketing-guard.sh airline:F-1007 TR17/2026-12-01", "send");
    expect_told("service.created TR17/2026-12-01\nservice.created TR19/2026-12-01");

    arrival_await(&cancelled, company.redis, "service", "service.cancelled", "TR17/2026-12-01");
    committed =
        company_sql(&company, "airline-operations", "UPDATE flight SET status = 'CNX' WHERE number = 'TR17'");
    arrival_tell(6, arrival_end(&cancelled) - committed);

    company_expect(&company, NOTIFY, "your trip TR19/2026-12-01");
    company_expect(&company, "conf/examples/marketing-guard.sh airline:F-1007 TR17/2026-12-01",
                   "do not send: TR17/2026-12-01 is cancelled");
    expect_told(
        "service.created TR17/2026-12-01\nservice.created TR19/2026-12-01\nservice.cancelled TR17/2026-12-01");
    expect_told(
        "service.created TR17/2026-12-01\nservice.created TR19/2026-12-01\nservice.cancelled TR17/2026-12-01");
    company_sql(&company, "mailer", "UPDATE mail SET state = 'held' WHERE id = 9");
    company_await(&company, "HGET cdc:state:{message}:mail-9 status", "suppressed");
    company_close(&company);
}

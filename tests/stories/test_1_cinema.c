/*
 * Story 1. A customer books on the cinema's site (PostgreSQL). The mailer (MariaDB), about to write "you have not booked yet", asks
 * first, and does not send.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_1_cinema, .fini = done, .timeout = 180);

static const char ASK[] = "conf/examples/marketing-guard.sh booking-site:991 screening-12";

/* Ada has an account of the booking site, allows e-mail (under her other reference), and has not booked. */
static void given(void)
{
    company_open(
        &company, NULL,
        (const char *const[]){"cinema-bookings", "mailer", "contact-centre", "privacy-office", NULL});
    people_ada(&company);
    people_link(&company, "booking-site", "991", "C-17");
    company_sql(&company, "privacy-office",
                "INSERT INTO consent VALUES ('C-17', 'marketing', 'email', 'yes')");
    company_sql(&company, "cinema-bookings",
                "INSERT INTO screening VALUES (12, 'Metropolis', '2026-12-01 20:15', 'ok', 1250, 80, 80)");
    company_sql(&company, "mailer",
                "INSERT INTO mail (id, member_no, campaign) VALUES (1, 991, 'not-booked-yet')");
    company_await(&company, "HGET cdc:state:{consent}:crm:C-17:marketing:email status", "granted");
    company_await(&company, "HGET cdc:state:{service}:screening-12 service_status", "scheduled");
    company_await(&company, "HGET cdc:state:{message}:mail-1 status", "queued");
    company_expect(&company, ASK, "send");
    cr_assert_eq(company.status, 0);
}

Test(story_1_cinema, a_booking_on_the_site_is_visible_to_the_mailer)
{
    struct arrival booked;
    int64_t committed;

    given();
    arrival_await(&booked, company.redis, "booking", "booking.created", "cinema-42");
    committed = company_sql(
        &company, "cinema-bookings",
        "INSERT INTO reservation VALUES (42, 991, 12, 'C', 1250, now(), 'ada@example.net', 'web', '4000')");
    arrival_tell(1, arrival_end(&booked) - committed);

    company_expect(&company, ASK, "do not send: booked already: cinema-42");
    cr_assert_eq(company.status, 1);

    /* That it did not send is a fact, too, and the contact centre can see why. */
    company_sql(&company, "mailer", "UPDATE mail SET state = 'held', booking_id = 42 WHERE id = 1");
    company_await(&company, "HGET cdc:state:{message}:mail-1 status", "suppressed");
    company_expect(
        &company,
        "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:crm:C-17 | "
        "jq -r '.timeline[] | select(.entity != \"consent\" and .entity != \"customer\") | .type + \" \" + .subject' | sort",
        "booking.created cinema-42\nidentity.linked booking-site:991\nmessage.queued mail-1\nmessage.suppressed mail-1");

    /* A cancelled booking is none. */
    company_sql(&company, "cinema-bookings", "UPDATE reservation SET state = 'X' WHERE id = 42");
    company_await(&company, "HGET cdc:state:{booking}:cinema-42 reservation_status", "cancelled");
    company_expect(&company, ASK, "send");
    company_close(&company);
}

/*
 * Story 3. A flight is cancelled, and in the same transaction (MariaDB) its passenger is booked on the next one. She is on the
 * telephone already: the help desk's screen says from what to what.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_3_airline, .fini = done, .timeout = 180);

static const char LAST_BOOKING_EVENT[] =
    "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:crm:C-17 | "
    "jq -r '[.timeline[] | select(.entity == \"booking\")][0] | .type, .previous.service_id, .data.service_id'";

static void given(void)
{
    company_open(&company, NULL, (const char *const[]){"airline-operations", "contact-centre", NULL});
    people_ada(&company);
    people_link(&company, "airline", "F-1007", "C-17");
    company_sql(
        &company, "airline-operations",
        "INSERT INTO flight (number, departure_day, origin, destination, departs_at, seats, seats_free) VALUES "
        "('TR17', '2026-12-01', 'LHR', 'OSL', '2026-12-01 07:10', 180, 60), "
        "('TR19', '2026-12-01', 'LHR', 'OSL', '2026-12-01 11:40', 180, 12);"
        "INSERT INTO booking (locator, flyer_no, flight_number, departure_day, state, booked_at, seat_row, seat_letter) "
        "VALUES ('X7QR2A', 'F-1007', 'TR17', '2026-12-01', 'HK', '2026-11-01 09:00', 12, 'C');");
    company_await(&company, "HGET cdc:state:{booking}:airline-X7QR2A reservation_status", "confirmed");
}

Test(story_3_airline, a_cancellation_and_the_new_booking_are_on_the_help_desks_screen)
{
    struct arrival rebooked;
    int64_t committed;

    given();
    arrival_await(&rebooked, company.redis, "booking", "booking.rebooked", "airline-X7QR2A");
    committed = company_sql(
        &company, "airline-operations",
        "START TRANSACTION;"
        "UPDATE flight SET status = 'CNX' WHERE number = 'TR17';"
        "UPDATE booking SET flight_number = 'TR19', seat_row = 3, seat_letter = 'A' WHERE locator = 'X7QR2A';"
        "UPDATE flight SET seats_free = seats_free - 1 WHERE number = 'TR19';"
        "COMMIT;");
    arrival_tell(3, arrival_end(&rebooked) - committed);

    company_expect(&company, LAST_BOOKING_EVENT, "booking.rebooked\nTR17/2026-12-01\nTR19/2026-12-01");
    company_await(&company, "HGET cdc:state:{service}:TR19/2026-12-01 remaining", "11");
    company_expect(&company, "$REDIS HGET cdc:state:{service}:TR17/2026-12-01 service_status", "cancelled");
    company_expect(&company, "conf/examples/call-centre.sh crm:C-17 | grep -E 'service_id|seats'",
                   "  seats: {\"row\":\"3\",\"letter\":\"A\"}\n  service_id: TR19/2026-12-01");
    /* One transaction: its events say so. */
    company_expect(
        &company,
        "for e in service booking service; do $REDIS --json -3 XREVRANGE cdc:events:{$e} + - COUNT 1 | "
        "jq -r '.[][1] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add | .tx'; done | sort -u | wc -l",
        "1");
    company_close(&company);
}

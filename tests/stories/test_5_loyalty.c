/*
 * Story 5. The card is used at the till (MariaDB) and the bonus with it (PostgreSQL, the loyalty programme). The text message
 * "your bonus is waiting", planned for five days later (MariaDB, the mailer), is not sent, because the bonus says redeemed.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_5_loyalty, .fini = done, .timeout = 180);

/* What the reminder does before it sends. */
static const char REMIND[] =
    "[ \"$($REDIS HGET cdc:state:{bonus}:bonus-77 status)\" = issued ] && echo send || echo hold";

static void given(void)
{
    company_open(&company, NULL,
                 (const char *const[]){"loyalty-programme", "shop-stock", "mailer", "contact-centre", NULL});
    people_ada(&company);
    people_link(&company, "loyalty", "M-12", "C-17");
    people_link(&company, "booking-site", "991", "C-17");
    company_sql(
        &company, "loyalty-programme",
        "INSERT INTO member (card_no, given_name, born, points) VALUES ('M-12', 'Ada', '1990-12-10', 500);"
        "INSERT INTO bonus (id, card_no, points, state) VALUES (77, 'M-12', 200, 'new')");
    company_sql(&company, "mailer",
                "INSERT INTO mail (id, member_no, medium, campaign) VALUES (8, 991, 'S', 'bonus-reminder')");
    company_await(&company, "HGET cdc:state:{bonus}:bonus-77 status", "issued");
    company_await(&company, "HGET cdc:state:{message}:mail-8 channel", "sms");
    company_expect(&company, REMIND, "send");
}

Test(story_5_loyalty, a_bonus_that_is_redeemed_needs_no_reminder)
{
    struct arrival redeemed;
    int64_t committed;

    given();
    company_sql(
        &company, "shop-stock",
        "INSERT INTO till_sale (receipt, branch, loyalty_no, goods, total_pence, card_number) VALUES (902, 'north', "
        "'M-12', '[]', 2500, '4000')");
    arrival_await(&redeemed, company.redis, "bonus", "bonus.redeemed", "bonus-77");
    committed = company_sql(&company, "loyalty-programme",
                            "BEGIN; UPDATE bonus SET state = 'used', used_at = now() WHERE id = 77;"
                            "UPDATE member SET points = points - 200 WHERE card_no = 'M-12'; COMMIT");
    arrival_tell(5, arrival_end(&redeemed) - committed);
    company_await(&company, "HGET cdc:state:{loyalty}:popcorn:M-12 points_balance", "300");
    company_await(&company, "HGET cdc:state:{order}:till-902 customer_id", "loyalty:M-12");

    company_expect(&company, REMIND, "hold");
    company_sql(&company, "mailer", "UPDATE mail SET state = 'held' WHERE id = 8");
    company_await(&company, "HGET cdc:state:{message}:mail-8 status", "suppressed");
    company_expect(
        &company,
        "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:loyalty:M-12 | "
        "jq -r '.timeline[] | select(.subject == \"bonus-77\" or .subject == \"mail-8\" or .entity == \"order\") | .type' | sort",
        "bonus.issued\nbonus.redeemed\nmessage.queued\nmessage.suppressed\norder.placed");
    company_close(&company);
}

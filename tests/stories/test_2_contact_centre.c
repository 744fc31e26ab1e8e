/*
 * Story 2. A customer calls. Delivery tracking (PostgreSQL, the warehouse), correspondence (MariaDB, the mailer), price and
 * specification of the product (MariaDB, the shop) and what she asked for in a branch an hour ago (PostgreSQL, the CRM) are in one
 * answer, read while the telephone rings.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_2_contact_centre, .fini = done, .timeout = 180);

static void given(void)
{
    company_open(&company, NULL,
                 (const char *const[]){"contact-centre", "parcel-tracking", "mailer", "shop-stock", NULL});
    people_ada(&company);
    people_link(&company, "booking-site", "991", "C-17");
    people_link(&company, "shop", "5001", "C-17");
    company_sql(
        &company, "shop-stock",
        "INSERT INTO product VALUES ('KETTLE-2', 'Kettle', 'Acme', '4006381333931', 'red', 940, 220, 250, 'A', 11.00, "
        "'current'); INSERT INTO price (sku, web_price, till_price) VALUES ('KETTLE-2', 29.90, 29.90);");
    company_sql(
        &company, "mailer",
        "INSERT INTO mail (id, member_no, campaign, state, body) VALUES (7, 991, 'your-parcel', 'ok', 'Dear Ada')");
    company_sql(
        &company, "parcel-tracking",
        "INSERT INTO parcel VALUES ('acme', '1Z9', 5001, 'W-100', 'van', now(), now() + '2 hours', '12 St James')");
    company_await(&company, "HGET cdc:state:{delivery}:acme:1Z9 status", "out_for_delivery");
    company_await(&company, "HGET cdc:state:{message}:mail-7 status", "delivered");
    company_await(&company, "HGET cdc:state:{price}:KETTLE-2:till:-:GBP:- price", "29.90");
}

Test(story_2_contact_centre, everything_is_in_one_answer_when_the_customer_calls)
{
    struct arrival asked;
    int64_t committed;

    given();

    /* When she asks for something in a branch, */
    arrival_await(&asked, company.redis, "request", "request.opened", "ticket-5");
    committed = company_sql(
        &company, "contact-centre",
        "INSERT INTO crm.ticket VALUES (5, 'C-17', 'branch', 'High Street', 'a second lid for the kettle', "
        "'product:KETTLE-2', 'new')");
    arrival_tell(2, arrival_end(&asked) - committed);

    /* then one answer about the customer has everything, under any of her references, */
    company_expect(
        &company,
        "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:shop:5001 | jq -r '.references | join(\" \")'",
        "booking-site:991 crm:C-17 shop:5001");
    company_expect(
        &company,
        "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:crm:C-17 | jq -r '.states | "
        ".delivery[\"acme:1Z9\"].status, .message[\"mail-7\"].campaign, .request[\"ticket-5\"].place'",
        "out_for_delivery\nyour-parcel\nHigh Street");
    /* and so has the call centre's screen; */
    company_expect(&company, "conf/examples/call-centre.sh crm:C-17 | grep -E '^[A-Z]|place|about'",
                   "CUSTOMER   booking-site:991, crm:C-17, shop:5001\n"
                   "CUSTOMER   crm:C-17\n"
                   "DELIVERY   acme:1Z9\n"
                   "IDENTITY   booking-site:991\n"
                   "IDENTITY   shop:5001\n"
                   "MESSAGE   mail-7\n"
                   "REQUEST   ticket-5\n"
                   "  about: product:KETTLE-2\n"
                   "  place: High Street\n"
                   "LATELY");
    /* price and specification are asked for by the sku that the request is about, */
    company_expect(&company, "$REDIS HGET cdc:state:{price}:KETTLE-2:web:-:GBP:- price", "29.90");
    company_expect(
        &company, "$REDIS HGET cdc:state:{product}:KETTLE-2 specs",
        "{\"colour\":\"red\",\"weight_g\":940,\"size_mm\":{\"w\":220,\"h\":250},\"energy\":\"A\"}");
    /* and people without a script read the same. */
    company_expect(&company, "conf/examples/one-liners.sh crm:C-17 cinema-42 | grep -c 'ticket-5'", "3");
    company_expect(&company, "conf/examples/one-liners.sh crm:C-17 cinema-42 | grep -E '^[A-Z]+ '", "");
    cr_assert_eq(
        agent_command(&company.systems[0].agent,
                      (const char *const[]){"customer", "--redis", company_url(&company), "crm:C-17", NULL}),
        0);
    cr_assert(strstr(agent_output(&company.systems[0].agent), "request ticket-5"), "%s",
              agent_output(&company.systems[0].agent));
    company_close(&company);
}

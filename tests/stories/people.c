/* Customers of the contact centre, and which accounts are theirs. */
#include "people.h"

#include "lib/fail.h"

#include <stdlib.h>

void people_ada(struct company *company)
{
    company_sql(
        company, "contact-centre",
        "INSERT INTO crm.customer VALUES ('C-17', 'Ada', 'Byron', 'ada@example.net', '+44 20 7946 0017', 'en')");
}

void people_link(struct company *company, const char *system, const char *account, const char *customer_no)
{
    char *links = text_print("SISMEMBER cdc:links:{customer}:crm:%s %s:%s", customer_no, system, account);

    company_sql(
        company, "contact-centre",
        "INSERT INTO crm.account_link (system, account, customer_no, found_by) VALUES ('%s', '%s', '%s', 'e-mail')",
        system, account, customer_no);
    company_await(company, links, "1");
    free(links);
}

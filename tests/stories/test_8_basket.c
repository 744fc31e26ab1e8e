/*
 * Story 8. A basket is left alone (MariaDB, the shop). It is abandoned once, although the agent dies just then and a standby takes
 * over. Recovery starts; the customer orders on the telephone (PostgreSQL, the contact centre), and recovery stops.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;
static struct agent standby;

static void done(void)
{
    agent_fini(&standby);
    company_clean(&company);
}

TestSuite(story_8_basket, .fini = done, .timeout = 180);

static const char ABANDONED[] = "$REDIS XRANGE cdc:events:{basket} - + | grep -c basket.abandoned";
static const char WORKER[] =
    "ROUNDS=1 BLOCK_MS=100 START=0 conf/examples/worker.sh basket recovery worker-1 conf/examples/basket-recovery.sh";

/* Two agents for the shop, and two baskets: one is about to be ordered. */
static void given(void)
{
    company_open(&company, "due: {basket: {after: 1s}}\n",
                 (const char *const[]){"shop-stock", "contact-centre", NULL});
    company_standby(&company, "shop-stock", &standby);
    people_ada(&company);
    people_link(&company, "shop", "5001", "C-17");
}

static void await_takeover(void)
{
    agent_wait_log(&standby, "streaming from", COMPANY_SOON_MS);
}

Test(story_8_basket, abandoned_once_and_recovered_by_telephone)
{
    struct arrival abandoned, converted;
    int64_t committed;

    given();
    /* The leader dies in the moment in which the first basket falls due. */
    company_sql(
        &company, "shop-stock",
        "INSERT INTO basket (id, account, contents, worth) VALUES (6, 5002, '[]', 5.00), (7, 5001, '[\"TEA-1\"]', 25.00);"
        "UPDATE basket SET state = 'ordered' WHERE id = 6;");
    company_await(&company, "HGET cdc:state:{basket}:basket-7 status", "open");
    arrival_await(&abandoned, company.redis, "basket", "basket.abandoned", "basket-7");
    agent_kill(&company_system(&company, "shop-stock")->agent);
    await_takeover();
    arrival_end(&abandoned);

    /* It is abandoned, once; nobody wrote a row. */
    company_expect(&company, ABANDONED, "1");
    company_expect(&company, "$REDIS ZCARD cdc:due:shop-stock 2>&1 | cut -c 1-6",
                   "NOPERM"); /* none of a reader's business */
    company_expect(&company, WORKER, "recover basket-7 of shop:5001");
    company_expect(&company, "conf/examples/basket-recovery.sh basket-7", "recover basket-7 of shop:5001");

    /* The customer calls. */
    arrival_await(&converted, company.redis, "basket", "basket.converted", "basket-7");
    committed = company_sql(&company, "contact-centre",
                            "INSERT INTO crm.phone_order VALUES (31, 'C-17', 7, 5001, '[\"TEA-1\"]', 25.00)");
    arrival_tell(8, arrival_end(&converted) - committed);
    company_expect(&company, "conf/examples/basket-recovery.sh basket-7", "stop: basket-7 is converted");
    cr_assert_eq(company.status, 1);
    company_expect(&company, WORKER, "");
    company_expect(&company, "$REDIS HGET cdc:state:{order}:phone-31 channel", "phone");
    company_expect(&company,
                   "$REDIS FCALL_RO tributary_customer 1 cdc:links:{customer}:crm:C-17 | "
                   "jq -r '.timeline[] | select(.entity == \"basket\") | .type' | sort",
                   "basket.abandoned\nbasket.converted\nbasket.created");

    /* A basket that is left alone after that is abandoned by the one that took over; the first ones are not, again. */
    arrival_await(&abandoned, company.redis, "basket", "basket.abandoned", "basket-8");
    company_sql(&company, "shop-stock",
                "INSERT INTO basket (id, account, contents, worth) VALUES (8, 5001, '[]', 9.00)");
    arrival_end(&abandoned);
    company_expect(&company, ABANDONED, "2");
    cr_assert_eq(agent_stop(&standby), 0);
    company_close(&company);
}

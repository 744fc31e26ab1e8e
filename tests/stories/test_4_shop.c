/*
 * Story 4. One price, one stock: what the mailer prints, the web shop shows and the till charges is read in one place. The
 * central price list is MariaDB's; what each branch's tills have loaded is in a PostgreSQL. Where they differ, it is said.
 */
#include <criterion/criterion.h>

#include "lib/arrival.h"
#include "people.h"

static struct company company;

static void done(void)
{
    company_clean(&company);
}

TestSuite(story_4_shop, .fini = done, .timeout = 180);

static const char PRICES[] =
    "for c in web:- till:- till:north; do $REDIS HGET cdc:state:{price}:TEA-1:$c:GBP:- price; done";
static const char LAST_WORD[] =
    "$REDIS --json -3 XREVRANGE cdc:events:{price} + - COUNT 1 | "
    "jq -r '.[][1] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add | .type, .subject, "
    "(.data | fromjson | .values[] | .subject + \" \" + .source + \" \" + .price)'";

static void given(void)
{
    company_open(&company, NULL, (const char *const[]){"shop-stock", "branch-tills", NULL});
    company_sql(&company, "shop-stock",
                "INSERT INTO price (sku, web_price, till_price) VALUES ('TEA-1', 12.5, 12.5);"
                "INSERT INTO stock VALUES ('TEA-1', 'north', 8, 0);");
    company_await(&company, "HGET cdc:state:{price}:TEA-1:till:-:GBP:- price", "12.50");
    company_sql(&company, "branch-tills", "INSERT INTO price_list VALUES ('north', 'TEA-1', 1250)");
    company_await(&company, "HGET cdc:state:{price}:TEA-1:till:north:GBP:- price", "12.50");
    company_await(&company, "HGET cdc:state:{inventory}:TEA-1:north quantity", "8");
}

static void expect_divergences(const char *text)
{
    struct agent *agent = &company.systems[0].agent;

    cr_assert_eq(
        agent_command(agent, (const char *const[]){"divergences", "--redis", company_url(&company), NULL}),
        0);
    cr_assert(strstr(agent_output(agent), text), "\"%s\" is not in\n%s", text, agent_output(agent));
}

Test(story_4_shop, a_price_that_differs_is_said_until_it_does_not)
{
    struct arrival diverged, converged;
    int64_t committed;

    given();
    company_expect(&company, PRICES, "12.50\n12.50\n12.50");
    company_expect(&company, "$REDIS XLEN cdc:events:{price}", "3");
    expect_divergences("everything that should agree does");

    /* When the price changes centrally and the tills in the north have not got it, */
    arrival_await(&diverged, company.redis, "price", "price.diverged", "TEA-1:*:*:GBP:-");
    committed = company_sql(&company, "shop-stock", "UPDATE price SET web_price = 11.90, till_price = 11.90");
    arrival_tell(4, arrival_end(&diverged) - committed);

    /* then everybody knows: who says what, and from where; once, although two prices changed. */
    company_expect(&company, LAST_WORD,
                   "price.diverged\nTEA-1:*:*:GBP:-\nTEA-1:till:-:GBP:- shop-stock 11.90\n"
                   "TEA-1:till:north:GBP:- branch-tills 12.50\nTEA-1:web:-:GBP:- shop-stock 11.90");
    company_expect(&company, "$REDIS ZCARD cdc:divergences:{price}", "1");
    expect_divergences("TEA-1:till:north:GBP:- 12.5");

    /* When they have loaded it, it is over. */
    arrival_await(&converged, company.redis, "price", "price.converged", "TEA-1:*:*:GBP:-");
    company_sql(&company, "branch-tills", "UPDATE price_list SET price_pence = 1190");
    arrival_end(&converged);
    company_expect(&company, PRICES, "11.90\n11.90\n11.90");
    company_expect(&company, "$REDIS ZCARD cdc:divergences:{price}", "0");
    company_expect(&company, "$REDIS XLEN cdc:events:{price}", "8");
    company_close(&company);
}

/* The agent dies and reads its rows again: the stock goes down once, and the sale is one. */
Test(story_4_shop, stock_goes_down_once)
{
    given();
    company_sql(
        &company, "shop-stock",
        "START TRANSACTION;"
        "INSERT INTO till_sale (receipt, branch, loyalty_no, goods, total_pence) VALUES (901, 'north', 'M-12', "
        "'[{\"sku\":\"TEA-1\",\"n\":1}]', 1250);"
        "UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'TEA-1' AND branch = 'north'; COMMIT;");
    agent_kill(&company_system(&company, "shop-stock")->agent);
    company_run(&company, "shop-stock");
    company_await(&company, "HGET cdc:state:{inventory}:TEA-1:north quantity", "7");
    company_sql(&company, "shop-stock", "UPDATE stock SET on_hand = 0");
    company_await(&company, "HGET cdc:state:{inventory}:TEA-1:north quantity", "0");
    company_expect(&company,
                   "$REDIS --json -3 XRANGE cdc:events:{inventory} - + | "
                   "jq -r '.[][1] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add | "
                   ".type + \" \" + (.data | fromjson | .quantity)'",
                   "inventory.created 8\ninventory.changed 7\ninventory.depleted 0");
    company_expect(&company, "$REDIS XLEN cdc:events:{order}", "1");
    company_close(&company);
}

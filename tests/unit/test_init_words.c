/* Names as words. */
#include "command/init_words.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(init_words);

static const char *split(const char *name)
{
    static const struct words none = {.n = 0};
    static char joined[WORDS_MAX * WORDS_BYTES];
    struct words words;

    words_split(&words, name);
    words_join(&words, &none, joined, sizeof joined);
    return joined;
}

Test(init_words, names_are_taken_apart)
{
    cr_expect_str_eq(split("tblCustomerOrders"), "customer_order");
    cr_expect_str_eq(split("Reservations"), "reservation");
    cr_expect_str_eq(split("deliveries"), "delivery");
    cr_expect_str_eq(split("order-items.2"), "order_item");
    cr_expect_str_eq(split("address"), "address");
    cr_expect_str_eq(split("bonus"), "bonus");
    cr_expect_str_eq(split("status"), "status");
    cr_expect_str_eq(split("__x__"), "x");
    cr_expect_str_eq(split(""), "");
    cr_expect_str_eq(split("\xc3\xbc"), "");
}

Test(init_words, long_names_end_where_there_is_no_more_room)
{
    char name[400];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect_eq(strlen(split(name)), WORDS_BYTES - 1);
    cr_expect_str_eq(split("a_b_c_d_e_f_g_h_i_j_k"), "a_b_c_d_e_f_g_h");
}

Test(init_words, the_tables_own_words_are_left_out)
{
    struct words table, column;
    char joined[64];

    words_split(&table, "bookings");
    words_split(&column, "booking_state");
    words_join(&column, &table, joined, sizeof joined);
    cr_expect_str_eq(joined, "state");
    words_split(&column, "booking");
    words_join(&column, &table, joined, sizeof joined);
    cr_expect_str_eq(joined, "booking", "something has to be left");
}

Test(init_words, synonyms)
{
    struct words words;

    cr_expect(words_mean_entity("cart", "basket"));
    cr_expect(words_mean_entity("basket", "basket"));
    cr_expect_not(words_mean_entity("art", "basket"));
    cr_expect(words_mean_field("on_hand", "quantity"));
    cr_expect(words_mean_field("point", "points"), "the plural's s is gone from columns");
    cr_expect_not(words_mean_field("hand", "quantity"));
    words_split(&words, "billingAddress");
    cr_expect(words_are_personal(&words));
    words_split(&words, "quantity");
    cr_expect_not(words_are_personal(&words));
}

/* The vocabulary of `tributary init` (init_words.h): tables of words, and taking names apart. Pure. */
#include "command/init_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct synonyms {
    const char *name;
    const char *words; /* blanks before, between and behind */
};

static const struct synonyms entities[] = {
    {"customer",
     " client member person people account contact guest patient passenger subscriber user buyer "},
    {"identity", " link alias crosswalk "},
    {"product", " article item sku variant goods "},
    {"price", " tariff fare offer pricing "},
    {"inventory", " stock stocklevel availability "},
    {"basket", " cart "},
    {"order", " purchase sale "},
    {"booking", " reservation ticket "},
    {"service", " flight screening event trip show showing performance session departure "},
    {"loyalty", " membership loyaltycard card "},
    {"bonus", " voucher reward coupon "},
    {"message", " mail email sms letter notification mailing "},
    {"request", " case enquiry inquiry complaint "},
    {"delivery", " parcel shipment consignment "},
    {"consent", " permission optin "},
    {"erasure", " forgetting deletion "},
};

static const struct synonyms fields[] = {
    {"customer_id",
     " customer customer_no customer_number client client_id member member_id member_no user user_id account_id "
     "guest_id person_id patient_id passenger_id contact_id "},
    {"given_name", " first_name firstname forename "},
    {"family_name", " last_name lastname surname "},
    {"email", " mail email_address e_mail mail_address "},
    {"telephone", " phone phone_number mobile tel telephone_number "},
    {"birth_date", " birthday date_of_birth dob born "},
    {"language", " locale lang "},
    {"sku",
     " article article_no article_number article_id product_id product_code product_no product item_no item_id "},
    {"gtin", " ean barcode "},
    {"name", " title label "},
    {"location",
     " branch store warehouse site shop place depot location_id branch_id store_id warehouse_id "},
    {"quantity", " qty on_hand in_stock stock count units "},
    {"reserved", " allocated committed "},
    {"price", " amount unit_price net_price gross_price fare "},
    {"price_currency", " currency currency_code "},
    {"currency", " currency_code price_currency "},
    {"total_price", " total amount price total_amount "},
    {"total", " total_price amount total_amount grand_total "},
    {"value", " total amount total_value "},
    {"booking_time", " booked_at created_at created reserved_at "},
    {"modified_time", " updated_at modified_at changed_at modified "},
    {"order_date", " ordered_at placed_at created_at created "},
    {"updated_at", " modified_at changed_at last_change "},
    {"opened_at", " created_at created "},
    {"closed_at", " resolved_at settled_at "},
    {"reservation_status", " status state "},
    {"order_status", " status state "},
    {"service_status", " status state "},
    {"link_status", " status state "},
    {"status", " state "},
    {"party_size", " persons people guests "},
    {"service_id", " flight_id screening_id event_id trip_id session_id show_id departure_id service "},
    {"start_time", " starts_at begins_at departure_time departs_at start "},
    {"arrival_time", " arrives_at ends_at end_time "},
    {"origin", " departure_airport from_airport from_place "},
    {"destination", " arrival_airport to_airport to_place "},
    {"capacity", " seats places "},
    {"remaining", " free_seats seats_left places_left "},
    {"number", " flight_no flight_number "},
    {"membership_number", " card_no card_number membership_no "},
    {"points_balance", " points balance "},
    {"tier", " level "},
    {"valid_from", " starts_on from_date "},
    {"valid_through", " valid_until valid_to expires_at expires_on expires "},
    {"date_sent", " sent_at sent "},
    {"tracking_number", " tracking_no tracking_code parcel_no "},
    {"carrier", " shipper "},
    {"order_number", " order_id order_no "},
    {"channel", " sales_channel "},
    {"expected_until", " expected_at eta "},
    {"collected_at", " given_at "},
    {"requested_at", " created_at "},
};

static const char personal[] =
    " name surname firstname lastname forename email mail phone mobile telephone tel fax address street city postcode zip birthday dob "
    "birth born gender sex iban bic ssn passport tax nationality ip password passwd secret token note comment remark ";

/* Words that say nothing. */
static const char empty[] = " tbl t tab table v data dim fact ";

static bool is_one_of(const char *words, const char *word)
{
    char wanted[WORDS_BYTES + 2];

    return (size_t)snprintf(wanted, sizeof wanted, " %s ", word) < sizeof wanted && strstr(words, wanted);
}

static void end_word(struct words *words, size_t n)
{
    char *word = words->word[words->n];

    while (n && isdigit((unsigned char)word[n - 1]))
        n--;
    if (n > 3 && word[n - 1] == 's' && word[n - 2] != 's' && word[n - 2] != 'u')
        n--;
    if (n > 3 && word[n - 1] == 'e' && word[n - 2] == 'i')
        snprintf(word + n - 2, 2, "y"); /* deliveries, parties */
    else
        word[n] = '\0';
    if (*word && !is_one_of(empty, word))
        words->n++;
}

void words_split(struct words *words, const char *name)
{
    size_t n = 0;
    bool was_lower = false;

    words->n = 0;
    for (; *name && words->n < WORDS_MAX; name++) {
        unsigned char c = (unsigned char)*name;

        if (n && (!isalnum(c) || (isupper(c) && was_lower))) {
            end_word(words, n);
            n = 0;
        }
        if (isalnum(c) && n + 1 < WORDS_BYTES && words->n < WORDS_MAX)
            words->word[words->n][n++] = (char)tolower(c);
        was_lower = islower(c) || isdigit(c);
    }
    if (n && words->n < WORDS_MAX)
        end_word(words, n);
}

void words_join(const struct words *words, const struct words *prefix, char *out, size_t size)
{
    size_t i = 0, used = 0;

    while (i + 1 < words->n && i < prefix->n && strcmp(words->word[i], prefix->word[i]) == 0)
        i++;
    *out = '\0';
    for (; i < words->n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "_" : "", words->word[i]);
}

bool words_mean_entity(const char *word, const char *entity)
{
    if (strcmp(word, entity) == 0)
        return true;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strcmp(entities[i].name, entity) == 0)
            return is_one_of(entities[i].words, word);
    return false;
}

/* Both in the same form: the plural's s is gone from `column`. */
static bool is_field(const char *column, const char *name)
{
    static const struct words none = {.n = 0};
    struct words words;
    char joined[WORDS_MAX * WORDS_BYTES];

    words_split(&words, name);
    words_join(&words, &none, joined, sizeof joined);
    return strcmp(joined, column) == 0;
}

bool words_mean_field(const char *column, const char *field)
{
    char word[WORDS_BYTES];

    if (is_field(column, field))
        return true;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, field) != 0)
            continue;
        for (const char *at = fields[i].words + 1; *at; at += strcspn(at, " ") + 1) {
            size_t len = strcspn(at, " ");
            if (len >= sizeof word)
                continue;
            memcpy(word, at, len);
            word[len] = '\0';
            if (is_field(column, word))
                return true;
        }
    }
    return false;
}

bool words_are_personal(const struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_one_of(personal, words->word[i]))
            return true;
    return false;
}

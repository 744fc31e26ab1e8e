/* The built-in model: everything that the contract page on the model names. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "model/model_verbs.h"

static struct model *model;

static void init(void)
{
    struct cdc_err err;

    cr_assert_eq(model_builtin(&model, &err), 0, "%s", err.message);
}

static void fini(void)
{
    model_free(model);
}

TestSuite(model, .init = init, .fini = fini);

/* Entity, key, other fields, values of enums as field=a|b, events: words separated by blanks. */
static const struct {
    const char *entity, *key, *fields, *values, *events;
} contract[] = {
    {"customer", "customer_id", "given_name family_name email telephone birth_date language status",
     "status=active|blocked|erased", "created updated erased"},
    {"identity", "system source_id",
     "customer_id link_status link_type match_rule confidence actor reason linked_at unlinked_at",
     "link_status=linked|unlinked link_type=refer|replaces|replaced_by|seealso", "linked unlinked"},
    {"product", "sku", "gtin mpn name brand category description specs image status", "",
     "created updated discontinued"},
    {"price", "sku channel location price_currency tier",
     "price price_type valid_from valid_through vat_included unit_code",
     "price_type=regular|sale|list|invoice|msrp|strikethrough|minimum_advertised",
     "changed expired diverged converged"},
    {"inventory", "sku location", "quantity reserved unit_code availability",
     "availability=in_stock|limited_availability|out_of_stock|sold_out|pre_order|back_order|discontinued|in_store_only|"
     "online_only",
     "changed depleted replenished"},
    {"basket", "basket_id", "customer_id channel items value currency coupon status updated_at",
     "status=open|checkout|converted|abandoned",
     "checkout_started converted abandoned"}, /* no row says item_added: what is in `items` is the shop's own */
    {"order", "order_number",
     "customer_id order_date order_status payment_status items total currency channel",
     "order_status=payment_due|processing|pickup_available|in_transit|delivered|problem|returned|cancelled "
     "payment_status=due|complete|past_due|declined",
     "placed updated cancelled returned delivered"},
    {"booking", "reservation_id",
     "customer_id service_id reservation_status replaces_id party_size seats ticket_number total_price price_currency "
     "booking_time modified_time channel email",
     "reservation_status=hold|pending|confirmed|cancelled", "created confirmed changed rebooked cancelled"},
    {"service", "service_id",
     "kind name number service_status op_status start_time previous_start_time arrival_time origin destination gate "
     "terminal capacity remaining",
     "kind=flight|screening|event|trip service_status=scheduled|rescheduled|postponed|cancelled "
     "op_status=on_time|delayed|boarding|departed|arrived|diverted",
     "rescheduled delayed cancelled departed arrived"},
    {"loyalty", "programme membership_number",
     "customer_id tier points_balance points_earned points_expire_at status", "",
     "enrolled tier_changed points_changed"},
    {"bonus", "bonus_id", "customer_id membership_number points status redeemed_at valid_through",
     "status=issued|redeemed|expired|revoked", "issued redeemed expired revoked"},
    {"message", "message_id",
     "customer_id channel direction campaign about status date_sent date_received date_read",
     "channel=email|sms|push|post|call|chat direction=inbound|outbound "
     "status=queued|sent|delivered|deferred|bounced|dropped|opened|clicked|complained|unsubscribed|suppressed",
     "queued sent delivered deferred bounced dropped opened clicked complained unsubscribed suppressed"},
    {"request", "request_id", "customer_id channel place subject about status opened_at closed_at",
     "status=open|in_progress|closed", "opened closed"},
    {"delivery", "carrier tracking_number",
     "customer_id order_number status expected_from expected_until tracking_url",
     "status=pending|info_received|in_transit|out_for_delivery|attempt_failed|available_for_pickup|delivered|exception|"
     "returned|expired",
     "updated delivered failed"},
    {"consent", "customer_id purpose channel", "status lawful_basis policy_version collected_at expires_at",
     "status=granted|denied|pending|withdrawn|expired", "granted withdrawn expired"},
    {"erasure", "request_id", "customer_id scope status requested_at due_at completed_at",
     "status=requested|in_progress|completed|rejected", "requested completed"},
};

/* The next word of a list, or NULL; `word` is a buffer. */
static const char *next_word(const char **list, const char *separators, char word[64])
{
    size_t n;

    *list += strspn(*list, separators);
    n = strcspn(*list, separators);
    cr_assert_lt(n, 64);
    memcpy(word, *list, n);
    word[n] = '\0';
    *list += n;
    return n ? word : NULL;
}

Test(model, every_entity_of_the_contract)
{
    size_t n = sizeof contract / sizeof *contract;

    cr_assert_eq(model_count(model), n);
    for (size_t i = 0; i < n; i++)
        cr_expect_str_eq(model_at(model, i)->name, contract[i].entity);
    cr_assert_null(model_find(model, "nothing"));
}

Test(model, every_key_and_field_of_the_contract)
{
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        const struct model_entity *entity = model_find(model, contract[i].entity);
        const char *list = contract[i].key;
        char word[64];
        size_t n = 0;

        for (; next_word(&list, " ", word); n++) {
            cr_assert_lt(n, entity->nkeys, "%s", entity->name);
            cr_expect_str_eq(entity->fields[entity->keys[n]].name, word, "%s", entity->name);
        }
        cr_expect_eq(n, entity->nkeys, "%s", entity->name);
        for (list = contract[i].fields; next_word(&list, " ", word); n++)
            cr_expect_geq(model_field_index(entity, word), 0, "%s.%s", entity->name, word);
        cr_expect_eq(n, entity->nfields, "%s", entity->name);
        cr_expect_eq(model_field_index(entity, "nothing"), -1);
    }
}

/* "field=a|b" */
static void check_values(const struct model_entity *entity, const char *text)
{
    char word[64];
    const struct model_field *field = &entity->fields[model_field_index(entity, next_word(&text, "=", word))];
    size_t n = 0;

    for (; next_word(&text, "=|", word); n++) {
        cr_assert_lt(n, field->nvalues, "%s.%s", entity->name, field->name);
        cr_expect_str_eq(field->values[n], word, "%s.%s", entity->name, field->name);
        cr_expect(model_allows(field, word, strlen(word)));
    }
    cr_expect_eq(n, field->nvalues, "%s.%s", entity->name, field->name);
    cr_expect_eq(field->type, MODEL_ENUM);
    cr_expect_not(model_allows(field, "nothing", 7));
    cr_expect_not(model_allows(field, word, 1), "only whole words");
}

Test(model, every_value_of_the_contract)
{
    size_t enums = 0, listed = 0;

    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        const struct model_entity *entity = model_find(model, contract[i].entity);

        for (const char *at = contract[i].values; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
            char *one = strndup(at, strcspn(at, " "));
            check_values(entity, one);
            free(one);
            listed++;
        }
        for (size_t f = 0; f < entity->nfields; f++)
            enums += entity->fields[f].type == MODEL_ENUM;
    }
    cr_assert_eq(enums, listed);
}

Test(model, every_event_of_the_contract)
{
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        const struct model_entity *entity = model_find(model, contract[i].entity);
        const char *verbs[MODEL_MAX_VERBS], *list = contract[i].events;
        size_t n = model_verbs(entity, verbs);
        char word[64];

        while (next_word(&list, " ", word)) {
            size_t at = 0;
            while (at < n && strcmp(verbs[at], word) != 0)
                at++;
            cr_expect_lt(at, n, "%s.%s", entity->name, word);
        }
    }
}

Test(model, every_status_keeps_its_source)
{
    for (size_t i = 0; i < model_count(model); i++)
        for (size_t f = 0; f < model_at(model, i)->nfields; f++) {
            const struct model_field *field = &model_at(model, i)->fields[f];
            size_t n = strlen(field->name);
            bool status = n >= 6 && strcmp(field->name + n - 6, "status") == 0;

            cr_expect_eq(field->keep_source, status, "%s.%s", model_at(model, i)->name, field->name);
        }
}

Test(model, customer_ids_are_references)
{
    for (size_t i = 0; i < model_count(model); i++) {
        const struct model_entity *entity = model_at(model, i);
        long field = model_field_index(entity, "customer_id");

        if (field >= 0)
            cr_expect_eq(entity->fields[field].type, MODEL_REF, "%s", entity->name);
    }
}

Test(model, people_are_marked_as_such)
{
    const struct model_entity *customer = model_find(model, "customer");

    cr_assert(customer->fields[model_field_index(customer, "email")].personal);
    cr_assert(customer->fields[model_field_index(customer, "birth_date")].personal);
    cr_assert_not(customer->fields[model_field_index(customer, "status")].personal);
}

/* The verb of a change of one field. */
static const char *verb(const char *name, const char *field, const char *from, const char *to, unsigned on)
{
    const struct model_entity *entity = model_find(model, name);
    size_t index = (size_t)model_field_index(entity, field);

    for (size_t i = 0; i < entity->ntransitions; i++) {
        const struct model_transition *rule = &entity->transitions[i];
        if (rule->field == index && rule->on & on && (!rule->from || strcmp(rule->from, from) == 0) &&
            (!rule->to || strcmp(rule->to, to) == 0))
            return rule->verb;
    }
    return on == MODEL_ON_INSERT ? entity->verb_insert : entity->verb_update;
}

Test(model, transitions)
{
    cr_assert_str_eq(verb("booking", "reservation_status", "hold", "cancelled", MODEL_ON_UPDATE),
                     "cancelled");
    cr_assert_str_eq(verb("booking", "reservation_status", "hold", "confirmed", MODEL_ON_UPDATE),
                     "confirmed");
    cr_assert_str_eq(verb("booking", "reservation_status", "hold", "pending", MODEL_ON_UPDATE), "changed");
    cr_assert_str_eq(verb("booking", "reservation_status", "", "confirmed", MODEL_ON_INSERT), "created");
    cr_assert_str_eq(verb("booking", "service_id", "a", "b", MODEL_ON_UPDATE), "rebooked");
    cr_assert_str_eq(verb("inventory", "quantity", "3", "0", MODEL_ON_UPDATE), "depleted");
    cr_assert_str_eq(verb("inventory", "quantity", "0", "3", MODEL_ON_UPDATE), "replenished");
    cr_assert_str_eq(verb("inventory", "quantity", "2", "3", MODEL_ON_UPDATE), "changed");
    cr_assert_str_eq(verb("message", "status", "", "sent", MODEL_ON_INSERT), "sent");
    cr_assert_str_eq(verb("message", "status", "sent", "bounced", MODEL_ON_UPDATE), "bounced");
    cr_assert_str_eq(verb("delivery", "status", "in_transit", "exception", MODEL_ON_UPDATE), "failed");
    cr_assert_str_eq(verb("delivery", "status", "in_transit", "returned", MODEL_ON_UPDATE), "failed");
    cr_assert_str_eq(verb("delivery", "status", "pending", "in_transit", MODEL_ON_UPDATE), "updated");
    cr_assert_str_eq(verb("bonus", "status", "issued", "redeemed", MODEL_ON_UPDATE), "redeemed");
    cr_assert_str_eq(verb("bonus", "status", "", "redeemed", MODEL_ON_INSERT), "redeemed");
    cr_assert_str_eq(verb("basket", "status", "", "converted", MODEL_ON_INSERT), "converted");
    cr_assert_str_eq(verb("basket", "status", "", "abandoned", MODEL_ON_INSERT), "abandoned");
    cr_assert_str_eq(verb("basket", "status", "", "open", MODEL_ON_INSERT), "created");
    cr_assert_str_eq(verb("order", "order_status", "", "delivered", MODEL_ON_INSERT), "placed");
    cr_assert_str_eq(verb("order", "order_status", "delivered", "returned", MODEL_ON_UPDATE), "returned");
    cr_assert_str_eq(verb("message", "status", "queued", "suppressed", MODEL_ON_UPDATE), "suppressed");
    cr_assert_str_eq(verb("product", "status", "active", "discontinued", MODEL_ON_UPDATE), "discontinued");
    cr_assert_str_eq(verb("consent", "status", "granted", "withdrawn", MODEL_ON_UPDATE), "withdrawn");
    cr_assert_str_eq(verb("request", "status", "closed", "open", MODEL_ON_UPDATE), "opened");
    cr_assert_str_eq(verb("service", "start_time", "a", "b", MODEL_ON_UPDATE), "rescheduled");
    cr_assert_str_eq(verb("price", "price", "1", "2", MODEL_ON_UPDATE), "changed");
}

Test(model, a_cancelled_booking_is_cancelled_whatever_else_changed)
{
    cr_assert_str_eq(model_find(model, "booking")->transitions[0].verb, "cancelled");
}

Test(model, what_the_store_does_besides)
{
    const struct model_due *due = &model_find(model, "basket")->due;
    const struct model_entity *basket = model_find(model, "basket");

    for (size_t i = 0; i < model_count(model); i++) {
        const struct model_entity *entity = model_at(model, i);
        enum cdc_role role = strcmp(entity->name, "identity") == 0  ? CDC_ROLE_LINK
                             : strcmp(entity->name, "erasure") == 0 ? CDC_ROLE_ERASURE
                                                                    : CDC_ROLE_NONE;
        cr_expect_eq(entity->role, role, "%s", entity->name);
        cr_expect_eq(entity->agree.nfields, 0, "%s: companies price differently on purpose", entity->name);
        cr_expect_eq(entity->due.verb != NULL, entity == basket, "%s", entity->name);
    }
    cr_assert_str_eq(due->verb, "abandoned");
    cr_assert_str_eq(basket->fields[due->field].name, "status");
    cr_assert_eq(due->nvalues, 2);
    cr_assert_str_eq(due->values[0], "open");
    cr_assert_str_eq(due->values[1], "checkout");
    cr_assert_str_eq(due->since, "updated_at");
    cr_assert_eq(due->after_ms, 3600 * 1000);
}

/* Models from YAML: what is right, and what is said about what is wrong. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "model/model_read.h"

TestSuite(model_read);

#define CAT(more)                                                                                            \
    "version: 1\nentities:\n  cat:\n    meaning: a cat\n    key: [name]\n"                                   \
    "    verbs: {insert: born, update: changed, delete: gone}\n"                                             \
    "    fields:\n      name: {type: string, meaning: its name}\n"                                           \
    "      mood: {type: enum, meaning: how it is, values: [calm, cross], keep_source: true}\n" more

static struct model *parse(const char *text)
{
    struct model *model;
    struct cdc_err err;

    if (model_parse(&model, "m", text, strlen(text), stderr, &err))
        fail("%s", err.message);
    return model;
}

/* What is said about a wrong model. */
static void says(const char *text, const char *expected)
{
    struct model *model;
    struct cdc_err err;
    char *said;
    size_t size;
    FILE *out = open_memstream(&said, &size);

    cr_expect_eq(model_parse(&model, "m", text, strlen(text), out, &err), -1, "%s", text);
    fclose(out);
    cr_expect_null(model);
    cr_expect_eq(err.class, CDC_ERR_CONFIG);
    cr_expect_str_eq(said, expected, "%s", said);
    free(said);
}

Test(model_read, an_entity)
{
    struct model *model = parse(CAT("      weight: {type: decimal, meaning: kilograms, personal: true}\n"));
    const struct model_entity *cat = model_find(model, "cat");

    cr_assert_eq(model_count(model), 1);
    cr_assert_eq(model_at(model, 0), cat);
    cr_assert_null(cat->term);
    cr_assert_str_eq(cat->meaning, "a cat");
    cr_assert_str_eq(cat->verb_delete, "gone");
    cr_assert_eq(cat->nkeys, 1);
    cr_assert_eq(cat->nfields, 3);
    cr_assert_eq(cat->fields[1].type, MODEL_ENUM);
    cr_assert(cat->fields[1].keep_source);
    cr_assert_str_eq(cat->fields[1].values[1], "cross");
    cr_assert(cat->fields[2].personal);
    cr_assert_eq(cat->ntransitions, 0);
    model_free(model);
    model_free(NULL);
}

Test(model_read, lists_in_rules_are_spread_out_in_order)
{
    struct model *model =
        parse(CAT("    transitions:\n"
                  "      - {field: mood, from: [calm, cross], to: [cross, calm], verb: moved}\n"
                  "      - {field: mood, to: calm, verb: calmed, on: [insert, update]}\n"
                  "      - {field: name, verb: renamed}\n"));
    const struct model_entity *cat = model_find(model, "cat");
    static const char *const pairs[] = {"calm cross", "calm calm", "cross cross", "cross calm"};

    cr_assert_eq(cat->ntransitions, 6);
    for (size_t i = 0; i < 4; i++) {
        char *pair = text_print("%s %s", cat->transitions[i].from, cat->transitions[i].to);
        cr_expect_str_eq(pair, pairs[i]);
        cr_expect_eq(cat->transitions[i].on, MODEL_ON_UPDATE);
        free(pair);
    }
    cr_assert_eq(cat->transitions[4].on, MODEL_ON_INSERT | MODEL_ON_UPDATE);
    cr_assert_null(cat->transitions[4].from);
    cr_assert_null(cat->transitions[5].to);
    cr_assert_eq(cat->transitions[5].field, 0);
    model_free(model);
}

Test(model_read, the_file)
{
    says("", "m:1:1: error: the file is empty\n");
    says("a: 1\n", "m:1:1: error: unknown key \"a\"\nm:1:1: error: missing key \"version\"\n"
                   "m:1:1: error: missing key \"entities\"\n");
    says("version: 2\nentities: {}\n",
         "m:1:10: error: version: \"2\" is not supported: this program reads version 1\n"
         "m:2:11: error: entities: is empty\n");
    says("version: 1\nentities: [a]\n",
         "m:2:11: error: entities: expected a map (name: value), found a list\n");
}

Test(model_read, entities)
{
    says(
        "version: 1\nentities: {cat: {term: 1}, Dog: {}, cat: {}}\n",
        "m:2:17: error: entities.cat: missing key \"meaning\"\nm:2:17: error: entities.cat: missing key \"fields\"\n"
        "m:2:17: error: entities.cat: missing key \"key\"\nm:2:17: error: entities.cat: missing key \"verbs\"\n"
        "m:2:28: error: entities: \"Dog\" is not a name (a-z, 0-9 and _, starting with a letter)\n"
        "m:2:33: error: entities.Dog: missing key \"meaning\"\nm:2:33: error: entities.Dog: missing key \"fields\"\n"
        "m:2:33: error: entities.Dog: missing key \"key\"\nm:2:33: error: entities.Dog: missing key \"verbs\"\n"
        "m:2:37: error: entities: repeated key \"cat\" (first on line 2)\n");
    says(CAT("    colour: black\n"), "m:10:5: error: entities.cat: unknown key \"colour\"\n");
}

Test(model_read, fields)
{
    says(
        CAT("      a: {type: text, meaning: x}\n      b: {type: string, values: [x]}\n      c: {type: enum, meaning: x}\n"
            "      D: {type: string, meaning: x}\n      e: string\n      f: {type: string, meaning: x, personal: yes}\n"),
        "m:10:17: error: entities.cat.fields.a.type: \"text\" is not a type\n"
        "m:11:10: error: entities.cat.fields.b: missing key \"meaning\"\n"
        "m:11:33: error: entities.cat.fields.b.values: only an enum has values\n"
        "m:12:10: error: entities.cat.fields.c: an enum needs \"values\"\n"
        "m:13:7: error: entities.cat.fields: \"D\" is not a name (a-z, 0-9 and _, starting with a letter)\n"
        "m:14:10: error: entities.cat.fields.e: expected a map (name: value), found a single value\n"
        "m:15:47: error: entities.cat.fields.f.personal: \"yes\" is not true or false\n");
    says(
        CAT("      a: {type: enum, meaning: x, values: [b, c, b, Big]}\n"),
        "m:10:50: error: entities.cat.fields.a.values[3]: \"b\" stands here twice\n"
        "m:10:53: error: entities.cat.fields.a.values[4]: \"Big\" is not a name (a-z, 0-9 and _, starting with a "
        "letter)\n");
    says(
        CAT("      source_mood: {type: string, meaning: x}\n"),
        "m:10:7: error: entities.cat.fields: \"source_mood\" is made by itself, because \"mood\" has keep_source\n");
    says(
        CAT("      a: {type: string, meaning: x, optional: true}\n"),
        "m:10:10: error: entities.cat.fields.a: \"optional\" is for parts of the key; other fields always are\n");
}

/* What a wrong name leaves behind must not reach the entity or field after it. */
Test(model_read, a_wrong_name_leaves_nothing_behind)
{
    says(
        "version: 1\nentities:\n"
        "  Dog: {meaning: d, key: [b, a], verbs: {insert: a, update: b, delete: c}, derived: [x], "
        "fields: {a: {type: string, meaning: a}, b: {type: string, meaning: b}, c: {type: string, meaning: c}}, "
        "transitions: [{field: a, verb: x}]}\n"
        "  cat: {meaning: c, key: [b, a], verbs: {insert: a, update: b, delete: c}, "
        "fields: {a: {type: string, meaning: a}}}\n",
        "m:3:3: error: entities: \"Dog\" is not a name (a-z, 0-9 and _, starting with a letter)\n"
        "m:4:27: error: entities.cat.key[1]: unknown field \"b\" (did you mean \"a\"?)\n");
    says(
        CAT("      Bad: {type: enum, meaning: x, values: [a], keep_source: true}\n"
            "      good: {type: string, meaning: x}\n      source_good: {type: string, meaning: x}\n"),
        "m:10:7: error: entities.cat.fields: \"Bad\" is not a name (a-z, 0-9 and _, starting with a letter)\n");
}

Test(model_read, keys)
{
    says(
        "version: 1\nentities: {cat: {meaning: m, verbs: {insert: a, update: b, delete: c}, key: [nam, name, name], "
        "fields: {name: {type: string, meaning: m}}}}\n",
        "m:2:78: error: entities.cat.key[1]: unknown field \"nam\" (did you mean \"name\"?)\n"
        "m:2:89: error: entities.cat.key[3]: \"name\" stands here twice\n");
    says("version: 1\nentities: {cat: {meaning: m, verbs: {insert: a, update: b, delete: c}, key: [name], "
         "fields: {name: {type: string, meaning: m, optional: true}}}}\n",
         "m:2:77: error: entities.cat.key: the first part of a key cannot be optional\n");
    says("version: 1\nentities: {cat: {meaning: m, verbs: {insert: a, update: b, delete: c}, key: [], "
         "fields: {name: {type: string, meaning: m}}}}\n",
         "m:2:77: error: entities.cat.key: is empty\n");
}

Test(model_read, verbs)
{
    says(
        "version: 1\nentities: {cat: {meaning: m, verbs: {insert: snapshot, update: Up, remove: c}, key: [name], "
        "fields: {name: {type: string, meaning: m}}, derived: [a, a, truncated]}}\n",
        "m:2:37: error: entities.cat.verbs: missing key \"delete\"\n"
        "m:2:46: error: entities.cat.verbs.insert: \"snapshot\" is an event of the program itself\n"
        "m:2:64: error: entities.cat.verbs.update: \"Up\" is not a name (a-z, 0-9 and _, starting with a letter)\n"
        "m:2:68: error: entities.cat.verbs: unknown key \"remove\"\n"
        "m:2:150: error: entities.cat.derived[2]: \"a\" stands here twice\n"
        "m:2:153: error: entities.cat.derived[3]: \"truncated\" is an event of the program itself\n");
}

Test(model_read, rules)
{
    says(
        CAT("    transitions:\n      - {field: mod, to: calm, verb: calmed}\n      - {field: mood, to: clam, verb: x}\n"
            "      - {field: mood, to: furious, verb: x}\n      - {to: calm}\n      - {field: name, verb: truncated}\n"
            "      - {field: mood, from: [], verb: x, on: [delete]}\n      - {field: mood, verb: x, on: [insert]}\n"
            "      - {field: mood, from: calm, verb: x, on: [insert, update]}\n      - calm\n"
            "      - {field: mood, too: calm, verb: x}\n"),
        "m:11:17: error: entities.cat.transitions[1].field: unknown field \"mod\" (did you mean \"mood\"?)\n"
        "m:12:27: error: entities.cat.transitions[2].to: \"clam\" is not a value of \"mood\" (did you mean \"calm\"?)\n"
        "m:13:27: error: entities.cat.transitions[3].to: \"furious\" is not a value of \"mood\" (allowed: calm, cross)\n"
        "m:14:9: error: entities.cat.transitions[4]: missing key \"field\"\n"
        "m:14:9: error: entities.cat.transitions[4]: missing key \"verb\"\n"
        "m:15:29: error: entities.cat.transitions[5].verb: \"truncated\" is an event of the program itself\n"
        "m:16:29: error: entities.cat.transitions[6].from: is empty\n"
        "m:16:47: error: entities.cat.transitions[6].on[1]: \"delete\" is not a kind of change (insert, update)\n"
        "m:17:9: error: entities.cat.transitions[7]: a rule for inserts needs \"to\"\n"
        "m:18:9: error: entities.cat.transitions[8]: a rule for inserts has no \"from\": nothing was there before\n"
        "m:19:9: error: entities.cat.transitions[9]: expected a map (name: value), found a single value\n"
        "m:20:23: error: entities.cat.transitions[10]: unknown key \"too\" (did you mean \"to\"?)\n");
}

Test(model_read, the_number_of_rules_is_bounded)
{
    char *text, *said;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct model *model;
    struct cdc_err err;

    fputs(CAT("    transitions:\n"), out);
    for (int i = 0; i < 65; i++)
        fputs("      - {field: mood, from: [calm, cross], to: [calm, cross], verb: x}\n", out);
    fclose(out);
    out = open_memstream(&said, &size);
    cr_assert_eq(model_parse(&model, "m", text, strlen(text), out, &err), -1);
    fclose(out);
    cr_assert_str_eq(said, "m:75:9: error: entities.cat.transitions[65]: more than 256 rules\n");
    free(said);
    free(text);
}

#define LINK(key, link, more)                                                                                        \
    "version: 1\nentities: {tie: {meaning: m, verbs: {insert: a, update: b, delete: c}, key: " key ",\n"             \
    "fields: {system: {type: string, meaning: m}, id: {type: string, meaning: m}, n: {type: integer, meaning: m},\n" \
    "customer_id: {type: ref, meaning: m}, link_status: " link "}" more "}}\n"
#define TIED "{type: enum, meaning: m, values: [linked, unlinked]}"

Test(model_read, a_link)
{
    struct model *model = parse(LINK("[system, id]", TIED, ",\nlinks: true, erases: false"));

    cr_assert_eq(model_at(model, 0)->role, CDC_ROLE_LINK);
    model_free(model);
}

Test(model_read, roles_need_their_fields)
{
    says(
        CAT("    links: true\n    erases: true\n"),
        "m:10:12: error: entities.cat.links: needs a field \"customer_id\" of type ref that is no part of the key\n"
        "m:10:12: error: entities.cat.links: needs a field \"link_status\" of type enum with the value unlinked\n"
        "m:10:12: error: entities.cat.links: needs a key of two strings that are always there: a system and an id\n"
        "m:11:13: error: entities.cat.erases: an entity links or erases, not both\n"
        "m:11:13: error: entities.cat.erases: needs a field \"customer_id\" of type ref that is no part of the key\n"
        "m:11:13: error: entities.cat.erases: needs a field \"status\" of type enum with the value rejected\n");
    says(
        LINK("[system, n]", TIED, ",\nlinks: true"),
        "m:5:8: error: entities.tie.links: needs a key of two strings that are always there: a system and an id\n");
    says(
        LINK("[system, customer_id]", "{type: string, meaning: m}", ",\nlinks: true"),
        "m:5:8: error: entities.tie.links: needs a field \"customer_id\" of type ref that is no part of the key\n"
        "m:5:8: error: entities.tie.links: needs a field \"link_status\" of type enum with the value unlinked\n"
        "m:5:8: error: entities.tie.links: needs a key of two strings that are always there: a system and an id\n");
    says(LINK("[system, id]", TIED, ",\nlinks: 1"),
         "m:5:8: error: entities.tie.links: \"1\" is not true or false\n");
}

#define FARE(more)                                                                                           \
    "version: 1\nentities:\n  fare:\n    meaning: m\n    key: [leg, shop]\n"                                 \
    "    verbs: {insert: a, update: b, delete: c}\n    fields:\n      leg: {type: string, meaning: m}\n"     \
    "      shop: {type: string, meaning: m, optional: true}\n      price: {type: decimal, meaning: m}\n"     \
    "      who: {type: string, meaning: m, personal: true}\n      at: {type: time, meaning: m}\n"            \
    "      state: {type: enum, meaning: m, values: [free, sold]}\n" more

Test(model_read, an_agreement)
{
    struct model *model = parse(FARE("    agree: {fields: [price, state], across: [shop]}\n"));
    const struct model_entity *fare = model_at(model, 0);

    cr_assert_eq(fare->agree.nfields, 2);
    cr_assert_str_eq(fare->fields[fare->agree.fields[1]].name, "state");
    cr_assert_not(fare->agree.across[0]);
    cr_assert(fare->agree.across[1]);
    model_free(model);
}

Test(model_read, wrong_agreements)
{
    says(
        FARE(
            "    agree: {fields: [prize, leg, who, price, price], across: [shp, price, shop, shop, [x]], more: x}\n"),
        "m:14:22: error: entities.fare.agree.fields[1]: unknown field \"prize\" (did you mean \"price\"?)\n"
        "m:14:29: error: entities.fare.agree.fields[2]: \"leg\" is a part of the key: it belongs under \"across\"\n"
        "m:14:34: error: entities.fare.agree.fields[3]: \"who\" is personal data, which a divergence would make public\n"
        "m:14:46: error: entities.fare.agree.fields[5]: \"price\" stands here twice\n"
        "m:14:63: error: entities.fare.agree.across[1]: \"shp\" is not a part of the key of fare (did you mean "
        "\"shop\"?)\n"
        "m:14:68: error: entities.fare.agree.across[2]: \"price\" is not a part of the key of fare\n"
        "m:14:81: error: entities.fare.agree.across[4]: \"shop\" stands here twice\n"
        "m:14:87: error: entities.fare.agree.across[5]: expected a single value, found a list\n"
        "m:14:93: error: entities.fare.agree: unknown key \"more\"\n");
    says(
        FARE("    agree: {across: [leg, shop]}\n"),
        "m:14:12: error: entities.fare.agree: missing key \"fields\"\n"
        "m:14:21: error: entities.fare.agree.across: is the whole key: a part must be left to say what is to agree\n");
    says(FARE("    agree: {fields: [], across: shop}\n"),
         "m:14:21: error: entities.fare.agree.fields: is empty\n"
         "m:14:33: error: entities.fare.agree.across: expected a list, found a single value\n");
    says(FARE("    agree: true\n"),
         "m:14:12: error: entities.fare.agree: expected a map (name: value), found a single value\n");
    says(
        LINK("[system, customer_id]", TIED, ",\nagree: {fields: [n], across: [system]}"),
        "m:5:8: error: entities.tie.agree: cannot be asked of tie: \"customer_id\" in its key is a reference\n");
}

Test(model_read, what_time_brings_about)
{
    struct model *model =
        parse(FARE("    due: {verb: stale, field: state, values: [free], since: at, after: 30m}\n"));
    const struct model_entity *fare = model_at(model, 0);

    cr_assert_str_eq(fare->due.verb, "stale");
    cr_assert_str_eq(fare->fields[fare->due.field].name, "state");
    cr_assert_eq(fare->due.nvalues, 1);
    cr_assert_str_eq(fare->due.since, "at");
    cr_assert_eq(fare->due.after_ms, 1800 * 1000);
    model_free(model);
}

Test(model_read, wrong_dues)
{
    says(
        FARE("    due: {verb: Stale, field: state, values: [fre, sold, sold], since: price, after: 3651d}\n"),
        "m:14:17: error: entities.fare.due.verb: \"Stale\" is not a name (a-z, 0-9 and _, starting with a letter)\n"
        "m:14:47: error: entities.fare.due.values[1]: \"fre\" is not a value of \"state\" (did you mean \"free\"?)\n"
        "m:14:58: error: entities.fare.due.values[3]: \"sold\" stands here twice\n"
        "m:14:72: error: entities.fare.due.since: \"price\" is of type decimal: a time is needed\n"
        "m:14:86: error: entities.fare.due.after: \"3651d\" is out of range: from 1s to 3650d\n");
    says(FARE("    due: {verb: snapshot, field: stat, values: [free], since: att, after: 10}\n"),
         "m:14:17: error: entities.fare.due.verb: \"snapshot\" is an event of the program itself\n"
         "m:14:34: error: entities.fare.due.field: unknown field \"stat\" (did you mean \"state\"?)\n"
         "m:14:63: error: entities.fare.due.since: unknown field \"att\" (did you mean \"at\"?)\n"
         "m:14:75: error: entities.fare.due.after: \"10\" has no unit\n");
    says(FARE("    due: {late: 1}\n"), "m:14:10: error: entities.fare.due: missing key \"verb\"\n"
                                       "m:14:10: error: entities.fare.due: missing key \"field\"\n"
                                       "m:14:10: error: entities.fare.due: missing key \"values\"\n"
                                       "m:14:10: error: entities.fare.due: missing key \"after\"\n"
                                       "m:14:11: error: entities.fare.due: unknown key \"late\"\n");
}

/* The examples of the reference are models. */
Test(model_read, the_examples_of_the_reference)
{
    static const char start[] = "```yaml\nversion: 1\nentities:\n";
    char *path = text_print("%s/conf/README.md", TEST_TREE), *text, *end;
    FILE *in = fopen(path, "r");
    size_t size = 0, n = 0;

    cr_assert_not_null(in, "%s", path);
    text = calloc(1, 65536);
    size = fread(text, 1, 65535, in);
    cr_assert_lt(size, 65535);
    fclose(in);
    for (char *at = text; (at = strstr(at, start)); at = end + 1, n++) {
        at += strlen("```yaml\n");
        end = strstr(at, "```");
        cr_assert_not_null(end);
        *end = '\0';
        model_free(parse(at));
    }
    cr_assert_eq(n, 2);
    free(text);
    free(path);
}

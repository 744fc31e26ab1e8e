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

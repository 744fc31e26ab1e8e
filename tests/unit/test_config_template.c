/* Templates of fields. */
#include <criterion/criterion.h>

#include <string.h>

#include "config/config_template.h"

static struct config_owner owner;
static struct config_diag diag;
static struct config_build build;
static struct config_field field;

static void init(void)
{
    config_diag_init(&diag, "t");
    cdc_arena_init(&owner.arena, 0);
    build =
        (struct config_build){.owner = &owner, .config = &owner.config, .arena = &owner.arena, .diag = &diag};
}

static void fini(void)
{
    config_diag_fini(&diag);
    cdc_arena_fini(&owner.arena);
}

TestSuite(config_template, .init = init, .fini = fini);

static bool read_text(const char *text)
{
    struct yaml_node node = {.kind = YAML_SCALAR, .line = 1, .column = 1, .text = (char *)text};

    field = (struct config_field){0};
    return config_template_read(&build, &node, &field);
}

/* Pieces as one text: columns in angle brackets. */
static const char *pieces(const char *text)
{
    static char out[256];

    cr_assert(read_text(text), "%s", text);
    cr_assert_eq(field.from, CONFIG_FROM_TEMPLATE);
    out[0] = '\0';
    for (size_t i = 0; i < field.npieces; i++) {
        strcat(out, field.pieces[i].is_column ? "<" : "|");
        strcat(out, field.pieces[i].text);
        strcat(out, field.pieces[i].is_column ? ">" : "|");
    }
    return out;
}

Test(config_template, pieces)
{
    cr_assert_str_eq(pieces("cinema-${id}"), "|cinema-|<id>");
    cr_assert_str_eq(pieces("${a}${b}"), "<a><b>");
    cr_assert_str_eq(pieces("${a b}/${c.d}!"), "<a b>|/|<c.d>|!|");
    cr_assert_str_eq(pieces("$${a}${b}"), "|${a}|<b>");
    cr_assert_str_eq(pieces("$ {x} $x ${b}"), "|$ {x} $x |<b>");
    cr_assert_str_eq(pieces("${${}"), "<${>");
}

Test(config_template, told_from_columns)
{
    cr_assert(config_template_is("${id}"));
    cr_assert_not(config_template_is("id"));
    cr_assert_not(config_template_is("$id"));
    cr_assert(config_template_has_variable("a ${env:X}"));
    cr_assert(config_template_has_variable("${id} ${file:X}"));
    cr_assert(config_template_has_variable("${cred:X"));
    cr_assert_not(config_template_has_variable("${id} $ {file:X} file:"));
}

Test(config_template, bad_ones)
{
    static const char *const bad[] = {"${id",  "a${",        "${}",      "plain",    "",
                                      "$${a}", "${file:/x}", "${env:X}", "${cred:x}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        diag.errors = 0;
        cr_expect_not(read_text(bad[i]), "%s", bad[i]);
        cr_expect_eq(diag.errors, 1, "%s", bad[i]);
    }
}

Test(config_template, pieces_are_bounded)
{
    char text[CONFIG_TEMPLATE_PIECES * 4 + 5] = "";

    for (size_t i = 0; i < CONFIG_TEMPLATE_PIECES; i++)
        strcat(text, "${a}");
    cr_assert(read_text(text));
    cr_assert_eq(field.npieces, CONFIG_TEMPLATE_PIECES);
    strcat(text, "${a}");
    cr_assert_not(read_text(text));
}

Test(config_template, literal_text_is_bounded)
{
    char text[1100];

    memset(text, 'x', sizeof text);
    strcpy(text + 1024, "${a}");
    cr_assert(read_text(text));
    strcpy(text + 1025, "${a}");
    text[1024] = 'x';
    cr_assert_not(read_text(text));
}

Test(config_template, printed_as_it_was_read)
{
    static const char *const same[] = {"cinema-${id}", "${a}${b}", "$${x}-${a}", "$$${${a}", "$ ${a}$"};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct cdc_buf out;

        cdc_buf_init(&out, 0);
        cr_assert(read_text(same[i]));
        config_template_print(&field, &out);
        cr_expect_str_eq(cdc_buf_str(&out), same[i]);
        cdc_buf_fini(&out);
    }
}

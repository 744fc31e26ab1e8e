/* Templates of fields (config_template.h): cut into pieces once, here, so that a row only joins them. Loading thread. */
#include "config/config_template.h"

#include <string.h>

struct cutter {
    struct config_build *build;
    const struct yaml_node *node;
    struct config_piece *pieces;
    size_t n, columns;
    char literal[1024];
    size_t len;
};

bool config_template_is(const char *text)
{
    return strstr(text, "${") != NULL;
}

static bool is_variable(const char *name)
{
    return strncmp(name, "file:", 5) == 0 || strncmp(name, "env:", 4) == 0 || strncmp(name, "cred:", 5) == 0;
}

bool config_template_has_variable(const char *text)
{
    while ((text = strstr(text, "${"))) {
        text += 2;
        if (is_variable(text))
            return true;
    }
    return false;
}

static bool fail(struct cutter *c, const char *what)
{
    config_diag_node(c->build->diag, c->node, "%s", what);
    return false;
}

static bool add_piece(struct cutter *c, bool is_column, const char *text, size_t len)
{
    char *copy = cdc_arena_str(c->build->arena, cdc_slice(text, len));

    if (!copy)
        c->build->diag->failed = true;
    if (c->n == CONFIG_TEMPLATE_PIECES)
        return fail(c, "a template of more than 64 pieces");
    c->pieces[c->n++] = (struct config_piece){is_column, copy};
    c->columns += is_column;
    return copy != NULL;
}

static bool end_literal(struct cutter *c)
{
    size_t len = c->len;

    c->len = 0;
    return !len || add_piece(c, false, c->literal, len);
}

static bool add_literal(struct cutter *c, const char *text, size_t len)
{
    if (len > sizeof c->literal - c->len)
        return fail(c, "a template with more than 1024 bytes of text");
    memcpy(c->literal + c->len, text, len);
    c->len += len;
    return true;
}

/* `*at` stands behind "${". */
static bool add_column(struct cutter *c, const char **at)
{
    const char *name = *at, *close = strchr(name, '}');

    if (!close)
        return fail(c, "a ${ without its }; write $${ for a plain ${");
    if (close == name)
        return fail(c, "${} names no column");
    if (is_variable(name))
        return fail(c, "${NAME} is a column here: files, variables and credentials are not read in tables");
    *at = close + 1;
    return end_literal(c) && add_piece(c, true, name, (size_t)(close - name));
}

static bool cut(struct cutter *c)
{
    const char *at = c->node->text;

    while (*at) {
        if (strncmp(at, "$${", 3) == 0) {
            if (!add_literal(c, "${", 2))
                return false;
            at += 3;
        } else if (strncmp(at, "${", 2) == 0) {
            at += 2;
            if (!add_column(c, &at))
                return false;
        } else if (!add_literal(c, at++, 1)) {
            return false;
        }
    }
    if (!end_literal(c))
        return false;
    return c->columns ? true : fail(c, "a template without a ${column} in it; use const for a fixed text");
}

bool config_template_read(struct config_build *build, const struct yaml_node *node,
                          struct config_field *field)
{
    struct cutter c = {.build = build, .node = node};

    c.pieces = config_array(build, CONFIG_TEMPLATE_PIECES, sizeof *c.pieces);
    if (!c.pieces || !cut(&c))
        return false;
    field->from = CONFIG_FROM_TEMPLATE;
    field->npieces = c.n;
    field->pieces = c.pieces;
    return true;
}

void config_template_print(const struct config_field *field, struct cdc_buf *out)
{
    for (size_t i = 0; i < field->npieces; i++) {
        const char *text = field->pieces[i].text;

        if (field->pieces[i].is_column) {
            cdc_buf_printf(out, "${%s}", text);
            continue;
        }
        for (; *text; text++) {
            if (strncmp(text, "${", 2) == 0)
                cdc_buf_putc(out, '$');
            cdc_buf_putc(out, *text);
        }
    }
}

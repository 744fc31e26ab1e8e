/*
 * Words of SQL statements (statement.h). Called by the decoder on the source thread for each QUERY event; no state, no allocation,
 * cannot fail: what it does not know is OTHER.
 */
#include "statement.h"

#include <ctype.h>
#include <strings.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_STRING, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    struct cdc_slice text; /* without quotation marks; doubled ones inside stay doubled */
};

struct lexer {
    const char *at, *end;
};

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 128;
}

static bool starts(const struct lexer *lex, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(lex->end - lex->at) >= n && memcmp(lex->at, text, n) == 0;
}

static void skip_line(struct lexer *lex)
{
    while (lex->at < lex->end && *lex->at != '\n')
        lex->at++;
}

/* What stands in a comment for some server versions is taken for code. */
static void skip_comment(struct lexer *lex)
{
    if (starts(lex, "/*!") || starts(lex, "/*M!")) {
        lex->at += lex->at[2] == 'M' ? 4 : 3;
        while (lex->at < lex->end && isdigit((unsigned char)*lex->at))
            lex->at++;
        return;
    }
    lex->at += 2;
    while (lex->at < lex->end && !starts(lex, "*/"))
        lex->at++;
    lex->at = lex->end - lex->at >= 2 ? lex->at + 2 : lex->end;
}

static void skip_space(struct lexer *lex)
{
    while (lex->at < lex->end) {
        if (isspace((unsigned char)*lex->at) || *lex->at == '\0')
            lex->at++;
        else if (*lex->at == '#' || starts(lex, "-- ") || starts(lex, "--\n") || starts(lex, "--\t"))
            skip_line(lex);
        else if (starts(lex, "/*"))
            skip_comment(lex);
        else if (starts(lex, "*/"))
            lex->at += 2;
        else
            return;
    }
}

static struct token quoted(struct lexer *lex)
{
    char mark = *lex->at++;
    const char *start = lex->at;
    struct token token = {mark == '\'' ? TOKEN_STRING : TOKEN_QUOTED, {start, 0}};

    while (lex->at < lex->end) {
        char c = *lex->at++;

        if (c == '\\' && mark != '`' && lex->at < lex->end)
            lex->at++;
        else if (c == mark && lex->at < lex->end && *lex->at == mark)
            lex->at++;
        else if (c == mark) {
            token.text.len = (size_t)(lex->at - 1 - start);
            return token;
        }
    }
    token.text.len = (size_t)(lex->end - start);
    return token;
}

static struct token next(struct lexer *lex)
{
    const char *start;

    skip_space(lex);
    start = lex->at;
    if (lex->at == lex->end)
        return (struct token){TOKEN_END, {start, 0}};
    if (*start == '\'' || *start == '"' || *start == '`')
        return quoted(lex);
    if (!is_word_byte(*start)) {
        lex->at++;
        return (struct token){TOKEN_SIGN, {start, 1}};
    }
    while (lex->at < lex->end && is_word_byte(*lex->at))
        lex->at++;
    return (struct token){TOKEN_WORD, {start, (size_t)(lex->at - start)}};
}

static bool is_word(struct token token, const char *word)
{
    return token.kind == TOKEN_WORD && token.text.len == strlen(word) &&
           strncasecmp(token.text.ptr, word, token.text.len) == 0;
}

static bool is_sign(struct token token, char sign)
{
    return token.kind == TOKEN_SIGN && token.text.ptr[0] == sign;
}

static bool is_one_of(struct token token, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_word(token, words[i]))
            return true;
    return false;
}

static struct cdc_slice trimmed(const struct lexer *lex)
{
    struct cdc_slice rest = {lex->at, (size_t)(lex->end - lex->at)};

    while (rest.len && isspace((unsigned char)rest.ptr[0]))
        rest = cdc_slice(rest.ptr + 1, rest.len - 1);
    while (rest.len && isspace((unsigned char)rest.ptr[rest.len - 1]))
        rest.len--;
    return rest;
}

/* XA START, END, COMMIT, ROLLBACK; the xid is the rest. */
static struct my_statement read_xa(struct lexer *lex)
{
    static const struct {
        const char *word;
        enum my_statement_kind kind;
    } kinds[] = {{"START", MY_STATEMENT_XA_START},
                 {"BEGIN", MY_STATEMENT_XA_START},
                 {"END", MY_STATEMENT_XA_END},
                 {"COMMIT", MY_STATEMENT_XA_COMMIT},
                 {"ROLLBACK", MY_STATEMENT_XA_ROLLBACK}};
    struct token word = next(lex);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_word(word, kinds[i].word))
            return (struct my_statement){kinds[i].kind, {NULL, 0}, trimmed(lex)};
    return (struct my_statement){.kind = MY_STATEMENT_OTHER};
}

/* ROLLBACK [WORK] [TO [SAVEPOINT] name] */
static struct my_statement read_rollback(struct lexer *lex)
{
    struct token token = next(lex);

    if (is_word(token, "WORK"))
        token = next(lex);
    if (!is_word(token, "TO"))
        return (struct my_statement){.kind = MY_STATEMENT_ROLLBACK};
    token = next(lex);
    if (is_word(token, "SAVEPOINT"))
        token = next(lex);
    return (struct my_statement){MY_STATEMENT_ROLLBACK_TO, {NULL, 0}, token.text};
}

/* TRUNCATE [TABLE] [schema .] table */
static struct my_statement read_truncate(struct lexer *lex)
{
    struct my_statement statement = {.kind = MY_STATEMENT_TRUNCATE};
    struct token token = next(lex);

    if (is_word(token, "TABLE"))
        token = next(lex);
    statement.name = token.text;
    if (is_sign(next(lex), '.')) {
        statement.schema = statement.name;
        statement.name = next(lex).text;
    }
    return statement;
}

/* CREATE TABLE … SELECT is a change where it was logged as a statement; as rows it is logged without its SELECT. */
static enum my_statement_kind read_create(struct lexer *lex)
{
    static const char *const before[] = {"OR", "REPLACE", "TEMPORARY"};
    struct token token = next(lex);

    while (is_one_of(token, before, sizeof before / sizeof *before))
        token = next(lex);
    if (!is_word(token, "TABLE"))
        return MY_STATEMENT_OTHER;
    while (token.kind != TOKEN_END) {
        token = next(lex);
        if (is_word(token, "SELECT"))
            return MY_STATEMENT_CHANGE;
    }
    return MY_STATEMENT_OTHER;
}

/* Some forms of ALTER TABLE take rows away, or bring them, without logging any. */
static enum my_statement_kind read_alter(struct lexer *lex)
{
    static const char *const verbs[] = {"DROP", "TRUNCATE", "EXCHANGE", "CONVERT"};
    struct token token = next(lex), last = token;

    if (!is_word(token, "TABLE") && !is_word(token, "ONLINE") && !is_word(token, "IGNORE"))
        return MY_STATEMENT_OTHER;
    while (token.kind != TOKEN_END) {
        last = token;
        token = next(lex);
        if (is_word(token, "PARTITION") && is_one_of(last, verbs, sizeof verbs / sizeof *verbs))
            return MY_STATEMENT_CHANGE;
        if (is_word(token, "TABLESPACE") && is_word(last, "IMPORT"))
            return MY_STATEMENT_CHANGE;
    }
    return MY_STATEMENT_OTHER;
}

static bool is_change(struct token first)
{
    static const char *const changes[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD",
                                          "WITH",   "SELECT",  "DO",     "CALL"};

    return is_one_of(first, changes, sizeof changes / sizeof *changes);
}

static struct my_statement of_kind(enum my_statement_kind kind)
{
    return (struct my_statement){.kind = kind};
}

struct my_statement my_statement_read(struct cdc_slice text)
{
    struct lexer lex = {text.ptr, text.ptr + text.len};
    struct token first;

    if (cdc_slice_is(text, "BEGIN"))
        return of_kind(MY_STATEMENT_BEGIN);
    if (cdc_slice_is(text, "COMMIT"))
        return of_kind(MY_STATEMENT_COMMIT);
    first = next(&lex);
    if (is_word(first, "XA"))
        return read_xa(&lex);
    if (is_word(first, "ROLLBACK"))
        return read_rollback(&lex);
    if (is_word(first, "SAVEPOINT"))
        return (struct my_statement){MY_STATEMENT_SAVEPOINT, {NULL, 0}, next(&lex).text};
    if (is_word(first, "TRUNCATE"))
        return read_truncate(&lex);
    if (is_word(first, "CREATE"))
        return of_kind(read_create(&lex));
    if (is_word(first, "ALTER"))
        return of_kind(read_alter(&lex));
    if (is_word(first, "BEGIN") || is_word(first, "START"))
        return of_kind(MY_STATEMENT_BEGIN);
    if (is_word(first, "COMMIT"))
        return of_kind(MY_STATEMENT_COMMIT);
    return of_kind(is_change(first) || is_sign(first, '(') ? MY_STATEMENT_CHANGE : MY_STATEMENT_OTHER);
}

bool my_statement_names(struct cdc_slice text, struct cdc_slice table)
{
    struct lexer lex = {text.ptr, text.ptr + text.len};

    for (;;) {
        struct token token = next(&lex);

        if (token.kind == TOKEN_END)
            return false;
        if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED)
            continue;
        if (token.text.len == table.len && strncasecmp(token.text.ptr, table.ptr, table.len) == 0)
            return true;
    }
}

/* CREATE and DROP of things that are no tables, though they may belong to one. */
static bool is_of_no_table(struct token what)
{
    static const char *const things[] = {"INDEX",     "UNIQUE", "FULLTEXT", "SPATIAL",  "TRIGGER", "VIEW",
                                         "PROCEDURE", "EVENT",  "FUNCTION", "USER",     "ROLE",    "DEFINER",
                                         "ALGORITHM", "SQL",    "PACKAGE",  "AGGREGATE"};

    return is_one_of(what, things, sizeof things / sizeof *things);
}

/* Behind CREATE [OR REPLACE] TABLE: [IF NOT EXISTS] [schema .] name. */
static bool creates(struct lexer *lex, struct cdc_slice table)
{
    static const char *const before[] = {"IF", "NOT", "EXISTS"};
    struct token name = next(lex);
    struct lexer behind;

    while (is_one_of(name, before, sizeof before / sizeof *before))
        name = next(lex);
    behind = *lex;
    if (is_sign(next(&behind), '.'))
        name = next(&behind);
    return name.text.len == table.len && strncasecmp(name.text.ptr, table.ptr, table.len) == 0;
}

bool my_statement_defines(struct cdc_slice text, struct cdc_slice table)
{
    static const char *const upkeep[] = {"ANALYZE", "OPTIMIZE", "CHECK", "REPAIR",
                                         "FLUSH",   "GRANT",    "REVOKE"};
    static const char *const before[] = {"OR", "REPLACE", "TEMPORARY"};
    struct lexer lex = {text.ptr, text.ptr + text.len};
    struct token first = next(&lex), what;

    if (!my_statement_names(text, table) || is_one_of(first, upkeep, sizeof upkeep / sizeof *upkeep))
        return false;
    if (!is_word(first, "CREATE") && !is_word(first, "DROP"))
        return true;
    for (what = next(&lex); is_one_of(what, before, sizeof before / sizeof *before);)
        what = next(&lex);
    if (is_of_no_table(what))
        return false;
    return !is_word(first, "CREATE") || !is_word(what, "TABLE") || creates(&lex, table);
}

/* CHANGE, RENAME, FIRST, AFTER, and DROP (with an ADD it gives the same number again) of columns. */
static bool moves(struct token word, struct token behind)
{
    static const char *const verbs[] = {"CHANGE", "RENAME", "FIRST", "AFTER", "DROP"};
    static const char *const others[] = {"INDEX",      "KEY",   "PRIMARY", "FOREIGN",
                                         "CONSTRAINT", "CHECK", "DEFAULT", "PARTITION"};

    return is_one_of(word, verbs, sizeof verbs / sizeof *verbs) &&
           !is_one_of(behind, others, sizeof others / sizeof *others);
}

bool my_statement_moves_columns(struct cdc_slice text, struct cdc_slice table)
{
    struct lexer lex = {text.ptr, text.ptr + text.len};
    struct token first = next(&lex), token = first, behind;

    if (!my_statement_defines(text, table))
        return false;
    if (!is_word(first, "ALTER"))
        return true;
    for (; token.kind != TOKEN_END; token = behind) {
        behind = next(&lex);
        if (moves(token, behind))
            return true;
    }
    return false;
}

/* Behind REFERENCES: [schema .] name, what it refers to, and the rules. Whether one of them changes rows; stops at the next clause. */
static bool reads_rule(struct lexer *lex, struct cdc_slice *parent)
{
    bool changes = false;
    struct token token = next(lex);

    *parent = token.text;
    for (token = next(lex); token.kind != TOKEN_END && !is_sign(token, ','); token = next(lex)) {
        if (is_sign(token, '.'))
            *parent = next(lex).text;
        if (is_sign(token, '('))
            while (token.kind != TOKEN_END && !is_sign(token, ')'))
                token = next(lex);
        changes = changes || is_word(token, "CASCADE") || is_word(token, "SET");
    }
    return changes;
}

void my_statement_cascades(struct cdc_slice text, struct cdc_buf *parents)
{
    struct lexer lex = {text.ptr, text.ptr + text.len};
    struct token token = next(&lex);
    struct cdc_slice parent;

    for (; token.kind != TOKEN_END; token = next(&lex)) {
        if (!is_word(token, "REFERENCES") || !reads_rule(&lex, &parent))
            continue;
        if (parents->len)
            cdc_buf_puts(parents, ", ");
        cdc_buf_put_slice(parents, parent);
    }
}

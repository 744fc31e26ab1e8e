/* The log's three forms, read back from a file that stands in for stderr. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cdc/log.h"

static char text[8192];

/* What `write_lines` put on stderr. */
static const char *captured(void (*write_lines)(void))
{
    int saved = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    size_t n;

    cr_assert_not_null(file);
    dup2(fileno(file), STDERR_FILENO);
    write_lines();
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void say(void)
{
    cdc_log(CDC_LOG_INFO, "start tables=%d", 2);
    cdc_log(CDC_LOG_DEBUG, "not this");
}

Test(log, text_has_time_level_and_connector)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_TEXT, "cinema");
    captured(say);
    cr_assert_str_eq(strchr(text, ' '), " info    cinema: start tables=2\n");
}

Test(log, journal_has_priorities)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JOURNAL, "cinema");
    cr_assert_str_eq(captured(say), "<6>cinema: start tables=2\n");
}

static void say_nasty(void)
{
    cdc_log(CDC_LOG_ERROR, "a \"quoted\" back\\slash\nand a new line");
}

Test(log, json_is_escaped)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JSON, "cinema");
    captured(say_nasty);
    cr_assert_not_null(strstr(text,
                              "\"level\":\"error\",\"connector\":\"cinema\",\"message\":\"a \\\"quoted\\\" "
                              "back\\\\slash\\u000aand a new line\"}\n"),
                       "%s", text);
}

Test(log, one_line_stays_one_line)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JOURNAL, "");
    cr_assert_str_eq(captured(say_nasty), "<3>a \"quoted\" back\\slash and a new line\n");
}

static void say_long(void)
{
    char line[5000];

    memset(line, '"', sizeof line);
    line[sizeof line - 1] = '\0';
    cdc_log(CDC_LOG_ERROR, "%s", line);
}

Test(log, a_long_line_is_cut_and_still_ends)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JSON, "cinema");
    captured(say_long);
    cr_assert_leq(strlen(text), 2048);
    cr_assert_str_eq(text + strlen(text) - 3, "\"}\n");
}

static void say_error(void)
{
    struct cdc_err err;

    cdc_err_set(&err, CDC_ERR_RETRY, "refused");
    cdc_err_hint(&err, "start it");
    cdc_log_err(CDC_LOG_WARNING, "redis", &err);
}

Test(log, errors_carry_class_and_hint)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JOURNAL, "c");
    cr_assert_str_eq(captured(say_error), "<4>c: redis: refused class=retry hint=start it\n");
}

static void say_often(void)
{
    for (int i = 0; i < 100; i++)
        cdc_log(CDC_LOG_WARNING, "row rejected number=%d", i);
    cdc_log(CDC_LOG_WARNING, "another");
    for (int i = 0; i < 2 * CDC_LOG_BURST; i++)
        cdc_log(CDC_LOG_ERROR, "error %d", i);
}

static unsigned count(const char *what)
{
    unsigned n = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

Test(log, what_repeats_is_limited_by_its_kind)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JOURNAL, "cinema");
    captured(say_often);
    cr_assert_eq(count("row rejected"), CDC_LOG_BURST);
    cr_assert_eq(count("another\n"), 1);
    cr_assert_eq(count("error "), 2 * CDC_LOG_BURST);
}

static void say_with_position(void)
{
    cdc_log_position("0/16B3740 and \"more\"", 20);
    cdc_log(CDC_LOG_INFO, "start");
}

Test(log, the_position_stands_on_every_line)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JOURNAL, "cinema");
    cr_assert_str_eq(captured(say_with_position), "<6>cinema: start applied=0/16B3740 and \"more\"\n");
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JSON, "cinema");
    captured(say_with_position);
    cr_assert_not_null(strstr(text, "\"message\":\"start\",\"applied\":\"0/16B3740 and \\\"more\\\"\"}\n"),
                       "%s", text);
}

static void say_much(void)
{
    static char much[4000];

    memset(much, 'x', sizeof much - 1);
    cdc_log_position(much, sizeof much);
    cdc_log(CDC_LOG_INFO, "%s", much);
}

Test(log, a_long_line_is_whole_json_with_its_position)
{
    cdc_log_init(CDC_LOG_INFO, CDC_LOG_JSON, "cinema");
    captured(say_much);
    cr_assert_not_null(strstr(text, "x\",\"applied\":\"x"));
    cr_assert_str_eq(text + strlen(text) - 4, "x\"}\n");
}

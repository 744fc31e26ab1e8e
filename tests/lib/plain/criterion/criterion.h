/*
 * The part of Criterion that the unit tests use, without its process arena, which the thread sanitizer does not get along
 * with: `make tsan` puts this folder before the real one. Every test runs in a process of its own, one after the other.
 */
#ifndef PLAIN_CRITERION_H
#define PLAIN_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plain_options {
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* seconds */
    const char *description;
    bool disabled;
};

struct plain_test {
    struct plain_test *next;
    const char *suite, *name;
    void (*run)(void);
    struct plain_options options;
};

struct plain_suite {
    struct plain_suite *next;
    const char *name;
    struct plain_options options;
};

void plain_register(struct plain_test *test);
/* Options for the tests of the suite that have none of their own. */
void plain_register_suite(struct plain_suite *suite);
/* Ends the test's process, having said why, unless `ok`. The message is a format behind an empty string. */
void plain_check(bool ok, bool fatal, const char *file, int line, const char *what, const char *fmt, ...);

#define Test(s, n, ...)                                                                                      \
    static void s##_##n##_run(void);                                                                         \
    static struct plain_test s##_##n##_test = {                                                              \
        .suite = #s, .name = #n, .run = s##_##n##_run, .options = {__VA_ARGS__}};                            \
    __attribute__((constructor)) static void s##_##n##_register(void)                                        \
    {                                                                                                        \
        plain_register(&s##_##n##_test);                                                                     \
    }                                                                                                        \
    static void s##_##n##_run(void)

#define TestSuite(s, ...)                                                                                    \
    static struct plain_suite s##_suite = {.name = #s, .options = {__VA_ARGS__}};                            \
    __attribute__((constructor)) static void s##_suite_register(void)                                        \
    {                                                                                                        \
        plain_register_suite(&s##_suite);                                                                    \
    }                                                                                                        \
    struct plain_suite

/* The message's arguments are evaluated on failure only, as Criterion does. */
#define PLAIN(fatal, cond, what, ...)                                                                        \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            plain_check(false, fatal, __FILE__, __LINE__, what, "" __VA_ARGS__);                             \
    } while (0)
#define cr_assert(a, ...)              PLAIN(true, !!(a), #a, __VA_ARGS__)
#define cr_assert_not(a, ...)          PLAIN(true, !(a), "not " #a, __VA_ARGS__)
#define cr_assert_null(a, ...)         PLAIN(true, (a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...)     PLAIN(true, (a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_assert_str_empty(a, ...)    PLAIN(true, (a)[0] == '\0', #a " is empty", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)        PLAIN(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)       PLAIN(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)        PLAIN(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)       PLAIN(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)        PLAIN(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)       PLAIN(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)    PLAIN(true, strcmp(a, b) == 0, #a " == " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...)   PLAIN(true, strcmp(a, b) != 0, #a " != " #b, __VA_ARGS__)
#define cr_expect(a, ...)              PLAIN(false, !!(a), #a, __VA_ARGS__)
#define cr_expect_not(a, ...)          PLAIN(false, !(a), "not " #a, __VA_ARGS__)
#define cr_expect_null(a, ...)         PLAIN(false, (a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_expect_not_null(a, ...)     PLAIN(false, (a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_expect_str_empty(a, ...)    PLAIN(false, (a)[0] == '\0', #a " is empty", __VA_ARGS__)
#define cr_expect_eq(a, b, ...)        PLAIN(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)       PLAIN(false, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)        PLAIN(false, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)       PLAIN(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)        PLAIN(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)       PLAIN(false, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)    PLAIN(false, strcmp(a, b) == 0, #a " == " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...)   PLAIN(false, strcmp(a, b) != 0, #a " != " #b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) PLAIN(false, memcmp(a, b, n) == 0, #a " == " #b, __VA_ARGS__)
#define cr_assert_fail(...)            PLAIN(true, false, "reached", __VA_ARGS__)

#endif

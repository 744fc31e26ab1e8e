/* Runs the tests that registered themselves (criterion/criterion.h of this folder). */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plain_test *tests;
static struct plain_suite *suites;
static bool failed;

void plain_register(struct plain_test *test)
{
    test->next = tests;
    tests = test;
}

void plain_register_suite(struct plain_suite *suite)
{
    suite->next = suites;
    suites = suite;
}

static void (*own_or_suites(const struct plain_test *test, bool init))(void)
{
    void (*own)(void) = init ? test->options.init : test->options.fini;

    for (const struct plain_suite *s = suites; s && !own; s = s->next)
        if (strcmp(s->name, test->suite) == 0)
            own = init ? s->options.init : s->options.fini;
    return own;
}

void plain_check(bool ok, bool fatal, const char *file, int line, const char *what, const char *fmt, ...)
{
    va_list ap;

    if (ok)
        return;
    fprintf(stderr, "%s:%d: %s: ", file, line, what);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    failed = true;
    if (fatal)
        exit(1);
}

static void run_here(const struct plain_test *test)
{
    alarm(test->options.timeout > 0 ? (unsigned)test->options.timeout * 5 : 600);
    void (*init)(void) = own_or_suites(test, true), (*fini)(void) = own_or_suites(test, false);

    if (init)
        init();
    test->run();
    if (fini)
        fini();
    exit(failed ? 1 : 0);
}

static bool run(const struct plain_test *test)
{
    int status = -1;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        run_here(test);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "failed: %s::%s status=%d\n", test->suite, test->name, status);
        return false;
    }
    return true;
}

int main(void)
{
    unsigned passed = 0, bad = 0;

    for (const struct plain_test *test = tests; test; test = test->next)
        *(run(test) ? &passed : &bad) += 1;
    printf("%u passed, %u failed\n", passed, bad);
    return bad ? 1 : 0;
}

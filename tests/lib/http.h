/* As much of an HTTP client as tests need, without a library: one request on a connection of its own to 127.0.0.1. */
#ifndef TESTS_LIB_HTTP_H
#define TESTS_LIB_HTTP_H

#include <stdbool.h>

struct http_answer {
    int status; /* 0: nobody answered */
    char *text; /* head and body as they came; never NULL */
    const char *body;
};

/* Sends "<method> <path> HTTP/1.1" and reads to the end. Free it with http_answer_fini(). */
struct http_answer http_ask(unsigned port, const char *method, const char *path);
void http_answer_fini(struct http_answer *answer);
/* GET; the status alone. */
int http_status(unsigned port, const char *path);
/* Waits until GET gives this status. */
void http_await(unsigned port, const char *path, int status, int timeout_ms);
/* GET of a path that must answer with 200; the body, which the caller frees. */
char *http_get(unsigned port, const char *path);
/* The value of a sample of /metrics, by its name with all labels; fails the test when it is not there. */
double http_metric(unsigned port, const char *sample);
/* Waits until a sample is at least this. */
void http_await_metric(unsigned port, const char *sample, double least);
/* A connected socket, for tests that are rude. */
int http_connect(unsigned port);

#endif

/* A small HTTP client (http.h). Failures end the test, but for an agent that is not there, which is an answer too. */
#include "lib/http.h"

#include "lib/fail.h"
#include "lib/wait.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_S = 10 };

int http_connect(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = ANSWER_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static char *read_all(int fd)
{
    size_t len = 0, cap = 65536;
    char *text = malloc(cap);
    ssize_t n;

    while (text && (n = read(fd, text + len, cap - len - 1)) > 0) {
        len += (size_t)n;
        if (cap - len < 4096)
            text = realloc(text, cap *= 2);
    }
    if (!text)
        fail("no memory");
    text[len] = '\0';
    return text;
}

struct http_answer http_ask(unsigned port, const char *method, const char *path)
{
    char *request = text_print("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", method, path);
    struct http_answer answer = {.status = 0};
    int fd = http_connect(port);
    char *body;

    if (fd >= 0 && send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
        answer.text = read_all(fd);
    else
        answer.text = text_print("%s", "");
    if (fd >= 0)
        close(fd);
    free(request);
    sscanf(answer.text, "HTTP/1.1 %d", &answer.status);
    body = strstr(answer.text, "\r\n\r\n");
    answer.body = body ? body + 4 : answer.text + strlen(answer.text);
    return answer;
}

void http_answer_fini(struct http_answer *answer)
{
    free(answer->text);
    answer->text = NULL;
}

int http_status(unsigned port, const char *path)
{
    struct http_answer answer = http_ask(port, "GET", path);
    int status = answer.status;

    http_answer_fini(&answer);
    return status;
}

struct wanted {
    unsigned port;
    const char *path;
    int status;
};

static bool has_status(void *ctx)
{
    const struct wanted *wanted = ctx;

    return http_status(wanted->port, wanted->path) == wanted->status;
}

void http_await(unsigned port, const char *path, int status, int timeout_ms)
{
    wait_until(path, has_status, &(struct wanted){port, path, status}, timeout_ms);
}

char *http_get(unsigned port, const char *path)
{
    struct http_answer answer = http_ask(port, "GET", path);
    char *body = text_print("%s", answer.body);

    if (answer.status != 200)
        fail("GET %s: %s", path, answer.text);
    http_answer_fini(&answer);
    return body;
}

static bool find_sample(const char *metrics, const char *sample, double *value)
{
    size_t len = strlen(sample);

    for (const char *line = metrics; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, sample, len) == 0 && line[len] == ' ') {
            *value = strtod(line + len, NULL);
            return true;
        }
    }
    return false;
}

double http_metric(unsigned port, const char *sample)
{
    char *metrics = http_get(port, "/metrics");
    double value = 0;

    if (!find_sample(metrics, sample, &value))
        fail("no sample %s in\n%s", sample, metrics);
    free(metrics);
    return value;
}

struct least {
    unsigned port;
    const char *sample;
    double least;
};

static bool is_enough(void *ctx)
{
    const struct least *least = ctx;
    char *metrics = http_get(least->port, "/metrics");
    double value = 0;
    bool enough = find_sample(metrics, least->sample, &value) && value >= least->least;

    free(metrics);
    return enough;
}

void http_await_metric(unsigned port, const char *sample, double least)
{
    wait_until(sample, is_enough, &(struct least){port, sample, least}, 30000);
}

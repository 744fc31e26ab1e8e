/*
 * The HTTP server: the one module that knows libmicrohttpd. Answers GET and HEAD from two threads of its own; connections, their
 * memory and their time are bounded, and each serves one request.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>

#include "cdc/buf.h"
#include "cdc/err.h"

enum { SERVER_NONCE = 33 };

struct server_request {
    const char *path;
    bool verbose; /* "?verbose" */
};

struct server_reply {
    unsigned status;     /* of HTTP; 200 unless it is set */
    const char *type;    /* Content-Type; constant */
    struct cdc_buf body; /* given away to the server */
    char nonce
        [SERVER_NONCE]; /* random text: styles and scripts of a page that carry it are the only ones that work */
};

/* Called from the server's threads, several at once. */
typedef void server_handler(void *ctx, const struct server_request *request, struct server_reply *reply);

struct server;

/* Takes `fd` over, also on failure. -1: CDC_ERR_RETRY. */
int server_start(struct server **server, int fd, server_handler *handler, void *ctx,
                 struct cdc_err *err) CDC_MUST_CHECK;
/* Ends connections that have been open for too long; call it every now and then. */
void server_tend(struct server *server);
/* Ends all of them. NULL is fine. */
void server_stop(struct server *server);

#endif

/*
 * A wire between an agent and a server that a test can spoil: bytes are delayed, slowed down, held back, changed, or cut off in
 * the middle. Listens on a Unix socket or on 127.0.0.1; goes on to a Unix socket or a port of 127.0.0.1. A thread of its own; all
 * functions are for the test's main thread, and return at once.
 *
 *     struct proxy *wire = proxy_start(&(struct proxy_options){.to_socket = redis->socket, .seed = 7});
 *     … an agent with redis://127.0.0.1:<proxy_port(wire)> …
 *     proxy_set(wire, &(struct proxy_weather){.held = true});
 *     proxy_set(wire, &(struct proxy_weather){0});
 *     proxy_stop(wire);
 */
#ifndef TESTS_LIB_PROXY_H
#define TESTS_LIB_PROXY_H

#include <stdbool.h>
#include <stdint.h>

struct proxy;

struct proxy_options {
    const char *socket; /* path to listen on; NULL: a free port of 127.0.0.1 */
    const char *to_socket;
    unsigned to_port; /* without to_socket */
    unsigned seed;    /* of the places where bytes are changed and packets cut */
};

/* How it is until it is set otherwise. Zeroed: a good wire. */
struct proxy_weather {
    unsigned delay_ms; /* each way */
    unsigned
        bytes_per_second; /* each way, together for all connections of that way; 0: as fast as they come */
    bool held;    /* a black hole: takes connections and what fits into buffers, and passes nothing on */
    bool refused; /* nobody listens any more; connections that there are stay */
};

/* What happens once. */
enum proxy_event {
    PROXY_CUT,           /* all connections are reset, both ways */
    PROXY_CUT_TO_SERVER, /* what the client sends next arrives in part, then the connection is reset */
    PROXY_CUT_TO_CLIENT, /* the same the other way */
    PROXY_HALF_OPEN, /* the server's side is closed; the client's stays open, and hears nothing any more */
    PROXY_SPOIL_TO_CLIENT, /* one bit of what the server sends next is changed */
    PROXY_SPOIL_TO_SERVER,
};

struct proxy_count {
    uint64_t connections;          /* that were taken */
    uint64_t to_server, to_client; /* bytes passed on */
    uint64_t cut;                  /* connections that an event has ended, half open ones too */
    uint64_t spoilt;               /* bytes changed */
};

struct proxy *proxy_start(const struct proxy_options *options);
/* Resets what is open. NULL is fine. */
void proxy_stop(struct proxy *proxy);
/* 0 when it listens on a socket. */
unsigned proxy_port(const struct proxy *proxy);
void proxy_set(struct proxy *proxy, const struct proxy_weather *weather);
/* Waits for the thread to have seen it, not for the bytes that it may be about. */
void proxy_do(struct proxy *proxy, enum proxy_event event);
struct proxy_count proxy_count(struct proxy *proxy);

#endif

/*
 * What client.c, the wrapper of the library, and client_dump.c, which makes a binlog of its commands and packets, have between them.
 * Nobody else includes this.
 */
#ifndef MYSQL_CLIENT_WIRE_H
#define MYSQL_CLIENT_WIRE_H

#include "client.h"
#include "wire.h"

/* client_dump.c's part of a client, and its first member: it is looked at for each packet. */
struct my_client_ahead {
    struct cdc_slice event; /* read by my_client_wait(), and not fetched yet */
    bool has_event;
    uint64_t left;     /* bytes of the event read last that my_client_read() has yet to give */
    uint64_t bytes;    /* of all events */
    uint64_t quiet_at; /* `bytes` when my_client_wait() last waited in vain, and for how long it has since */
    int64_t quiet_ms;
    struct my_wire wire; /* while the connection itself is read; else closed */
};

static inline struct my_client_ahead *my_client_ahead(struct my_client *client)
{
    return (struct my_client_ahead *)client;
}

/* client.c */
/* Sends a command; `reply`: reads the answer, which must not be an error. */
int my_client_command(struct my_client *client, unsigned command, struct cdc_slice data, bool reply,
                      const char *doing, struct cdc_err *err) CDC_MUST_CHECK;
/* The next packet, or its beginning and how many bytes are `left` of it; it lives until the next one. Waits. */
int my_client_packet(struct my_client *client, struct cdc_slice *packet, uint64_t *left,
                     struct cdc_err *err) CDC_MUST_CHECK;
int my_client_packet_rest(struct my_client *client, void *to, size_t n, struct cdc_err *err) CDC_MUST_CHECK;
/* Bytes that were read and not given out, as far as the library tells. A closed client has none. */
bool my_client_has_buffered(const struct my_client *client);
/* False where bytes may be held back that neither poll() nor my_client_has_buffered() knows of: with libmysqlclient. */
bool my_client_can_poll(const struct my_client *client);
int my_client_descriptor(const struct my_client *client);
bool my_client_was_interrupted(const struct my_client *client);

/* client_dump.c, where the library has no better way. */
int my_client_register_by_command(struct my_client *client, uint32_t server_id, const char *reported_host,
                                  struct cdc_err *err) CDC_MUST_CHECK;
int my_client_dump_by_command(struct my_client *client, const struct my_client_dump *dump,
                              struct cdc_err *err) CDC_MUST_CHECK;

#endif

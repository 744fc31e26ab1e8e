/*
 * The binlog, packet by packet (client.h). First station of the flow: server -> packets -> decoder. The source thread owns it.
 *
 * Connector/C's own binlog reader cannot be used (it misreads ROTATE and dies of partial JSON), so the dump is asked for with commands
 * and read as packets. Every failure leaves a connection that only close and connect can follow.
 */
#include "client_wire.h"

#include "cdc/clock.h"

#include <poll.h>
#include <stdlib.h>

#define COM_BINLOG_DUMP      18
#define COM_REGISTER_REPLICA 21
#define COM_BINLOG_DUMP_GTID 30 /* MySQL's */

#define PACKET_OK     0x00
#define HOST_MAX      60
#define FILE_NAME_MAX 512

static char *put_le(char *at, uint64_t value, size_t bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        *at++ = (char)(value & 0xff);
    return at;
}

/*
 * COM_REGISTER_SLAVE: server_id u32, then length-prefixed host, user and password (u8 each), port u16, rank u32, source's id u32.
 * Only what SHOW REPLICAS prints depends on it, but that is how two readers with one server_id are told apart.
 */
int my_client_register_by_command(struct my_client *client, uint32_t server_id, const char *reported_host,
                                  struct cdc_err *err)
{
    char data[4 + 1 + HOST_MAX + 1 + 1 + 2 + 4 + 4], *at = put_le(data, server_id, 4);
    size_t n = strlen(reported_host);

    n = n > HOST_MAX ? HOST_MAX : n;
    at = put_le(at, n, 1);
    memcpy(at, reported_host, n);
    at = put_le(at + n, 0, 1 + 1 + 2 + 4 + 4);
    if (my_client_command(client, COM_REGISTER_REPLICA, cdc_slice(data, (size_t)(at - data)), true,
                          "registering as a replica", err) == 0)
        return 0;
    if (err->class == CDC_ERR_DENIED)
        cdc_err_hint(err, "GRANT REPLICATION SLAVE ON *.* TO the account; `tributary setup` prints it");
    return -1;
}

static int ask(struct my_client *client, unsigned command, struct cdc_slice data, struct cdc_err *err)
{
    return my_client_command(client, command, data, false, "asking for the binlog", err);
}

/* COM_BINLOG_DUMP: position u32, flags u16, server_id u32, file name to the end. */
static int dump_by_file(struct my_client *client, const struct my_client_dump *dump, struct cdc_err *err)
{
    char data[4 + 2 + 4 + FILE_NAME_MAX], *at = put_le(data, dump->position, 4);
    size_t n = strlen(dump->file);

    n = n > FILE_NAME_MAX ? FILE_NAME_MAX : n;
    at = put_le(put_le(at, 0, 2), dump->server_id, 4);
    memcpy(at, dump->file, n);
    return ask(client, COM_BINLOG_DUMP, cdc_slice(data, (size_t)(at - data) + n), err);
}

/* COM_BINLOG_DUMP_GTID: flags u16, server_id u32, name length u32, name, position u64, set length u32, set. */
static int dump_by_gtid(struct my_client *client, const struct my_client_dump *dump, struct cdc_err *err)
{
    size_t len = 2 + 4 + 4 + 8 + 4 + dump->gtids.len;
    char *data = malloc(len), *at;
    int rc;

    if (!data)
        return cdc_err_memory(err);
    at = put_le(put_le(put_le(data, 0, 2), dump->server_id, 4), 0, 4);
    at = put_le(put_le(at, 4, 8), dump->gtids.len, 4);
    if (dump->gtids.len)
        memcpy(at, dump->gtids.ptr, dump->gtids.len);
    rc = ask(client, COM_BINLOG_DUMP_GTID, cdc_slice(data, len), err);
    free(data);
    return rc;
}

int my_client_dump_by_command(struct my_client *client, const struct my_client_dump *dump,
                              struct cdc_err *err)
{
    if (my_client_register_by_command(client, dump->server_id, dump->reported_host, err))
        return -1;
    return dump->by_gtid ? dump_by_gtid(client, dump, err) : dump_by_file(client, dump, err);
}

static bool is_readable(const struct my_client *client, int timeout_ms)
{
    struct pollfd p = {.fd = my_client_descriptor(client), .events = POLLIN};

    return poll(&p, 1, timeout_ms) > 0;
}

bool my_client_ready(struct my_client *client)
{
    return my_client_is_open(client) &&
           (my_client_ahead(client)->has_event || my_client_has_buffered(client) || is_readable(client, 0));
}

static int interrupted(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: interrupted");
}

static int not_connected(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: not connected");
}

/* A packet's first byte: 0 an event follows, 0xFE (and short) the server ended the dump; errors the library has sorted out. */
static int read_event(struct my_client *client, struct cdc_slice *event, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);
    struct cdc_slice packet = {NULL, 0};

    if (my_client_packet(client, &packet, &ahead->left, err))
        return my_client_was_interrupted(client) ? interrupted(err) : -1;
    if (packet.len == 0 || (unsigned char)packet.ptr[0] != PACKET_OK) {
        cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: the server ended the stream");
        return cdc_err_hint(err, "usual when the server stops; if it repeats, see that server's error log");
    }
    ahead->bytes += packet.len + ahead->left;
    *event = cdc_slice(packet.ptr + 1, packet.len - 1);
    return 0;
}

int my_client_take(struct my_client *client, struct cdc_slice *event, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);

    if (!ahead->has_event && my_wire_take_event(&ahead->wire, event)) {
        ahead->left = 0;
        ahead->bytes += event->len + 1;
        return 1;
    }
    if (!my_client_has_buffered(client) && !my_client_ready(client))
        return 0;
    if (my_client_fetch(client, event, err))
        return -1;
    return ahead->left ? 2 : 1;
}

/* Counts only the time spent waiting: a caller that is busy elsewhere has heard nothing for another reason. */
static int wait_for_bytes(struct my_client *client, int timeout_ms, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);
    int64_t began = cdc_now_ms();

    if (ahead->quiet_at != ahead->bytes)
        ahead->quiet_ms = 0;
    ahead->quiet_at = ahead->bytes;
    if (is_readable(client, timeout_ms)) {
        ahead->quiet_ms = 0;
        return 1;
    }
    ahead->quiet_ms += cdc_now_ms() - began;
    return ahead->quiet_ms > ahead->wire.timeout_ms ? my_wire_silent(err) : 0;
}

int my_client_wait(struct my_client *client, int timeout_ms, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);

    if (!my_client_is_open(client))
        return not_connected(err);
    if (my_client_was_interrupted(client))
        return interrupted(err);
    if (my_client_ready(client))
        return 1;
    if (my_client_can_poll(client))
        return wait_for_bytes(client, timeout_ms, err);
    if (read_event(client, &ahead->event, err))
        return -1;
    ahead->has_event = true;
    return 1;
}

int my_client_fetch(struct my_client *client, struct cdc_slice *event, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);

    if (ahead->has_event) {
        ahead->has_event = false;
        *event = ahead->event;
        return 0;
    }
    return my_client_is_open(client) ? read_event(client, event, err) : not_connected(err);
}

uint64_t my_client_left(struct my_client *client)
{
    return my_client_ahead(client)->left;
}

int my_client_read(struct my_client *client, void *to, size_t n, struct cdc_err *err)
{
    struct my_client_ahead *ahead = my_client_ahead(client);

    if (!my_client_is_open(client))
        return not_connected(err);
    if (n > ahead->left)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: an event ends too early");
    if (my_client_packet_rest(client, to, n, err))
        return my_client_was_interrupted(client) ? interrupted(err) : -1;
    ahead->left -= n;
    return 0;
}

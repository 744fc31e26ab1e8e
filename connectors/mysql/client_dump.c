/*
 * The wrapper of the client library, second half: the binlog, packet by packet. First station of the flow: server -> packets ->
 * decoder. The source thread owns it; only the flag and the descriptor behind the lock are shared with my_client_interrupt().
 *
 * Connector/C's own binlog reader cannot be used (it misreads ROTATE and dies of partial JSON), so the dump is asked for with the
 * library's command function and read packet by packet: struct st_mysql's `methods`, `net.read_pos` and `net.pvio`, all from its
 * installed headers. Types are checked at compile time here, behaviour by tests/integration/test_mysql_client.c.
 */
#include "client_impl.h"

#ifdef LIBMARIADB
#include <ma_pvio.h>
#endif

#include <poll.h>
#include <stdlib.h>

#define PACKET_OK 0x00

#ifdef LIBMARIADB

#define COM_BINLOG_DUMP_BY_GTID 30 /* MySQL's; not in Connector/C's enum */

static char *put_le(char *at, uint64_t value, size_t bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        *at++ = (char)(value & 0xff);
    return at;
}

static int send_command(struct my_client *client, int command, const char *data, size_t len)
{
    int (*send)(MYSQL *, enum enum_server_command, const char *, size_t, my_bool, void *) =
        client->mysql->methods->db_command;

    return send(client->mysql, (enum enum_server_command)command, data, len, 1, NULL);
}

/*
 * COM_REGISTER_SLAVE: server_id u32, then length-prefixed host, user and password (u8 each), port u16, rank u32, source's id u32.
 * Only what SHOW REPLICAS prints depends on it, but that is how two readers with one server_id are told apart.
 */
int my_client_register(struct my_client *client, uint32_t server_id, const char *reported_host,
                       struct cdc_err *err)
{
    char data[128], *at = put_le(data, server_id, 4);
    size_t n = strlen(reported_host);

    n = n > 60 ? 60 : n;
    at = put_le(at, n, 1);
    memcpy(at, reported_host, n);
    at = put_le(at + n, 0, 1 + 1 + 2 + 4 + 4);
    if (send_command(client, COM_REGISTER_SLAVE, data, (size_t)(at - data)) ||
        mysql_net_read_packet(client->mysql) == packet_error)
        return my_client_fail(client, err, "registering as a replica");
    return 0;
}

/* COM_BINLOG_DUMP: position u32, flags u16, server_id u32, file name to the end. */
static int dump_by_file(struct my_client *client, const struct my_client_dump *dump)
{
    char data[4 + 2 + 4 + 512], *at = put_le(data, dump->position, 4);
    size_t n = strlen(dump->file);

    n = n > 512 ? 512 : n;
    at = put_le(put_le(at, 0, 2), dump->server_id, 4);
    memcpy(at, dump->file, n);
    return send_command(client, COM_BINLOG_DUMP, data, (size_t)(at - data) + n);
}

/* COM_BINLOG_DUMP_GTID: flags u16, server_id u32, name length u32, name, position u64, set length u32, set. */
static int dump_by_gtid(struct my_client *client, const struct my_client_dump *dump)
{
    size_t len = 2 + 4 + 4 + 8 + 4 + dump->gtids.len;
    char *data = malloc(len), *at;
    int rc;

    if (!data)
        return -1;
    at = put_le(put_le(put_le(data, 0, 2), dump->server_id, 4), 0, 4);
    at = put_le(put_le(at, 4, 8), dump->gtids.len, 4);
    if (dump->gtids.len)
        memcpy(at, dump->gtids.ptr, dump->gtids.len);
    rc = send_command(client, COM_BINLOG_DUMP_BY_GTID, data, len);
    free(data);
    return rc;
}

int my_client_dump(struct my_client *client, const struct my_client_dump *dump, struct cdc_err *err)
{
    if (my_client_register(client, dump->server_id, dump->reported_host, err))
        return -1;
    if (dump->by_gtid ? dump_by_gtid(client, dump) : dump_by_file(client, dump))
        return my_client_fail(client, err, "asking for the binlog");
    return 0;
}

void my_client_end_dump(struct my_client *client)
{
    (void)client; /* nothing is held beyond the connection */
}

/* In clear text the library's read-ahead and the socket tell together whether bytes are here. */
static bool has_buffered(const struct my_client *client)
{
    const MARIADB_PVIO *pvio = client->mysql->net.pvio;

    return pvio && pvio->cache && pvio->cache_pos < pvio->cache + pvio->cache_size;
}

static int fetch(struct my_client *client, struct cdc_slice *packet, struct cdc_err *err)
{
    unsigned long len = mysql_net_read_packet(client->mysql);

    if (len == packet_error)
        return my_client_fail(client, err, "reading the binlog");
    *packet = cdc_slice((const char *)client->mysql->net.read_pos, len);
    return 0;
}

#else

static void encode_gtids(MYSQL_RPL *rpl, unsigned char *out)
{
    const struct my_client *client = rpl->gtid_set_arg;

    memcpy(out, client->gtids.ptr, client->gtids.len);
}

/* libmysqlclient does not offer the command; the privilege then shows when the dump is asked for. */
int my_client_register(struct my_client *client, uint32_t server_id, const char *reported_host,
                       struct cdc_err *err)
{
    (void)client;
    (void)server_id;
    (void)reported_host;
    (void)err;
    return 0;
}

int my_client_dump(struct my_client *client, const struct my_client_dump *dump, struct cdc_err *err)
{
    client->gtids = dump->gtids;
    client->rpl = (MYSQL_RPL){.file_name = dump->file,
                              .file_name_length = strlen(dump->file),
                              .start_position = dump->position,
                              .server_id = dump->server_id,
                              .flags = dump->by_gtid ? MYSQL_RPL_GTID : 0,
                              .gtid_set_encoded_size = dump->gtids.len,
                              .fix_gtid_set = encode_gtids,
                              .gtid_set_arg = client};
    if (mysql_binlog_open(client->mysql, &client->rpl))
        return my_client_fail(client, err, "asking for the binlog");
    client->dumping = true;
    return 0;
}

void my_client_end_dump(struct my_client *client)
{
    if (client->dumping)
        mysql_binlog_close(client->mysql, &client->rpl);
    client->dumping = false;
}

static bool has_buffered(const struct my_client *client)
{
    (void)client; /* libmysqlclient does not show its read-ahead: my_client_wait() finds what is there */
    return false;
}

static int fetch(struct my_client *client, struct cdc_slice *packet, struct cdc_err *err)
{
    if (mysql_binlog_fetch(client->mysql, &client->rpl))
        return my_client_fail(client, err, "reading the binlog");
    *packet = cdc_slice((const char *)client->rpl.buffer, client->rpl.size);
    return 0;
}

#endif

static bool was_interrupted(const struct my_client *client)
{
    struct my_client *shared = (struct my_client *)client;
    bool interrupted;

    pthread_mutex_lock(&shared->lock);
    interrupted = shared->interrupted;
    pthread_mutex_unlock(&shared->lock);
    return interrupted;
}

static bool is_readable(const struct my_client *client, int timeout_ms)
{
    struct pollfd p = {.fd = client->fd, .events = POLLIN};

    return poll(&p, 1, timeout_ms) > 0;
}

bool my_client_ready(const struct my_client *client)
{
    return client->mysql && (client->has_held || has_buffered(client) || is_readable(client, 0));
}

/* poll() knows nothing of bytes that TLS or libmysqlclient hold back: there only a read tells. */
static bool can_poll(const struct my_client *client)
{
#ifdef LIBMARIADB
    return !client->encrypted;
#else
    (void)client;
    return false;
#endif
}

static int interrupted(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: interrupted");
}

/* A packet's first byte: 0 an event follows, 0xFE (and short) the server ended the dump; errors the library has sorted out. */
static int fetch_event(struct my_client *client, struct cdc_slice *event, struct cdc_err *err)
{
    struct cdc_slice packet = {NULL, 0};

    if (fetch(client, &packet, err))
        return was_interrupted(client) ? interrupted(err) : -1;
    if (packet.len == 0 || (unsigned char)packet.ptr[0] != PACKET_OK) {
        cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: the server ended the stream");
        return cdc_err_hint(err, "usual when the server stops; if it repeats, see that server's error log");
    }
    client->bytes += packet.len;
    *event = cdc_slice(packet.ptr + 1, packet.len - 1);
    return 0;
}

int my_client_wait(struct my_client *client, int timeout_ms, struct cdc_err *err)
{
    if (!client->mysql)
        return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: not connected");
    if (was_interrupted(client))
        return interrupted(err);
    if (my_client_ready(client))
        return 1;
    if (can_poll(client))
        return is_readable(client, timeout_ms);
    if (fetch_event(client, &client->held, err))
        return -1;
    client->has_held = true;
    return 1;
}

int my_client_fetch(struct my_client *client, struct cdc_slice *event, struct cdc_err *err)
{
    if (!client->mysql)
        return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: not connected");
    if (!client->has_held)
        return fetch_event(client, event, err);
    client->has_held = false;
    *event = client->held;
    return 0;
}

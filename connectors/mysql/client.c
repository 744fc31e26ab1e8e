/*
 * The one wrapper of the client library: connections, queries, and the commands and packets that client_dump.c makes a binlog of. MariaDB Connector/C (Debian's default), or Oracle's
 * libmysqlclient where LIBMARIADB is not defined. The source thread owns a client; my_client_interrupt() is for other threads.
 * Every failure is classed by client_error.c and leaves a connection that only close and connect can follow.
 */
#include "client_wire.h"

#include "client_error.h"

#include "cdc/reader.h"

#include <mysql.h>
#include <errmsg.h>

#ifdef LIBMARIADB
/* These headers show a connection's TLS session when told that there is TLS, but are not quite fit for it. */
#define HAVE_TLS
typedef unsigned char uchar;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <ma_pvio.h>
#pragma GCC diagnostic pop
#endif

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CONNECT_TIMEOUT_S 5
#define DEFAULT_CA        "/etc/ssl/certs/ca-certificates.crt"
#define WHOLE_BYTES       (64u << 20) /* of an event, unless my_client_keep_whole() says else */

struct my_client {
    struct my_client_ahead ahead; /* first: see my_client_ahead() */
    const struct cdc_source_config *config;
    MYSQL *mysql;
    bool encrypted;
    unsigned number; /* of the server's last failure */
    pthread_mutex_t
        lock; /* guards what follows: interrupt() must not shut down a closed and reused descriptor */
    int fd;   /* -1: not connected */
    bool interrupted;
#ifdef LIBMARIADB
    int timeout_ms;
#else
    MYSQL_RPL rpl;
    bool dumping;
    struct cdc_slice gtids;
#endif
};

struct my_client *my_client_new(const struct cdc_source_config *config)
{
    struct my_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->config = config;
    client->fd = -1;
    my_client_keep_whole(client, WHOLE_BYTES);
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

void my_client_free(struct my_client *client)
{
    if (!client)
        return;
    my_client_close(client);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

static void end_dump(struct my_client *client);

static int fail(struct my_client *client, struct cdc_err *err, const char *doing)
{
    unsigned number = mysql_errno(client->mysql);

    client->number = number < CR_MIN_ERROR ? number : 0;
    return my_client_error_set(err, number, mysql_error(client->mysql), doing);
}

unsigned my_client_errno(const struct my_client *client)
{
    return client->number;
}

static void set_fd(struct my_client *client, int fd)
{
    pthread_mutex_lock(&client->lock);
    client->fd = fd;
    pthread_mutex_unlock(&client->lock);
}

bool my_client_was_interrupted(const struct my_client *client)
{
    struct my_client *shared = (struct my_client *)client;
    bool interrupted;

    pthread_mutex_lock(&shared->lock);
    interrupted = shared->interrupted;
    pthread_mutex_unlock(&shared->lock);
    return interrupted;
}

int my_client_descriptor(const struct my_client *client)
{
    return client->fd;
}

void my_client_interrupt(struct my_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->interrupted = true;
    if (client->fd >= 0)
        shutdown(client->fd, SHUT_RDWR);
    pthread_mutex_unlock(&client->lock);
}

void my_client_close(struct my_client *client)
{
    set_fd(client, -1);
    client->ahead.has_event = false;
    client->ahead.quiet_ms = 0;
    client->ahead.left = 0;
    if (!client->mysql)
        return;
    end_dump(client);
    mysql_close(client->mysql);
    client->mysql = NULL;
}

bool my_client_is_open(const struct my_client *client)
{
    return client->mysql != NULL;
}

const char *my_client_version(const struct my_client *client)
{
    return client->mysql ? mysql_get_server_info(client->mysql) : "";
}

bool my_client_is_encrypted(const struct my_client *client)
{
    return client->encrypted;
}

const char *my_client_library(void)
{
#ifdef LIBMARIADB
    return "MariaDB Connector/C " MARIADB_PACKAGE_VERSION;
#else
    return "libmysqlclient " MYSQL_SERVER_VERSION;
#endif
}

uint64_t my_client_bytes(const struct my_client *client)
{
    return client->ahead.bytes;
}

static bool is_local(const char *host)
{
    return host[0] == '/' || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static enum cdc_tls effective_tls(const struct cdc_source_config *config)
{
    if (config->host[0] == '/')
        return CDC_TLS_DISABLE;
    if (config->tls != CDC_TLS_DEFAULT)
        return config->tls;
    return is_local(config->host) ? CDC_TLS_DISABLE : CDC_TLS_VERIFY_FULL;
}

/* Connector/C has no mode between none and full verification: verify-ca then verifies the name as well. */
static void set_tls(MYSQL *mysql, const struct cdc_source_config *config)
{
    enum cdc_tls tls = effective_tls(config);
    bool verify = tls == CDC_TLS_VERIFY_CA || tls == CDC_TLS_VERIFY_FULL;
    const char *ca = config->tls_ca ? config->tls_ca : DEFAULT_CA;

    if (verify)
        mysql_options(mysql, MYSQL_OPT_SSL_CA, ca);
#ifdef LIBMARIADB
    my_bool use = tls != CDC_TLS_DISABLE, check = verify;

    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &use);
    mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &check);
#else
    unsigned mode = tls == CDC_TLS_DISABLE     ? SSL_MODE_DISABLED
                    : tls == CDC_TLS_REQUIRE   ? SSL_MODE_REQUIRED
                    : tls == CDC_TLS_VERIFY_CA ? SSL_MODE_VERIFY_CA
                                               : SSL_MODE_VERIFY_IDENTITY;

    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
#endif
}

static void set_options(MYSQL *mysql, const struct cdc_source_config *config, int64_t read_timeout_ms)
{
    unsigned connect_s = CONNECT_TIMEOUT_S, read_s = (unsigned)((read_timeout_ms + 999) / 1000), off = 0;
    unsigned protocol = config->host[0] == '/' ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(mysql, config);
}

/* The path of the socket, when the host is one or the folder of one; else NULL. */
static const char *socket_path(const char *host, char *out, size_t size)
{
    static const char *const names[] = {"mysqld.sock", "mysql.sock", "mariadb.sock"};
    struct stat st;

    if (host[0] != '/')
        return NULL;
    if (stat(host, &st) || !S_ISDIR(st.st_mode))
        return host;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(out, size, "%s/%s", host, names[i]);
        if (stat(out, &st) == 0)
            return out;
    }
    return host;
}

/* What was asked for and what the library did can differ: Connector/C goes on in clear text when the server has no TLS. */
static int check_tls(struct my_client *client, struct cdc_err *err)
{
    client->encrypted = mysql_get_ssl_cipher(client->mysql) != NULL;
    if (client->encrypted || effective_tls(client->config) == CDC_TLS_DISABLE)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG, "connecting to %s: the server offers no encryption",
                client->config->host);
    return cdc_err_hint(err, "set up TLS on the server, or accept clear text with source.tls: disable");
}

/* A session whose answers do not depend on the server's defaults. */
static const char SESSION[] =
    "SET SESSION sql_mode='', time_zone='+00:00', autocommit=1, net_write_timeout=86400, "
    "sql_select_limit=18446744073709551615 /*M!100101 , max_statement_time=0 */ /*!50708 , max_execution_time=0 */";

static int connect_now(struct my_client *client, int64_t read_timeout_ms, struct cdc_err *err)
{
    const struct cdc_source_config *config = client->config;
    char path[256], doing[512];
    const char *unix_path = socket_path(config->host, path, sizeof path);

    snprintf(doing, sizeof doing, "connecting to %s as %s", unix_path ? unix_path : config->host,
             config->user);
    client->mysql = mysql_init(NULL);
    if (!client->mysql)
        return cdc_err_memory(err);
    set_options(client->mysql, config, read_timeout_ms);
    if (!mysql_real_connect(client->mysql, unix_path ? NULL : config->host, config->user, config->password,
                            NULL, config->port, unix_path, 0))
        return fail(client, err, doing);
    return check_tls(client, err) || my_client_run(client, SESSION, err) ? -1 : 0;
}

int my_client_connect(struct my_client *client, int64_t read_timeout_ms, struct cdc_err *err)
{
    my_client_close(client);
    pthread_mutex_lock(&client->lock);
    client->interrupted = false;
    pthread_mutex_unlock(&client->lock);
    if (connect_now(client, read_timeout_ms, err)) {
        my_client_close(client);
        return -1;
    }
#ifdef LIBMARIADB
    client->timeout_ms = (int)read_timeout_ms;
    set_fd(client, (int)mysql_get_socket(client->mysql));
#else
    set_fd(client, (int)client->mysql->net.fd);
#endif
    return 0;
}

/* Queries. */

static int send_query(struct my_client *client, const char *sql, struct cdc_err *err)
{
    char doing[96];

    if (!client->mysql)
        return cdc_err_set(err, CDC_ERR_RETRY, "not connected");
    client->number = 0;
    if (mysql_real_query(client->mysql, sql, (unsigned long)strlen(sql)) == 0)
        return 0;
    snprintf(doing, sizeof doing, "asking the server \"%.60s%s\"", sql, strlen(sql) > 60 ? "…" : "");
    return fail(client, err, doing);
}

int my_client_run(struct my_client *client, const char *sql, struct cdc_err *err)
{
    MYSQL_RES *rows;

    if (send_query(client, sql, err))
        return -1;
    rows = mysql_store_result(client->mysql);
    if (rows)
        mysql_free_result(rows);
    return 0;
}

int my_client_query(struct my_client *client, const char *sql, struct my_client_result *result,
                    struct cdc_err *err)
{
    MYSQL_RES *rows;

    *result = (struct my_client_result){.client = client};
    if (send_query(client, sql, err))
        return -1;
    rows = mysql_use_result(client->mysql);
    if (!rows)
        return fail(client, err, "reading the answer");
    result->rows = rows;
    result->ncolumns = mysql_num_fields(rows);
    return 0;
}

int my_client_row(struct my_client_result *result, struct cdc_err *err)
{
    MYSQL_ROW row = mysql_fetch_row(result->rows);

    result->values = (const char *const *)row;
    if (!row)
        return mysql_errno(result->client->mysql) ? fail(result->client, err, "reading the answer") : 0;
    result->lengths = mysql_fetch_lengths(result->rows);
    return 1;
}

struct cdc_slice my_client_value(const struct my_client_result *result, unsigned i)
{
    if (!result->values || i >= result->ncolumns || !result->values[i])
        return cdc_slice(NULL, 0);
    return cdc_slice(result->values[i], result->lengths[i]);
}

void my_client_result_free(struct my_client_result *result)
{
    if (result->rows)
        mysql_free_result(result->rows);
    *result = (struct my_client_result){0};
}

void my_client_result_drop(struct my_client_result *result)
{
    struct my_client *client = result->client;

    my_client_interrupt(client); /* the library reads to the end before it frees */
    my_client_result_free(result);
    my_client_close(client);
}

/* Commands and packets. */

#ifdef LIBMARIADB

static void end_dump(struct my_client *client)
{
    my_wire_fini(&client->ahead.wire);
}

void my_client_keep_whole(struct my_client *client, size_t bytes)
{
    client->ahead.wire.limit = bytes;
}

int my_client_command(struct my_client *client, unsigned command, struct cdc_slice data, bool reply,
                      const char *doing, struct cdc_err *err)
{
    int (*send)(MYSQL *, enum enum_server_command, const char *, size_t, my_bool, void *) =
        client->mysql->methods->db_command;

    if (send(client->mysql, (enum enum_server_command)command, data.ptr, data.len, 1, NULL) ||
        (reply && mysql_net_read_packet(client->mysql) == packet_error))
        return fail(client, err, doing);
    return 0;
}

int my_client_register(struct my_client *client, uint32_t server_id, const char *reported_host,
                       struct cdc_err *err)
{
    return my_client_register_by_command(client, server_id, reported_host, err);
}

/* Of an encrypted connection, which can only be read from here if the library's OpenSSL is ours. */
static int get_tls(struct my_client *client, void **tls, struct cdc_err *err)
{
    const char *library = NULL;

    *tls = client->mysql->net.pvio->ctls ? client->mysql->net.pvio->ctls->ssl : NULL;
    if (!*tls)
        return 0;
    if (mariadb_get_infov(NULL, MARIADB_TLS_LIBRARY, &library) == 0 && library &&
        strncmp(library, "OpenSSL", 7) == 0)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG, "reading the binlog: the MariaDB client library encrypts with %s",
                library ? library : "an unknown library");
    return cdc_err_hint(err, "install a libmariadb that is built with OpenSSL, or set source.tls: disable");
}

int my_client_dump(struct my_client *client, const struct my_client_dump *dump, struct cdc_err *err)
{
    const MARIADB_PVIO *pvio = client->mysql->net.pvio;
    struct cdc_slice ahead = {NULL, 0};
    void *tls;

    if (my_client_dump_by_command(client, dump, err) || get_tls(client, &tls, err))
        return -1;
    if (pvio->cache && pvio->cache_pos < pvio->cache + pvio->cache_size)
        ahead = cdc_slice((const char *)pvio->cache_pos,
                          (size_t)(pvio->cache + pvio->cache_size - pvio->cache_pos));
    return my_wire_open(&client->ahead.wire, client->fd, tls, client->timeout_ms, ahead) ? cdc_err_memory(err)
                                                                                         : 0;
}

bool my_client_has_buffered(const struct my_client *client)
{
    return my_wire_has_buffered(&client->ahead.wire);
}

bool my_client_can_poll(const struct my_client *client)
{
    (void)client;
    return true;
}

/* ERR: 0xff, number u16, '#' and five characters of SQL state, text. */
static int server_error(struct my_client *client, struct cdc_slice packet, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(packet.ptr + 1, packet.len - 1);
    char text[512];

    client->number = (unsigned)cdc_read_le(&r, 2);
    if (cdc_reader_left(&r) > 6 && *r.at == '#')
        cdc_read(&r, 6);
    snprintf(text, sizeof text, "%.*s", (int)cdc_reader_left(&r), (const char *)r.at);
    return my_client_error_set(err, client->number, text, "reading the binlog");
}

int my_client_packet(struct my_client *client, struct cdc_slice *packet, uint64_t *left, struct cdc_err *err)
{
    struct my_wire_packet next;

    client->number = 0;
    if (my_wire_next(&client->ahead.wire, &next, err))
        return -1;
    *packet = next.bytes;
    *left = next.left;
    return packet->len && (unsigned char)packet->ptr[0] == 0xff ? server_error(client, *packet, err) : 0;
}

int my_client_packet_rest(struct my_client *client, void *to, size_t n, struct cdc_err *err)
{
    return my_wire_read(&client->ahead.wire, to, n, err);
}

#else

static void end_dump(struct my_client *client)
{
    if (client->dumping)
        mysql_binlog_close(client->mysql, &client->rpl);
    client->dumping = false;
}

static void encode_gtids(MYSQL_RPL *rpl, unsigned char *out)
{
    const struct my_client *client = rpl->gtid_set_arg;

    memcpy(out, client->gtids.ptr, client->gtids.len);
}

/* libmysqlclient does not offer commands; the privilege then shows when the dump is asked for. */
int my_client_command(struct my_client *client, unsigned command, struct cdc_slice data, bool reply,
                      const char *doing, struct cdc_err *err)
{
    (void)client;
    (void)data;
    (void)reply;
    return cdc_err_set(err, CDC_ERR_FATAL, "%s: command %u is not available", doing, command);
}

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
        return fail(client, err, "asking for the binlog");
    client->dumping = true;
    return 0;
}

bool my_client_has_buffered(const struct my_client *client)
{
    (void)client; /* libmysqlclient does not show its read-ahead: my_client_wait() finds what is there */
    return false;
}

bool my_client_can_poll(const struct my_client *client)
{
    (void)client;
    return false;
}

void my_client_keep_whole(struct my_client *client, size_t bytes)
{
    (void)client;
    (void)bytes; /* libmysqlclient gives out whole packets only */
}

int my_client_packet_rest(struct my_client *client, void *to, size_t n, struct cdc_err *err)
{
    (void)client;
    (void)to;
    (void)n;
    return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: packets are whole");
}

int my_client_packet(struct my_client *client, struct cdc_slice *packet, uint64_t *left, struct cdc_err *err)
{
    *left = 0;
    if (mysql_binlog_fetch(client->mysql, &client->rpl))
        return fail(client, err, "reading the binlog");
    *packet = cdc_slice((const char *)client->rpl.buffer, client->rpl.size);
    return 0;
}

#endif

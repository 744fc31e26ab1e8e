/* Calls of the libraries (fails.h), which fail as they do when memory or the connection is gone. */
#include "fault/calls/wrap/fails.h"

#include <hiredis/hiredis.h>
#include <iconv.h>
#include <libpq-fe.h>
#include <microhttpd.h>
#include <mysql.h>
#include <errmsg.h>
#include <openssl/ssl.h>
#include <zlib.h>
#include <zstd.h>

#include <stdarg.h>

/* PostgreSQL */
CALL_PLAIN(PGconn *, PQconnectStartParams, (const char *const *names, const char *const *values, int expand),
           (names, values, expand), NULL)
CALL_PLAIN(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn), PGRES_POLLING_FAILED)
CALL_PLAIN(int, PQsetnonblocking, (PGconn * conn, int on), (conn, on), -1)
CALL_PLAIN(int, PQsendQuery, (PGconn * conn, const char *sql), (conn, sql), 0)
CALL_PLAIN(int, PQsendQueryParams,
           (PGconn * conn, const char *sql, int n, const Oid *types, const char *const *values,
            const int *lengths, const int *formats, int format),
           (conn, sql, n, types, values, lengths, formats, format), 0)
CALL_PLAIN(int, PQsetSingleRowMode, (PGconn * conn), (conn), 0)
CALL_PLAIN(int, PQflush, (PGconn * conn), (conn), -1)
CALL_PLAIN(int, PQconsumeInput, (PGconn * conn), (conn), 0)
CALL_PLAIN(int, PQputCopyData, (PGconn * conn, const char *data, int n), (conn, data, n), -1)
CALL_PLAIN(int, PQgetCopyData, (PGconn * conn, char **data, int async), (conn, data, async), -2)
CALL_PLAIN(PGcancel *, PQgetCancel, (PGconn * conn), (conn), NULL)
CALL_PLAIN(int, PQcancel, (PGcancel * cancel, char *why, int size), (cancel, why, size), 0)

/* MariaDB's client; what has failed last says mysql_errno(). */
static _Thread_local unsigned mysql_failed;

#define CALL_MYSQL(result, name, parameters, arguments, failed)                                              \
    CALL_DECLARE(result, name, parameters)                                                                   \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        mysql_failed = CALL_FAILS(name, CALL_FAILED) ? CR_SERVER_LOST : 0;                                   \
        return mysql_failed ? failed : __real_##name arguments;                                              \
    }

CALL_MYSQL(MYSQL *, mysql_init, (MYSQL * mysql), (mysql), NULL)
CALL_MYSQL(MYSQL *, mysql_real_connect,
           (MYSQL * mysql, const char *host, const char *user, const char *password, const char *database,
            unsigned port, const char *socket, unsigned long flags),
           (mysql, host, user, password, database, port, socket, flags), NULL)
CALL_MYSQL(int, mysql_real_query, (MYSQL * mysql, const char *sql, unsigned long n), (mysql, sql, n), 1)
CALL_MYSQL(MYSQL_RES *, mysql_store_result, (MYSQL * mysql), (mysql), NULL)
CALL_MYSQL(MYSQL_RES *, mysql_use_result, (MYSQL * mysql), (mysql), NULL)
CALL_MYSQL(MYSQL_ROW, mysql_fetch_row, (MYSQL_RES * rows), (rows), NULL)
CALL_MYSQL(unsigned long, mysql_net_read_packet, (MYSQL * mysql), (mysql), packet_error)

CALL_DECLARE(unsigned, mysql_errno, (MYSQL * mysql))
unsigned __wrap_mysql_errno(MYSQL *mysql)
{
    return mysql_failed ? mysql_failed : __real_mysql_errno(mysql);
}

/* Redis' protocol */
CALL_PLAIN(redisReader *, redisReaderCreate, (void), (), NULL)
CALL_PLAIN(int, redisReaderFeed, (redisReader * reader, const char *from, size_t n), (reader, from, n),
           REDIS_ERR)
CALL_PLAIN(int, redisReaderGetReply, (redisReader * reader, void **reply), (reader, reply), REDIS_ERR)

/* TLS */
CALL_PLAIN(SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *method), (method), NULL)
CALL_PLAIN(int, SSL_CTX_load_verify_locations, (SSL_CTX * context, const char *file, const char *folder),
           (context, file, folder), 0)
CALL_PLAIN(SSL *, SSL_new, (SSL_CTX * context), (context), NULL)
CALL_PLAIN(BIO_METHOD *, BIO_meth_new, (int type, const char *name), (type, name), NULL)
CALL_PLAIN(BIO *, BIO_new, (const BIO_METHOD *method), (method), NULL)
CALL_PLAIN(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM * param, const char *host, size_t n),
           (param, host, n), 0)
CALL_PLAIN(int, SSL_connect, (SSL * tls), (tls), -1)
CALL_PLAIN(int, SSL_read, (SSL * tls, void *to, int n), (tls, to, n), -1)
CALL_PLAIN(int, SSL_read_ex, (SSL * tls, void *to, size_t n, size_t *got), (tls, to, n, got), 0)
CALL_PLAIN(int, SSL_write_ex, (SSL * tls, const void *from, size_t n, size_t *put), (tls, from, n, put), 0)
CALL_PLAIN(int, SSL_shutdown, (SSL * tls), (tls), -1)

/* What is packed, and other alphabets */
CALL_PLAIN(int, inflateInit_, (z_stream * stream, const char *version, int size), (stream, version, size),
           Z_MEM_ERROR)
CALL_PLAIN(int, inflateInit2_, (z_stream * stream, int bits, const char *version, int size),
           (stream, bits, version, size), Z_MEM_ERROR)
CALL_PLAIN(ZSTD_DStream *, ZSTD_createDStream, (void), (), NULL)
CALL(iconv_t, iconv_open, (const char *to, const char *from), (to, from), (iconv_t)-1, ENOMEM)

/* HTTP */
CALL_DECLARE(struct MHD_Daemon *, MHD_start_daemon,
             (unsigned flags, uint16_t port, MHD_AcceptPolicyCallback policy, void *policy_ctx,
              MHD_AccessHandlerCallback handler, void *handler_ctx, ...))
struct MHD_Daemon *__wrap_MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback policy,
                                           void *policy_ctx, MHD_AccessHandlerCallback handler,
                                           void *handler_ctx, ...)
{
    struct MHD_Daemon *daemon = NULL;
    va_list options;

    va_start(options, handler_ctx);
    if (!CALL_FAILS(MHD_start_daemon, CALL_FAILED))
        daemon = MHD_start_daemon_va(flags, port, policy, policy_ctx, handler, handler_ctx, options);
    va_end(options);
    return daemon;
}
CALL_PLAIN(struct MHD_Response *, MHD_create_response_from_buffer,
           (size_t n, void *data, enum MHD_ResponseMemoryMode mode), (n, data, mode), NULL)
CALL_PLAIN(enum MHD_Result, MHD_add_response_header,
           (struct MHD_Response * response, const char *name, const char *value), (response, name, value),
           MHD_NO)
CALL_PLAIN(enum MHD_Result, MHD_queue_response,
           (struct MHD_Connection * connection, unsigned status, struct MHD_Response *response),
           (connection, status, response), MHD_NO)

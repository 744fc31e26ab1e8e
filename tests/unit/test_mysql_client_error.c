/* Classes of server errors. */
#include <criterion/criterion.h>

#include <string.h>

#include "mysql/client_error.h"

TestSuite(mysql_client_error);

static void check(unsigned number, const char *text, enum cdc_err_class class, const char *hint)
{
    struct cdc_err err = {0};

    cr_expect_eq(my_client_error_set(&err, number, text, "doing"), -1);
    cr_expect_eq(err.class, class, "%u %s: %s", number, text, cdc_err_class_name(err.class));
    cr_expect(strstr(err.message, text) && strncmp(err.message, "doing: ", 7) == 0, "%s", err.message);
    cr_expect(strstr(err.hint, hint), "%u: \"%s\"", number, err.hint);
}

Test(mysql_client_error, by_number)
{
    check(1045, "Access denied", CDC_ERR_DENIED, "password");
    check(1227, "Access denied; you need REPLICATION SLAVE", CDC_ERR_DENIED, "setup");
    check(2003, "Can't connect", CDC_ERR_RETRY, "");
    check(2006, "gone away", CDC_ERR_RETRY, "");
    check(2013, "Lost connection", CDC_ERR_RETRY, "");
    check(1040, "Too many connections", CDC_ERR_RETRY, "");
    check(2026, "SSL connection error: certificate verify failed", CDC_ERR_CONFIG, "certificate");
    check(2026, "SSL connection error: unexpected eof", CDC_ERR_RETRY, "");
    check(2026, "SSL connection error: SSL is required but the server doesn't support it", CDC_ERR_CONFIG,
          "offers no encryption");
    check(4052, "A slave with the same server_uuid/server_id", CDC_ERR_CONFIG, "source.server_id");
    check(3159, "insecure transport", CDC_ERR_CONFIG, "source.tls");
    check(9999, "new", CDC_ERR_RETRY, "");
}

Test(mysql_client_error, ends_of_the_dump_by_what_they_say)
{
    check(1236, "A slave with the same server_uuid/server_id as this slave has connected to the master",
          CDC_ERR_CONFIG, "source.server_id");
    check(1236, "A replica with the same server_uuid/server_id as this replica has connected to the source",
          CDC_ERR_CONFIG, "source.server_id");
    check(1236, "Could not find first log file name in binary log index file", CDC_ERR_GAP, "snapshot");
    check(1236, "the source has purged binary logs containing GTIDs that the replica requires", CDC_ERR_GAP,
          "snapshot");
    check(1236,
          "Error: connecting slave requested to start from GTID 0-1-2, which is not in the master's binlog",
          CDC_ERR_GAP, "snapshot");
    check(1236, "Client requested source to start replication from position > file size", CDC_ERR_GAP,
          "snapshot");
    check(1236, "Binary log is not open", CDC_ERR_CONFIG, "log_bin");
    check(1236, "log event entry exceeded max_allowed_packet", CDC_ERR_CONFIG, "max_allowed_packet");
    check(1236, "event read from binlog did not pass crc check", CDC_ERR_GAP, "damaged");
    check(1236, "something that is not known", CDC_ERR_GAP, "snapshot");
}

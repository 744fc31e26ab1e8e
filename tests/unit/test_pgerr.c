#include "postgresql/pgerr.h"

#include <criterion/criterion.h>

#include <string.h>

static struct cdc_err err;

Test(pgerr, classes_by_sqlstate)
{
    static const struct {
        const char *state;
        enum cdc_err_class class;
    } rows[] = {
        {"28P01", CDC_ERR_DENIED}, {"28000", CDC_ERR_DENIED}, {"42501", CDC_ERR_DENIED},
        {"3D000", CDC_ERR_CONFIG}, {"42P01", CDC_ERR_CONFIG}, {"42704", CDC_ERR_CONFIG},
        {"53300", CDC_ERR_RETRY},  {"55006", CDC_ERR_RETRY},  {"57P01", CDC_ERR_RETRY},
        {"57P03", CDC_ERR_RETRY},  {"08006", CDC_ERR_RETRY},  {"40001", CDC_ERR_RETRY},
        {"42601", CDC_ERR_FATAL},  {"XX000", CDC_ERR_RETRY},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(pgerr_set(&err, rows[i].state, "words"), -1);
        cr_expect_eq(err.class, rows[i].class, "%s", rows[i].state);
        cr_expect_eq(strncmp(err.message, "words", 5), 0);
    }
}

Test(pgerr, a_slot_in_use_names_the_process)
{
    pgerr_set(&err, "55006", "replication slot \"s\" is active for PID 4711");
    cr_assert(strstr(err.hint, "pg_terminate_backend(4711)"), "%s", err.hint);
    pgerr_set(&err, "55006", "database \"x\" is being accessed by other users");
    cr_assert_not(strstr(err.hint, "terminate"));
}

Test(pgerr, the_state_of_a_refused_connection_stands_in_its_text)
{
    pgerr_set_connection(
        &err, "connection to server on socket \"/x\" failed: FATAL:  28P01: password authentication "
              "failed for user \"a\"\nLOCATION:  auth_failed, auth.c:326\n");
    cr_assert_eq(err.class, CDC_ERR_DENIED);
    cr_assert_str_eq(err.message, "password authentication failed for user \"a\"");
    pgerr_set_connection(&err,
                         "connection failed: FATALE:  3D000: la base \"x\" n'existe pas\nEMPLACEMENT:  x\n");
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
}

Test(pgerr, words_of_libpq_are_understood)
{
    pgerr_set_connection(&err, "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n"
                               "\tIs the server running on that host and accepting TCP/IP connections?\n");
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert_not(strchr(err.message, '\n'));
    cr_assert(strstr(err.hint, "is the server running"));
    pgerr_set_connection(&err, "server does not support SSL, but SSL was required\n");
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    pgerr_set_connection(&err, "SSL error: certificate verify failed");
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    pgerr_set_connection(&err, "fe_sendauth: no password supplied");
    cr_assert_eq(err.class, CDC_ERR_DENIED);
    pgerr_set_connection(&err, "");
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert_str_eq(err.message, "the connection was lost");
}

Test(pgerr, a_stream_without_its_log_is_a_gap)
{
    pgerr_set_stream(&err, "58P01",
                     "requested WAL segment 000000010000000000000003 has already been removed");
    cr_assert_eq(err.class, CDC_ERR_GAP);
    pgerr_set_stream(&err, "42704", "publication \"p\" does not exist");
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(err.hint, "older than the slot"));
    pgerr_set_stream(&err, "57P01", "terminating connection");
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    pgerr_set_stream(&err, NULL, "gone");
    cr_assert_eq(err.class, CDC_ERR_RETRY);
}

Test(pgerr, long_texts_are_cut)
{
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    pgerr_set(&err, "57P01", text);
    cr_assert_lt(strlen(err.message), sizeof err.message);
    memcpy(text, "F:  28P01: ", 11);
    pgerr_set_connection(&err, text);
    cr_assert_eq(err.class, CDC_ERR_DENIED);
}

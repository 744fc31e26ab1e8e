/* Error replies and their classes. */
#include "redis/reply_class.h"

#include <criterion/criterion.h>

TestSuite(redis_reply_class);

static struct cdc_err classed(const char *text)
{
    struct cdc_err err;

    cr_assert_eq(redis_reply_class(cdc_slice_str(text), &err), -1);
    return err;
}

Test(redis_reply_class, every_reply_has_its_class)
{
    static const struct {
        const char *text;
        enum cdc_err_class class;
    } cases[] = {
        {"LOADING Redis is loading the dataset in memory", CDC_ERR_RETRY},
        {"READONLY You can't write against a read only replica.", CDC_ERR_RETRY},
        {"MASTERDOWN Link with MASTER is down", CDC_ERR_RETRY},
        {"CLUSTERDOWN The cluster is down", CDC_ERR_RETRY},
        {"TRYAGAIN Multiple keys request during rehashing of slot", CDC_ERR_RETRY},
        {"BUSY Redis is busy running a script.", CDC_ERR_RETRY},
        {"UNKILLABLE Sorry the script already executed write commands", CDC_ERR_RETRY},
        {"OOM command not allowed when used memory > 'maxmemory'.", CDC_ERR_RETRY},
        {"MISCONF Redis is configured to save RDB snapshots", CDC_ERR_RETRY},
        {"NOREPLICAS Not enough good replicas to write.", CDC_ERR_RETRY},
        {"FORGOTTEN this is epoch 5, the store has none", CDC_ERR_RETRY},
        {"FENCED this is epoch 5, the store has 6", CDC_ERR_FENCED},
        {"NOAUTH Authentication required.", CDC_ERR_DENIED},
        {"WRONGPASS invalid username-password pair or user is disabled.", CDC_ERR_DENIED},
        {"NOPERM this user has no permissions to run the 'get' command", CDC_ERR_DENIED},
        {"ERR The user executing the script can't run this command or subcommand script: x", CDC_ERR_DENIED},
        {"ERR The user executing the script can't access at least one of the keys", CDC_ERR_DENIED},
        {"ACL failure in script: User x has no permissions to run the 'hset' command", CDC_ERR_DENIED},
        {"ERR ACL failure in script: User x has no permissions to run the 'hset' command", CDC_ERR_DENIED},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", CDC_ERR_FATAL},
        {"CROSSSLOT Keys in request don't hash to the same slot", CDC_ERR_FATAL},
        {"NOSCRIPT No matching script.", CDC_ERR_FATAL},
        {"OUTOFORDER batch 5 cannot follow batch 1", CDC_ERR_FATAL},
        {"BROKEN batch 2: ERR The user executing the script can't run this command", CDC_ERR_FATAL},
        {"ERR syntax error", CDC_ERR_FATAL},
        {"SOMETHINGNEW that nobody knows", CDC_ERR_FATAL},
        {"BUSYGROUP Consumer Group name already exists", CDC_ERR_FATAL},
        {"BUSYKEY Target key name already exists.", CDC_ERR_FATAL},
        {"", CDC_ERR_FATAL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(classed(cases[i].text).class, cases[i].class, "%s", cases[i].text);
}

Test(redis_reply_class, the_text_is_in_the_message_and_a_remedy_in_the_hint)
{
    struct cdc_err err = classed("OOM command not allowed when used memory > 'maxmemory'.");

    cr_assert(strstr(err.message, "OOM command not allowed"), "%s", err.message);
    cr_assert(strstr(err.hint, "maxmemory"), "%s", err.hint);
}

Test(redis_reply_class, arguments_are_never_shown)
{
    struct cdc_err err =
        classed("ERR unknown command 'AUHT', with args beginning with: 'user' 'the-password' ");

    cr_assert(strstr(err.message, "AUHT"), "%s", err.message);
    cr_assert_null(strstr(err.message, "the-password"), "%s", err.message);
}

Test(redis_reply_class, a_long_reply_is_cut)
{
    char text[4096];

    memset(text, 'x', sizeof text);
    memcpy(text, "WRONGTYPE ", 10);
    text[sizeof text - 1] = '\0';
    cr_assert_eq(classed(text).class, CDC_ERR_FATAL);
}

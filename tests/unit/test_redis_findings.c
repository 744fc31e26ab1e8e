/* What replies tell of findings; redis_counts_take() leaves it alone. */
#include "redis/counts.h"
#include "redis/findings.h"

#include <criterion/criterion.h>

TestSuite(redis_findings);

Test(redis_findings, replies_are_added_up)
{
    static const char one[] =
        "*7\r\n:5\r\n$8\r\n:checked\r\n:3\r\n$6\r\n:extra\r\n:2\r\n$5\r\na.put\r\n:1\r\n";
    static const char two[] = "*5\r\n:6\r\n$8\r\n:missing\r\n:4\r\n$10\r\n:different\r\n:7\r\n:8\r\n";
    static struct redis_counts counts;
    struct redis_findings findings = {0};
    struct cdc_findings read;
    const struct redis_reply *reply;
    struct redis_resp *resp;
    struct cdc_err err;

    cr_assert_eq(redis_resp_new(&resp, 4096, &err), 0);
    cr_assert_eq(redis_resp_feed(resp, one, sizeof one - 1, &err), 0);
    cr_assert_eq(redis_resp_next(resp, &reply, &err), 1);
    redis_findings_take(&findings, reply);
    cr_assert_eq(redis_reply_integer(redis_counts_take(&counts, reply)), 5);
    cr_assert_eq(counts.n, 1);
    cr_assert_eq(redis_resp_feed(resp, two, sizeof two - 1 - 4, &err), 0);
    cr_assert_eq(redis_resp_next(resp, &reply, &err), 1);
    redis_findings_take(&findings, reply);
    redis_findings_take(&findings, redis_reply_at(reply, 0));
    redis_findings_take(&findings, NULL);
    redis_findings_read(&findings, &read);
    cr_assert_eq(read.checked, 3);
    cr_assert_eq(read.missing, 4);
    cr_assert_eq(read.different, 7);
    cr_assert_eq(read.extra, 2);
    redis_resp_free(resp);
}

#include "postgresql/pgslot.h"

#include <criterion/criterion.h>

#include <string.h>

static struct cdc_err err;

static const struct pgslot good = {
    .exists = true,
    .logical = true,
    .plugin = "pgoutput",
    .database = "cinema",
    .wal_status = "reserved",
    .confirmed = 1000,
    .safe = -1,
};

static int verify(const struct pgslot *slot, uint64_t position, uint64_t end)
{
    struct pgslot_resume resume = {
        .name = "s", .database = "cinema", .position = position, .server_end = end};

    err = (struct cdc_err){0};
    return pgslot_verify(slot, &resume, &err);
}

static void refused(const struct pgslot *slot, uint64_t position, enum cdc_err_class class, const char *words)
{
    cr_assert_eq(verify(slot, position, 5000), -1);
    cr_assert_eq(err.class, class, "%s", err.message);
    cr_assert(strstr(err.message, words), "%s", err.message);
    cr_assert_neq(err.hint[0], '\0', "there is a remedy");
}

Test(pgslot, a_good_slot)
{
    cr_assert_eq(verify(&good, 0, 0), 0, "a first run");
    cr_assert_eq(verify(&good, 1000, 1000), 0, "exactly");
    cr_assert_eq(verify(&good, 3000, 5000), 0, "the confirmation trails");
}

Test(pgslot, gaps)
{
    struct pgslot slot = good;

    refused(&good, 999, CDC_ERR_GAP, "slot s can only send what comes after 0/3E8");
    refused(&good, 5001, CDC_ERR_GAP, "the server's log ends at 0/1388");
    slot.exists = false;
    refused(&slot, 1000, CDC_ERR_GAP, "does not exist any more");
    slot = good;
    slot.lost = true;
    refused(&slot, 1000, CDC_ERR_GAP, "max_slot_wal_keep_size");
    strcpy(slot.reason, "idle_timeout");
    refused(&slot, 1000, CDC_ERR_GAP, "(idle_timeout)");
}

Test(pgslot, not_ours)
{
    struct pgslot slot = good;

    slot.logical = false;
    refused(&slot, 1000, CDC_ERR_CONFIG, "physical");
    slot = good;
    strcpy(slot.plugin, "wal2json");
    refused(&slot, 1000, CDC_ERR_CONFIG, "wal2json");
    slot = good;
    strcpy(slot.database, "other");
    refused(&slot, 0, CDC_ERR_CONFIG, "database other");
    slot = good;
    slot.two_phase = true;
    refused(&slot, 0, CDC_ERR_CONFIG, "two_phase");
}

Test(pgslot, in_use)
{
    struct pgslot slot = good;

    slot.active_pid = 4711;
    refused(&slot, 1000, CDC_ERR_RETRY, "process 4711");
    cr_assert(strstr(err.hint, "pg_terminate_backend(4711)"));
}

/* Zones are opened once. */
#include <criterion/criterion.h>

#include "map/zones.h"

Test(zones, each_is_opened_once_and_utc_never)
{
    struct cdc_err err = {.class = CDC_ERR_NONE};
    struct zones zones = {NULL};
    struct zone *london = zones_get(&zones, "Europe/London", &err);

    cr_assert_not_null(london);
    cr_assert_eq(zones_get(&zones, "Europe/London", &err), london);
    cr_assert_neq(zones_get(&zones, "Asia/Tokyo", &err), london);
    cr_assert_eq(zones_get(&zones, "Europe/London", &err), london);
    cr_assert_null(zones_get(&zones, "UTC", &err));
    cr_assert_null(zones_get(&zones, NULL, &err));
    cr_assert_eq(err.class, CDC_ERR_NONE);
    cr_assert_null(zones_get(&zones, "Europe/Londin", &err));
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    zones_fini(&zones);
    zones_fini(&zones);
}

/* What `tributary check` says about a configuration that is right in itself, but does less than its writer may think. */
#ifndef CHECK_MAPPING_H
#define CHECK_MAPPING_H

#include "cdc/report.h"
#include "config/config.h"

/* Reports every finding; none when there is nothing to say. Needs no server. */
void check_mapping(const struct config *config, const struct cdc_report *report);

#endif

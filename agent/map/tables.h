/* Which tables and columns a configuration needs, for the source. */
#ifndef TABLES_H
#define TABLES_H

#include "cdc/arena.h"
#include "cdc/source.h"
#include "config/config.h"

/* One for each table of the configuration, in the arena. -1: CDC_ERR_RETRY. */
int tables_list(const struct config *config, struct cdc_arena *arena, const struct cdc_table_ref **out,
                struct cdc_err *err) CDC_MUST_CHECK;

#endif

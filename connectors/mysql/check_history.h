/* The part of check that compares the checkpoint with the logs that the server still has. */
#ifndef MYSQL_CHECK_HISTORY_H
#define MYSQL_CHECK_HISTORY_H

#include "source_impl.h"

/* `from`: NULL, or empty, when there is no checkpoint. */
void my_check_history(struct cdc_source *source, const struct cdc_checkpoint *from,
                      const struct cdc_report *report);

#endif

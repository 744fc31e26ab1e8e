/* `/metrics`: everything the agent counts, for Prometheus. Labels are bounded by the configuration and the model. */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include "http/facts.h"

void metrics_print(const struct facts *facts, struct cdc_buf *out);

#endif

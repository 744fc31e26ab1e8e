/*
 * The end between two transactions (capture.h), for a reload: what was mapped by the old rules is applied, and the checkpoint stands
 * where no transaction is open, before the next pipeline goes on with the new ones. Source thread. A generation that ends meanwhile
 * ends this too; the next one tries again.
 */
#include "pipeline/capture.h"
#include "pipeline/tally.h"

#include "cdc/log.h"

#define DRAIN_WAIT_MS 100 /* between two looks at the connection */

bool capture_drains(const struct capture *c)
{
    return atomic_load_explicit(&c->pl->draining, memory_order_relaxed) && capture_between_transactions(c);
}

int capture_drain(struct capture *c, struct cdc_err *err)
{
    struct cdc_err lost;

    if (capture_cut(c, false, err))
        return -1;
    while (!capture_outdated(c)) {
        tally_source(c->pl);
        if (queue_wait_drained(&c->pl->queue, DRAIN_WAIT_MS)) {
            atomic_store(&c->pl->drained, true);
            pipeline_stop(c->pl);
        } else if (capture_keep_alive(c, &lost)) {
            cdc_log_err(CDC_LOG_DEBUG, "source before a reload",
                        &lost); /* it is connected again afterwards */
        }
    }
    return 0;
}

/* See forget.h. Main thread. */
#include "command/forget.h"

#include "snapshot/snapshot.h"

int forget_checkpoint(struct wiring *w, bool reload, bool *was, struct cdc_err *err)
{
    struct cdc_buf progress = {0};
    int rc = reload ? snapshot_reload_all(w->config, &progress, err) : 0;

    if (rc == 0)
        rc = w->sink_ops->connect(w->sink, err) || w->sink_ops->reset(w->sink, &progress, was, err) ? -1 : 0;
    cdc_buf_fini(&progress);
    return rc;
}

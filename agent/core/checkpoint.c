/* Copies of checkpoints (cdc/checkpoint.h). */
#include "cdc/checkpoint.h"

void cdc_checkpoint_fini(struct cdc_checkpoint *checkpoint)
{
    cdc_buf_fini(&checkpoint->position);
    cdc_buf_fini(&checkpoint->open_tx);
    cdc_buf_fini(&checkpoint->identity);
    cdc_buf_fini(&checkpoint->holder);
    cdc_buf_fini(&checkpoint->progress);
}

static int copy_text(struct cdc_buf *to, const struct cdc_buf *from)
{
    cdc_buf_reset(to);
    cdc_buf_put(to, from->data, from->len);
    return to->failed ? -1 : 0;
}

int cdc_checkpoint_copy(struct cdc_checkpoint *to, const struct cdc_checkpoint *from)
{
    if (copy_text(&to->position, &from->position) || copy_text(&to->open_tx, &from->open_tx) ||
        copy_text(&to->identity, &from->identity) || copy_text(&to->progress, &from->progress) ||
        copy_text(&to->holder, &from->holder))
        return -1;
    to->ordinal = from->ordinal;
    to->batch = from->batch;
    to->epoch = from->epoch;
    return 0;
}

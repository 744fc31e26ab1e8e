/* When too much is owed (overdue.h). Pure. */
#include "pipeline/overdue.h"

#define LOOK_MS 2000 /* the most that counts between two looks */

enum overdue_word overdue_look(struct overdue *overdue, const struct overdue_view *view)
{
    int64_t passed = overdue->looked_ms ? view->now_ms - overdue->looked_ms : 0;
    bool moved = view->taken != overdue->taken;

    overdue->looked_ms = view->now_ms;
    overdue->taken = view->taken;
    if (view->owed <= view->limit) {
        overdue->stuck_ms = 0;
        overdue->least = 0;
        return OVERDUE_NO;
    }
    if (passed > LOOK_MS)
        passed = LOOK_MS;
    overdue->stuck_ms = moved || !view->waits ? 0 : overdue->stuck_ms + passed;
    overdue->behind_ms += passed;
    if (overdue->least == 0 || view->keeps_up || view->left < overdue->least) {
        overdue->least = view->left;
        overdue->behind_ms = 0;
    }
    if (overdue->stuck_ms >= view->patience_ms)
        return OVERDUE_STUCK;
    return overdue->behind_ms >= view->patience_ms && view->left - overdue->least > view->limit ? OVERDUE_SLOW
                                                                                                : OVERDUE_NO;
}

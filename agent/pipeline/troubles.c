/* The last errors (troubles.h). A short list under a lock of its own: errors are rare, and whoever reads waits for nobody else. */
#include "pipeline/troubles.h"

#include <stdio.h>
#include <string.h>

#include "cdc/clock.h"

int troubles_init(struct troubles *troubles)
{
    *troubles = (struct troubles){.n = 0};
    return pthread_mutex_init(&troubles->lock, NULL) ? -1 : 0;
}

void troubles_fini(struct troubles *troubles)
{
    pthread_mutex_destroy(&troubles->lock);
}

/* Where the trouble is in the list; its length if it is not. */
static unsigned find(const struct troubles *troubles, const struct trouble *trouble)
{
    const struct trouble *list = troubles->list;
    unsigned i = 0;

    while (i < troubles->n && (strcmp(list[i].what, trouble->what) != 0 ||
                               strcmp(list[i].err.message, trouble->err.message) != 0))
        i++;
    return i;
}

void troubles_note(struct troubles *troubles, const char *what, const struct cdc_err *err)
{
    int64_t now = cdc_wall_us();
    struct trouble trouble = {.err = *err, .first_us = now, .last_us = now, .times = 1};
    unsigned at;

    snprintf(trouble.what, sizeof trouble.what, "%s", what);
    pthread_mutex_lock(&troubles->lock);
    at = find(troubles, &trouble);
    if (at < troubles->n) {
        trouble.first_us = troubles->list[at].first_us;
        trouble.times += troubles->list[at].times;
    } else if (at < TROUBLES_KEPT) {
        troubles->n++;
    } else {
        at--;
    }
    memmove(troubles->list + 1, troubles->list, at * sizeof *troubles->list);
    troubles->list[0] = trouble;
    pthread_mutex_unlock(&troubles->lock);
}

unsigned troubles_copy(struct troubles *troubles, struct trouble out[TROUBLES_KEPT])
{
    unsigned n;

    pthread_mutex_lock(&troubles->lock);
    n = troubles->n;
    memcpy(out, troubles->list, n * sizeof *out);
    pthread_mutex_unlock(&troubles->lock);
    return n;
}

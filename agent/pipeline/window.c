/*
 * The replay window (window.h): a ring of marks, spaced so that a fixed number covers the window however many batches are
 * applied. A mark only ever gets older, never younger, so nothing is confirmed too early.
 */
#include "pipeline/window.h"

int window_init(struct window *window, int64_t window_ms)
{
    *window = (struct window){.window_ms = window_ms};
    return pthread_mutex_init(&window->lock, NULL) ? -1 : 0;
}

void window_fini(struct window *window)
{
    for (unsigned i = 0; i < WINDOW_SLOTS; i++)
        cdc_buf_fini(&window->slots[i].position);
    cdc_buf_fini(&window->newest.position);
    pthread_mutex_destroy(&window->lock);
}

static int mark_set(struct window_mark *mark, struct cdc_slice position, int64_t now_ms)
{
    cdc_buf_reset(&mark->position);
    cdc_buf_put_slice(&mark->position, position);
    mark->at_ms = now_ms;
    return mark->position.failed ? -1 : 0;
}

static struct window_mark *slot(struct window *window, unsigned i)
{
    return &window->slots[(window->first + i) % WINDOW_SLOTS];
}

static bool deserves_slot(struct window *window, int64_t now_ms)
{
    if (window->count == 0)
        return true;
    return window->count < WINDOW_SLOTS &&
           now_ms - slot(window, window->count - 1)->at_ms >= window->window_ms / (WINDOW_SLOTS / 2);
}

int window_record(struct window *window, struct cdc_slice position, int64_t now_ms)
{
    int rc;

    pthread_mutex_lock(&window->lock);
    if (deserves_slot(window, now_ms)) {
        rc = mark_set(slot(window, window->count), position, now_ms);
        window->count += rc == 0;
        window->has_newest = window->has_newest && rc != 0;
    } else {
        rc = mark_set(&window->newest, position, now_ms);
        window->has_newest = rc == 0;
    }
    pthread_mutex_unlock(&window->lock);
    return rc;
}

static bool is_due(const struct window *window, const struct window_mark *mark, int64_t now_ms)
{
    return now_ms - mark->at_ms >= window->window_ms;
}

bool window_take(struct window *window, int64_t now_ms, struct cdc_buf *out)
{
    struct window_mark *found = NULL;

    pthread_mutex_lock(&window->lock);
    while (window->count && is_due(window, slot(window, 0), now_ms)) {
        found = slot(window, 0);
        window->first = (window->first + 1) % WINDOW_SLOTS;
        window->count--;
    }
    if (window->count == 0 && window->has_newest && is_due(window, &window->newest, now_ms)) {
        found = &window->newest;
        window->has_newest = false;
    }
    if (found) {
        cdc_buf_reset(out);
        cdc_buf_put_slice(out, cdc_buf_slice(&found->position));
    }
    pthread_mutex_unlock(&window->lock);
    return found && !out->failed;
}

void window_clear(struct window *window)
{
    pthread_mutex_lock(&window->lock);
    window->count = 0;
    window->has_newest = false;
    pthread_mutex_unlock(&window->lock);
}

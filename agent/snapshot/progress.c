/* Progress of a table (progress.h). Pure. What is read was written by an agent, perhaps by an older one, or by a person. */
#include "snapshot/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char *const jobs[] = {"load", "reload", "verify", "repair"};
static const char *const states[] = {"running", "paused", "done", "failed"};
static const char *const phases[] = {"rows", "busy", "collect", "keys"};

const char *progress_job_name(enum progress_job job)
{
    return jobs[job];
}

const char *progress_state_name(enum progress_state state)
{
    return states[state];
}

const char *progress_phase_name(enum progress_phase phase)
{
    return phases[phase];
}

static int find_word(const char *const *words, int n, struct cdc_slice word)
{
    for (int i = 0; i < n; i++)
        if (cdc_slice_is(word, words[i]))
            return i;
    return -1;
}

int progress_job_parse(struct cdc_slice name, enum progress_job *job)
{
    int found = find_word(jobs, 4, name);

    if (found >= 0)
        *job = (enum progress_job)found;
    return found < 0 ? -1 : 0;
}

void progress_fini(struct progress *p)
{
    cdc_buf_fini(&p->after);
    *p = (struct progress){.parts = 1};
}

void progress_begin(struct progress *p, enum progress_job job, const char *run)
{
    bool loaded = p->loaded;
    int64_t verified = p->verified;
    progress_fini(p);
    p->loaded = loaded;
    p->verified = verified;
    p->job = job;
    snprintf(p->run, sizeof p->run, "%s", run);
    cdc_time_print(cdc_wall_us(), p->begun);
}

void progress_new_run(char out[PROGRESS_RUN])
{
    time_t now = (time_t)(cdc_wall_us() / 1000000);
    uint32_t chance = (uint32_t)cdc_now_us();
    struct tm tm;
    size_t n;

    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        chance ^= (uint32_t)now;
    gmtime_r(&now, &tm);
    n = strftime(out, PROGRESS_RUN, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(out + n, PROGRESS_RUN - n, "-%08" PRIx32, chance);
}

static void put_word(struct cdc_buf *out, const char *name, const char *text)
{
    cdc_buf_printf(out, "%s=", name);
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == '%')
            cdc_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*c);
        else
            cdc_buf_putc(out, *c);
    }
    cdc_buf_putc(out, ' ');
}

void progress_print(const struct progress *p, struct cdc_buf *out)
{
    put_word(out, "job", jobs[p->job]);
    put_word(out, "state", states[p->state]);
    put_word(out, "run", p->run);
    put_word(out, "phase", phases[p->phase]);
    cdc_buf_printf(out,
                   "part=%" PRIu32 "/%" PRIu32 " rows=%" PRIu64 " of=%" PRIu64 " busy=%" PRIu64
                   " loaded=%d verified=%" PRId64 " ",
                   p->part, p->parts, p->rows, p->estimate, p->busy, p->loaded, p->verified);
    put_word(out, "since", p->begun);
    put_word(out, "until", p->ended);
    put_word(out, "why", p->why);
    cdc_buf_puts(out, "after=");
    cdc_buf_put_slice(out, cdc_buf_slice(&p->after));
}

/* ---- reading ---- */

struct words {
    struct cdc_slice rest;
    bool failed;
};

/* The value of the next word, which must have this name. */
static struct cdc_slice next(struct words *w, const char *name)
{
    size_t len = strlen(name), end;
    struct cdc_slice value;

    if (w->failed || w->rest.len < len + 1 || memcmp(w->rest.ptr, name, len) != 0 ||
        w->rest.ptr[len] != '=') {
        w->failed = true;
        return cdc_slice("", 0);
    }
    for (end = len + 1; end < w->rest.len && w->rest.ptr[end] != ' '; end++)
        ;
    value = cdc_slice(w->rest.ptr + len + 1, end - len - 1);
    if (end < w->rest.len)
        end++;
    w->rest = cdc_slice(w->rest.ptr + end, w->rest.len - end);
    return value;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void next_text(struct words *w, const char *name, char *out, size_t size)
{
    struct cdc_slice v = next(w, name);
    size_t n = 0;

    for (size_t i = 0; i < v.len && n + 1 < size; i++) {
        int high = v.ptr[i] == '%' && i + 2 < v.len ? hex(v.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex(v.ptr[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high * 16 + low) : v.ptr[i];
        i += low >= 0 ? 2 : 0;
    }
    out[n] = '\0';
}

static int next_of(struct words *w, const char *name, const char *const *words, int n)
{
    int found = find_word(words, n, next(w, name));

    w->failed = w->failed || found < 0;
    return found < 0 ? 0 : found;
}

static uint64_t number(struct words *w, struct cdc_slice text)
{
    uint64_t n = 0;

    w->failed = w->failed || text.len == 0 || text.len > 19;
    for (size_t i = 0; i < text.len && !w->failed; i++) {
        w->failed = text.ptr[i] < '0' || text.ptr[i] > '9';
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return n;
}

/* Up to `separator`, which goes; all of it when there is none. */
static struct cdc_slice cut(struct cdc_slice *text, char separator)
{
    const char *at = memchr(text->ptr, separator, text->len);
    size_t len = at ? (size_t)(at - text->ptr) : text->len, gone = at ? len + 1 : len;
    struct cdc_slice first = cdc_slice(text->ptr, len);

    *text = cdc_slice(text->ptr + gone, text->len - gone);
    return first;
}

/* A name in hexadecimal digits stood behind a colon once. */
static void next_part(struct words *w, struct progress *p)
{
    struct cdc_slice text = next(w, "part"), part = cut(&text, '/'), parts = cut(&text, ':');

    p->part = (uint32_t)number(w, part);
    p->parts = (uint32_t)number(w, parts);
    w->failed = w->failed || p->part >= p->parts || text.len > 16;
    for (size_t i = 0; i < text.len; i++)
        w->failed = w->failed || hex(text.ptr[i]) < 0;
}

static void parse_words(struct progress *p, struct words *w)
{
    p->job = (enum progress_job)next_of(w, "job", jobs, 4);
    p->state = (enum progress_state)next_of(w, "state", states, 4);
    next_text(w, "run", p->run, sizeof p->run);
    p->phase = (enum progress_phase)next_of(w, "phase", phases, 4);
    next_part(w, p);
    p->rows = number(w, next(w, "rows"));
    p->estimate = number(w, next(w, "of"));
    p->busy = number(w, next(w, "busy"));
    p->loaded = number(w, next(w, "loaded")) == 1;
    p->verified = (int64_t)number(w, next(w, "verified"));
    next_text(w, "since", p->begun, sizeof p->begun);
    next_text(w, "until", p->ended, sizeof p->ended);
    next_text(w, "why", p->why, sizeof p->why);
}

int progress_parse(struct progress *p, struct cdc_slice text)
{
    struct words w = {.rest = text};
    size_t len = strlen("after=");

    progress_fini(p);
    parse_words(p, &w);
    if (w.failed || w.rest.len < len || memcmp(w.rest.ptr, "after=", len) != 0) {
        progress_fini(p);
        return -1;
    }
    cdc_buf_put(&p->after, w.rest.ptr + len, w.rest.len - len);
    return p->after.failed ? -1 : 0;
}

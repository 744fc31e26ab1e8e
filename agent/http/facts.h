/* What is known of the running agent at one moment: gathered once for each answer, then rendered (metrics, JSON, page). */
#ifndef HTTP_FACTS_H
#define HTTP_FACTS_H

#include "config/config.h"
#include "http/history.h"
#include "pipeline/pipeline.h"

enum { FACTS_TYPES = 256, FACTS_TYPE = 104, FACTS_SENTENCE = 400 };

/* GOOD: nothing to do. WAITING: passing by itself, or a standby. BAD: somebody should look. */
enum facts_mood { FACTS_GOOD, FACTS_WAITING, FACTS_BAD };

const char *facts_mood_name(enum facts_mood mood);

struct facts_count {
    char type[FACTS_TYPE]; /* "booking.cancelled" */
    uint64_t n;
};

struct facts {
    const struct config *config;
    const struct stats *stats;
    struct pipeline_status status;
    struct trouble troubles[TROUBLES_KEPT];
    unsigned ntroubles;
    size_t ncounts;
    struct facts_count counts[FACTS_TYPES];
    uint64_t events;        /* all of them */
    double rate;            /* events per second, over a minute */
    int64_t now_us, now_ms; /* both clocks */
    int64_t started_us;     /* wall clock */
    bool alive, ready;
    enum facts_mood mood;
    char headline[80];                                /* "Streaming" */
    char sentence[FACTS_SENTENCE];                    /* the state, for people */
    char remedy[sizeof(((struct cdc_err *)0)->hint)]; /* what mends it; "" */
};

/* Any thread. `main_turn_ms`: when the main thread last came round. */
void facts_gather(struct facts *facts, const struct config *config, struct pipeline *pipeline,
                  struct history *history, int64_t started_us, int64_t main_turn_ms);
/* Why it is not alive or not ready: one line for each thing that is looked at, "[+]name: …" or "[-]name: …". */
void facts_print_live(const struct facts *facts, int64_t main_turn_ms, struct cdc_buf *out);
void facts_print_ready(const struct facts *facts, struct cdc_buf *out);
/* "streaming 0/16B3740, lag 0.2 s, 1300 events/s" */
void facts_print_line(const struct facts *facts, char *out, size_t size);

#endif

/*
 * What the records of a batch have in common, read and put into words: frames, events, states, the index of entities. For
 * describe.c; whatever the body holds, only the reader fails.
 */
#ifndef REDIS_DESCRIPTION_H
#define REDIS_DESCRIPTION_H

#include "redis/sink.h"
#include "redis/unpack.h"

/* When the index of entities follows a state. */
#define REDIS_DESCRIBED_MOVE "  # if the state is new, or was another customer's, who then loses it"

/* What is known of a frame: its definition. */
struct redis_described_frame {
    struct cdc_slice state, stream, table, entity;
    bool story;        /* the entity concerns customers */
    uint64_t timeline; /* length of their timelines; 0: none are kept */
    struct cdc_reader rules;
    enum cdc_role role;
    uint64_t given;
    struct cdc_reader names;
};

struct redis_description {
    const struct cdc_sink *sink;
    struct cdc_buf *out;
    struct redis_described_frame *frames;
    size_t nframes;
    struct redis_described_frame watched; /* of the record at hand, if its entity has rules */
};

/* What records that can emit begin with. */
struct redis_described_event {
    struct redis_described_frame frame;
    bool last;
    struct cdc_slice subject, seq, type, time, xid, customer, previous, unavailable, data;
    struct cdc_slice whose; /* whose it was before, if it was another's */
};

/* Reading. A frame's definition is added to the description. -1: no memory. */
int redis_description_define(struct redis_description *d, struct cdc_reader *r,
                             struct cdc_err *err) CDC_MUST_CHECK;
struct redis_described_frame redis_description_frame(const struct redis_description *d, struct cdc_reader *r,
                                                     uint64_t index);
void redis_description_attributes(struct cdc_reader *r, struct redis_described_event *e);
struct redis_described_event redis_description_head(const struct redis_description *d, struct cdc_reader *r,
                                                    bool customer);

/* Writing. */
void redis_description_word(struct cdc_buf *out, struct cdc_slice word);
void redis_description_names(struct cdc_buf *out, struct cdc_slice packed);
/* The command and the state's key. */
void redis_description_key(struct cdc_buf *out, const char *command, const struct redis_described_event *e);
/* Values in the order of the frame's names: as words, and as JSON into `data`. */
void redis_description_given(const struct redis_description *d, const struct redis_described_event *e,
                             struct cdc_reader *r, struct cdc_buf *data);
/* Tributary's own fields, and the line's end. */
void redis_description_origin(const struct redis_description *d, const struct redis_described_event *e);
void redis_description_index(const struct redis_description *d, const char *command,
                             const struct redis_described_event *e, struct cdc_slice ref, const char *note);
/* The event and the entries of timelines. */
void redis_description_event(const struct redis_description *d, const struct redis_described_event *e);

#endif

/*
 * What encoding needs of a mapping, made once: constant parts packed, and the frames (sets of present fields) that its rows
 * have had lately. A frame is defined once in each body that uses it; functions/frame.lua keeps code for it.
 *
 * Made by prepare() on any thread; afterwards owned by the thread that encodes.
 */
#ifndef REDIS_SHAPE_H
#define REDIS_SHAPE_H

#include "cdc/clock.h"
#include "cdc/config.h"
#include "cdc/event.h"
#include "redis/body.h"

enum {
    REDIS_SHAPE_FIELDS = 1000, /* at most: each is two arguments on Lua's stack, which holds 8000 */
    REDIS_SHAPE_MASKED = 64,   /* fields that a mask can tell apart */
    REDIS_SHAPE_PUT = 60,      /* fields that generated code can have as parameters */
    REDIS_SHAPE_FRAMES = 8,    /* of each kind, that are remembered */
};

/* A set of fields: those whose values a record gives, and those that are NULL in all its records. */
struct redis_frame {
    uint64_t given, null;
    uint64_t serial; /* of the body where it was last defined */
    uint32_t index;  /* in that body */
};

/* The frames of one kind, those used lately. */
struct redis_frames {
    struct redis_frame at[REDIS_SHAPE_FRAMES];
    unsigned n;      /* how many there are */
    unsigned newest; /* the one that was used last */
    unsigned next;   /* the one to be replaced next */
};

struct redis_shape {
    struct cdc_buf constants; /* what the slices point into */
    struct cdc_slice head;    /* packed: what a frame's definition begins with, up to the rules */
    bool story; /* the entity concerns customers: timelines and the index of entities follow it */
    enum cdc_role role;
    bool ruled; /* the entity has rules: its records are watched */
    uint32_t nfields;
    struct redis_shape_name {
        struct cdc_slice packed;
        struct cdc_slice json; /* "name": with the quotes and the colon */
    } * names;
    struct redis_frames puts, others;
    int64_t time_us; /* the commit time that `time` shows */
    char time[CDC_TIME_TEXT];
};

/* -1: CDC_ERR_CONFIG (too many fields, an impossible name) or CDC_ERR_RETRY (memory, or no random numbers). */
int redis_shape_new(struct redis_shape **shape, const struct cdc_redis_config *config,
                    const struct cdc_shape *from, struct cdc_err *err) CDC_MUST_CHECK;
void redis_shape_free(struct redis_shape *shape);

/*
 * The index in `body` of the frame that gives `given` and knows `null` to be NULL, defined there first if need be. Both are
 * masks over the first 64 fields of the shape.
 */
uint32_t redis_shape_frame(struct redis_shape *shape, uint64_t given, uint64_t null, struct cdc_buf *body);
/*
 * The same for a PUT; 0 when the shape has as many other ones already: functions/put.lua compiles code for each, and rows that are
 * all different must not keep Redis compiling.
 */
uint32_t redis_shape_put_frame(struct redis_shape *shape, uint64_t given, uint64_t null,
                               struct cdc_buf *body);
/* The same for shapes of more fields: gives all that are not UNAVAILABLE in the event. Defined anew every time. */
uint32_t redis_shape_wide_frame(const struct redis_shape *shape, const struct cdc_event *event,
                                struct cdc_buf *body);
/* Appends a frame's definition that gives no field: for calls that are about the entity as such. */
void redis_shape_define(const struct redis_shape *shape, struct cdc_buf *out);
/* Forgets what is defined where: a body was cut back. */
void redis_shape_forget(struct redis_shape *shape);
/* The commit time as text; printed only when it changes. */
struct cdc_slice redis_shape_time(struct redis_shape *shape, int64_t commit_us);

#endif

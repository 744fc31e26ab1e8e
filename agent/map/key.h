/* Keys of canonical entities: parts joined by ':', what would be mistaken for structure percent-encoded. */
#ifndef KEY_H
#define KEY_H

#include "map/work.h"

struct key_part {
    struct cdc_slice text;
    bool encoded; /* a reference: its own ':' stands, its id is encoded already */
};

/* `in` itself when there is nothing to encode (':', '%', '{', '}' and bytes below 0x21), else a copy in the row's memory. */
int key_encode(struct work *work, struct cdc_slice in, struct cdc_slice *out) CDC_MUST_CHECK;
/* `prefix` and the encoded text, in the row's memory: "booking-site:" and "991". */
int key_qualify(struct work *work, struct cdc_slice prefix, struct cdc_slice id,
                struct cdc_slice *out) CDC_MUST_CHECK;
/* All parts of a key; a single part that needs no encoding is not copied. */
int key_join(struct work *work, const struct key_part *parts, size_t n, struct cdc_slice *out) CDC_MUST_CHECK;

#endif

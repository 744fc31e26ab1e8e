/*
 * What the configuration says about one canonical field, made ready: value map, conversion, personal data, reference.
 * Made once with the map, then only read (a zone inside remembers its last stretch, so one thread).
 */
#ifndef RULE_H
#define RULE_H

#include "cdc/value.h"
#include "map/canonical.h"
#include "map/choices.h"
#include "map/pii.h"

struct rule {
    struct canonical_how how;
    bool key; /* part of the entity's key: must not be empty */
    bool raw; /* the source's text beside the field: checked and protected, nothing else */
    bool has_map;
    struct choices map;     /* from the source's text to final values */
    struct choices allowed; /* MODEL_ENUM: the model's values */
    enum config_otherwise otherwise;
    struct cdc_slice otherwise_value; /* final */
    struct cdc_slice prefix;          /* MODEL_REF: "booking-site:" */
    struct pii pii;
};

/* PRESENT or NULL */
struct rule_value {
    struct cdc_slice text;
    enum cdc_value_state state;
};

/* What rules need from the map; all of it outlives them. */
struct rule_context {
    struct cdc_arena *arena;
    const struct config *config;
    struct hmac *hmac; /* NULL: the configuration has no key */
    struct zone *(*zone)(void *ctx, const char *name, struct cdc_err *err); /* NULL: UTC, unless err is set */
    void *zone_ctx;
};

/* `field` NULL: a rule for constants of that model field. Errors name no place; the caller does. */
int rule_init(struct rule *rule, const struct rule_context *context, const struct model_field *model,
              const struct config_field *field, struct cdc_err *err) CDC_MUST_CHECK;
/* A constant of the configuration as the rule's final value, in the arena. */
int rule_constant(const struct rule *rule, const struct rule_context *context, const char *text,
                  struct cdc_slice *out, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether converting is all that the rule does. */
bool rule_is_plain(const struct rule *rule);
/* A source's text that is not NULL. `convert` is canonical_converter() of the rule's type and the text's kind. */
int rule_apply(const struct rule *rule, canonical_fn convert, struct work *work, struct cdc_slice in,
               struct rule_value *out) CDC_MUST_CHECK;

#endif

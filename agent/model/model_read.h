/* The inside of struct model, and its making from YAML. Only for the files of this folder. */
#ifndef MODEL_READ_H
#define MODEL_READ_H

#include "model/model.h"

#include "cdc/arena.h"
#include "config/config_diag.h"

enum { MODEL_MAX_BYTES = 16 * 1024 * 1024, MODEL_MAX_ENTITIES = 256, MODEL_MAX_FIELDS = 256 };

struct model {
    struct cdc_arena arena; /* everything below lives in it */
    size_t n;
    struct model_entity *entities;
};

/* Fills an empty model. What is wrong goes to `diag`; the model is of use only if that stays empty. */
void model_read(struct model *model, const char *text, size_t len, struct config_diag *diag);

/* One entity; `node` is a child of `entities`. Here because entities and transitions are files of their own. */
void model_read_entity(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *node);
void model_read_transitions(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                            const struct yaml_node *node);
/* `links`, `erases`, `agree` and `due`; after fields and key. */
void model_read_duties(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *map);

/* A cleared array, or NULL with diag->failed set. */
void *model_array(struct cdc_arena *arena, struct config_diag *diag, size_t n, size_t size);
/* The node's text if it is a name ([a-z][a-z0-9_]{0,62}), copied; else NULL after saying so. */
const char *model_read_name(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *node);
/* The same for a verb: `snapshot` and `truncated` are the program's own. */
const char *model_read_verb(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *node);
/* Index of the field that the node names, or -1 after saying that there is none. */
long model_read_index(const struct model_entity *entity, struct config_diag *diag,
                      const struct yaml_node *node);

#endif

/* A configuration while it is being read. Only for the files of this folder. */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "config/config.h"

#include "cdc/arena.h"
#include "config/config_diag.h"
#include "config/yaml.h"

enum { CONFIG_SECRET_MAX = 8192 }; /* bytes of a secret, and of any value after ${…} is expanded */

/* A string to be overwritten before its memory is given back. */
struct config_secret {
    struct config_secret *next;
    char *text;
};

/* What config_parse() hands out: the configuration first, then what only this folder knows of it. */
struct config_owner {
    struct config config;
    struct cdc_arena arena; /* all strings and arrays of the configuration */
    struct config_secret *secrets;
};

struct config_build {
    struct config_owner *owner;
    struct config *config; /* &owner->config */
    struct cdc_arena *arena;
    struct config_diag *diag;
    unsigned flags;              /* CONFIG_NO_FILES, CONFIG_OTHERS_READ */
    bool source_known;           /* source.type has been read and is valid */
    bool url_read;               /* redis.url is there and valid */
    bool url_user, url_password; /* it names them */
    bool pii_given;              /* there is a pii.key, readable or not */
};

/* A cleared array in the configuration's arena, or NULL with diag->failed set. */
void *config_array(struct config_build *build, size_t n, size_t size);
/* A copy in the configuration's arena, or NULL with diag->failed set. */
char *config_copy(struct config_build *build, const char *text);
/* Notes that the text is to be overwritten in the end. */
void config_keep_secret(struct config_build *build, char *text);
/* Puts the position of a node where the frozen configuration keeps it. */
struct config_pos config_pos_of(const struct yaml_node *node);

#endif

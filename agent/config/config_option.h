/*
 * The settings of a configuration as tables, one for each section of the file. Reading, defaults, printing and the
 * question what may change at run time all follow the same rows; so does the reference in conf/README.md.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "config/config_build.h"

enum config_type {
    CONFIG_STRING,     /* const char *; `check` says what it may be */
    CONFIG_PATH,       /* const char *; relative to the configuration's folder */
    CONFIG_SECRET,     /* const char *; never shown */
    CONFIG_BOOL,       /* bool */
    CONFIG_ENUM,       /* an enum; `words` in the order of its values, NULL where a value has no word */
    CONFIG_U16,        /* uint16_t, min to max */
    CONFIG_U32,        /* uint32_t, min to max */
    CONFIG_U64,        /* uint64_t, min to max */
    CONFIG_DURATION,   /* int64_t milliseconds, min to max */
    CONFIG_SIZE,       /* uint64_t bytes, min to max */
    CONFIG_LISTEN,     /* const char *; NULL for `off` */
    CONFIG_DURABILITY, /* enum cdc_durability and the number of replicas */
    CONFIG_URL,        /* the address of Redis: several members of struct cdc_redis_config */
    CONFIG_NODES,      /* a list of host:port: the sentinels of struct cdc_redis_config */
    CONFIG_SECTION,    /* a map of more settings */
    CONFIG_ELSEWHERE,  /* read by code of its own */
    CONFIG_LATER,      /* a name that a later version will know; refused with that reason */
};

/* For `only` and `required`: kinds of sources. */
enum { CONFIG_POSTGRESQL = 1 << CDC_SOURCE_POSTGRESQL, CONFIG_MYSQL = 1 << CDC_SOURCE_MYSQL, CONFIG_ANY = 3 };

struct config_option {
    const char *name;
    enum config_type type;
    size_t offset;        /* in struct config */
    const char *fallback; /* the default as one would write it; NULL: none, or made from other settings */
    unsigned required;    /* for which kinds of sources it must be given */
    unsigned only;        /* for which kinds of sources it means something; 0: all */
    bool reload;          /* may change at run time */
    int64_t min, max;
    const char *const *words;
    size_t nwords;
    const char *(*check)(const char *text);
    const struct config_option *section; /* ended by a row without name */
    const char *meaning;                 /* one line for people; NULL: CONFIG_LATER */
};

/* The whole file. */
extern const struct config_option config_root_options[];

/* Reads a section's map; `map` NULL gives every setting its default. */
void config_options_read(struct config_build *build, const struct config_option *options,
                         const struct yaml_node *map);
/* Where a setting lies. */
void *config_option_at(struct config *config, const struct config_option *option);
const void *config_option_of(const struct config *config, const struct config_option *option);
/* Whether the setting means something for the configuration's kind of source. */
bool config_option_applies(const struct config *config, const struct config_option *option);

#endif

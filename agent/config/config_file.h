/* Whole small files, read with a limit: the configuration, a model, a secret. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "cdc/arena.h"
#include "cdc/err.h"

struct config_file {
    char *data; /* NUL-terminated, malloc'd */
    size_t len; /* without the NUL */
    mode_t mode;
};

/* Reads a regular file of at most `most` bytes. CDC_ERR_DENIED when a permission is missing, else CDC_ERR_CONFIG. */
int config_file_read(struct config_file *file, const char *path, size_t most,
                     struct cdc_err *err) CDC_MUST_CHECK;
/* Overwrites the content, then frees it. Zeroed is fine. */
void config_file_wipe(struct config_file *file);

/* `name` as it is if absolute, else in the folder of the file `beside`; in the arena. NULL: out of memory. */
const char *config_file_path(const char *beside, const char *name, struct cdc_arena *arena);

#endif

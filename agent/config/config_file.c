/* Small files (config_file.h). Blocking, on the loading thread. What was read may be a secret and is overwritten. */
#include "config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_errno(const char *path, struct cdc_err *err)
{
    bool denied = errno == EACCES || errno == EPERM;

    return cdc_err_set(err, denied ? CDC_ERR_DENIED : CDC_ERR_CONFIG, "%s: %s", path, strerror(errno));
}

static int read_all(struct config_file *file, int fd, size_t size)
{
    while (file->len < size) {
        ssize_t n = read(fd, file->data + file->len, size - file->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        file->len += (size_t)n;
    }
    file->data[file->len] = '\0';
    return 0;
}

static int read_open(struct config_file *file, int fd, const char *path, size_t most, struct cdc_err *err)
{
    struct stat st;

    if (fstat(fd, &st))
        return fail_errno(path, err);
    if (!S_ISREG(st.st_mode))
        return cdc_err_set(err, CDC_ERR_CONFIG, "%s: not a regular file", path);
    if (st.st_size < 0 || (size_t)st.st_size > most)
        return cdc_err_set(err, CDC_ERR_CONFIG, "%s: larger than %zu bytes", path, most);
    file->mode = st.st_mode;
    file->data = malloc((size_t)st.st_size + 1);
    if (!file->data)
        return cdc_err_memory(err);
    return read_all(file, fd, (size_t)st.st_size) ? fail_errno(path, err) : 0;
}

int config_file_read(struct config_file *file, const char *path, size_t most, struct cdc_err *err)
{
    int fd, rc;

    *file = (struct config_file){0};
    /* non-blocking, so that a FIFO in the wrong place is an error and not a hang */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_errno(path, err);
    rc = read_open(file, fd, path, most, err);
    close(fd);
    if (rc)
        config_file_wipe(file);
    return rc;
}

void config_file_wipe(struct config_file *file)
{
    if (file->data)
        explicit_bzero(file->data, file->len);
    free(file->data);
    *file = (struct config_file){0};
}

const char *config_file_path(const char *beside, const char *name, struct cdc_arena *arena)
{
    const char *slash = strrchr(beside, '/');
    size_t folder = slash ? (size_t)(slash - beside) + 1 : 0, size = folder + strlen(name) + 1;
    char *path;

    if (*name == '/' || !slash)
        return cdc_arena_str(arena, cdc_slice_str(name));
    path = cdc_arena_alloc(arena, size);
    if (path)
        snprintf(path, size, "%.*s%s", (int)folder, beside, name);
    return path;
}

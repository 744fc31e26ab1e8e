/*
 * Templates of data folders: <build>/template/<name>-<the program: path, age, size>-<user>, made under a lock by whoever comes
 * first, then only read. Failures end the test.
 */
#include "lib/template.h"

#include "lib/process.h"
#include "lib/tempdir.h"

#include "lib/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPLATE_WORDS = 24, TEMPLATE_MS = 120000 };

static void template_cp(const char *from, const char *to)
{
    process_must((const char *const[]){"cp", "-a", "--reflink=auto", from, to, NULL}, NULL, TEMPLATE_MS);
}

/* Made in a temporary folder, because the servers' user may not be allowed to write to the build folder. */
static void template_make(const char *const *argv, const char *path)
{
    const char *words[TEMPLATE_WORDS] = {0};
    struct tempdir dir;
    char *data, *log, *with = NULL, *unfinished = NULL;

    tempdir_init(&dir);
    data = tempdir_path(&dir, "data");
    log = tempdir_path(&dir, "log");
    for (size_t i = 0; argv[i] && i < TEMPLATE_WORDS - 1; i++) {
        size_t len = strlen(argv[i]);
        words[i] = argv[i];
        if (len && argv[i][len - 1] == '@')
            words[i] = with = text_print("%.*s%s", (int)len - 1, argv[i], data);
    }
    process_must(words, &(struct process_options){.ordinary = true, .output = log}, TEMPLATE_MS);
    unfinished = text_print("%s.new", path);
    process_must((const char *const[]){"rm", "-rf", unfinished, NULL}, NULL, TEMPLATE_MS);
    template_cp(data, unfinished);
    if (rename(unfinished, path))
        fail("cannot rename %s: %s", unfinished, strerror(errno));
    free(unfinished);
    free(with);
    free(log);
    free(data);
    tempdir_fini(&dir);
}

/* FNV-1a */
static unsigned long long template_hash(const char *text)
{
    unsigned long long hash = 0xcbf29ce484222325;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

void template_copy(const char *name, const char *program, const char *const *argv, const char *to)
{
    char *path = NULL;
    struct stat age, there;
    int lock;

    if (stat(program, &age))
        fail("no %s: %s", program, strerror(errno));
    path = text_print("%s/template/%s-%016llx-%lld-%lld-%u", TEST_BUILD, name, template_hash(program),
                      (long long)age.st_mtime, (long long)age.st_size, (unsigned)process_ordinary_uid());
    (void)!mkdir(TEST_BUILD, 0777);
    (void)!mkdir(TEST_BUILD "/template", 0777);
    lock = open(TEST_BUILD "/template/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX))
        fail("cannot lock %s/template: %s", TEST_BUILD, strerror(errno));
    if (stat(path, &there))
        template_make(argv, path);
    close(lock);
    template_cp(path, to);
    free(path);
}

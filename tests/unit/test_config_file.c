/* Small files. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_file.h"
#include "lib/tempdir.h"

static struct tempdir dir;

static void init(void)
{
    tempdir_init(&dir);
}

static void fini(void)
{
    tempdir_fini(&dir);
}

TestSuite(config_file, .init = init, .fini = fini);

Test(config_file, whole_with_a_limit)
{
    char *path = tempdir_write(&dir, "f", "12345");
    struct config_file file;
    struct cdc_err err;

    cr_assert_eq(config_file_read(&file, path, 5, &err), 0);
    cr_assert_eq(file.len, 5);
    cr_assert_str_eq(file.data, "12345");
    cr_assert_eq(file.mode & 0777, 0600);
    config_file_wipe(&file);
    cr_assert_null(file.data);
    config_file_wipe(&file);
    cr_assert_eq(config_file_read(&file, path, 4, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(err.message, "larger than 4 bytes"));
    free(path);
}

Test(config_file, a_fifo_is_an_error_and_not_a_hang)
{
    char *path = tempdir_path(&dir, "fifo");
    struct config_file file;
    struct cdc_err err;

    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(config_file_read(&file, path, 100, &err), -1);
    cr_assert(strstr(err.message, "not a regular file"));
    free(path);
}

Test(config_file, paths_are_relative_to_the_file_that_names_them)
{
    struct cdc_arena arena = {0};

    cr_assert_str_eq(config_file_path("/etc/tributary/a.yaml", "b.yaml", &arena), "/etc/tributary/b.yaml");
    cr_assert_str_eq(config_file_path("/etc/tributary/a.yaml", "/b.yaml", &arena), "/b.yaml");
    cr_assert_str_eq(config_file_path("a.yaml", "b/c.yaml", &arena), "b/c.yaml");
    cr_assert_str_eq(config_file_path("/a.yaml", "b.yaml", &arena), "/b.yaml");
    cdc_arena_fini(&arena);
}

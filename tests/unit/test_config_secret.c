/* ${file:…}, ${env:…}, ${cred:…} */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_build.h"
#include "config/config_secret.h"
#include "lib/fail.h"
#include "lib/tempdir.h"

static struct tempdir dir;
static struct config_owner owner;
static struct config_diag diag;
static struct config_build build;
static char *said;
static bool expanded;

static void init(void)
{
    tempdir_init(&dir);
    config_diag_init(&diag, "t");
    cdc_arena_init(&owner.arena, 0);
    owner.config.path = tempdir_path(&dir, "t.yaml");
    build =
        (struct config_build){.owner = &owner, .config = &owner.config, .arena = &owner.arena, .diag = &diag};
}

static void fini(void)
{
    free((char *)owner.config.path);
    free(said);
    said = NULL;
    config_diag_fini(&diag);
    cdc_arena_fini(&owner.arena);
    tempdir_fini(&dir);
}

TestSuite(config_secret, .init = init, .fini = fini);

static const char *expand(const char *text)
{
    char *copy = strdup(text);
    struct yaml_node node = {.kind = YAML_SCALAR, .line = 1, .column = 1, .text = copy};
    const char *out = config_secret_expand(&build, &node, &expanded);

    free(copy);
    return out;
}

/* What is said about a text that cannot be expanded. */
static const char *wrong(const char *text)
{
    size_t size;
    FILE *out;

    cr_expect_null(expand(text), "%s", text);
    free(said);
    out = open_memstream(&said, &size);
    config_diag_print(&diag, out);
    fclose(out);
    config_diag_fini(&diag);
    config_diag_init(&diag, "t");
    return said;
}

/* A file in the test's folder. */
static void put(const char *name, const char *text, unsigned mode)
{
    char *path = tempdir_write(&dir, name, text);

    cr_assert_eq(chmod(path, mode), 0);
    free(path);
}

Test(config_secret, text_without_variables)
{
    cr_assert_str_eq(expand("plain $ text {a} $x $$"), "plain $ text {a} $x $$");
    cr_assert_not(expanded);
    cr_assert_null(owner.secrets);
    cr_assert_str_eq(expand("$${env:HOME}"), "${env:HOME}");
    cr_assert_not(expanded);
    cr_assert_str_eq(expand("$$${"), "$${");
    cr_assert_str_eq(expand(""), "");
}

Test(config_secret, environment)
{
    setenv("TRIBUTARY_TEST", "a ${file:/etc/passwd} b", 1);
    cr_assert_str_eq(expand("<${env:TRIBUTARY_TEST}>"), "<a ${file:/etc/passwd} b>", "expanded once only");
    cr_assert(expanded);
    cr_assert_str_eq(owner.secrets->text, "<a ${file:/etc/passwd} b>");
    cr_assert_str_eq(expand("${env:TRIBUTARY_TEST}${env:TRIBUTARY_TEST}$${"),
                     "a ${file:/etc/passwd} ba ${file:/etc/passwd} b${");
    setenv("TRIBUTARY_TEST", "", 1);
    cr_assert_str_eq(wrong("${env:TRIBUTARY_TEST}"),
                     "t:1:1: error: ${env:TRIBUTARY_TEST}: this environment variable is empty\n");
    unsetenv("TRIBUTARY_TEST");
    cr_assert_str_eq(wrong("${env:TRIBUTARY_TEST}"),
                     "t:1:1: error: ${env:TRIBUTARY_TEST}: this environment variable is not set\n");
}

Test(config_secret, files)
{
    put("s", "sesame\n", 0600);
    cr_assert_str_eq(expand("${file:s}"), "sesame", "relative to the configuration");
    put("s", "sesame \r\n", 0640);
    cr_assert_str_eq(expand("${file:s}"), "sesame ", "one line end goes, and no more");
    put("s", "a\nb\n\n", 0400);
    cr_assert_str_eq(expand("${file:s}"), "a\nb\n");
    put("s", "no line end", 0600);
    char *text = text_print("${file:%s/s}", dir.path);
    cr_assert_str_eq(expand(text), "no line end");
    free(text);
}

Test(config_secret, files_that_others_can_reach_are_refused)
{
    static const unsigned modes[] = {0604, 0602, 0601, 0644, 0620, 0660};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        put("s", "sesame", modes[i]);
        cr_expect(strstr(wrong("${file:s}"), "${file:s}: others can read or change this file; chmod 640"),
                  "%o: %s", modes[i], said);
        cr_expect_not(strstr(said, "sesame"));
    }
}

Test(config_secret, files_that_are_no_secrets)
{
    char *long_text = calloc(CONFIG_SECRET_MAX + 2, 1);

    put("empty", "\n", 0600);
    cr_assert(strstr(wrong("${file:empty}"), "is empty"));
    cr_assert(strstr(wrong("${file:missing}"), "No such file or directory"));
    cr_assert(strstr(wrong("${file:}"), "names no file"));
    cr_assert(strstr(wrong("${file:.}"), "not a regular file"));
    memset(long_text, 'x', CONFIG_SECRET_MAX + 1);
    put("long", long_text, 0600);
    cr_assert(strstr(wrong("${file:long}"), "larger than 8192 bytes"));
    long_text[CONFIG_SECRET_MAX] = '\0';
    put("fits", long_text, 0600);
    cr_assert_str_eq(expand("${file:fits}"), long_text);
    cr_assert(strstr(wrong("${file:fits}x"), "is longer than 8192 bytes"));
    free(long_text);
}

Test(config_secret, a_nul_byte_is_no_text)
{
    char *path = tempdir_write(&dir, "s", "");
    FILE *out = fopen(path, "w");

    fwrite("a\0b", 1, 3, out);
    fclose(out);
    cr_assert(strstr(wrong("${file:s}"), "has a NUL byte in it"));
    free(path);
}

Test(config_secret, a_missing_permission_is_noted)
{
    put("s", "sesame", 0);
    cr_assert_eq(chmod(dir.path, 0755), 0);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    cr_assert_null(expand("${file:s}"));
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    cr_assert(diag.denied);
}

Test(config_secret, credentials)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert(strstr(wrong("${cred:redis}"), "CREDENTIALS_DIRECTORY is not set"));
    setenv("CREDENTIALS_DIRECTORY", dir.path, 1);
    put("redis", "sesame\n", 0444);
    cr_assert_str_eq(expand("${cred:redis}"), "sesame", "systemd's folder keeps others out");
    cr_assert(strstr(wrong("${cred:missing}"), "No such file or directory"));
    cr_assert(strstr(wrong("${cred:../x}"), "is not the name of a credential"));
    cr_assert(strstr(wrong("${cred:..}"), "is not the name of a credential"));
    cr_assert(strstr(wrong("${cred:}"), "is not the name of a credential"));
}

Test(config_secret, credentials_by_hand_are_the_files_that_the_unit_loads)
{
    char *folder = tempdir_path(&dir, "credentials");

    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert_eq(mkdir(folder, 0700), 0);
    put("credentials/redis", "all of them\n", 0600);
    cr_assert_str_eq(expand("${cred:redis}"), "all of them");
    put("credentials/t.redis", "its own\n", 0600);
    cr_assert_str_eq(expand("${cred:redis}"), "its own");
    put("credentials/t.source", "sesame\n", 0644);
    cr_assert(strstr(wrong("${cred:source}"), "others can read or change this file"));
    cr_assert(strstr(wrong("${cred:pii}"), "has no such file"));
    free(folder);
}

Test(config_secret, a_credential_that_the_unit_had_no_file_for_is_empty)
{
    setenv("CREDENTIALS_DIRECTORY", dir.path, 1);
    put("redis", "\n", 0444); /* SetCredential= of the unit */
    cr_assert(strstr(wrong("${cred:redis}"), "is empty"));
}

Test(config_secret, without_files_nothing_is_opened)
{
    build.flags = CONFIG_NO_FILES;
    cr_assert_str_eq(expand("a ${file:/nonexistent} ${cred:x}"), "a *** ***");
    cr_assert(expanded);
}

Test(config_secret, bad_variables)
{
    cr_assert(strstr(wrong("${password}"), "expected ${file:PATH}, ${env:NAME} or ${cred:NAME}"));
    cr_assert(strstr(wrong("${}"), "expected ${file:PATH}"));
    cr_assert(strstr(wrong("${env:HOME"), "a ${ without its }"));
    cr_assert(strstr(wrong("${"), "a ${ without its }"));
}

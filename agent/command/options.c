/* The command line (command.h): one table of options, of which each command allows some. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"

/* The letters are internal: people write the long names (and -h). */
static const struct option long_options[] = {
    {"no-connect", no_argument, NULL, 'n'},   {"strict", no_argument, NULL, 's'},
    {"run", no_argument, NULL, 'r'},          {"watch", no_argument, NULL, 'w'},
    {"format", required_argument, NULL, 'f'}, {"json-schema", no_argument, NULL, 'j'},
    {"model", required_argument, NULL, 'm'},  {"yes", no_argument, NULL, 'y'},
    {"table", required_argument, NULL, 't'},  {"redis", required_argument, NULL, 'R'},
    {"prefix", required_argument, NULL, 'p'}, {"customer", required_argument, NULL, 'c'},
    {"since", required_argument, NULL, 'S'},  {"limit", required_argument, NULL, 'l'},
    {"reason", required_argument, NULL, 'e'}, {"config-schema", no_argument, NULL, 'C'},
    {"repair", no_argument, NULL, 'P'},       {"from", required_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

static int parse_limit(const char *text, uint64_t *limit)
{
    char *end;

    errno = 0;
    *limit = strtoull(text, &end, 10);
    return errno || *end || end == text || *text == '-' || *limit == 0 ? -1 : 0;
}

static int parse_format(const char *text, bool *json)
{
    *json = strcmp(text, "json") == 0;
    return *json || strcmp(text, "table") == 0 ? 0 : -1;
}

/* 0, or -1 when the value is wrong. */
static int set_option(struct options *o, int letter, const char *value)
{
    switch (letter) {
    case 'n':
        o->no_connect = true;
        return 0;
    case 's':
        o->strict = true;
        return 0;
    case 'r':
        o->run = true;
        return 0;
    case 'w':
        o->watch = true;
        return 0;
    case 'j':
        o->json_schema = true;
        return 0;
    case 'C':
        o->config_schema = true;
        return 0;
    case 'm':
        o->model = value;
        return 0;
    case 'y':
        o->yes = true;
        return 0;
    case 'P':
        o->repair = true;
        return 0;
    case 't':
        o->table = value;
        return 0;
    case 'e':
        o->reason = value;
        return 0;
    case 'R':
        o->redis = value;
        return 0;
    case 'p':
        o->prefix = value;
        return 0;
    case 'c':
        o->customer = value;
        return 0;
    case 'S':
        o->since = value;
        return 0;
    case 'F':
        o->from = value;
        return 0;
    case 'f':
        return parse_format(value, &o->json);
    case 'l':
        return parse_limit(value, &o->limit);
    }
    return -1;
}

static const char *long_name(int letter)
{
    for (const struct option *o = long_options; o->name; o++)
        if (o->val == letter)
            return o->name;
    return "?";
}

static int take_operands(const struct command *command, int argc, char **argv, struct options *options)
{
    if (command->needs_config) {
        if (optind >= argc)
            return command_usage("%s: which configuration?", command->name);
        options->config = argv[optind++];
    }
    options->noperands = argc - optind;
    options->operands = argv + optind;
    if (options->noperands > command->most_operands)
        return command_usage("%s: what is \"%s\"?", command->name, argv[optind + command->most_operands]);
    return 0;
}

int options_parse(const struct command *command, int argc, char **argv, struct options *options, int *status)
{
    int letter;

    *options = (struct options){0};
    optind = 1;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (letter == 'h') {
            command_help(command);
            *status = EXIT_OK;
            return 1;
        }
        if (letter == '?' || letter == ':') {
            *status =
                command_usage("%s: %s %s", command->name,
                              letter == '?' ? "unknown option" : "a value is missing for", argv[optind - 1]);
            return 1;
        }
        if (!strchr(command->allows, letter)) {
            *status = command_usage("%s: --%s is not for this command", command->name, long_name(letter));
            return 1;
        }
        if (set_option(options, letter, optarg)) {
            *status = command_usage("%s: --%s: bad value \"%s\"", command->name, long_name(letter), optarg);
            return 1;
        }
    }
    *status = take_operands(command, argc, argv, options);
    return *status != 0;
}

void command_help(const struct command *command)
{
    printf("Usage: tributary %s %s\n\n%s.\n", command->name, command->synopsis, command->summary);
    if (command->details)
        printf("\n%s", command->details);
}

int command_usage(const char *fmt, ...)
{
    va_list ap;

    fputs("tributary: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputs("\nTry 'tributary --help'.\n", stderr);
    return EXIT_USAGE;
}

int command_exit_status(const struct cdc_err *err)
{
    switch (err->class) {
    case CDC_ERR_NONE:
        return EXIT_OK;
    case CDC_ERR_RETRY:
        return EXIT_UNAVAILABLE;
    case CDC_ERR_CONFIG:
        return EXIT_CONFIG;
    case CDC_ERR_DENIED:
        return EXIT_DENIED;
    case CDC_ERR_GAP:
        return EXIT_GAP;
    case CDC_ERR_FENCED:
        return EXIT_FENCED;
    case CDC_ERR_DATA:
    case CDC_ERR_FATAL:
        return EXIT_RUNTIME;
    }
    return EXIT_RUNTIME;
}

int command_fail(const struct cdc_err *err)
{
    fprintf(stderr, "tributary: %s\n", err->message);
    if (err->hint[0])
        fprintf(stderr, "  hint: %s\n", err->hint);
    return command_exit_status(err);
}

bool command_colour(void)
{
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

/* tributary: finds the command and runs it. The only place that exits. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"

static const struct command *const commands[] = {
    &command_init,   &command_run,    &command_check,      &command_setup,       &command_preview,
    &command_tail,   &command_status, &command_customer,   &command_divergences, &command_snapshot,
    &command_verify, &command_dlq,    &command_checkpoint, &command_schema,      &command_version,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void help(void)
{
    puts(
        "Usage: tributary COMMAND [OPTION]…\n\n"
        "Carries changes from an operational database into a shared Redis, as customer events.\n\nCommands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-12s %s\n", commands[i]->name, commands[i]->summary);
    puts("\n'tributary COMMAND --help' says more, with an example.");
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct options options;
    int status;

    if (argc < 2)
        return command_usage("which command?");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help();
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = "version";
    command = find(argv[1]);
    if (!command)
        return command_usage("unknown command \"%s\"", argv[1]);
    if (options_parse(command, argc - 1, argv + 1, &options, &status))
        return status;
    return command->main(&options);
}

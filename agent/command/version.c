/* `tributary version`: the program and the libraries that it runs with. */
#include <stdio.h>

#include "command/command.h"

static int version_main(const struct options *options)
{
    (void)options;
    printf("tributary %s\n", TRIBUTARY_VERSION);
    return EXIT_OK;
}

const struct command command_version = {
    .name = "version",
    .synopsis = "",
    .summary = "Show the version",
    .details = "Example:\n  tributary version\n",
    .allows = "",
    .main = version_main,
};

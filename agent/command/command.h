/* The commands of the program: one function each, and what they share. Exit statuses follow sysexits(3) where it has one. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "cdc/err.h"

enum {
    EXIT_OK = 0,
    EXIT_RUNTIME = 1,
    EXIT_FENCED = 4, /* run: another agent owns the connector */
    EXIT_GAP = 5,    /* run: changes were lost, or would be */
    EXIT_USAGE = 64,
    EXIT_UNAVAILABLE = 69, /* a server cannot be reached */
    EXIT_TRY_AGAIN = 75,
    EXIT_DENIED = 77,
    EXIT_CONFIG = 78,
};

/* What the command line said; each command allows some of it. */
struct options {
    const char *config; /* first operand of commands that take a configuration */
    int noperands;      /* what follows */
    char *const *operands;
    bool no_connect, strict, run, watch, json, json_schema, config_schema, yes, repair;
    const char *from, *model, *table, *redis, *prefix, *customer, *since, *reason;
    uint64_t limit; /* 0: not given */
};

struct command {
    const char *name;
    const char *synopsis; /* behind the name */
    const char *summary;  /* one line */
    const char *details;  /* options and an example, for --help */
    const char *allows;   /* letters of the options, see options.c */
    bool needs_config;
    int most_operands; /* behind the configuration */
    int (*main)(const struct options *options);
};

extern const struct command command_init, command_run, command_check, command_setup, command_preview,
    command_tail, command_status, command_customer, command_divergences, command_dlq, command_checkpoint,
    command_snapshot, command_verify, command_schema, command_version;

/* Parses argv behind the command's name. 0: run it; else exit with what *status says (help was printed, or usage was wrong). */
int options_parse(const struct command *command, int argc, char **argv, struct options *options, int *status);
void command_help(const struct command *command);

/* "tributary: message" and the hint on stderr; returns the exit status that belongs to the error's class. */
int command_fail(const struct cdc_err *err);
/* That status alone. */
int command_exit_status(const struct cdc_err *err);
/* Wrong use: message, and where help is. Returns EXIT_USAGE. */
int command_usage(const char *fmt, ...) CDC_PRINTF(1, 2);
/* Whether stdout should have colour. */
bool command_colour(void);

#endif

/*
 * Single values of the configuration: numbers, durations, sizes, names. Each parser returns NULL when the text is good,
 * else what is wrong with it as the end of a sentence that starts with the text: "needs a unit: …".
 */
#ifndef CONFIG_SCALAR_H
#define CONFIG_SCALAR_H

#include <stddef.h>
#include <stdint.h>

/* Enough for the printed forms below. */
enum { CONFIG_SCALAR_TEXT = 32 };

/* Decimal, without leading zeros: 0, 42, -2. */
const char *config_scalar_integer(const char *text, int64_t *value);
/* A whole number and ms, s, m, h or d. */
const char *config_scalar_duration(const char *text, int64_t *ms);
/* A whole number and B, KiB, MiB, GiB or TiB. */
const char *config_scalar_size(const char *text, uint64_t *bytes);

/* The largest unit without a remainder: 90000 ms is "90s". Return `out`. */
const char *config_scalar_print_duration(int64_t ms, char out[CONFIG_SCALAR_TEXT]);
const char *config_scalar_print_size(uint64_t bytes, char out[CONFIG_SCALAR_TEXT]);

/* Names with rules of their own. */
const char *config_scalar_connector(const char *text); /* [a-z0-9][a-z0-9-]{0,62} */
const char *config_scalar_system(
    const char *text); /* what can stand before the ':' of a customer reference */
const char *config_scalar_prefix(const char *text);     /* start of the keys in Redis */
const char *config_scalar_slot(const char *text);       /* replication slot of PostgreSQL */
const char *config_scalar_identifier(const char *text); /* any PostgreSQL identifier */
const char *config_scalar_timezone(const char *text);   /* IANA name, as far as its form tells */
const char *config_scalar_word(const char *text);       /* not empty, no control bytes */
const char *config_scalar_listen(const char *text);     /* ADDRESS:PORT, [ADDRESS]:PORT */

#endif

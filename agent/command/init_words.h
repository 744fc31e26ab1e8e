/* Names as words: how tables and columns of the world are called, against the model's names. Only for init_guess.c. */
#ifndef INIT_WORDS_H
#define INIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 8, WORDS_BYTES = 64 };

/* "tblCustomerOrders" as customer, order: lower case, the plural's s gone. */
struct words {
    size_t n;
    char word[WORDS_MAX][WORDS_BYTES];
};

void words_split(struct words *words, const char *name);
/* The words joined by '_', without those of `prefix` at their beginning: "booking_state" of table "bookings" is "state". */
void words_join(const struct words *words, const struct words *prefix, char *out, size_t size);

/* Whether `word` is the entity's name or another word for it. */
bool words_mean_entity(const char *word, const char *entity);
/* Whether a column's name, joined, is the field's or another word for it. */
bool words_mean_field(const char *column, const char *field);
bool words_are_personal(const struct words *words);

#endif

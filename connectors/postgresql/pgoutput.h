/*
 * Decoding of one logical replication message of the plugin pgoutput, protocol version 1 (PostgreSQL documentation,
 * chapter "Logical Replication Message Formats"). Pure: no connection, no relation, no catalogue.
 */
#ifndef PGOUTPUT_H
#define PGOUTPUT_H

#include "cdc/err.h"
#include "cdc/reader.h"
#include "cdc/value.h"

/* PostgreSQL's MaxTupleAttributeNumber: no tuple has more. */
#define PGOUTPUT_MAX_COLUMNS 1664

enum pgoutput_type {
    PGOUTPUT_BEGIN,
    PGOUTPUT_COMMIT,
    PGOUTPUT_ORIGIN,
    PGOUTPUT_RELATION,
    PGOUTPUT_TYPE,
    PGOUTPUT_INSERT,
    PGOUTPUT_UPDATE,
    PGOUTPUT_DELETE,
    PGOUTPUT_TRUNCATE,
    PGOUTPUT_MESSAGE,
};

struct pgoutput_column {
    bool key; /* part of the replica identity */
    struct cdc_slice name;
    uint32_t type;
    int32_t modifier;
};

/* What the slices of a message point to is the message's own bytes. */
struct pgoutput_message {
    enum pgoutput_type type;
    union {
        struct {
            uint64_t final_lsn; /* of the commit record */
            int64_t commit_us;  /* since 1970 UTC */
            uint32_t xid;
        } begin;
        struct {
            uint64_t commit_lsn, end_lsn;
            int64_t commit_us;
        } commit;
        struct {
            uint32_t id;
            struct cdc_slice schema, name;
            char identity; /* 'd' default, 'i' index, 'f' full, 'n' nothing */
            uint16_t ncolumns;
            struct cdc_reader columns; /* for pgoutput_column_next() */
        } relation;
        struct {
            uint32_t relation;
            char old_kind;         /* 'K' key, 'O' whole row, 0: no old tuple */
            uint16_t nold, nafter; /* values of the tuples, in the space; 0 where there is no tuple */
        } change;                  /* INSERT, UPDATE, DELETE */
        struct {
            uint32_t nrelations;
            struct cdc_reader relations; /* of 32-bit ids */
        } truncate;
    } u;
};

/* Where the values of a row go: NULL, PRESENT (a slice of the message) or UNAVAILABLE. */
struct pgoutput_space {
    struct cdc_value after[PGOUTPUT_MAX_COLUMNS], old[PGOUTPUT_MAX_COLUMNS];
};

/* -1: CDC_ERR_RETRY when bytes are missing or make no sense, CDC_ERR_FATAL for a message that we did not ask for. */
int pgoutput_decode(struct cdc_slice bytes, struct pgoutput_space *space, struct pgoutput_message *message,
                    struct cdc_err *err) CDC_MUST_CHECK;

/* The next of relation.columns; call it relation.ncolumns times. */
struct pgoutput_column pgoutput_column_next(struct cdc_reader *columns);

const char *pgoutput_type_name(enum pgoutput_type type);

#endif

/* Names of the contract's enums, for messages. */
#include "cdc/event.h"
#include "cdc/row.h"

const char *cdc_kind_name(enum cdc_kind kind)
{
    switch (kind) {
    case CDC_KIND_TEXT:
        return "text";
    case CDC_KIND_INTEGER:
        return "integer";
    case CDC_KIND_DECIMAL:
        return "decimal";
    case CDC_KIND_FLOAT:
        return "float";
    case CDC_KIND_BOOLEAN:
        return "boolean";
    case CDC_KIND_DATE:
        return "date";
    case CDC_KIND_TIME:
        return "time";
    case CDC_KIND_TIMESTAMP:
        return "timestamp";
    case CDC_KIND_INSTANT:
        return "instant";
    case CDC_KIND_INTERVAL:
        return "interval";
    case CDC_KIND_BYTES:
        return "bytes";
    case CDC_KIND_UUID:
        return "uuid";
    case CDC_KIND_JSON:
        return "json";
    case CDC_KIND_ARRAY:
        return "array";
    case CDC_KIND_BITS:
        return "bits";
    }
    return "?";
}

const char *cdc_op_name(enum cdc_op op)
{
    switch (op) {
    case CDC_OP_INSERT:
        return "insert";
    case CDC_OP_UPDATE:
        return "update";
    case CDC_OP_DELETE:
        return "delete";
    }
    return "?";
}

const char *cdc_role_name(enum cdc_role role)
{
    switch (role) {
    case CDC_ROLE_NONE:
        return "none";
    case CDC_ROLE_LINK:
        return "link";
    case CDC_ROLE_ERASURE:
        return "erasure";
    }
    return "?";
}

const char *cdc_event_op_name(enum cdc_event_op op)
{
    switch (op) {
    case CDC_EVENT_PUT:
        return "put";
    case CDC_EVENT_MERGE:
        return "merge";
    case CDC_EVENT_DELETE:
        return "delete";
    case CDC_EVENT_DROP:
        return "drop";
    case CDC_EVENT_LOAD:
        return "load";
    case CDC_EVENT_CHECK:
        return "check";
    case CDC_EVENT_ABSENT:
        return "absent";
    }
    return "?";
}

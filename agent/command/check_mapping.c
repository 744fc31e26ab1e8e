/*
 * Findings about mappings (check_mapping.h): personal data that no erasure could find, and rules of the model or the
 * configuration that lack the fields they are about. Cold; main thread; cannot fail.
 */
#include "command/check_mapping.h"

#include <string.h>

#include "map/duties.h"

#define CUSTOMER "customer"
#define REF      "customer_id"

struct place {
    const struct config *config;
    const struct cdc_report *report;
    const struct config_table *table;
    const struct config_mapping *mapping;
};

/* "cinema.yaml:12:5: public.reservation: booking" and what there is to say about it. */
static void warn(const struct place *p, const char *remedy, const char *what, const char *field)
{
    cdc_report_add(p->report, CDC_FINDING_WARNING, remedy, "%s:%u:%u: %s.%s: %s %s%s%s", p->config->path,
                   p->mapping->pos.line, p->mapping->pos.column, p->table->schema, p->table->name,
                   p->mapping->entity->name, what, field ? " " : "", field ? field : "");
}

/* What is dropped never gets to Redis. */
static bool is_stored(const struct config_field *field)
{
    return field && field->pii != CONFIG_PII_DROP;
}

static bool stores(const struct config_mapping *mapping, const char *name)
{
    const struct model_entity *entity = mapping->entity;

    for (size_t i = 0; i < entity->nkeys; i++)
        if (strcmp(entity->fields[entity->keys[i]].name, name) == 0)
            return is_stored(mapping->keys[i]);
    for (size_t i = 0; i < mapping->nfields; i++)
        if (strcmp(entity->fields[mapping->fields[i].field].name, name) == 0)
            return is_stored(&mapping->fields[i]);
    return false;
}

static const char *first_personal(const struct config_mapping *mapping)
{
    const struct model_entity *entity = mapping->entity;

    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->fields[entity->keys[i]].personal && is_stored(mapping->keys[i]))
            return entity->fields[entity->keys[i]].name;
    for (size_t i = 0; i < mapping->nfields; i++)
        if (entity->fields[mapping->fields[i].field].personal && is_stored(&mapping->fields[i]))
            return entity->fields[mapping->fields[i].field].name;
    return NULL;
}

static void check_personal(const struct place *p)
{
    const char *personal = first_personal(p->mapping);

    if (personal && strcmp(p->mapping->entity->name, CUSTOMER) != 0 && !stores(p->mapping, REF))
        warn(p, "map customer_id, or leave personal fields out: an erasure finds data by its customer",
             "has no customer_id, but personal data:", personal);
}

static void check_role(const struct place *p)
{
    switch (p->mapping->entity->role) {
    case CDC_ROLE_NONE:
        return;
    case CDC_ROLE_LINK:
        if (!stores(p->mapping, REF))
            warn(p, "map customer_id", "links nobody without customer_id", NULL);
        return;
    case CDC_ROLE_ERASURE:
        if (!stores(p->mapping, REF))
            warn(p, "map customer_id", "erases nobody without customer_id", NULL);
        return;
    }
}

static void check_agree(const struct place *p)
{
    const struct model_entity *entity = p->mapping->entity;
    const struct model_agree *agree = duties_agree(p->config, entity);

    for (size_t i = 0; i < agree->nfields; i++)
        if (!stores(p->mapping, entity->fields[agree->fields[i]].name))
            warn(p, "map the field, or leave it out of \"agree\"", "cannot be compared without",
                 entity->fields[agree->fields[i]].name);
}

static void check_due(const struct place *p)
{
    const struct model_entity *entity = p->mapping->entity;

    if (duties_after_ms(p->config, entity) && !stores(p->mapping, entity->fields[entity->due.field].name))
        warn(p, "map the field, or turn the event off: \"due: {ENTITY: {after: 0s}}\"",
             "never falls due without", entity->fields[entity->due.field].name);
}

static bool is_fed(const struct config *config, const struct model_entity *entity)
{
    for (size_t i = 0; i < config->ntables; i++)
        for (size_t k = 0; k < config->tables[i].nmappings; k++)
            if (config->tables[i].mappings[k].entity == entity)
                return true;
    return false;
}

static void check_fed(const struct config *config, const struct cdc_report *report, struct config_pos pos,
                      const char *setting, const struct model_entity *entity)
{
    if (!is_fed(config, entity))
        cdc_report_add(report, CDC_FINDING_WARNING, "remove it here; it belongs where the entity comes from",
                       "%s:%u:%u: %s: no table of this connector feeds %s", config->path, pos.line,
                       pos.column, setting, entity->name);
}

void check_mapping(const struct config *config, const struct cdc_report *report)
{
    for (size_t i = 0; i < config->nagrees; i++)
        check_fed(config, report, config->agrees[i].pos, "agree", config->agrees[i].entity);
    for (size_t i = 0; i < config->ndues; i++)
        check_fed(config, report, config->dues[i].pos, "due", config->dues[i].entity);
    for (size_t i = 0; i < config->ntables; i++)
        for (size_t k = 0; k < config->tables[i].nmappings; k++) {
            struct place place = {config, report, &config->tables[i], &config->tables[i].mappings[k]};

            check_personal(&place);
            check_role(&place);
            check_agree(&place);
            check_due(&place);
        }
}

-- What contact-centre.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE SCHEMA crm;

CREATE TABLE crm.customer (
    customer_no text PRIMARY KEY,
    given_name  text,
    family_name text,
    email       text,
    telephone   text,
    language    text,
    status      text NOT NULL DEFAULT 'active',
    notes       text -- not mapped: never leaves the agent
);

CREATE TABLE crm.account_link (
    system      text NOT NULL, -- as `system:` in that system's configuration
    account     text NOT NULL, -- the customer's id there
    customer_no text NOT NULL REFERENCES crm.customer,
    active      boolean NOT NULL DEFAULT true,
    found_by    text,
    confidence  numeric(3, 2),
    decided_by  text,
    reason      text,
    linked_at   timestamptz NOT NULL DEFAULT now(),
    unlinked_at timestamptz,
    PRIMARY KEY (system, account)
);

CREATE TABLE crm.ticket (
    id          bigint PRIMARY KEY,
    customer_no text REFERENCES crm.customer,
    channel     text,
    branch      text,
    subject     text,
    about       text,
    state       text NOT NULL DEFAULT 'new',
    opened_at   timestamptz NOT NULL DEFAULT now(),
    closed_at   timestamptz
);

CREATE TABLE crm.call (
    id          bigint PRIMARY KEY,
    customer_no text REFERENCES crm.customer,
    incoming    boolean NOT NULL,
    about       text,
    started_at  timestamptz NOT NULL
);

CREATE TABLE crm.phone_order (
    id          bigint PRIMARY KEY,
    customer_no text REFERENCES crm.customer,
    basket_id   bigint, -- of the web shop, when the order began there
    web_account bigint, -- and whose it was
    goods       jsonb NOT NULL,
    total       numeric(8, 2) NOT NULL,
    currency    char(3) NOT NULL DEFAULT 'GBP',
    card_number text,   -- not mapped: never leaves the agent
    taken_at    timestamptz NOT NULL DEFAULT now()
);

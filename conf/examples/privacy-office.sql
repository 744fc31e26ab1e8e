-- What privacy-office.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE consent (
    customer_no text NOT NULL,
    purpose     text NOT NULL, -- marketing, profiling, …
    channel     text NOT NULL, -- email, sms, …; - for all
    decision    text NOT NULL,
    basis       text,
    policy      text,
    decided_at  timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz,
    PRIMARY KEY (customer_no, purpose, channel)
);

CREATE TABLE erasure_request (
    id               bigint PRIMARY KEY,
    customer_no      text NOT NULL,
    scope            text,
    state            text NOT NULL DEFAULT 'new',
    identity_checked boolean NOT NULL DEFAULT false,
    received_at      timestamptz NOT NULL DEFAULT now(),
    due_at           timestamptz,
    closed_at        timestamptz
);

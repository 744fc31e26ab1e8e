-- A contact centre: which accounts of other systems are one customer, and the bonuses of a loyalty programme.
CREATE TABLE account_link (
    system      text NOT NULL,
    account     text NOT NULL,
    customer_no text NOT NULL,
    active      boolean NOT NULL DEFAULT true,
    decided_by  text NOT NULL,
    PRIMARY KEY (system, account)
);
CREATE TABLE bonus (
    id     integer PRIMARY KEY,
    member text NOT NULL,
    points integer NOT NULL,
    state  text NOT NULL DEFAULT 'issued'
);

-- What branch-tills.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE price_list (
    branch      text NOT NULL,
    sku         text NOT NULL,
    price_pence integer NOT NULL,
    loaded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (branch, sku)
);

-- What parcel-tracking.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE parcel (
    carrier       text NOT NULL,
    tracking_no   text NOT NULL,
    account       bigint, -- of the web shop
    order_no      text,
    last_scan     text NOT NULL DEFAULT 'announced',
    window_from  timestamptz,
    window_until  timestamptz,
    street        text, -- not mapped: never leaves the agent
    PRIMARY KEY (carrier, tracking_no)
);

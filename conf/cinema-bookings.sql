-- What cinema-bookings.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE screening (
    id          integer PRIMARY KEY,
    film_title  text NOT NULL,
    starts_at   timestamp NOT NULL,
    status      text NOT NULL DEFAULT 'ok',
    price_pence integer NOT NULL,
    seats       integer NOT NULL,
    seats_free  integer NOT NULL
);

CREATE TABLE reservation (
    id           integer PRIMARY KEY,
    member_no    integer,
    screening_id integer NOT NULL REFERENCES screening,
    state        char(1) NOT NULL DEFAULT 'H',
    price_pence  integer NOT NULL,
    created_at   timestamp NOT NULL DEFAULT now(),
    email        text,
    channel      text NOT NULL DEFAULT 'web',
    card_number  text -- not mapped: never leaves the agent
);

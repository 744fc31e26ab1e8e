-- A cinema's booking database: what a small web shop would have.
CREATE TABLE screening (
    id         integer PRIMARY KEY,
    film       text NOT NULL,
    starts     timestamp NOT NULL,
    seats_left integer NOT NULL,
    price      numeric(6,2) NOT NULL,
    state      text NOT NULL DEFAULT 'on'
);
CREATE TABLE reservation (
    member_no    integer NOT NULL,
    screening_id integer NOT NULL REFERENCES screening,
    seats        integer NOT NULL,
    price_pence  integer NOT NULL,
    state        char(1) NOT NULL DEFAULT 'H',
    email        text NOT NULL,
    card_number  text,
    created_at   timestamp NOT NULL DEFAULT now(),
    PRIMARY KEY (member_no, screening_id)
);

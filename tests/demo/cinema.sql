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
    id           integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    member_no    integer NOT NULL,
    screening_id integer NOT NULL REFERENCES screening,
    seats        integer NOT NULL,
    price_pence  integer NOT NULL,
    state        char(1) NOT NULL DEFAULT 'H',
    email        text NOT NULL,
    card_number  text,
    created_at   timestamp NOT NULL DEFAULT now()
);
INSERT INTO screening VALUES
    (7, 'The Last Projectionist', '2026-12-04 19:30', 4, 12.50),
    (8, 'Harbour Lights', '2026-12-04 21:00', 120, 9.00);

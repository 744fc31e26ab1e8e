-- What airline-operations.yaml expects (MySQL, MariaDB). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE flight (
    number             varchar(8) NOT NULL,
    departure_day      date NOT NULL,
    origin             char(3) NOT NULL,
    destination        char(3) NOT NULL,
    departs_at         datetime NOT NULL,
    planned_departs_at datetime,
    arrives_at         datetime,
    gate               varchar(8),
    terminal           varchar(8),
    seats              smallint unsigned NOT NULL,
    seats_free         smallint unsigned NOT NULL,
    status             char(3) NOT NULL DEFAULT 'PLN',
    operation          char(3),
    PRIMARY KEY (number, departure_day)
);

CREATE TABLE booking (
    locator          char(6) PRIMARY KEY,
    flyer_no         varchar(16),
    flight_number    varchar(8) NOT NULL,
    departure_day    date NOT NULL,
    replaces_locator char(6),
    state            char(2) NOT NULL DEFAULT 'HL',
    passengers       smallint NOT NULL DEFAULT 1,
    ticket_no        varchar(16),
    fare_cents       integer,
    currency         char(3),
    booked_at        datetime NOT NULL,
    changed_at       datetime,
    channel          varchar(16),
    seat_row         smallint,
    seat_letter      char(1),
    email            varchar(255)
);

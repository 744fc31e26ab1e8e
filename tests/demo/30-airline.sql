-- An airline's operations: flights, and who is booked on them.
CREATE TABLE flight (
    id          varchar(20) PRIMARY KEY,
    number      varchar(8) NOT NULL,
    origin      char(3) NOT NULL,
    destination char(3) NOT NULL,
    departs     datetime NOT NULL,
    free_seats  int unsigned NOT NULL DEFAULT 0,
    state       enum('planned', 'cancelled') NOT NULL DEFAULT 'planned'
);
CREATE TABLE booking (
    locator      varchar(8) PRIMARY KEY,
    passenger_no int unsigned NOT NULL,
    flight_id    varchar(20) NOT NULL,
    passport     varchar(20),
    state        enum('confirmed', 'cancelled') NOT NULL DEFAULT 'confirmed'
);

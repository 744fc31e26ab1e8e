-- What shop-stock.yaml expects (MariaDB, MySQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE product (
    sku          varchar(20) PRIMARY KEY,
    name         varchar(80) NOT NULL,
    brand        varchar(40),
    ean          char(13),
    colour       varchar(20),
    weight_g     integer,
    width_mm     integer,
    height_mm    integer,
    energy_class varchar(4),
    cost         decimal(8, 2), -- what the shop pays; not mapped: never leaves the agent
    state        enum('current', 'dropped') NOT NULL DEFAULT 'current'
);

CREATE TABLE stock (
    sku       varchar(20) NOT NULL,
    branch    varchar(20) NOT NULL,
    on_hand   int unsigned NOT NULL,
    put_aside int unsigned NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, branch)
);

CREATE TABLE price (
    sku        varchar(20) PRIMARY KEY,
    web_price  decimal(8, 2) NOT NULL,
    till_price decimal(8, 2) NOT NULL,
    valid_from timestamp NOT NULL DEFAULT current_timestamp
);

CREATE TABLE basket (
    id         int unsigned PRIMARY KEY,
    account    int unsigned,
    contents   json NOT NULL,
    worth      decimal(8, 2) NOT NULL,
    coupon     varchar(20),
    state      enum('open', 'checkout', 'ordered') NOT NULL DEFAULT 'open',
    touched_at timestamp(3) NOT NULL DEFAULT current_timestamp(3)
);

CREATE TABLE till_sale (
    receipt     int unsigned PRIMARY KEY,
    branch      varchar(20) NOT NULL,
    loyalty_no  varchar(12),
    goods       json NOT NULL,
    total_pence int unsigned NOT NULL,
    card_number varchar(20), -- not mapped: never leaves the agent
    state       enum('sold', 'returned', 'void') NOT NULL DEFAULT 'sold',
    training    boolean NOT NULL DEFAULT 0,
    sold_at     timestamp(3) NOT NULL DEFAULT current_timestamp(3)
);

-- An electrical shop with two branches and a web shop: what its till and its stock-keeping write into.
CREATE TABLE product (
    sku   varchar(20) PRIMARY KEY,
    name  varchar(80) NOT NULL,
    brand varchar(40) NOT NULL,
    state enum('current', 'discontinued') NOT NULL DEFAULT 'current'
);
CREATE TABLE stock (
    sku     varchar(20) NOT NULL,
    branch  varchar(20) NOT NULL,
    on_hand int unsigned NOT NULL,
    PRIMARY KEY (sku, branch)
);
CREATE TABLE price (
    sku     varchar(20) NOT NULL,
    channel enum('web', 'till') NOT NULL,
    amount  decimal(8,2) NOT NULL,
    PRIMARY KEY (sku, channel)
);
CREATE TABLE till_sale (
    receipt     int unsigned PRIMARY KEY,
    branch      varchar(20) NOT NULL,
    loyalty_no  varchar(12),
    goods       json NOT NULL,
    total_pence int unsigned NOT NULL,
    card_number varchar(20),
    state       enum('sold', 'returned') NOT NULL DEFAULT 'sold',
    sold_at     timestamp(3) NOT NULL DEFAULT current_timestamp(3)
);

-- What mailer.yaml expects (MariaDB, MySQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE mail (
    id           bigint unsigned PRIMARY KEY AUTO_INCREMENT,
    member_no    integer NOT NULL,
    medium       char(1) NOT NULL DEFAULT 'E',
    campaign     varchar(64) NOT NULL DEFAULT '',
    booking_id   integer,
    state        varchar(8) NOT NULL DEFAULT 'new',
    sent_at      datetime(6),
    delivered_at datetime(6),
    opened_at    datetime(6),
    body         mediumtext -- not mapped: never leaves the agent
);

-- What loyalty-programme.yaml expects (PostgreSQL). Your own tables will differ: change the right sides of the mapping.
CREATE TABLE member (
    card_no       text PRIMARY KEY,
    given_name    text,
    family_name   text,
    email         text,
    born          date,
    language      text,
    state         char(1) NOT NULL DEFAULT 'A',
    tier          text NOT NULL DEFAULT 'silver',
    points        integer NOT NULL DEFAULT 0,
    points_ever   integer NOT NULL DEFAULT 0,
    points_expire timestamptz
);

CREATE TABLE bonus (
    id          bigint PRIMARY KEY,
    card_no     text NOT NULL REFERENCES member,
    points      integer NOT NULL,
    state       text NOT NULL DEFAULT 'new',
    used_at     timestamptz,
    valid_until timestamptz
);

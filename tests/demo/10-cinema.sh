# shellcheck shell=bash disable=SC2034 # read by run.sh
# The cinema: bookings, seats and prices in PostgreSQL; a mailer, a web shop, a kiosk, a till and a call centre that read the store.

cinema_database="a cinema's PostgreSQL"

cinema_sql() { servers_psql cinema -d cinema "$@"; }
cinema_slot_is_ready() {
    [ "$(servers_psql cinema -c "SELECT count(*) FROM pg_replication_slots WHERE active AND confirmed_flush_lsn IS NOT NULL")" = 1 ]
}

cinema_stage() {
    servers_postgresql cinema
    servers_psql cinema -c 'CREATE DATABASE cinema'
    cinema_sql -f tests/demo/10-cinema.sql
    agent_config cinema tests/demo/10-cinema.yaml "s|@HOST@|$cinema_HOST|; s|@PORT@|$cinema_PORT|"
    agent_start cinema
    stage_await 10 "the slot of the cinema is ready" cinema_slot_is_ready
    session_start cinema "$SERVERS_PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$cinema_HOST" -p "$cinema_PORT" -U postgres cinema
    cinema_sql -c "INSERT INTO screening VALUES (7, 'The Last Projectionist', '2026-12-04 19:30', 4, 12.50), (8, 'Harbour Lights', '2026-12-04 21:00', 120, 9.00)"
    stage_await 10 "the screenings" events_reach service 2
}

# What a mailer asks before it reminds somebody of a screening: one look at one key.
cinema_mailer() { # MEMBER SCREENING
    if [ "$(field "{booking}:$1-$2" reservation_status)" = confirmed ]; then
        who mailer "has member $1 booked screening $2? $(yes yes): no reminder is sent"
    else
        who mailer "has member $1 booked screening $2? $(no no): \"You have not booked yet\" would be sent"
    fi
}
cinema_seats() { field '{service}:screening-7' remaining; }
cinema_price() { field '{price}:screening-7:-:-:GBP:-' price; }

cinema_tell() {
    local before
    scene "Cinema 1. The mailer asks before it writes"
    tell "Member 991 looked at \"The Last Projectionist\" yesterday. The mailer wants to remind her."
    cinema_mailer 991 7
    change cinema booking "INSERT INTO reservation (member_no, screening_id, seats, price_pence, state, email, card_number) VALUES (991, 7, 2, 2500, 'C', 'ada@example.org', '4000-0000')"
    cinema_mailer 991 7
    tell "${dim}Her e-mail address is in the store only as a keyed hash, the card number not at all:${off}"
    tell "$(redis HMGET 'cdc:state:{booking}:991-7' email total_price price_currency reservation_status | paste -sd' ' | cut -c1-90)"

    scene "Cinema 2. Seats go down once, for everybody"
    who "web shop" "seats left for screening 7: $(cinema_seats)"
    change cinema service "UPDATE screening SET seats_left = seats_left - 2 WHERE id = 7"
    who "web shop" "seats left for screening 7: $(yes "$(cinema_seats)")"
    who "kiosk" "seats left for screening 7: $(yes "$(cinema_seats)")"

    scene "Cinema 3. One price"
    change cinema price "UPDATE screening SET price = 10.00 WHERE id = 7"
    who mailer "price of screening 7: $(yes "$(cinema_price)")"
    who till "price of screening 7: $(yes "$(cinema_price)")"

    scene "Cinema 4. A cancellation is known at once"
    change cinema booking "UPDATE reservation SET state = 'X' WHERE member_no = 991 AND screening_id = 7"
    who "call centre" "booking 991-7 is $(yes "$(field '{booking}:991-7' reservation_status)")"
    cinema_mailer 991 7

    scene "Cinema 5. The agent is killed, and nothing is lost or told twice"
    before=$(events booking)
    agent_kill cinema
    who "operator" "kill -9 of the agent; meanwhile five members book"
    cinema_sql -c "INSERT INTO reservation (member_no, screening_id, seats, price_pence, state, email) SELECT 500 + i, 8, 1, 900, 'C', 'm' || i || '@example.org' FROM generate_series(1, 5) i"
    agent_start cinema
    stage_await 20 "the five bookings" events_reach booking $((before + 5))
    who "events" "before: $before, after the restart: $(events booking) (5 more, each once)"
}

# Somebody books, and in the next round cancels.
cinema_live() {
    local member=$((1000 + $1 / 2))
    if [ $(($1 % 2)) = 1 ]; then
        session_send cinema "INSERT INTO reservation VALUES ($member, 8, 1, 900, 'C', 'member@example.org')"
    else
        session_send cinema "UPDATE reservation SET state = 'X' WHERE member_no = (SELECT max(member_no) FROM reservation)"
    fi
}

cinema_latency() {
    printf '%s\n' "host=$cinema_HOST port=$cinema_PORT user=postgres dbname=cinema" 'cdc:events:{service}' \
        'UPDATE screening SET seats_left = %d WHERE id = 8'
}

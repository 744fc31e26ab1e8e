# shellcheck shell=bash disable=SC2034 # read by run.sh
# The airline: its operations in MariaDB cancel and re-book; a help desk and a notifier that read the store.

airline_database="an airline's MariaDB"

airline_client=(mariadb --no-defaults -u root --batch --unbuffered)
airline_sql() { "${airline_client[@]}" -S "$airline_SOCKET" airline "$@"; }

airline_stage() {
    servers_mariadb airline
    "${airline_client[@]}" -S "$airline_SOCKET" -e 'CREATE DATABASE airline'
    airline_sql <tests/demo/30-airline.sql
    agent_config airline tests/demo/30-airline.yaml "s|@SOCKET@|$airline_SOCKET|"
    agent_start airline
    session_start airline "${airline_client[@]}" -S "$airline_SOCKET" airline
    airline_sql -e "INSERT INTO flight (id, number, origin, destination, departs, free_seats) VALUES
            ('TB101-1204', 'TB101', 'LHR', 'OSL', '2026-12-04 08:10', 0), ('TB105-1204', 'TB105', 'LHR', 'OSL', '2026-12-04 11:40', 31);
        INSERT INTO booking (locator, passenger_no, flight_id, passport) VALUES ('K7Q2XM', 4711, 'TB101-1204', 'P-0000')"
    stage_await 10 "flights and a booking" airline_is_booked
}
airline_is_booked() { [ "$(field '{booking}:K7Q2XM' service_id)" = TB101-1204 ]; }

airline_desk() {
    local flight
    flight=$(field '{booking}:K7Q2XM' service_id)
    who "help desk" "passenger 4711 is on $(yes "$flight"), which is $(field "{service}:$flight" service_status)"
}
airline_reminder() { # FLIGHT
    if [ "$(field "{service}:$1" service_status)" = cancelled ]; then
        who notifier "\"Check in for $1\"? $(no no): it is cancelled, nothing is sent"
    else
        who notifier "\"Check in for $1\"? $(yes yes)"
    fi
}
# What the newest event of a booking says: its verb, and what was before.
airline_told() {
    redis XREVRANGE 'cdc:events:{booking}' + - COUNT 1 | awk 'p == "type" || p == "previous" || p == "data" { v[p] = $0 } { p = $0 }
        END { print v["type"] ": before " v["previous"] }'
}

airline_tell() {
    scene "Airline. Cancelled and re-booked by the airline, while the passenger is on the telephone"
    airline_desk
    airline_reminder TB101-1204
    tell "${dim}Fog in London. Operations cancel the flight, and their own system re-books everybody:${off}"
    change airline service "UPDATE flight SET state = 'cancelled' WHERE id = 'TB101-1204'"
    change airline booking "UPDATE booking SET flight_id = 'TB105-1204' WHERE locator = 'K7Q2XM'"
    airline_desk
    who "help desk" "how come? $(airline_told)"
    airline_reminder TB101-1204
}

# Seats are sold on the later flight.
airline_live() {
    session_send airline "UPDATE flight SET free_seats = IF(free_seats > 0, free_seats - 1, 31) WHERE id = 'TB105-1204'"
}

airline_latency() {
    printf '%s\n' "mariadb:$airline_SOCKET:airline" 'cdc:events:{service}' \
        "UPDATE flight SET free_seats = %d WHERE id = 'TB105-1204'"
}

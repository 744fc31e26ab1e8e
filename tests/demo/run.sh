#!/bin/bash
# The story, live: a cinema's booking database, the agent, and three systems that read Redis. Private servers in a temporary
# folder; everything ends with the script.
#
#     tests/demo/run.sh BUILD
#
# On a terminal it goes on with random bookings until Ctrl-C; elsewhere it ends by itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
. tests/lib/servers.sh

tty=false
[ -t 1 ] && tty=true
if $tty && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' dim=$'\033[2m' green=$'\033[32m' red=$'\033[31m' blue=$'\033[36m' off=$'\033[0m'
else
    bold='' dim='' green='' red='' blue='' off=''
fi
pause() { if $tty; then sleep "$1"; fi; }
scene() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; pause 1; }
tell() { printf '  %s\n' "$*"; }
who() { printf '  %s%-12s%s %s\n' "$blue" "$1" "$off" "$2"; pause 0.6; }
redis() { redis-cli --raw -s "$redis_SOCKET" "$@"; }
sql() { servers_psql pg -d cinema -c "$1"; }
now_us() { echo "${EPOCHREALTIME/./}"; }

# Commits a statement and waits until the events stream has something new: shows the statement and how long that took.
change() { # ENTITY SQL
    local from last=0-0
    last=$(redis XREVRANGE "cdc:events:{$1}" + - COUNT 1 | head -1)
    who "database" "$2"
    sql "$2"
    from=$(now_us)
    redis XREAD BLOCK 5000 STREAMS "cdc:events:{$1}" "${last:-0-0}" >"$SERVERS/event"
    [ -s "$SERVERS/event" ] || { tell "${red}nothing came${off}"; exit 1; }
    printf '  %s%-12s readable within %s ms of the commit, with the time of this shell: %s%s\n' "$dim" '' \
        "$(awk -v us=$(($(now_us) - from)) 'BEGIN { printf "%.1f", us / 1000 }')" \
        "$(awk 'p == "type" { print; exit } { p = $0 }' "$SERVERS/event")" "$off"
    pause 1
}

# What a mailer asks before it reminds somebody of a screening: one look at one key.
mailer() { # MEMBER SCREENING
    if [ "$(field "cdc:state:{booking}:$1-$2" reservation_status)" = confirmed ]; then
        who mailer "has member $1 booked screening $2? ${green}yes${off}: no reminder is sent"
    else
        who mailer "has member $1 booked screening $2? ${red}no${off}: \"You have not booked yet\" would be sent"
    fi
}

# A field of a state, or nothing.
field() { redis HGET "$1" "$2"; }

echo "${bold}Tributary: one story for one customer${off}"
tell "Starting a private PostgreSQL and Redis …"
servers_begin
servers_postgresql pg
servers_redis redis
servers_psql pg -c 'CREATE DATABASE cinema'
servers_psql pg -d cinema -f tests/demo/cinema.sql

sed -e "s|@HOST@|$pg_HOST|; s|@PORT@|$pg_PORT|; s|@REDIS@|$redis_SOCKET|" tests/demo/cinema.yaml >"$SERVERS/cinema.yaml"
chmod 600 "$SERVERS/cinema.yaml"
"$build/tributary" setup "$SERVERS/cinema.yaml" --run >/dev/null
"$build/tributary" run "$SERVERS/cinema.yaml" 2>"$SERVERS/agent.log" &
agent=$!
agent_end() {
    kill -TERM "$agent" 2>/dev/null || :
    wait "$agent" 2>/dev/null || :
    servers_end
}
trap agent_end EXIT
until [ "$(servers_psql pg -c "SELECT count(*) FROM pg_replication_slots WHERE active")" = 1 ]; do
    kill -0 "$agent" 2>/dev/null || { cat "$SERVERS/agent.log"; exit 1; }
    sleep 0.05
done
sql "INSERT INTO screening VALUES (7, 'The Last Projectionist', '2026-12-04 19:30', 4, 12.50), (8, 'Harbour Lights', '2026-12-04 21:00', 120, 9.00)"
tell "Agent: $build/tributary run $SERVERS/cinema.yaml"
tell "Look around: redis-cli -s $redis_SOCKET"

scene "1. The mailer asks before it writes"
tell "Member 991 looked at \"The Last Projectionist\" yesterday. The mailer wants to remind her."
mailer 991 7
change booking "INSERT INTO reservation (member_no, screening_id, seats, price_pence, state, email, card_number) VALUES (991, 7, 2, 2500, 'C', 'ada@example.org', '4000-0000')"
mailer 991 7
tell "${dim}Her e-mail address is in the store only as a keyed hash, the card number not at all:${off}"
key='cdc:state:{booking}:991-7'
tell "$(redis HMGET "$key" email total_price price_currency reservation_status | paste -sd' ' | cut -c1-90)"

scene "2. Seats go down once, for everybody"
who "web shop" "seats left for screening 7: $(field 'cdc:state:{service}:screening-7' remaining)"
change service "UPDATE screening SET seats_left = seats_left - 2 WHERE id = 7"
who "web shop" "seats left for screening 7: ${green}$(field 'cdc:state:{service}:screening-7' remaining)${off}"
who "kiosk" "seats left for screening 7: ${green}$(field 'cdc:state:{service}:screening-7' remaining)${off}"

scene "3. One price"
change price "UPDATE screening SET price = 10.00 WHERE id = 7"
who mailer "price of screening 7: ${green}$(field 'cdc:state:{price}:screening-7:-:-:GBP:-' price)${off}"
who till "price of screening 7: ${green}$(field 'cdc:state:{price}:screening-7:-:-:GBP:-' price)${off}"

scene "4. A cancellation is known at once"
change booking "UPDATE reservation SET state = 'X' WHERE member_no = 991 AND screening_id = 7"
who "call centre" "booking 991-7 is ${green}$(field "$key" reservation_status)${off}"
mailer 991 7

scene "5. The agent is killed, and nothing is lost or told twice"
before=$(redis XLEN 'cdc:events:{booking}')
kill -KILL "$agent"
wait "$agent" 2>/dev/null || :
who "operator" "kill -9 $agent; meanwhile five members book"
sql "INSERT INTO reservation (member_no, screening_id, seats, price_pence, state, email) SELECT 500 + i, 8, 1, 900, 'C', 'm' || i || '@example.org' FROM generate_series(1, 5) i"
"$build/tributary" run "$SERVERS/cinema.yaml" 2>>"$SERVERS/agent.log" &
agent=$!
until [ "$(redis XLEN 'cdc:events:{booking}')" -ge $((before + 5)) ]; do sleep 0.02; done
who "events" "before: $before, after the restart: $(redis XLEN 'cdc:events:{booking}') (5 more, each once)"

scene "How fast is it?"
"$build/bench/latency" "host=$pg_HOST port=$pg_PORT user=postgres dbname=cinema" "$redis_SOCKET" 'cdc:events:{service}' 200 600 \
    'UPDATE screening SET seats_left = %d WHERE id = 8' >"$SERVERS/latency"
read -r count rate p50 p99 _ <"$SERVERS/latency"
tell "$count commits at $rate a second: readable in Redis after $p50 ms (half of them), $p99 ms (99 of 100)"

scene "The agent, as tributary status shows it"
sleep 1.2 # it tells Redis about itself once a second
"$build/tributary" status "$SERVERS/cinema.yaml" | sed 's/^/  /'

if ! $tty; then
    echo
    echo "demo: done"
    exit 0
fi
scene "Live: random bookings, as 'tributary tail' shows them. Ctrl-C ends everything."
trap 'exit 0' INT
"$build/tributary" tail --redis "unix://$redis_SOCKET" booking | cut -c"1-$(tput cols)" &
tail=$!
trap 'kill $tail 2>/dev/null || :; agent_end' EXIT
while :; do
    sql "INSERT INTO reservation (member_no, screening_id, seats, price_pence, state, email) VALUES ($((RANDOM % 900 + 1000)), 8, 1, 900, 'C', 'member@example.org') ON CONFLICT (member_no, screening_id) DO UPDATE SET state = 'C', created_at = now()"
    sleep 1
    sql "UPDATE reservation SET state = 'X' WHERE (member_no, screening_id) = (SELECT member_no, screening_id FROM reservation WHERE state = 'C' ORDER BY created_at DESC LIMIT 1)"
    sleep 1
done

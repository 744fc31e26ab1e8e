#!/bin/bash
# The demonstration: the stories of several businesses, live, each with its own database and agent, all feeding one Redis that
# their other systems read. Private servers in a temporary folder; everything ends with the script.
#
#     tests/demo/run.sh BUILD [STORY…]
#
# On a terminal it goes on with random changes until Ctrl-C; elsewhere it ends by itself.
#
# A story is a file NN-name.sh beside this one, with what it needs in NN-name.sql and NN-name.yaml (connector: name-…). It sets
#
#     <name>_database       what the first lines say of it: "a cinema's PostgreSQL"
#     <name>_stage          starts its database, its agent, and a session called <name>
#     <name>_tell           tells it, with the words of stage.sh
#     <name>_live ROUND     sends one change that makes exactly one event
#     <name>_latency        prints, a word a line, for tests/bench/latency: connection, events stream, statement with %d
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
shift
. tests/lib/servers.sh
. tests/demo/stage.sh

stories=()
databases=
for file in tests/demo/[0-9]*.sh; do
    name=${file##*/[0-9]*-} name=${name%.sh}
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    # shellcheck source=/dev/null
    . "$file"
    stories+=("$name")
    known=${name}_database
    databases+="${databases:+, }${!known}"
done
[ ${#stories[@]} -gt 0 ] || { echo "demo: there is no story called $*" >&2; exit 64; }

echo "${bold}Tributary: one story for every customer${off}"
tell "Every business below keeps its own database. Beside each runs a small program, the agent, that reads what is committed"
tell "there and writes it into one shared store (Redis), in words that every other system understands."
tell "Starting private servers: $databases, and Redis …"
servers_begin
trap stage_end EXIT
servers_redis redis
for story in "${stories[@]}"; do "${story}_stage"; done
tell "Look around from another terminal: redis-cli -s $redis_SOCKET"

for story in "${stories[@]}"; do "${story}_tell"; done

scene "All at once: what 'tributary tail' shows of every source, in one stream"
tell "${dim}who               what                 about                      after     the new values${off}"
tail_start
for round in 1 2 3 4; do tail_round "$round" "${stories[@]}"; done
tail_stop

scene "How fast is it? 200 changes a second, measured by a program of its own"
for story in "${stories[@]}"; do
    mapfile -t words < <("${story}_latency")
    "$build/bench/latency" "${words[0]}" "$redis_SOCKET" "${words[1]}" 200 600 "${words[2]}" >"$SERVERS/latency"
    read -r count _ p50 p99 _ <"$SERVERS/latency"
    who "$story" "$count commits: readable in Redis after $p50 ms (half of them), $p99 ms (99 of 100)"
done

scene "The agents, as 'tributary status' shows them"
now=$(date -u +%FT%T.%6NZ)
reported() { # by every agent, since TIME: they do so once a second
    local agent
    for agent in $(redis SMEMBERS cdc:connectors); do
        [[ "$(redis HGET "cdc:connector:$agent" seen)" > "$1" ]] || return 1
    done
}
stage_await 5 "the agents' reports" reported "$now"
"$build/tributary" status --redis "unix://$redis_SOCKET" | sed 's/^/  /'

if ! $tty; then
    echo
    echo "demo: done"
    exit 0
fi
scene "Live, until Ctrl-C ends everything"
trap 'exit 0' INT
tail_start
while :; do tail_round $((++round)) "${stories[@]}"; done

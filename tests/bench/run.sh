#!/bin/bash
# Speed against the servers' own limits, on private servers, all in one run on the same machine: what counts are the ratios.
#
#     tests/bench/run.sh BUILD [CHANGES [PART…]]
#
# PART: changes, start, load, latency (these four are what `make bench` does), scaling; of them only postgresql or mariadb, if that is
# named too. Prints tables; the same figures go to BUILD/bench.json (README.md says what is what). Under other people's load
# times vary; CPU seconds vary less.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
changes=${2:-400000}
parts=" ${*:3} "
. tests/lib/servers.sh
. tests/bench/figures.sh
. tests/bench/agent.sh
. tests/bench/postgresql.sh
. tests/bench/mariadb.sh
. tests/bench/changes.sh
. tests/bench/start.sh
. tests/bench/load.sh
. tests/bench/latency.sh
. tests/bench/scaling.sh

# chosen PART: whether it was named, or nothing was
chosen() {
    [[ "$parts" == *" $1 "* ]] || ! [[ "$parts" =~ \ (changes|start|load|latency|scaling)\  ]]
}

bench_engine() { # postgresql|mariadb
    engine=$1
    engine_json=
    servers_redis redis
    "${engine}_open"
    agent_config bench narrow
    "${engine}_begin" bench narrow
    ! chosen changes || bench_changes
    ! chosen start || bench_start
    ! chosen latency || bench_latency
    ! chosen load || bench_load
    [[ "$parts" != *" scaling "* ]] || bench_scaling
    servers_stop redis KILL
    servers_stop database "$(servers_get database END)"
    rm -rf "$SERVERS/redis" "$SERVERS/database"
    json="$json,\"$engine\":{${engine_json#,}}"
    echo
}

servers_begin
trap agent_end EXIT
json="\"changes\":$changes,\"cores\":$(nproc),\"processor\":\"$(awk -F: '/model name/ { print $2; exit }' /proc/cpuinfo | xargs)\""
for engine in postgresql mariadb; do
    [[ "$parts" =~ \ (postgresql|mariadb)\  ]] && [[ "$parts" != *" $engine "* ]] || bench_engine "$engine"
done
echo "machine: $(nproc) cores, $(awk -F: '/model name/ { print $2; exit }' /proc/cpuinfo | xargs), load $(cut -d' ' -f1-3 /proc/loadavg), $SECONDS s"
[[ "$parts" != *" scaling "* ]] || draw_charts
printf '{%s}\n' "$json" >"$build/bench.json"

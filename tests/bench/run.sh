#!/bin/bash
# Speed against the servers' own limits, on private servers, all in one run on the same machine: what counts are the ratios.
#
#     tests/bench/run.sh BUILD [CHANGES [postgresql|mariadb]]
#
# Prints tables; the same figures go to BUILD/bench.json. Under other people's load times vary; CPU seconds vary less.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
changes=${2:-1000000}
part=${3:-all}
. tests/lib/servers.sh
. tests/bench/postgresql.sh
. tests/bench/snapshot.sh
. tests/bench/mariadb.sh

now() { date +%s.%N; }
per_second() { awk -v n="$1" -v from="$2" -v to="$3" 'BEGIN { printf "%.0f", n / (to - from) }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
redis() { redis-cli -s "$redis_SOCKET" "$@"; }
# events ENTITY: how many its stream has ever had
events() { redis XINFO STREAM "cdc:events:{$1}" 2>/dev/null | awk 'found { print; exit } /^entries-added$/ { found = 1 }'; }

agent_start() { # CONFIG
    "$build/tributary" run "$1" 2>>"$SERVERS/agent.log" &
    agent=$!
}

agent_stop() {
    kill -TERM "$agent"
    wait "$agent"
}

# agent_until CONDITION…: until the command succeeds
agent_until() {
    until "$@"; do
        kill -0 "$agent" || { cat "$SERVERS/agent.log" >&2; exit 1; }
        sleep 0.1
    done
}

has_events() { # ENTITY COUNT
    local n
    n=$(events "$1")
    [ "${n:-0}" -ge "$2" ]
}

# end_to_end CONFIG ENTITY CHANGES: runs the agent until it has made so many events more; sets $end_to_end (a second), $rss_mb
# (peak of resident memory) and $cpu_s (for a million).
end_to_end() {
    local before from
    before=$(events "$2")
    from=$(now)
    agent_start "$1"
    agent_until has_events "$2" $((${before:-0} + $3))
    end_to_end=$(per_second "$3" "$from" "$(now)")
    rss_mb=$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$agent/status")
    cpu_s=$(awk -v hz="$(getconf CLK_TCK)" -v n="$3" '{ printf "%.2f", ($14 + $15) / hz * 1e6 / n }' "/proc/$agent/stat")
    agent_stop
}

apply_alone() { # insert|put|update|merge|load [ROWS [customer]]: the function in Redis, fed with batches that were encoded beforehand
    servers_redis alone
    apply=$("$build/bench/apply" "$alone_SOCKET" "$changes" 256 "$@" 2>/dev/null | awk '{ print $2 }')
    servers_stop alone KILL
    rm -rf "$SERVERS/alone" "$SERVERS/alone.sock"
}

servers_begin
servers_redis redis
case $part in
postgresql | all)
    bench_postgresql
    bench_snapshot
    ;;
esac
case $part in
all)
    servers_stop pg QUIT
    servers_stop redis KILL
    servers_start redis
    echo
    ;;
esac
case $part in
mariadb | all) bench_mariadb ;;
esac
echo "machine: $(nproc) cores, $(awk -F: '/model name/ { print $2; exit }' /proc/cpuinfo | xargs), load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '{"changes":%s,"postgresql":{%s},"snapshot":{%s},"mariadb":{%s}}\n' "$changes" "${postgresql_json:-}" "${snapshot_json:-}" "${mariadb_json:-}" >"$build/bench.json"

#!/bin/bash
# Speed against the servers' own limits, on private servers, all in one run on the same machine: what counts are the ratios.
#
#     tests/bench/run.sh BUILD [CHANGES]
#
# Prints a table; the same figures go to BUILD/bench.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
changes=${2:-1000000}
scale=$((changes / 100000))
. tests/lib/servers.sh

now() { date +%s.%N; }
per_second() { awk -v n="$1" -v from="$2" -v to="$3" 'BEGIN { printf "%.0f", n / (to - from) }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
redis() { redis-cli -s "$redis_SOCKET" "$@"; }
sql() { servers_psql pg -d bench "$@"; }
events() { redis XLEN "cdc:events:{loyalty}" 2>/dev/null || echo 0; }

servers_begin
servers_postgresql pg max_wal_size=8GB shared_buffers=256MB
servers_redis redis
servers_psql pg -c 'CREATE DATABASE bench'
echo "initialising: $changes accounts" >&2
servers_pg pg pgbench -q -i -s "$scale" -I dt bench >/dev/null 2>&1
sql -c 'ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)' \
    -c 'CREATE PUBLICATION bench FOR TABLE pgbench_accounts' \
    -c "SELECT pg_create_logical_replication_slot('tributary_bench', 'pgoutput')" >/dev/null

cat >"$SERVERS/bench.yaml" <<C
version: 1
connector: bench
source:
  type: postgresql
  host: $pg_HOST
  port: $pg_PORT
  database: bench
  user: postgres
  publication: bench
redis:
  url: unix://$redis_SOCKET
  stream: {max_len: $((changes * 10))}
  replay_window: 0s
log: {level: warning}
tables:
  public.pgbench_accounts:
    entity: loyalty
    key: {programme: {const: bench}, membership_number: aid}
    fields:
      points_balance: abalance
      tier: bid
      status: {const: active}
C
chmod 600 "$SERVERS/bench.yaml"

agent_start() {
    "$build/tributary" run "$SERVERS/bench.yaml" 2>>"$SERVERS/agent.log" &
    agent=$!
}
# agent_drain EVENTS: waits until the stream has grown to that; leaves the peak of resident memory in $rss_mb and CPU in $cpu_s
agent_drain() {
    while [ "$(events)" -lt "$1" ]; do
        kill -0 "$agent" || { cat "$SERVERS/agent.log" >&2; exit 1; }
        sleep 0.1
    done
    drained=$(now)
    rss_mb=$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$agent/status")
    cpu_s=$(awk -v hz="$(getconf CLK_TCK)" '{ printf "%.2f", ($14 + $15) / hz }' "/proc/$agent/stat")
    kill -TERM "$agent"
    wait "$agent"
}

# The changes of one workload, made while nobody reads: transactions of 100 rows.
make_changes() {
    sql -c "DO \$\$ BEGIN FOR i IN 0..$((changes / 100 - 1)) LOOP
        UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid BETWEEN i * 100 + 1 AND i * 100 + 100;
        COMMIT; END LOOP; END \$\$" -c 'CHECKPOINT'
}

raw_reader() { # the server's own client, to nowhere
    local from
    from=$(now)
    servers_pg pg pg_recvlogical -d bench -S "$1" --start -f /dev/null --no-loop -s 1 \
        -o proto_version=1 -o publication_names=bench --endpos="$2" >/dev/null 2>&1
    raw=$(per_second "$changes" "$from" "$(now)")
}

apply_alone() { # put|merge: the function in Redis, fed with batches that were encoded beforehand
    servers_redis alone
    apply=$("$build/bench/apply" "$alone_SOCKET" "$changes" 256 "$1" 2>/dev/null | awk '{ print $2 }')
    servers_stop alone KILL
    rm -rf "$SERVERS/alone" "$SERVERS/alone.sock"
}

# measure NAME MODE: the same changes read by pg_recvlogical, by the agent into Redis, and applied without a database
measure() {
    local name=$1 mode=$2 before from
    sql -c "SELECT pg_create_logical_replication_slot('raw', 'pgoutput')" >/dev/null
    echo "$name: making $changes changes" >&2
    make_changes
    raw_reader raw "$(sql -c 'SELECT pg_current_wal_insert_lsn()')"
    sql -c "SELECT pg_drop_replication_slot('raw')" >/dev/null
    before=$(events)
    from=$(now)
    agent_start
    agent_drain $((before + changes))
    end_to_end=$(per_second "$changes" "$from" "$drained")
    apply_alone "$mode"
    row "$name" "$raw" "$apply" "$end_to_end" "$rss_mb" "$cpu_s"
}

rows_json=
row() { # name raw apply end-to-end rss cpu
    printf '%-34s %12s %12s %12s %8s %8s %7s %7s\n' "$1" "$2" "$3" "$4" "$(ratio "$4" "$2")" "$(ratio "$4" "$3")" "$5" "$6" |
        tee -a "$SERVERS/table"
    rows_json="$rows_json${rows_json:+,}{\"name\":\"$1\",\"pg_recvlogical_per_s\":$2,\"apply_alone_per_s\":$3,\"end_to_end_per_s\":$4,\"rss_mb\":$5,\"cpu_s\":$6}"
}

printf '%-34s %12s %12s %12s %8s %8s %7s %7s\n' "changes per second" pg_recvlogic 'apply alone' 'end to end' \
    e2e/recv e2e/appl 'rss MB' 'cpu s'

# One transaction of all rows: the load itself.
sql -c "SELECT pg_create_logical_replication_slot('raw', 'pgoutput')" >/dev/null
servers_pg pg pgbench -q -i -s "$scale" -I g bench >/dev/null 2>&1
raw_reader raw "$(sql -c 'SELECT pg_current_wal_insert_lsn()')"
sql -c "SELECT pg_drop_replication_slot('raw')" >/dev/null
from=$(now)
agent_start
agent_drain "$changes"
apply_alone put
row "one transaction, inserts" "$raw" "$apply" "$(per_second "$changes" "$from" "$drained")" "$rss_mb" "$cpu_s"

measure "100-row updates, store compares" merge
sql -c 'ALTER TABLE pgbench_accounts REPLICA IDENTITY FULL'
measure "100-row updates, identity FULL" put

agent_start
echo "latency: 500 transactions/s for 10 s" >&2
until [ "$(sql -c "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tributary_bench' AND active AND confirmed_flush_lsn IS NOT NULL")" = 1 ]; do
    kill -0 "$agent" || { cat "$SERVERS/agent.log" >&2; exit 1; }
    sleep 0.05
done
latency=$("$build/bench/latency" "host=$pg_HOST port=$pg_PORT user=postgres dbname=bench" "$redis_SOCKET" "cdc:events:{loyalty}" 500 5000)
kill -TERM "$agent"
wait "$agent"
read -r count rate p50 p99 p999 max <<<"$latency"
echo "commit to readable at $rate transactions/s, $count commits: p50 $p50 ms, p99 $p99 ms, p99.9 $p999 ms, max $max ms"
echo "machine: $(nproc) cores, $(awk -F: '/model name/ { print $2; exit }' /proc/cpuinfo | xargs)"
printf '{"changes":%s,"rows":[%s],"latency_ms":{"rate":%s,"p50":%s,"p99":%s,"p999":%s,"max":%s}}\n' \
    "$changes" "$rows_json" "$rate" "$p50" "$p99" "$p999" "$max" >"$build/bench.json"

# shellcheck shell=bash
# The PostgreSQL part of run.sh, which sources this: bench_postgresql prints its table and sets $postgresql_json.

pg_sql() { servers_psql pg -d bench "$@"; }

pg_config() {
    cat >"$SERVERS/postgresql.yaml" <<C
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
    chmod 600 "$SERVERS/postgresql.yaml"
}

# The changes of one workload, made while nobody reads: transactions of 100 rows.
pg_changes() {
    pg_sql -c "DO \$\$ BEGIN FOR i IN 0..$((changes / 100 - 1)) LOOP
        UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid BETWEEN i * 100 + 1 AND i * 100 + 100;
        COMMIT; END LOOP; END \$\$" -c 'CHECKPOINT'
}

pg_load() { servers_pg pg pgbench -q -i -s $((changes / 100000)) -I g bench >/dev/null 2>&1; }

pg_raw_reader() { # the server's own client, to nowhere
    local from
    from=$(now)
    servers_pg pg pg_recvlogical -d bench -S raw --start -f /dev/null --no-loop -s 1 -o proto_version=1 \
        -o publication_names=bench --endpos="$(pg_sql -c 'SELECT pg_current_wal_insert_lsn()')" >/dev/null 2>&1
    raw=$(per_second "$changes" "$from" "$(now)")
}

# pg_measure NAME MODE COMMAND: the same changes read by pg_recvlogical, by the agent into Redis, and applied without a database
pg_measure() {
    echo "$1: making $changes changes" >&2
    pg_sql -c "SELECT pg_create_logical_replication_slot('raw', 'pgoutput')" >/dev/null
    "$3"
    pg_raw_reader
    pg_sql -c "SELECT pg_drop_replication_slot('raw')" >/dev/null
    end_to_end "$SERVERS/postgresql.yaml" loyalty "$changes"
    apply_alone "$2"
    printf '%-34s %12s %12s %12s %8s %8s %7s %7s\n' "$1" "$raw" "$apply" "$end_to_end" "$(ratio "$end_to_end" "$raw")" \
        "$(ratio "$end_to_end" "$apply")" "$rss_mb" "$cpu_s"
    postgresql_rows="${postgresql_rows:+$postgresql_rows,}{\"name\":\"$1\",\"pg_recvlogical_per_s\":$raw,\"apply_alone_per_s\":$apply,\"end_to_end_per_s\":$end_to_end,\"rss_mb\":$rss_mb,\"cpu_s\":$cpu_s}"
}

pg_latency() {
    local count rate p50 p99 p999 max
    agent_start "$SERVERS/postgresql.yaml"
    echo "latency: 500 transactions/s for 10 s" >&2
    sleep 1
    read -r count rate p50 p99 p999 max <<<"$("$build/bench/latency" "host=$pg_HOST port=$pg_PORT user=postgres dbname=bench" \
        "$redis_SOCKET" "cdc:events:{loyalty}" 500 5000)"
    agent_stop
    echo "commit to readable at $rate transactions/s, $count commits: p50 $p50 ms, p99 $p99 ms, p99.9 $p999 ms, max $max ms"
    latency_json="{\"rate\":$rate,\"p50\":$p50,\"p99\":$p99,\"p999\":$p999,\"max\":$max}"
}

bench_postgresql() {
    postgresql_rows=
    servers_postgresql pg max_wal_size=8GB shared_buffers=256MB
    servers_psql pg -c 'CREATE DATABASE bench'
    servers_pg pg pgbench -q -i -s $((changes / 100000)) -I dt bench >/dev/null 2>&1
    pg_sql -c 'ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)' \
        -c 'CREATE PUBLICATION bench FOR TABLE pgbench_accounts' \
        -c "SELECT pg_create_logical_replication_slot('tributary_bench', 'pgoutput')" >/dev/null
    pg_config
    printf '%-34s %12s %12s %12s %8s %8s %7s %7s\n' "PostgreSQL, changes per second" pg_recvlogic 'apply alone' 'end to end' \
        e2e/recv e2e/appl 'rss MB' 'cpu s/M'
    pg_measure "one transaction, inserts" insert pg_load
    pg_measure "100-row updates, store compares" merge pg_changes
    pg_sql -c 'ALTER TABLE pgbench_accounts REPLICA IDENTITY FULL'
    pg_measure "100-row updates, identity FULL" put pg_changes
    pg_latency
    # shellcheck disable=SC2034 # run.sh reads it
    postgresql_json="\"rows\":[$postgresql_rows],\"latency_ms\":$latency_json"
}

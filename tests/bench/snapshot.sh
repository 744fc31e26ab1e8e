# shellcheck shell=bash
# The first load, which run.sh sources: bench_snapshot prints its lines and sets $snapshot_json. Wants the database of postgresql.sh.

snapshot_config() {
    sed -e 's/^connector: bench$/connector: bench-load/' -e '/^log:/a snapshot: {mode: initial}' "$SERVERS/postgresql.yaml" \
        >"$SERVERS/load.yaml"
    chmod 600 "$SERVERS/load.yaml"
}

load_ends() { redis HGET cdc:checkpoint:bench-load snapshot:public.pgbench_accounts | grep -q 'state=done'; }
load_runs() { redis HGET cdc:checkpoint:bench-load snapshot:public.pgbench_accounts | grep -q 'state=running'; }

copy_alone() {
    local from
    from=$(now)
    pg_sql -c 'COPY pgbench_accounts TO STDOUT' >/dev/null
    copy=$(per_second "$changes" "$from" "$(now)")
}

# Into an empty Redis, as apply alone.
first_load() {
    local from
    from=$(now)
    agent_start "$SERVERS/load.yaml"
    agent_until load_ends
    load=$(per_second "$changes" "$from" "$(now)")
}

# All rows are compared with their states meanwhile.
latency_beside() {
    local count rate p50 p99 p999 max
    "$build/tributary" snapshot "$SERVERS/load.yaml" start >/dev/null 2>&1 &
    agent_until load_runs
    read -r count rate p50 p99 p999 max <<<"$("$build/bench/latency" "host=$pg_HOST port=$pg_PORT user=postgres dbname=bench" \
        "$redis_SOCKET" "cdc:events:{loyalty}" 200 1000)"
    load_runs || echo "the load ended before the last of these commits" >&2
    echo "beside a load: commit to readable at $rate transactions/s, $count commits: p50 $p50 ms, p99 $p99 ms, p99.9 $p999 ms, max $max ms"
    latency_json="{\"rate\":$rate,\"p50\":$p50,\"p99\":$p99,\"p999\":$p999,\"max\":$max}"
}

bench_snapshot() {
    local slower
    snapshot_config
    servers_stop redis KILL
    rm -rf "$SERVERS/redis"
    servers_redis redis
    copy_alone
    apply_alone load "$changes"
    first_load
    slower=$((copy < apply ? copy : apply))
    echo "first load of $changes rows, rows per second: COPY alone $copy, apply alone $apply, loaded $load, ratio to the slower $(ratio "$load" "$slower")"
    latency_beside
    agent_stop
    # shellcheck disable=SC2034 # run.sh reads it
    snapshot_json="\"copy_per_s\":$copy,\"apply_alone_per_s\":$apply,\"loaded_per_s\":$load,\"latency_ms\":$latency_json"
}

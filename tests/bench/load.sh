# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# The part `load`, which run.sh sources: the first load of the table into an empty Redis beside reading it to nowhere and the function
# alone; then commit to readable while all rows are compared with their states.

load_is() { redis HGET cdc:checkpoint:bench-load "snapshot:$("${engine}_table" narrow)" | grep -q "state=$1"; }

read_alone() { # ROWS
    local from
    from=$(now)
    "${engine}_copy" narrow
    copy=$(per_second "$1" "$from" "$(now)")
}

first_load() { # ROWS
    local from
    from=$(now)
    agent_start bench-load
    agent_until load_is "done"
    load=$(per_second "$1" "$from" "$(now)")
}

bench_load() {
    local n limit
    servers_stop redis KILL
    rm -rf "$SERVERS/redis"
    servers_redis redis
    "${engine}_change" narrow "$changes" "$changes"
    n=$("${engine}_rows" narrow)
    agent_config bench-load narrow 'snapshot: {mode: initial}'
    read_alone "$n"
    apply_alone "$n" load "$n" customer
    first_load "$n"
    limit=$(least "$copy" "$apply")
    echo "$engine, first load of $n rows, rows a second: read to nowhere $copy, apply alone $apply, loaded $load, ratio to the slower $(ratio "$load" "$limit")"
    "$build/tributary" snapshot "$SERVERS/bench-load.yaml" start >/dev/null 2>&1 &
    agent_until load_is running
    latency "beside a load" 1000 3000 4
    load_is running || echo "the load ended before the last of these commits" >&2
    agent_stop
    engine_json="$engine_json,\"load\":$(json_of rows "$n" read_per_s "$copy" apply_alone_per_s "$apply" loaded_per_s "$load" \
        latency_ms "$latency_json")"
}

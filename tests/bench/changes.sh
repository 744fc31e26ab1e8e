# shellcheck shell=bash
# The part `changes`, which run.sh sources: changes that were made beforehand, by the size of their transactions and the width of
# their rows. Each set is read bare, through the agent without Redis, and into Redis; and its like is applied without a database.

changes_line() { # NAME FIGURE…: unknown ones are empty
    printf '%-32s' "$1"
    shift
    for figure in "$@"; do printf ' %9s' "${figure:--}"; done
    echo
}

# measure NAME CONNECTOR narrow|wide SIZE CHANGES WORD…: the words tell apply what its events are like
measure() {
    local entity limit
    entity=$([ "$3" = narrow ] && echo booking || echo thing)
    echo "$1: making $5 changes" >&2
    "${engine}_before"
    "${engine}_change" "$3" "$4" "$5"
    "${engine}_read" "$3" "$4" "$5"
    "${engine}_null" "$2" "$5"
    "${engine}_after"
    end_to_end "$2" "$entity" "$5"
    apply_alone "$5" "${@:6}"
    limit=$(least "$bare" "$null" "$apply")
    changes_line "$1" "$bare" "$decode" "$null" "$apply" "$end_to_end" "$(ratio "$end_to_end" "$limit")" "$cpu_database" "$cpu_s" \
        "$cpu_redis" "$null_cpu" "$rss_mb" "$redis_bytes"
    rows="$rows,$(json_of name "\"$1\"" changes "$5" bare_per_s "$bare" decode_per_s "$decode" bare_cpu_s "$bare_cpu" \
        decode_cpu_s "$decode_cpu" null_per_s "$null" null_cpu_s "$null_cpu" apply_alone_per_s "$apply" \
        end_to_end_per_s "$end_to_end" cpu_database_s "$cpu_database" cpu_agent_s "$cpu_s" cpu_redis_s "$cpu_redis" \
        rss_mb "$rss_mb" redis_bytes "$redis_bytes")"
}

bench_changes() {
    local rows=
    changes_line "$engine, changes a second" bare decoded null apply 'to Redis' ratio 'cpu db' 'cpu agent' 'cpu redis' 'cpu null' \
        'peak MB' bytes
    measure "a transaction each" bench narrow 1 "$changes" update 1 customer
    measure "100 in a transaction" bench narrow 100 "$changes" update 100 customer
    if [ "$engine" = postgresql ]; then
        pg_sql -c 'ALTER TABLE narrow REPLICA IDENTITY DEFAULT'
        measure "the same, the store compares" bench narrow 100 "$changes" merge 100 customer
        pg_sql -c 'ALTER TABLE narrow REPLICA IDENTITY FULL'
    fi
    measure "all inserts in one transaction" bench narrow "$changes" "$changes" insert "$changes" customer
    agent_config bench-wide wide
    "${engine}_begin" bench-wide
    measure "50 columns, 2 KB, 100 in one" bench-wide wide 100 $((changes / 5 / 100 * 100)) update 100 customer 43
    engine_json="$engine_json,\"rows\":[${rows#,}]"
}

# shellcheck shell=bash
# The part `start`, which run.sh sources: how long from the start of the process until a change that waits is readable in Redis, and
# what memory it then holds.

bench_start() {
    local from last reader started_ms idle_mb
    "${engine}_one"
    last=$(redis XREVRANGE 'cdc:events:{booking}' + - COUNT 1 | head -n 1)
    redis XREAD BLOCK 30000 STREAMS 'cdc:events:{booking}' "${last:-0}" >"$SERVERS/first" &
    reader=$!
    until redis CLIENT LIST | grep -q cmd=xread; do
        kill -0 "$reader" || exit 1
        sleep 0.05
    done
    from=$(now)
    agent_start bench
    wait "$reader"
    started_ms=$(awk -v from="$from" -v to="$(now)" 'BEGIN { printf "%.0f", (to - from) * 1000 }')
    [ -s "$SERVERS/first" ] || { echo "start: nothing came" >&2; exit 1; }
    idle_mb=$(memory_of "$agent" VmRSS)
    agent_stop
    echo "$engine: $started_ms ms from start to the first event, $idle_mb MB resident then"
    engine_json="$engine_json,\"start\":$(json_of first_event_ms "$started_ms" idle_mb "$idle_mb")"
}

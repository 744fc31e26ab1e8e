# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# The part `latency`, which run.sh sources: from the moment when a transaction was due to its event being readable in Redis.

# latency NAME RATE COUNT CONNECTIONS: prints a line, sets $latency_json
latency() {
    local count rate p50 p99 p999 max late histogram
    read -r count rate p50 p99 p999 max late < <("$build/bench/latency" "$("${engine}_client")" "$redis_SOCKET" 'cdc:events:{booking}' \
        "$2" "$3" "$("${engine}_update")" "$4" "$SERVERS/histogram") || { echo "latency: $1 at $2/s failed" >&2; exit 1; }
    echo "$engine, $1: $count commits at $rate/s, readable after: p50 $p50 ms, p99 $p99, p99.9 $p999, max $max; sent late, p99: $late"
    histogram=$(awk '{ printf "%s[%s,%s]", (NR > 1 ? "," : ""), $1, $2 }' "$SERVERS/histogram")
    latency_json=$(json_of rate "$rate" count "$count" p50 "$p50" p99 "$p99" p999 "$p999" max "$max" late_p99 "$late" \
        histogram "[$histogram]")
}

bench_latency() {
    local all='' before
    before=$(events booking)
    "${engine}_one"
    agent_start bench
    agent_until has_events booking $((${before:-0} + 1)) # it has caught up
    latency "steady" 100 1000 1
    all="$latency_json"
    latency "steady" 1000 10000 4
    all="$all,$latency_json"
    latency "steady" 5000 50000 16
    all="$all,$latency_json"
    agent_stop
    engine_json="$engine_json,\"latency_ms\":[$all]"
}

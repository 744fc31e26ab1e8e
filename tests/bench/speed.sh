#!/bin/bash
# The README's section Speed, printed from the figures of a run.
#
#     tests/bench/speed.sh build/bench.json
set -euo pipefail
file=${1:?bench.json}

# Lines of a table, from a filter that gives arrays of cells.
lines() {
    jq -r "def thousands: if . == null then \"-\" elif . < 1000 then tostring
            else ((. / 1000 | floor | tostring) + \",\" + (. % 1000 + 1000 | tostring | .[1:])) end;
        def rate: if . == null then \"-\" elif . >= 1000 then ((. / 1000 | floor) * 1000 | thousands) + \"/s\" else tostring + \"/s\" end;
        $1 | \"| \" + (map(if . == null then \"-\" else tostring end) | join(\" | \")) + \" |\"" "$file"
}

changes_table() { # ENGINE
    lines ".$1.rows[]? | [.name, (.bare_per_s | rate), (.null_per_s | rate), (.apply_alone_per_s | rate), (.end_to_end_per_s | rate),
        (([.bare_per_s, .null_per_s, .apply_alone_per_s] | min) as \$least | .end_to_end_per_s / \$least * 100 | floor | tostring + \" %\"),
        \"\(.cpu_database_s) + \(.cpu_agent_s) + \(.cpu_redis_s)\", .redis_bytes, \"\(.rss_mb) MB\"]"
}

cat <<S
## Speed

\`make bench\` makes changes on private servers and prints what the agent needs beside what the servers need alone, all in one run of some minutes; what each figure is:
[tests/bench/README.md](tests/bench/README.md). Here with $(jq -r '.changes' "$file") changes on $(jq -r '"\(.cores) shared cores of \(.processor)"' "$file"), with PostgreSQL 15, MariaDB 10.11, Redis 7.0, the agent and the measuring
itself all on those.

S
for engine in postgresql mariadb; do
    bare=$([ $engine = postgresql ] && echo "\`pg_recvlogical\` to nowhere" || echo 'binlog read bare')
    printf '| %s | %s | agent without Redis | function in Redis alone | database to Redis | of the slowest | CPU s for a million: database + agent + Redis | bytes to Redis | peak memory |\n' \
        "$([ $engine = postgresql ] && echo PostgreSQL || echo MariaDB)" "$bare"
    echo '|---|---|---|---|---|---|---|---|---|'
    changes_table $engine
    echo
done
echo '| from a commit to readable in Redis | half | 99 of 100 | 999 of 1,000 | slowest |'
echo '|---|---|---|---|---|'
# shellcheck disable=SC2016 # $engine is jq's
lines 'to_entries[] | select(.value | type == "object") | .key as $engine | .value |
    ((.latency_ms[]? | [$engine + ", " + (.rate | thousands) + " transactions a second", .]),
     (.load.latency_ms? // empty | [$engine + ", " + (.rate | thousands) + " a second, while a load compares all rows", .])) |
    [.[0]] + (.[1] | [.p50, .p99, .p999, .max] | map(tostring + " ms"))'
echo
jq -r 'to_entries[] | select(.value | type == "object") | .key as $engine | .value |
    (.load // empty | "First load (\($engine)): \(.loaded_per_s) rows a second; read to nowhere \(.read_per_s), the function alone \(.apply_alone_per_s)."),
    (.start // empty | "Start (\($engine)): \(.first_event_ms) ms until a change that waits is readable; the agent then holds \(.idle_mb) MB.")' "$file"
cat <<'S'

Machines differ, and this one was shared: compare figures of one line, and measure your own. Latency counts from when a transaction was due, at a steady rate, as an independent client sees it.

What limits: the decoding in PostgreSQL and the apply function in Redis each fill a core; the comparison in the store costs Redis part of its speed. Not measured: networks between the
three, TLS, disks (all servers run without fsync). How the cost grows with transactions, tables, fields, width and agents: `make bench-charts`.
S

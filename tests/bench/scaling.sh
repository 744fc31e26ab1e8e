# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# The part `scaling`, which run.sh sources: how the cost of a change goes with the size of transactions, tables, fields, width, and agents
# on one Redis. Lines for chart.awk go to $SERVERS/<chart>.points.

# point CHART X: after end_to_end()
point() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$engine" "$2" "$end_to_end" "$cpu_s" "$rss_mb" >>"$SERVERS/$1.points"
    printf '%-12s %-12s %8s  %9s changes/s %7s CPU s/M %5s MB\n' "$engine" "$1" "$2" "$end_to_end" "$cpu_s" "$rss_mb"
}

# scale CHART X CONNECTOR ENTITY CHANGES COMMAND…: a connector that begins here, the changes, and what they cost
scale() {
    "${engine}_begin" "$3"
    "${@:6}" "$5" >&2
    end_to_end "$3" "$4" "$5"
    point "$1" "$2"
    [ "$engine" = mariadb ] || pg_drop "tributary_${3//-/_}"
}

scale_transactions() {
    local size
    for size in 1 10 100 1000 10000; do
        [ "$size" -lt "$changes" ] || break
        agent_config "size-$size" narrow
        scale transaction "$size" "size-$size" booking $((changes / size * size)) "${engine}_change" narrow "$size"
    done
}

# A table things.t<n> of three columns, one row each.
make_things() { # FROM TO
    pg_sql -c "DO \$\$ BEGIN FOR i IN $1..$2 LOOP
        EXECUTE format('CREATE TABLE things.t%s (id int PRIMARY KEY, a text, b text)', i);
        EXECUTE format('ALTER TABLE things.t%s REPLICA IDENTITY FULL', i);
        EXECUTE format('INSERT INTO things.t%s VALUES (1, ''on'', ''a text'')', i);
        IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$"
}

# From one table to the next with every row.
change_things() { # TABLES CHANGES
    pg_sql -c 'SET synchronous_commit = off' -c "DO \$\$ BEGIN FOR i IN 1..$2 LOOP
        EXECUTE format('UPDATE things.t%s SET a = translate(a, ''onf'', ''fno'')', i % $1 + 1);
        IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$"
}

things_tables() { # TABLES
    for ((i = 1; i <= $1; i++)); do
        echo "  things.t$i: {entity: thing, key: \"$i-\${id}\", fields: {f1: a, f2: b}}"
    done
}

# A configuration has at most 4,096.
scale_tables() {
    local n made=0 some=$((changes < 20000 ? changes : 20000))
    pg_sql -c 'CREATE SCHEMA things' -c 'CREATE PUBLICATION things FOR TABLES IN SCHEMA things'
    for n in 1 100 1000 3000; do
        make_things $((made + 1)) "$n"
        made=$n
        things_tables "$n" | agent_write "tables-$n" things "model: $SERVERS/model.yaml"
        scale tables "$n" "tables-$n" thing "$some" change_things "$n"
    done
}

scale_fields() {
    local n some=$((changes / 5 / 100 * 100))
    for n in 1 10 20 48; do
        {
            printf '  public.wide:\n    entity: thing\n    key: id\n    fields:\n'
            for ((i = 1; i <= n; i++)); do echo "      f$i: c$i"; done
        } | agent_write "fields-$n" wide "model: $SERVERS/model.yaml"
        scale fields "$n" "fields-$n" thing "$some" postgresql_change wide 100
    done
}

change_notes() { # CHANGES
    pg_sql -c 'SET synchronous_commit = off' -c "DO \$\$ BEGIN FOR i IN 1..$(($1 / 100)) LOOP
        UPDATE notes SET state = translate(state, 'HC', 'CH') WHERE id <= 100; COMMIT; END LOOP; END \$\$"
}

scale_width() {
    local n some=$((changes / 5 / 100 * 100))
    pg_sql -c 'CREATE TABLE notes (id int PRIMARY KEY, state text, note text)' -c 'ALTER TABLE notes REPLICA IDENTITY FULL' \
        -c 'CREATE PUBLICATION notes FOR TABLE notes' -c "INSERT INTO notes SELECT i, 'H', '' FROM generate_series(1, 100) i"
    for n in 10 100 1000 4000; do
        pg_sql -c 'ALTER TABLE notes ALTER note SET STORAGE PLAIN' -c "UPDATE notes SET note = repeat('x', $n)"
        printf '  public.notes: {entity: thing, key: id, fields: {f1: state, f2: note}}\n' |
            agent_write "width-$n" notes "model: $SERVERS/model.yaml"
        scale width "$n" "width-$n" thing "$some" change_notes
    done
}

have_all() { # AGENTS CHANGES: each in streams of its own
    local i n
    for ((i = 1; i <= $1; i++)); do
        n=$(redis XINFO STREAM "c$1-$i:events:{booking}" 2>/dev/null | awk 'found { print; exit } /^entries-added$/ { found = 1 }')
        [ "${n:-0}" -ge "$2" ] || return 1
    done
}

# As many agents read the same changes, each into keys of its own; the work in all is the same. Figures are of all agents together.
scale_agents() {
    local n i from each agents cpu
    for n in 1 4 16; do
        agents=() cpu=0 rss_mb=0 each=$((changes / n / 100 * 100))
        for ((i = 1; i <= n; i++)); do
            prefix=c$n-$i agent_config "agent-$n-$i" narrow
            postgresql_begin "agent-$n-$i"
        done
        postgresql_change narrow 100 "$each"
        from=$(now)
        for ((i = 1; i <= n; i++)); do
            agent_start "agent-$n-$i"
            agents+=("$agent")
        done
        agent_until have_all "$n" "$each"
        end_to_end=$(per_second $((n * each)) "$from" "$(now)")
        for agent in "${agents[@]}"; do
            cpu=$(awk -v a="$cpu" -v b="$(cpu_of "$agent")" 'BEGIN { print a + b }')
            rss_mb=$((rss_mb + $(memory_of "$agent" VmHWM)))
            agent_stop
        done
        cpu_s=$(per_million 0 "$cpu" $((n * each)))
        point agents "$n"
        for ((i = 1; i <= n; i++)); do pg_drop "tributary_agent_${n}_$i"; done
    done
}

bench_scaling() {
    local chart
    scale_transactions
    if [ "$engine" = postgresql ]; then
        scale_fields
        scale_width
        scale_agents
        scale_tables
    fi
    for chart in transaction fields width agents tables; do
        [ ! -s "$SERVERS/$chart.points" ] || engine_json="$engine_json,\"scaling_$chart\":[$(awk -v engine="$engine" '$1 == engine {
            printf "%s{\"x\":%s,\"end_to_end_per_s\":%s,\"cpu_agent_s\":%s,\"rss_mb\":%s}", n++ ? "," : "", $2, $3, $4, $5 }' \
            "$SERVERS/$chart.points")]"
    done
}

# draw CHART TITLE WHAT SENTENCE
draw() {
    [ -s "$SERVERS/$1.points" ] || return 0
    awk -F'\t' -v title="$2" -v what="$3" -v says="$4" -f tests/bench/chart.awk "$SERVERS/$1.points" >"$build/bench/$1.svg"
    printf '<p><img src="%s.svg" width="830" alt="%s"></p>\n' "$1" "$2"
}

draw_charts() {
    mkdir -p "$build/bench"
    {
        printf '<!doctype html>\n<meta charset="utf-8">\n<title>Tributary: what a change costs</title>\n<h1>What a change costs</h1>\n'
        draw transaction 'The size of a transaction' 'rows of a transaction' \
            'Begin and commit are paid once for a transaction, by the agent and by the database, so larger ones are cheaper for each row.'
        draw tables 'The number of tables' 'mapped tables, one row of each in turn; the start is in it' \
            'Memory holds the mapping of every table. What each table adds to the time is its part of the start, and being described once by PostgreSQL.'
        draw fields 'The number of mapped fields' 'mapped fields of a row of 50 columns, 2 KB' \
            'What is not mapped is skipped. What is mapped is copied once and written to Redis as a field of the state.'
        draw width 'The width of a row' 'characters of a mapped text' \
            'Both images of the row are read and one is written, so bytes begin to count when rows are large.'
        draw agents 'Agents on one Redis' 'agents, of all together' \
            'Redis works through one call after the other, so agents share its core; each has memory of its own.'
    } >"$build/bench/index.html"
    echo "charts: $build/bench/index.html"
}

# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# The agent and what it is measured against, which run.sh sources. $engine is postgresql or mariadb; its server is called `database`.

# The mapping of a table: seven fields of a booking come from `narrow`, as in apply.c; fifty from `wide`, of which 48 hold 41 bytes.
agent_table() { # narrow|wide
    if [ "$1" = narrow ]; then
        cat <<T
    entity: booking
    key: {reservation_id: "cinema-\${id}"}
    fields:
      customer_id: member_no
      service_id: "screening-\${screening_id}"
      reservation_status: {column: state, values: {H: hold, C: confirmed}, otherwise: reject}
      total_price: {column: price_pence, scale: -2}
      price_currency: {const: GBP}
T
    else
        printf '    entity: thing\n    key: {thing_id: id}\n    fields:\n      customer_id: member_no\n'
        for i in {1..48}; do echo "      f$i: c$i"; done
    fi
}

# An entity of fifty fields, for `wide`.
agent_model() {
    printf '%s\n' 'version: 1' 'entities:' '  thing:' '    meaning: something wide' '    key: [thing_id]' \
        '    verbs: {insert: created, update: updated, delete: deleted}' '    fields:' \
        '      thing_id: {type: string, meaning: its number}' '      customer_id: {type: ref, meaning: whose it is}'
    for i in {1..48}; do echo "      f$i: {type: string, meaning: a text}"; done
}

# agent_write CONNECTOR PUBLICATION [LINE…]: $SERVERS/CONNECTOR.yaml, with the tables that come on standard input. Of a MariaDB the
# publication means nothing. Nothing is loaded beforehand unless a line says so.
agent_write() {
    local file=$SERVERS/$1.yaml
    agent_model >"$SERVERS/model.yaml"
    {
        printf 'version: 1\nconnector: %s\nsystem: booking-site\n' "$1"
        "${engine}_source" "$2"
        printf 'redis: {url: "unix://%s", prefix: %s, stream: {max_len: 1000000}, replay_window: 0s}\n' "$redis_SOCKET" \
            "${prefix:-cdc}"
        printf '%s\n' 'http: {listen: "off"}' 'log: {level: warning}' "${@:3}"
        [[ "$*" == *snapshot:* ]] || echo 'snapshot: {mode: never}'
        printf 'tables:\n'
        cat
    } >"$file"
    chmod 600 "$file"
}

agent_config() { # CONNECTOR narrow|wide [LINE…]
    local lines=("${@:3}")
    [ "$2" = narrow ] || lines+=("model: $SERVERS/model.yaml")
    {
        echo "  $("${engine}_table" "$2"):"
        agent_table "$2"
    } | agent_write "$1" "$2" "${lines[@]}"
}

agent_start() { # CONNECTOR
    "$build/tributary" run "$SERVERS/$1.yaml" 2>>"$SERVERS/agent.log" &
    agent=$!
    agents_running="$agents_running $agent"
}

agent_stop() {
    kill -TERM "$agent"
    wait "$agent"
    agents_running=${agents_running/ $agent/}
}

# However the bench ends, no agent stays.
agents_running=
agent_end() {
    local pid
    for pid in $agents_running; do kill -KILL "$pid" 2>/dev/null || :; done
    servers_end
}

# agent_until CONDITION…: until the command succeeds
agent_until() {
    until "$@"; do
        kill -0 "$agent" || { cat "$SERVERS/agent.log" >&2; exit 1; }
        sleep 0.1
    done
}

has_checkpoint() { [ -n "$(redis HGET "cdc:checkpoint:$1" position)" ]; }

has_events() { # ENTITY COUNT
    local n
    n=$(events "$1")
    [ "${n:-0}" -ge "$2" ]
}

# end_to_end CONNECTOR ENTITY CHANGES: runs the agent until it has made so many events more. Sets $end_to_end (a second), $rss_mb (peak
# of resident memory), $redis_bytes (that Redis received for a change), and CPU seconds for a million changes: $cpu_s of the agent,
# $cpu_redis, $cpu_database (PostgreSQL: the walsender; MariaDB: the server).
end_to_end() {
    local before from received redis_before database_before
    before=$(events "$2")
    received=$(redis_received)
    redis_before=$(cpu_of "$redis_PID")
    database_before=$("${engine}_cpu")
    from=$(now)
    agent_start "$1"
    agent_until has_events "$2" $((${before:-0} + $3))
    end_to_end=$(per_second "$3" "$from" "$(now)")
    rss_mb=$(memory_of "$agent" VmHWM)
    cpu_s=$(per_million 0 "$(cpu_of "$agent")" "$3")
    cpu_redis=$(per_million "$redis_before" "$(cpu_of "$redis_PID")" "$3")
    cpu_database=$(per_million "$database_before" "$("${engine}_cpu")" "$3")
    redis_bytes=$((($(redis_received) - received) / $3))
    agent_stop
}

# The agent without Redis: sets $null (a second) and $null_cpu.
null_sink() { # CONNECTOR CHANGES [POSITION]
    sed "s/^connector: .*/connector: nowhere/" "$SERVERS/$1.yaml" >"$SERVERS/nowhere.yaml"
    chmod 600 "$SERVERS/nowhere.yaml"
    read -r null null_cpu _ < <("$build/bench/null" "$SERVERS/nowhere.yaml" "${@:2}" 2>>"$SERVERS/agent.log") ||
        { tail -n 3 "$SERVERS/agent.log" >&2; exit 1; }
}

# The function in Redis, fed with batches that were encoded beforehand: sets $apply (a second).
apply_alone() { # EVENTS insert|put|update|merge|load [ROWS [customer [FIELDS]]]
    servers_redis alone
    apply=$("$build/bench/apply" "$alone_SOCKET" "$1" 256 "${@:2}" 2>/dev/null | awk '{ print $2 }')
    servers_stop alone KILL
    rm -rf "$SERVERS/alone" "$SERVERS/alone.sock"
}

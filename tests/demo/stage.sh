# shellcheck shell=bash
# What all stories of the demonstration share: how they print, the Redis that everybody reads, agents, sessions with databases,
# and that everything ends with the script. Sourced by run.sh; how a story is written stands there.

tty=false
[ -t 1 ] && tty=true
if $tty && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' dim=$'\033[2m' green=$'\033[32m' red=$'\033[31m' blue=$'\033[36m' off=$'\033[0m'
else
    bold='' dim='' green='' red='' blue='' off=''
fi
columns=$($tty && tput cols 2>/dev/null || echo 150)

# For people to follow; nothing depends on it, and off a terminal there is none.
pause() { if $tty; then sleep "$1"; fi; }
scene() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; pause 1; }
tell() { printf '  %s\n' "$*"; }
who() { printf '  %s%-15s%s %s\n' "$blue" "$1" "$off" "$2"; pause 0.6; }
yes() { printf '%s%s%s' "$green" "$*" "$off"; }
no() { printf '%s%s%s' "$red" "$*" "$off"; }

stage_fail() {
    printf '%sdemo: %s%s\n' "$red" "$*" "$off" >&2
    for log in "$SERVERS"/agent.*.log "$SERVERS"/session.*.log; do
        [ ! -s "$log" ] || { echo "${log##*/}:"; tail -n 8 "$log"; } >&2
    done
    exit 1
}

# stage_await SECONDS WHAT COMMAND…: waits until the command succeeds.
stage_await() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $until ] || stage_fail "waited in vain: $what"
        sleep 0.02
    done
}

# The store.
redis() { redis-cli --raw -s "$redis_SOCKET" "$@"; }
field() { redis HGET "cdc:state:$1" "$2"; } # {ENTITY}:KEY FIELD: a field of what is true now, or nothing
events() { redis XLEN "cdc:events:{$1}"; }   # how many there were
events_reach() { [ "$(events "$1")" -ge "$2" ]; }

# Programs of the stage end with it, however it ends.
stage_pids=()
stage_run() {
    setpriv --pdeathsig=KILL -- "$@" <&0 & # or bash would give it /dev/null
    stage_pid=$!
    stage_pids+=("$stage_pid")
}
stage_end() {
    trap - EXIT
    trap '' HUP INT TERM
    if [ ${#stage_pids[@]} -gt 0 ]; then
        kill -TERM "${stage_pids[@]}" 2>/dev/null || :
        wait "${stage_pids[@]}" 2>/dev/null || :
    fi
    servers_end
}

# Agents: agent_start NAME, with tests/demo/<file>.yaml made ready by agent_config; agent_kill NAME.
declare -A agent_pid
agent_config() { # NAME FILE SED-EXPRESSION
    sed -e "s|@REDIS@|$redis_SOCKET|; $3" "$2" >"$SERVERS/$1.yaml"
    chmod 600 "$SERVERS/$1.yaml"
    "$build/tributary" setup "$SERVERS/$1.yaml" --run >/dev/null
}
agent_streams() {
    kill -0 "${agent_pid[$1]}" 2>/dev/null || stage_fail "the agent of the $1 ended"
    grep -q 'streaming from' "$SERVERS/agent.$1.log"
}
agent_start() {
    : >"$SERVERS/agent.$1.log"
    stage_run "$build/tributary" run "$SERVERS/$1.yaml" 2>"$SERVERS/agent.$1.log"
    agent_pid[$1]=$stage_pid
    stage_await 20 "the agent of the $1 streams" agent_streams "$1"
}
agent_kill() {
    kill -KILL "${agent_pid[$1]}"
    wait "${agent_pid[$1]}" 2>/dev/null || :
}

# Sessions: one client program for each database stays connected and runs what is sent to it, as an application would.
declare -A session_to session_pid session_sent
session_start() { # NAME PROGRAM WORD…
    local name=$1 fd
    shift
    mkfifo "$SERVERS/$name.fifo"
    exec {fd}<>"$SERVERS/$name.fifo"
    session_to[$name]=$fd
    stage_run "$@" <"$SERVERS/$name.fifo" >"$SERVERS/session.$name.log" 2>&1
    session_pid[$name]=$stage_pid
}
session_stop() {
    local fd=${session_to[$1]}
    kill -KILL "${session_pid[$1]}"
    wait "${session_pid[$1]}" 2>/dev/null || :
    exec {fd}>&-
    rm "$SERVERS/$1.fifo"
}
# Notes the time, in microseconds, and sends a statement.
session_send() { # NAME SQL
    session_sent[$1]=${EPOCHREALTIME/./}
    printf '%s;\n' "$2" >&"${session_to[$1]}"
}
ms_since() { printf '%d.%d' $((($2 - $1) / 1000)) $((($2 - $1) / 100 % 10)); }

# Sends a statement, shows it, and waits for what it brings: N new events of an entity.
change() { # NAME ENTITY SQL [N]
    local name=$1 entity=$2 sql=$3 n=${4:-1} last now
    last=$(redis XREVRANGE "cdc:events:{$entity}" + - COUNT 1 | head -1)
    who "$name database" "${sql//; /;$'\n'                  }"
    session_send "$name" "$sql"
    redis XREAD BLOCK 5000 STREAMS "cdc:events:{$entity}" "${last:-0-0}" >"$SERVERS/event"
    now=${EPOCHREALTIME/./}
    grep -q '^type$' "$SERVERS/event" || stage_fail "no event came: $sql"
    [ "$n" = 1 ] || stage_await 5 "$n events" has_entries_after "$entity" "${last:-0-0}" "$n"
    printf '  %s%-15s %s, readable everywhere %s ms after the statement was sent%s\n' "$dim" '' \
        "$(awk 'p == "type" { print; exit } { p = $0 }' "$SERVERS/event")" \
        "$(ms_since "${session_sent[$name]}" "$now")" "$off"
    pause 1
}
has_entries_after() { [ "$(redis XRANGE "cdc:events:{$1}" "($2" + COUNT "$3" | grep -c '^subject$')" -ge "$3" ]; }

# `tributary tail`, for people: who, what, about what, how long after the statement was sent, and the new values.
tail_fd='' tail_pid=''
tail_listens() { redis CLIENT LIST | grep -q 'cmd=xread '; }
tail_start() {
    mkfifo "$SERVERS/tail.fifo"
    exec {tail_fd}<>"$SERVERS/tail.fifo"
    stage_run "$build/tributary" tail --redis "unix://$redis_SOCKET" >"$SERVERS/tail.fifo" 2>"$SERVERS/session.tail.log"
    tail_pid=$stage_pid
    stage_await 10 "tail listens" tail_listens
}
tail_stop() {
    kill -TERM "$tail_pid"
    wait "$tail_pid" 2>/dev/null || :
    exec {tail_fd}<&-
    rm "$SERVERS/tail.fifo"
}
tail_show() { # LINE TIME
    local type source subject data row
    local pattern='"type":"([^"]*)","source":"/tributary/([^"]*)","subject":"([^"]*)"'
    [[ $1 =~ $pattern ]] || stage_fail "not an event: $1"
    type=${BASH_REMATCH[1]} source=${BASH_REMATCH[2]} subject=${BASH_REMATCH[3]}
    pattern='"data":(\{[^}]*\})'
    [[ $1 =~ $pattern ]] && data=${BASH_REMATCH[1]}
    printf -v row '  %-16s %-20s %-26s %5s ms  %s' "$source" "$type" "$subject" \
        "$(ms_since "${session_sent[${source%%-*}]}" "$2")" "${data:-}"
    printf '%s\n' "${row:0:columns}"
}
# One change of every story at the same time, and what came of them, in the order in which it came.
tail_round() { # NUMBER STORY…
    local round=$1 lines=() times=() line i
    shift
    for story in "$@"; do "${story}_live" "$round"; done
    for _ in "$@"; do
        IFS= read -r -t 10 -u "$tail_fd" line || stage_fail "tail shows nothing"
        lines+=("$line") times+=("${EPOCHREALTIME/./}")
    done
    for i in "${!lines[@]}"; do tail_show "${lines[i]}" "${times[i]}"; done
    pause 1
}

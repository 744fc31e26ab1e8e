# shellcheck shell=bash
# Reading and writing figures, which run.sh sources.

now() { date +%s.%N; }
per_second() { awk -v n="$1" -v from="$2" -v to="$3" 'BEGIN { printf "%.0f", n / (to - from) }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }
# per_million SECONDS-BEFORE SECONDS-AFTER CHANGES
per_million() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.2f", (b - a) * 1e6 / n }'; }
least() { printf '%s\n' "$@" | sort -n | head -n 1; }

# CPU seconds of a process so far.
cpu_of() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($12 + $13) / hz }' "/proc/$1/stat"; }
memory_of() { # PID VmRSS|VmHWM: in MB
    awk -v what="$2:" '$1 == what { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

redis() { redis-cli -s "$redis_SOCKET" "$@"; }
# events ENTITY: how many its stream has ever had
events() { redis XINFO STREAM "cdc:events:{$1}" 2>/dev/null | awk 'found { print; exit } /^entries-added$/ { found = 1 }'; }
redis_received() { redis INFO stats | awk -F: '/^total_net_input_bytes/ { print $2 + 0 }'; }

# json_of NAME VALUE…: an object of figures (empty ones become null)
json_of() {
    local text=
    while [ $# -gt 1 ]; do
        text="$text,\"$1\":${2:-null}"
        shift 2
    done
    echo "{${text#,}}"
}

#!/bin/bash
# The instructions that the agent needs for a row: counted by valgrind's callgrind, so the same on a busy machine as on a quiet one.
#
#     tests/bench/budget.sh BUILD        # compares with tests/bench/budget; fails when a figure is TOLERANCE percent above it
#     tests/bench/budget.sh BUILD write  # makes that file anew
#
# A program runs twice, with few rows and with more: the difference is what the rows cost, without the start. Libraries count too.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:?build folder}")
few=2000 more=12000
tolerance=${TOLERANCE:-4}
bad=0

instructions() { # PROGRAM ROWS MODE
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench/$1" "$2" "$3" 2>&1 >/dev/null |
        awk '/Collected/ { n = $NF } { text = text $0 "\n" } END { if (n) print n; else { printf "%s", text >"/dev/stderr"; exit 1 } }'
}

per_row() { # PROGRAM MODE
    local from to
    from=$(instructions "$1" "$few" "$2")
    to=$(instructions "$1" "$more" "$2")
    echo $(((to - from) / (more - few)))
}

# compare PROGRAM MODE COUNTED: prints a line; sets $bad
compare() {
    local allowed word=
    allowed=$(awk -v program="$1" -v mode="$2" '$1 == program && $2 == mode { print $3 }' tests/bench/budget)
    [ -n "$allowed" ] || { echo "budget: $1 $2 has no line in tests/bench/budget" >&2; exit 1; }
    if [ $((100 * $3)) -gt $(((100 + tolerance) * allowed)) ]; then
        bad=1 word='  more than allowed'
    elif [ $((100 * $3)) -lt $(((100 - tolerance) * allowed)) ]; then
        word='  less: write the budget anew, so that it stays so'
    fi
    printf '%-18s %-8s %8d %8d %+7.1f %%%s\n' "$1" "$2" "$3" "$allowed" \
        "$(awk -v a="$3" -v b="$allowed" 'BEGIN { print (a / b - 1) * 100 }')" "$word"
}

list() {
    cat <<L
decode_postgresql 1
decode_postgresql 100
decode_mariadb 1
decode_mariadb 100
map insert
map update
map full
map json
encode insert
encode update
encode merge
L
}

if [ "${2:-}" = write ]; then
    {
        echo "# Instructions for a row or an event, by program and mode: see budget.sh. gcc -O2, x86-64."
        while read -r program mode; do
            echo "$program $mode $(per_row "$program" "$mode")"
        done < <(list)
    } >"$build/budget"
    mv "$build/budget" tests/bench/budget
    cat tests/bench/budget
    exit
fi
printf '%-18s %-8s %8s %8s %9s\n' 'instructions of' mode counted budget difference
while read -r program mode; do
    compare "$program" "$mode" "$(per_row "$program" "$mode")"
done < <(list)
exit "$bad"

#!/bin/sh
# Formatting, who may include whom, and static analysis. Prints what is wrong and fails.
set -eu
cd "$(dirname "$0")/.."
bad=0
say() { echo "lint: $*"; bad=1; }

sources=$(find agent connectors include tests -name '*.[ch]')

# shellcheck disable=SC2086 # a list of files without blanks
clang-format --dry-run -Werror $sources || say "run 'make format'"

# Data flows one way, and the include lines show it.
forbid() { # what, where, pattern
    found=$(grep -rnE "^#include [\"<]($3)" "$2" --include='*.[ch]' || true)
    [ -z "$found" ] || say "$1:
$found"
}
forbid "the contract includes nothing of the program" include '(\.\./|agent/|config/|map/|model/|pipeline/|command/|core/|postgresql/|mysql/|redis/)'
forbid "connectors do not know the agent" connectors '(\.\./|agent/|config/|map/|model/|pipeline/|command/|core/)'
forbid "the mapping knows no source and no sink" agent/map '(pipeline/|command/|postgresql/|mysql/|redis/)'
forbid "the pipeline knows operation tables only" agent/pipeline '(command/|postgresql/|mysql/|redis/)'
forbid "snapshots know operation tables only" agent/snapshot '(command/|pipeline/|postgresql/|mysql/|redis/)'
forbid "the model knows configuration syntax only" agent/model '(map/|pipeline/|command/|postgresql/|mysql/|redis/)'
for connector in connectors/*/; do
    name=$(basename "$connector")
    others=$(find connectors -mindepth 1 -maxdepth 1 -type d ! -name "$name" -printf '%f/|' | sed 's/|$//')
    [ -z "$others" ] || forbid "connectors do not know each other" "$connector" "($others)"
done

# Each library has one wrapper (a .c file, or the pair of it).
wrapper() { # header, the file that may include it
    found=$(grep -rlE "^#include [\"<]$1" agent connectors include | grep -v "^$2\.[ch]$" || true)
    [ -z "$found" ] || say "$1 belongs into $2 only: $found"
}
wrapper 'libpq-fe\.h' connectors/postgresql/pq
wrapper 'hiredis' connectors/redis/resp
wrapper 'yaml\.h' agent/config/yaml
wrapper 'mysql' connectors/mysql/client
wrapper 'microhttpd' agent/http/server
wrapper 'systemd' agent/core/notify

grep -rnwE 'TODO|FIXME|XXX' agent connectors include tests conf systemd -I | grep -v '^tests/lint.sh' && say "unfinished work is marked"

cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=ctunullpointer '-D__attribute__(x)=' -D_POSIX_C_SOURCE=200809L '-DTRIBUTARY_VERSION="lint"' \
    -Iinclude -Iagent -Iconnectors agent connectors || say "cppcheck found something"

if command -v shellcheck >/dev/null; then
    # shellcheck disable=SC2046
    shellcheck -x -e SC2154 -e SC1091 -e SC2012 -e SC2015 $(find tests conf .ci -name '*.sh') .ci/run || say "shellcheck found something"
fi
[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"

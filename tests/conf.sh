#!/usr/bin/env bash
# What is shipped beside the program: unit, manual pages, completion, alert rules, dashboard, JSON Schema, `make install`. Says what
# is wrong and fails; at the end a line with the counts. $1: the build folder.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
passed=0 failed=0
test_it() { # name, command …: passes when that succeeds and says nothing
    local name=$1 said
    shift
    if said=$("$@" 2>&1) && [ -z "$said" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$name" "$said"
    fi
}

# ---- make install, uninstall
make -s install DESTDIR="$root" prefix=/usr unitdir=/lib/systemd/system BUILD="$build" >/dev/null || exit 1

wants_files() {
    for file in usr/bin/tributary usr/share/man/man1/tributary.1 usr/share/man/man5/tributary.yaml.5 \
        usr/share/bash-completion/completions/tributary usr/share/tributary/{redis.acl,alerts.yml,dashboard.json,tributary.schema.json} \
        usr/share/tributary/examples/{model.yaml,worker.sh} lib/systemd/system/tributary{@.service,.target}; do
        [ -s "$root/$file" ] || echo "$file is not installed"
    done
    [ "$(stat -c %a "$root/etc/tributary/credentials")" = 700 ] || echo "others may look into the folder of credentials"
}
test_it "install puts every file in place" wants_files

# ---- the unit
verify_unit() { # as installed, but with a program that is there
    mkdir -p "$root/units"
    sed "s|=/usr/bin/|=$root/usr/bin/|" "$root/lib/systemd/system/tributary@.service" >"$root/units/tributary@.service"
    cp "$root/lib/systemd/system/tributary.target" "$root/units/"
    systemd-analyze verify --man=no "$root/units/tributary@.service" "$root/units/tributary.target"
    rm -r "$root/units"
}
score_unit() {
    systemd-analyze security --no-pager --offline=true --threshold=15 "$root/lib/systemd/system/tributary@.service" >"$root/score" ||
        tail -1 "$root/score"
}
test_it "systemd-analyze verify" verify_unit
test_it "systemd-analyze security: 1.5 or better" score_unit
grep Overall "$root/score"

# ---- manual pages
lint_manual() { mandoc -T lint -W warning agent/man/tributary.1 agent/man/tributary.yaml.5; }
commands() { "$build/tributary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }
manual_has_all() {
    for command in $(commands); do
        grep -q "^\.It Cm $command" agent/man/tributary.1 || echo "tributary(1) lacks $command"
        for option in $("$build/tributary" "$command" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u); do
            sed -n "/^\.It Cm $command\b/,/^\.It Cm [a-z]* /p" agent/man/tributary.1 | grep -q -- "Fl -${option#--}\b" ||
                grep -q "^\.It Cm $command.*Fl -${option#--}\b" agent/man/tributary.1 || echo "tributary(1) lacks $command $option"
        done
    done
}
test_it "mandoc lint" lint_manual
test_it "tributary(1) has every command and option" manual_has_all

# ---- completion
# shellcheck source=/dev/null
completes() { # words typed, the last one to be completed; then `=`, and what must be offered, in order
    local -a COMP_WORDS=("$build/tributary") COMPREPLY=()
    shift
    while [ "$1" != = ]; do
        COMP_WORDS+=("$1")
        shift
    done
    shift
    local COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    . agent/completion/tributary.bash
    _tributary
    [ "${COMPREPLY[*]}" = "$*" ] || echo "offered: ${COMPREPLY[*]}"
}
test_it "completion: commands" completes tributary chec = check checkpoint
test_it "completion: options" completes tributary check conf/shop-stock.yaml --no = --no-connect
test_it "completion: formats" completes tributary status --format j = json
test_it "completion: configurations" completes tributary check conf/cin = conf/cinema-bookings.yaml
test_it "completion: words" completes tributary checkpoint conf/shop-stock.yaml res = reset
test_it "completion: entities" completes tributary tail boo = booking

# ---- alert rules and dashboard
rules() { promtool "$@" >"$root/rules" 2>&1 || cat "$root/rules"; }
dashboard() {
    /usr/bin/python3 - conf/monitoring/dashboard.json >"$root/dashboard.yml" <<'PYTHON'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
rules = [{"record": "panel:%d:%s" % (p["id"], t["refId"]), "expr": t["expr"].replace("$connector", ".*")} for p in panels for t in p["targets"]]
print(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
PYTHON
    rules check rules "$root/dashboard.yml"
}
runbooks() {
    # shellcheck disable=SC2013 # words
    for alert in $(sed -n 's/.*- alert: //p' conf/monitoring/alerts.yml); do
        grep -q "^### $alert\$" conf/operations.md || echo "conf/operations.md has no runbook for $alert"
        grep -q "alertname: $alert\$" tests/alerts.yml || echo "tests/alerts.yml never has $alert fire"
        grep -q "#$(echo "$alert" | tr '[:upper:]' '[:lower:]')\"" conf/monitoring/alerts.yml || echo "$alert names no runbook"
    done
}
test_it "promtool check rules" rules check rules conf/monitoring/alerts.yml
test_it "promtool test rules" rules test rules tests/alerts.yml
test_it "the dashboard's expressions" dashboard
test_it "every alert has a runbook and a test" runbooks

# ---- JSON Schema of configurations
test_it "JSON Schema: examples fit, mistakes do not" /usr/bin/python3 tests/schema.py "$root/usr/share/tributary/tributary.schema.json"

# ---- links between the documents
links() {
    grep -oE '\]\([^)]+\)' README.md conf/*.md connectors/*.md connectors/*/README.md | while IFS=: read -r file link; do
        target=${link#](}
        target=${target%)}
        case $target in http*://* | '#'*) continue ;; esac
        [ -e "$(dirname "$file")/${target%%#*}" ] || echo "$file: $target leads nowhere"
    done
}
test_it "links between documents" links

make -s uninstall DESTDIR="$root" prefix=/usr unitdir=/lib/systemd/system BUILD="$build" >/dev/null
leftovers() { find "$root" -type f ! -name score ! -name rules ! -name dashboard.yml; }
test_it "uninstall leaves nothing" leftovers

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

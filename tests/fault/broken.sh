#!/bin/sh
# Builds the program with a mistake in it, one for each patch in broken/, and shows that the fault tests catch it. Each is a copy of the
# sources and of what is built of them below BUILD, so only what the patch changes is compiled again.
# usage: tests/fault/broken.sh BUILD CC [PATCH…]
set -eu
cd "$(dirname "$0")/../.."
build=$1
cc=$2
shift 2
limit=${FAULT_SECONDS:-60}
missed=0

# Which test must notice it.
catcher() {
    case $1 in
    fencing-off) echo 'fault_standby/*' ;;
    *) echo 'fault_storm/postgresql' ;;
    esac
}

# A storm that soon has what shows it: errors are rare among replies.
seed() {
    case $1 in
    replies-unread) echo 25 ;; # Redis is full, first of all
    *) echo "${TEST_SEED:-1}" ;;
    esac
}

copy() { # to
    rm -rf "$1"
    mkdir -p "$1/$build"
    cp -a Makefile agent conf connectors include "$1"
    for part in agent connectors gen; do
        [ ! -d "$build/$part" ] || cp -a "$build/$part" "$1/$build"
    done
}

try() { # name
    tree=$build/broken/$1
    copy "$tree"
    (cd "$tree" && GIT_CEILING_DIRECTORIES=$PWD git apply "$OLDPWD/tests/fault/broken/$1.patch")
    make -s -C "$tree" CC="$cc" BUILD="$build" all >"$tree/make.log" 2>&1 || { cat "$tree/make.log"; exit 1; }
    began=$(date +%s)
    if TRIBUTARY=$PWD/$tree/$build/tributary FAULT_SECONDS=$limit TEST_SEED=$(seed "$1") "$build/test-fault" --filter "$(catcher "$1")" >"$tree/test.log" 2>&1; then
        echo "$1: NOT caught in $limit s; see $tree/test.log"
        missed=1
    else
        echo "$1: caught after $(($(date +%s) - began)) s, by $(catcher "$1"): $(grep -A3 'Assertion Failed' "$tree/test.log" | sed -n '3s/^\[----\] *//p' | cut -c1-160)"
    fi
}

[ $# -gt 0 ] || set -- tests/fault/broken/*.patch
for patch in "$@"; do
    try "$(basename "$patch" .patch)"
done
exit $missed

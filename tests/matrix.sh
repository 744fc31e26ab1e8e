#!/bin/bash
# The integration tests on other server versions, and the program with Oracle's client library: one line for each at the end.
#
#     tests/matrix.sh BUILD [NAME…]        NAME: see tests/lib/versions.sh; all of them if none is given
#
# The program and its tests must be built. What they print is in BUILD/matrix/NAME.log. Two versions run at a time; the exit status
# is 0 if every test of every version passed or says why it does not apply there.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:?build folder}")
shift
results=$build/matrix
mkdir -p "$results"

# The Criterion suites that concern a version.
suites() {
    case $1 in
    postgresql*) echo '@(postgresql_*|run_changes|run_types|run_schema|run_snapshot*)/*' ;;
    oracle) echo '@(mysql_*|run_mariadb*)/*' ;;
    mariadb* | mysql*) echo '@(mysql_*|run_mariadb*|run_mysql*|run_parity)/*' ;;
    *) echo '@(redis_*|run_changes|run_snapshot)/*' ;;
    esac
}

# What is fetched for it. Oracle's library runs against Oracle's server.
versions() {
    case $1 in
    oracle) tests/lib/versions.sh "$build/versions" mysql9 oracle ;;
    *) tests/lib/versions.sh "$build/versions" "$1" ;;
    esac
}

# What it is called, with the version as the server prints it.
title() {
    case $1 in
    postgresql*) "$PG_BIN/postgres" --version | sed 's/.*(PostgreSQL) \([^ ]*\).*/PostgreSQL \1/' ;;
    mariadb*) "$MARIADBD" --version | sed 's/.* Ver \([^ ]*\).*/\1/; s/\(.*\)-MariaDB.*/MariaDB \1/' ;;
    mysql*) "$MYSQLD" --version | sed 's/.* Ver \([^ ]*\).*/MySQL \1/' ;;
    oracle) echo "$(title mysql9), libmysqlclient $(sed -n 's/^Version: //p' "$ORACLE"/usr/lib/*/pkgconfig/mysqlclient.pc)" ;;
    redis*) "$REDIS_SERVER" --version | sed 's/.* v=\([^ ]*\).*/Redis \1/' ;;
    valkey*) "$REDIS_SERVER" --version | sed 's/.* v=\([^ ]*\).*/Valkey \1/' ;;
    esac
}

# The program and its tests with Oracle's library. It needs a newer C library than the machine's: that one's loader comes along.
build_oracle() {
    local lib
    lib=$(dirname "$(find "$ORACLE/usr/lib" -name libmysqlclient.so)")
    env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -j2 BUILD="$build" \
        MYSQL_CFLAGS="-I$ORACLE/usr/include -I$ORACLE/usr/include/mysql" \
        MYSQL_LIBS="$lib/libmysqlclient.so -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags -Wl,-rpath,$lib \
            -Wl,--dynamic-linker=$(echo "$lib"/ld-linux-*.so.*)" \
        "$build/oracle/tributary" "$build/oracle/test-integration" >"$results/oracle.log" 2>&1
}

# Counts the lines of the TAP report; those that the filter left out "were skipped" without a reason.
count() {
    grep -v '# SKIP test was skipped' "$results/$name.tap" | grep -c "$@" || :
}

# Runs one version's tests. Leaves "status passed failed skipped seconds title" in NAME.result.
run() {
    local name=$1 tests=$build/test-integration from=$SECONDS status=0 skipped
    rm -f "$results/$name".{tap,result,log}
    if [ "$name" = oracle ]; then
        build_oracle
        tests=$build/oracle/test-integration
        export TRIBUTARY=$build/oracle/tributary
    fi
    "$tests" --filter "$(suites "$name")" --tap="$results/$name.tap" -j2 \
        >>"$results/$name.log" 2>&1 </dev/null || status=$?
    skipped=$(count '^ok.*# SKIP')
    echo "$status $(($(count '^ok') - skipped)) $(count '^not ok') $skipped $((SECONDS - from)) $(title "$name")" \
        >"$results/$name.result"
    echo "matrix: $name has run" >&2
}

summary() {
    local name status passed failed skipped seconds title bad=0
    printf '\n%-40s %8s %8s %8s %8s\n' version passed failed skipped seconds
    for name in "$@"; do
        status=1 passed=0 failed=0 skipped=0 seconds=0 title=$name
        read -r status passed failed skipped seconds title <"$results/$name.result" || :
        printf '%-40s %8s %8s %8s %8s' "$title" "$passed" "$failed" "$skipped" "$seconds"
        if [ "$status" != 0 ] || [ "$failed" != 0 ] || [ "$passed" = 0 ]; then
            bad=1
            printf '   see %s' "$results/$name.log"
        fi
        echo
    done
    return $bad
}

[ $# -gt 0 ] || set -- postgresql18 mysql9 postgresql17 mariadb11 oracle redis8 valkey9
for name in "$@"; do
    versions "$name" >"$results/$name.env"
done
running=0
for name in "$@"; do
    if [ $((running += 1)) -gt 2 ]; then wait -n || :; fi
    (
        set -a
        # shellcheck disable=SC1090 # assignments
        . "$results/$name.env"
        run "$name"
    ) &
done
wait
summary "$@"

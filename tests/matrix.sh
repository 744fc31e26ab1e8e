#!/bin/bash
# The integration tests on other server versions, and the program with Oracle's client library: one line for each at the end.
#
#     tests/matrix.sh BUILD [NAME…]        NAME: one of the rows below; all of them if none is given
#
# What a version says is in BUILD/matrix/NAME.log. The exit status is 0 if every test of every row passed or was skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:?build folder}")
shift
versions=$build/versions
results=$build/matrix
mkdir -p "$results"

# What runs against a version: names of Criterion suites.
suites() {
    case $1 in
    postgresql*) echo '@(postgresql_*|run_!(mariadb*|mysql*))/*' ;;
    mariadb* | mysql* | oracle) echo '@(mysql_*|run_mariadb*|run_mysql*)/*' ;;
    redis* | valkey*) echo '@(redis_*|run_changes)/*' ;;
    esac
}

# The version as the server itself prints it.
version() {
    case $1 in
    postgresql*) "$PG_BIN/postgres" --version | sed 's/postgres (PostgreSQL)/PostgreSQL/' ;;
    mariadb*) "$MARIADBD" --version | sed 's/.*Ver \([^ ]*\).*/MariaDB \1/' ;;
    mysql*) "$MYSQLD" --version | sed 's/.*Ver \([^ ]*\).*/MySQL \1/' ;;
    redis*) "$REDIS_SERVER" --version | sed 's/.* v=\([^ ]*\).*/Redis \1/' ;;
    valkey*) "$REDIS_SERVER" --version | sed 's/.* v=\([^ ]*\).*/Valkey \1/' ;;
    oracle) echo "$(version mysql9), libmysqlclient $(sed -n 's/^Version: //p' "$ORACLE"/usr/lib/*/pkgconfig/mysqlclient.pc)" ;;
    esac
}

# The program and its tests with Oracle's library. Its loader comes along, because it needs a newer C library than the machine has.
build_oracle() {
    local lib
    lib=$(dirname "$(find "$ORACLE/usr/lib" -name libmysqlclient.so)")
    make --no-print-directory -j2 BUILD=build/oracle MYSQL_CFLAGS="-I$ORACLE/usr/include/mysql" \
        MYSQL_LIBS="$lib/libmysqlclient.so -Wl,--allow-shlib-undefined -Wl,-rpath,$lib -Wl,--dynamic-linker=$(echo "$lib"/ld-linux-*.so.*)" \
        build/oracle/tributary build/oracle/test-integration
}

# row NAME: runs the suites; leaves "status seconds passed failed skipped version" in NAME.result
row() {
    local name=$1 program=$build/test-integration from=$SECONDS status=0
    local tap=$results/$name.tap log=$results/$name.log
    rm -f "$tap"
    "$program" --help >/dev/null
    if [ "$name" = oracle ]; then program=$build/oracle/test-integration; fi
    "$program" --filter "$(suites "$name")" --tap="$tap" -j"${JOBS:-2}" >"$log" 2>&1 || status=$?
    touch "$tap"
    echo "$status $((SECONDS - from)) $(grep -c '^ok' "$tap" || :) $(grep -c '^not ok' "$tap" || :) $(grep -ci '^ok.*# *skip' "$tap" || :) $(version "$name")" \
        >"$results/$name.result"
}

#!/bin/bash
# Databases that others made, loaded into private servers, captured while every table of them changes, and compared with Redis.
#
#     tests/samples.sh BUILD
#
# world and dbt3 (the small form of TPC-H's) are data of MariaDB's own tests, and go into PostgreSQL as well, where the states must be the
# same, byte for byte; zabbix is a schema of 170 tables with its first rows, which its makers have for either server. They are files of
# Debian packages, which are fetched through apt (it checks the signatures) and unpacked below BUILD/samples: nothing is installed.
# Every column of every table with a primary key is mapped.
# shellcheck disable=SC2154 # what servers.sh sets
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:?build folder}")
samples=$build/samples
tests=$build/samples/mariadb-test-data/usr/share/mysql/mysql-test/include
seconds=${SAMPLES_SECONDS:-20}
# shellcheck source=tests/lib/servers.sh
. tests/lib/servers.sh

die() {
    echo "samples: $*" >&2
    exit 1
}

redis() { redis-cli -s "$redis_SOCKET" "$@"; }
maria() { mariadb --no-defaults -u root -S "$maria_SOCKET" "$@"; }

fetch() { # PACKAGE…
    local package
    mkdir -p "$samples"
    for package; do
        [ ! -d "$samples/$package" ] || continue
        (cd "$samples" && rm -f "${package}"_*.deb && apt-get -qq download "$package" 2>/dev/null) || die "cannot fetch $package"
        dpkg-deb -x "$samples/${package}"_*.deb "$samples/$package.part"
        mv "$samples/$package.part" "$samples/$package"
    done
}

# What is for the test runner alone, and what each INSERT has of MySQL's.
plain() { # FILE…
    sed -e '/^--/d; /^#/d; /^let /d; /^ANALYZE/d; /TABLE time_statistics/,$d' -e 's/INSERT IGNORE/INSERT/; s/float(3,1)/float(4,1)/' "$@"
}

# MariaDB's definitions as PostgreSQL wants them, with names as they are.
to_postgresql() {
    # shellcheck disable=SC2016
    sed -E -e 's/`//g' -e '/^ *(UNIQUE )?(KEY|INDEX) /d' -e 's/^(CREATE TABLE|INSERT INTO) (\w+)/\1 "\2"/' \
        -e 's/^  (\w+) (char|varchar|int|float|double|decimal|date|real)/  "\1" \2/' -e 's/int\(11\)/integer/; s/float\([0-9,]*\)/real/' \
        -e 's/ double / double precision /; s/ auto_increment//' -e '/PRIMARY KEY/{s/(\w+)([,)])/"\1"\2/g;s/,$//}' |
        awk '/PRIMARY KEY/ { sub(/, *$/, "") } { print }'
}

load_postgresql() { # SAMPLE
    servers_psql pg -q -c "CREATE DATABASE $1"
    case $1 in
    world) plain "$tests/world_schema.inc" "$tests/world.inc" | to_postgresql ;;
    dbt3) plain "$tests/dbt3_s001.inc" | to_postgresql ;;
    zabbix) (cd "$samples/zabbix-server-pgsql/usr/share/zabbix-server-pgsql" && zcat schema.sql.gz images.sql.gz data.sql.gz) ;;
    esac >"$SERVERS/$1.pg.sql"
    PGOPTIONS='-c standard_conforming_strings=off -c escape_string_warning=off' \
        servers_psql pg -q -1 -v ON_ERROR_STOP=1 -d "$1" -f "$SERVERS/$1.pg.sql" >/dev/null
    servers_psql pg -q -d "$1" -c 'ANALYZE' -c 'CREATE PUBLICATION p FOR ALL TABLES'
}

load_mariadb() { # SAMPLE
    maria -e "CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    case $1 in
    world) plain "$tests/world_schema.inc" "$tests/world.inc" ;;
    dbt3) plain "$tests/dbt3_s001.inc" ;;
    zabbix)
        echo 'SET GLOBAL log_bin_trust_function_creators = 1;'
        (cd "$samples/zabbix-server-mysql/usr/share/zabbix-server-mysql" && zcat schema.sql.gz images.sql.gz data.sql.gz)
        ;;
    esac >"$SERVERS/$1.my.sql"
    { echo 'SET autocommit = 0;'; cat "$SERVERS/$1.my.sql"; echo 'COMMIT;'; } | maria "$1"
}

# table, column, whether it is in the primary key, kind; of tables that have one
columns_postgresql() { # SAMPLE
    servers_psql pg -d "$1" -At -F "$(printf '\t')" -c "
        SELECT c.relname, a.attname, (a.attnum = ANY (i.indkey))::int, CASE t.typcategory WHEN 'N' THEN 'number' WHEN 'S' THEN 'text' ELSE 'other' END
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary JOIN pg_attribute a ON a.attrelid = c.oid
            JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"
}

columns_mariadb() { # SAMPLE
    maria -N -e "
        SELECT c.TABLE_NAME, c.COLUMN_NAME, COLUMN_KEY = 'PRI', CASE WHEN NUMERIC_PRECISION IS NOT NULL THEN 'number'
            WHEN CHARACTER_MAXIMUM_LENGTH IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL THEN 'text' ELSE 'other' END
        FROM information_schema.COLUMNS c JOIN information_schema.STATISTICS s
            ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME AND s.INDEX_NAME = 'PRIMARY' AND s.SEQ_IN_INDEX = 1
        WHERE c.TABLE_SCHEMA = '$1' ORDER BY 1, ORDINAL_POSITION"
}

# Model, tables and changes from the columns. A table changes by what each of its columns is: values are turned round, and rows go
# and come back. What a constraint refuses does not matter.
generate() { # COLUMNS SCHEMA ENGINE MODEL TABLES CHANGES
    awk -F '\t' -v schema="$2" -v engine="$3" -v model="$4" -v tables="$5" -v changes="$6" '
        function quoted(name) { return engine == "pg" ? "\"" name "\"" : "`" name "`" }
        function some(n) { return engine == "pg" ? " WHERE ctid IN (SELECT ctid FROM " q " ORDER BY random() LIMIT " n ")" : " ORDER BY rand() LIMIT " n }
        function set(expr) { print "UPDATE " q " SET " expr some(6) ";" >changes }
        function end() {
            if (table == "") return
            printf "  t_%s:\n    meaning: a row\n    key: [%s]\n    verbs: {insert: created, update: updated, delete: deleted}\n    fields:\n%s", tolower(table), keys, fields >model
            printf "  \"%s.%s\": {entity: t_%s, key: {%s}, fields: {%s}}\n", schema, table, tolower(table), keymap, map >tables
            from = "SELECT * FROM " q " ORDER BY " (engine == "pg" ? "random()" : "rand()") " LIMIT 4;"
            if (engine == "pg")
                printf "DROP TABLE IF EXISTS gone; CREATE TEMP TABLE gone AS %s DELETE FROM %s WHERE (%s) IN (SELECT %s FROM gone); INSERT INTO %s SELECT * FROM gone;\n", from, q, keylist, keylist, q >changes
            else
                printf "CREATE OR REPLACE TEMPORARY TABLE gone AS %s DELETE FROM %s WHERE (%s) IN (SELECT %s FROM gone); INSERT INTO %s SELECT * FROM gone;\n", from, q, keylist, keylist, q >changes
        }
        BEGIN { printf "version: 1\nentities:\n" >model
            print (engine == "pg" ? "SET session_replication_role = replica; SET client_min_messages = error;" : "SET FOREIGN_KEY_CHECKS = 0;") >changes }
        $1 != table { end(); table = $1; q = quoted(table); keys = fields = keymap = map = keylist = "" }
        {
            name = tolower($2); column = quoted($2)
            fields = fields sprintf("      %s: {type: string, meaning: a column}\n", name)
            pair = sprintf("%s: \"%s\"", name, $2)
            if ($3) { keys = keys (keys == "" ? "" : ", ") name; keymap = keymap (keymap == "" ? "" : ", ") pair; keylist = keylist (keylist == "" ? "" : ", ") column }
            else map = map (map == "" ? "" : ", ") pair
            if ($4 == "number") set(column " = CASE WHEN " column " < 60 THEN " column " + 1 ELSE " column " - 1 END")
            if ($4 == "text" && !$3) set(column " = reverse(" column ")")
        }
        END { end() }' "$1"
}


configure() { # CONNECTOR SOURCE SCHEMA ENGINE
    local file=$SERVERS/$1
    generate "$file.columns" "$3" "$4" "$file.model.yaml" "$file.tables" "$file.changes.sql"
    cat >"$file.yaml" <<YAML
version: 1
connector: $1
model: $file.model.yaml
source: {$2}
redis: {url: "unix://$redis_SOCKET", prefix: $1}
snapshot: {chunk_rows: 200}
http: {listen: "off"}
log: {level: warning}
tables:
$(cat "$file.tables")
YAML
    chmod 600 "$file.yaml"
}

change() { # CONNECTOR: until the file $SERVERS/quiet is there
    local database=${1#*-}
    until [ -e "$SERVERS/quiet" ]; do
        case $1 in
        pg-*) servers_psql pg -q -d "$database" -f "$SERVERS/$1.changes.sql" ;;
        my-*) maria --force "$database" <"$SERVERS/$1.changes.sql" ;;
        esac >/dev/null 2>&1 || :
        sleep 0.1
    done
}

tributary() { # COMMAND CONNECTOR WORD…
    local command=$1 file=$SERVERS/$2.yaml
    shift 2
    "$build/tributary" "$command" "$file" "$@"
}

loaded() { # CONNECTOR
    ! tributary snapshot "$1" status --format json 2>/dev/null | tr '{' '\n' | grep '"table"' | grep -qv '"state":"done"' &&
        tributary snapshot "$1" status 2>/dev/null | grep -q 'done'
}

await() { # COMMAND…
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || die "waited in vain for: $*"
        sleep 0.2
    done
}

verify() { # CONNECTOR WHEN
    local found=0
    tributary verify "$1" --format json >"$SERVERS/$1.verified" 2>"$SERVERS/$1.err" || found=$?
    awk -v name="$1" -v when="$2" '
        match($0, /"rows":[0-9]+/) { tables++; rows += substr($0, RSTART + 7, RLENGTH - 7) }
        match($0, /"busy":[0-9]+/) { busy += substr($0, RSTART + 7, RLENGTH - 7) }
        END { printf "%-10s %-22s %4d tables %7d rows, %d not compared: ", name, when, tables, rows, busy }' "$SERVERS/$1.verified"
    if [ $found = 0 ]; then
        echo "no difference"
    else
        echo "status $found"
        cat "$SERVERS/$1.err"
        grep -v '"missing":0,"different":0,"extra":0' "$SERVERS/$1.verified" | head -20
        failed=1
    fi
}

rows() { # CONNECTOR: of all mapped tables
    local database=${1#*-} sql
    sql=$(cut -f 1 "$SERVERS/$1.columns" | sort -u | awk -v q="$([ "${1%%-*}" = pg ] && echo '"' || echo '`')" '
        { printf "%s(SELECT count(*) FROM %s%s%s)", NR == 1 ? "SELECT " : " + ", q, $0, q }')
    if [ "${1%%-*}" = pg ]; then servers_psql pg -d "$database" -Atc "$sql"; else maria -N "$database" -e "$sql"; fi
}

# Each state on a line, without whose it is and since when.
states() { # CONNECTOR
    redis EVAL "
        local out, at = {}, '0'
        repeat
            local r = redis.call('SCAN', at, 'MATCH', ARGV[1] .. ':state:*', 'COUNT', 1000)
            at = r[1]
            for _, key in ipairs(r[2]) do
                local fields, pairs = redis.call('HGETALL', key), {}
                for i = 1, #fields, 2 do
                    if fields[i]:sub(1, 1) ~= '_' then pairs[#pairs + 1] = fields[i] .. '=' .. fields[i + 1] end
                end
                table.sort(pairs)
                out[#out + 1] = key:sub(#ARGV[1] + 2) .. ' ' .. table.concat(pairs, ' '):gsub('\n', ' ')
            end
        until at == '0'
        return out" 0 "$1" | sort -u
}

failed=0
names="world dbt3 zabbix"
fetch mariadb-test-data zabbix-server-mysql zabbix-server-pgsql
agents=
changing=
servers_begin
# shellcheck disable=SC2086
trap 'kill $changing $agents 2>/dev/null || :; servers_end' EXIT
servers_redis redis
servers_postgresql pg wal_level=logical fsync=off max_wal_senders=10 max_replication_slots=10
servers_mariadb maria
id=7800
for name in $names; do
    load_postgresql "$name"
    load_mariadb "$name"
    columns_postgresql "$name" >"$SERVERS/pg-$name.columns"
    columns_mariadb "$name" >"$SERVERS/my-$name.columns"
    id=$((id + 1))
    configure "pg-$name" "type: postgresql, host: $pg_HOST, port: $pg_PORT, database: $name, user: postgres, publication: p" public pg
    configure "my-$name" "type: mysql, host: $maria_SOCKET, database: $name, user: root, server_id: $id" "$name" my
    for connector in "pg-$name" "my-$name"; do
        tributary check "$connector" >"$SERVERS/$connector.check" || { cat "$SERVERS/$connector.check"; die "check of $connector"; }
        "$build/tributary" run "$SERVERS/$connector.yaml" 2>>"$SERVERS/$connector.log" &
        agents="$agents $!"
    done
done
change pg-zabbix &
changing="$changing $!"
change my-zabbix &
changing="$changing $!"
for name in $names; do
    await loaded "pg-$name"
    await loaded "my-$name"
done
for name in world dbt3; do
    states "pg-$name" >"$SERVERS/a"
    states "my-$name" >"$SERVERS/b"
    if cmp -s "$SERVERS/a" "$SERVERS/b"; then
        echo "$name: the $(wc -l <"$SERVERS/a") states from PostgreSQL and from MariaDB are the same"
    else
        diff "$SERVERS/a" "$SERVERS/b" | head -20
        echo "$name: states from PostgreSQL and from MariaDB differ: $(diff "$SERVERS/a" "$SERVERS/b" | grep -c '^<') of $(wc -l <"$SERVERS/a")"
        failed=1
    fi
    change "pg-$name" &
    changing="$changing $!"
    change "my-$name" &
    changing="$changing $!"
done
sleep "$seconds"
for name in $names; do
    verify "pg-$name" "while it changed"
    verify "my-$name" "while it changed"
done
touch "$SERVERS/quiet"
# shellcheck disable=SC2086
wait $changing
changing=
for name in $names; do
    for connector in "pg-$name" "my-$name"; do
        verify "$connector" "afterwards"
        [ "$(states "$connector" | wc -l)" = "$(rows "$connector")" ] ||
            { echo "$connector has $(rows "$connector") rows, and $(states "$connector" | wc -l) states"; failed=1; }
        [ "$(redis EXISTS "$connector:dlq:$connector")" = 0 ] ||
            { echo "$connector rejected $(redis XLEN "$connector:dlq:$connector") rows:"; redis --csv XREVRANGE "$connector:dlq:$connector" + - COUNT 3; failed=1; }
    done
done
# shellcheck disable=SC2086
kill $agents
# shellcheck disable=SC2086
wait $agents || :
agents=
[ $failed = 0 ] || { head -5 "$SERVERS"/*.log; exit 1; }

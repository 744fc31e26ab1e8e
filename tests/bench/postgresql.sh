# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# What is PostgreSQL's in the bench, which run.sh sources: server, tables, changes, its own client, what its process uses.

pg_sql() { servers_psql database -d bench "$@"; }
pg_slot() { pg_sql -c "SELECT pg_create_logical_replication_slot('$1', 'pgoutput')" >/dev/null; }
# Its reader may take a moment to go.
pg_drop() {
    local tries=0
    until pg_sql -c "SELECT pg_drop_replication_slot('$1')" >/dev/null 2>"$SERVERS/drop"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$SERVERS/drop" >&2; exit 1; }
        sleep 0.1
    done
}

postgresql_table() { echo "public.$1"; }

postgresql_source() { # narrow|wide
    echo "source: {type: postgresql, host: $database_HOST, port: $database_PORT, database: bench, user: postgres, publication: $1}"
}

postgresql_open() {
    servers_postgresql database max_wal_size=8GB shared_buffers=256MB max_wal_senders=24 max_replication_slots=24
    servers_psql database -c 'CREATE DATABASE bench'
    pg_sql <<'SQL'
CREATE TABLE narrow (id int PRIMARY KEY, member_no int NOT NULL, screening_id int NOT NULL, state char(1) NOT NULL,
    price_pence int NOT NULL);
INSERT INTO narrow SELECT i, i % 997, i % 113, 'H', 800 + i % 40 FROM generate_series(1, 50000) i;
DO $$ BEGIN EXECUTE 'CREATE TABLE wide (id int PRIMARY KEY, member_no int NOT NULL, ' ||
    (SELECT string_agg('c' || i || ' text NOT NULL', ', ' ORDER BY i) FROM generate_series(1, 48) i) || ')'; END $$;
DO $$ BEGIN EXECUTE 'INSERT INTO wide SELECT n, n % 997, ' ||
    (SELECT string_agg('rpad(n::text, 41, ''abcdefghij '')', ', ') FROM generate_series(1, 48)) ||
    ' FROM generate_series(1, 5000) n'; END $$;
ALTER TABLE narrow REPLICA IDENTITY FULL;
ALTER TABLE wide REPLICA IDENTITY FULL;
CREATE PUBLICATION narrow FOR TABLE narrow;
CREATE PUBLICATION wide FOR TABLE wide;
SQL
}

# Makes a connector begin here.
postgresql_begin() { pg_slot "tributary_${1//-/_}"; } # CONNECTOR

pg_set() { # narrow|wide: what an update does
    if [ "$1" = narrow ]; then
        echo "state = translate(state, 'HC', 'CH'), price_pence = price_pence + 50"
    else
        echo "c1 = reverse(c1), c2 = reverse(c2)"
    fi
}

# Changes in transactions of SIZE rows; one transaction of inserts when that is all of them.
postgresql_change() { # narrow|wide SIZE CHANGES
    local rows
    rows=$([ "$1" = narrow ] && echo 50000 || echo 5000)
    if [ "$2" = "$3" ]; then
        pg_sql -c "INSERT INTO narrow SELECT i, i % 997, i % 113, 'H', 800 + i % 40
            FROM generate_series(1 + (SELECT max(id) FROM narrow), $3 + (SELECT max(id) FROM narrow)) i"
    else
        pg_sql -c 'SET synchronous_commit = off' -c "DO \$\$ BEGIN FOR i IN 0..$(($3 / $2 - 1)) LOOP UPDATE $1 SET $(pg_set "$1")
            WHERE id BETWEEN i * $2 % $rows + 1 AND i * $2 % $rows + $2; COMMIT; END LOOP; END \$\$"
    fi
    pg_sql -c CHECKPOINT
}

postgresql_one() { pg_sql -c "UPDATE narrow SET $(pg_set narrow) WHERE id = 1"; }

# Before the changes of a measurement, so that others can read them too; and after.
postgresql_before() { pg_slot raw && pg_slot tributary_nowhere; }
postgresql_after() { pg_drop raw && pg_drop tributary_nowhere; }

# The server's own client, to nowhere: sets $bare (a second).
postgresql_read() { # narrow|wide SIZE CHANGES
    local from
    from=$(now)
    servers_pg database pg_recvlogical -d bench -S raw --start -f /dev/null --no-loop -s 1 -o proto_version=1 \
        -o "publication_names=$1" --endpos="$(pg_sql -c 'SELECT pg_current_wal_insert_lsn()')" >/dev/null 2>&1
    bare=$(per_second "$3" "$from" "$(now)")
    decode='' bare_cpu='' decode_cpu=''
}

postgresql_null() { null_sink "$1" "$2"; } # CONNECTOR CHANGES

# The walsender's, which begins and ends with its client.
postgresql_cpu() {
    local pid
    pid=$(pgrep -P "$database_PID" -f walsender | head -n 1) || :
    [ -z "$pid" ] && echo 0 || cpu_of "$pid"
}

# Reads the table to nowhere.
postgresql_copy() { pg_sql -c "COPY $1 TO STDOUT" >/dev/null; }
postgresql_rows() { pg_sql -c "SELECT count(*) FROM $1"; }
postgresql_client() { echo "host=$database_HOST port=$database_PORT user=postgres dbname=bench"; }
postgresql_update() { echo "UPDATE narrow SET $(pg_set narrow) WHERE id = %d"; }

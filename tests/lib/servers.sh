# shellcheck shell=sh
# Private servers for shell scripts (demo, bench), the same as the test library's: sourced, not run (POSIX sh).
#
#     . tests/lib/servers.sh
#     servers_begin                        # makes $SERVERS, a temporary folder; everything ends with the shell
#     servers_postgresql pg work_mem=4MB   # sets pg_HOST (socket folder), pg_PORT, pg_PID; superuser postgres
#     servers_redis redis appendonly=yes   # sets redis_SOCKET, redis_PORT, redis_PID
#     servers_mariadb maria                # sets maria_SOCKET, maria_PORT, maria_PID; superuser root
#     servers_stop pg TERM                 # ends one; servers_start pg starts it again with the same command
#     servers_psql pg -c 'SELECT 1' cinema # psql, pgbench, … of the right version: servers_psql, servers_pg NAME PROGRAM …
#
# As root the servers run as `postgres` or `nobody`. Other versions: PG_BIN, REDIS_SERVER, MARIADBD in the environment;
# with MYSQLD, servers_mariadb starts that MySQL.

servers_die() {
    echo "servers: $*" >&2
    exit 1
}

servers_begin() {
    SERVERS=$(mktemp -d "${TMPDIR:-/tmp}/tributary.XXXXXX") || exit 1
    SERVERS_STARTED=
    SERVERS_USER=
    SERVERS_AS="setpriv --pdeathsig=KILL --"
    if [ "$(id -u)" = 0 ]; then
        SERVERS_USER=postgres
        id -u postgres >/dev/null 2>&1 || SERVERS_USER=nobody
        chown "$SERVERS_USER" "$SERVERS"
        SERVERS_AS="setpriv --reuid=$(id -u "$SERVERS_USER") --regid=$(id -g "$SERVERS_USER") --clear-groups --pdeathsig=KILL --"
    fi
    trap servers_end EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

servers_end() {
    trap - EXIT
    trap '' HUP INT TERM
    for servers_name in $SERVERS_STARTED; do
        servers_stop "$servers_name" "$(servers_get "$servers_name" END)"
    done
    rm -rf "$SERVERS"
}

# The value of <name>_<what>.
servers_get() {
    eval "printf '%s' \"\${$1_$2:-}\""
}

# A free TCP port: asks the kernel which ports are in use.
servers_port() {
    servers_p=$((20000 + ($$ * 7 + ${servers_tried:-0} * 131) % 12000))
    while grep -qi ":$(printf %04X "$servers_p") " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
        servers_p=$((servers_p + 1))
    done
    servers_tried=$((${servers_tried:-0} + 1))
}

# servers_launch NAME END-SIGNAL WORD…: remembers the command as a script, so that servers_start can repeat it.
servers_launch() {
    servers_name=$1
    eval "$1_END=$2"
    shift 2
    {
        printf 'cd / && exec %s' "$SERVERS_AS"
        for servers_word in "$@"; do
            printf " '%s'" "$servers_word"
        done
        echo
    } >"$SERVERS/$servers_name.sh"
    SERVERS_STARTED="$SERVERS_STARTED $servers_name"
    servers_start "$servers_name"
}

# Starts NAME (again) and waits until it answers.
servers_start() {
    sh "$SERVERS/$1.sh" >>"$SERVERS/$1.log" 2>&1 </dev/null &
    eval "$1_PID=$!"
    servers_tries=0
    until "servers_ready_$(servers_get "$1" KIND)" "$1" >/dev/null 2>&1; do
        servers_tries=$((servers_tries + 1))
        kill -0 "$(servers_get "$1" PID)" 2>/dev/null && [ $servers_tries -lt 600 ] || {
            tail -n 20 "$SERVERS/$1.log" >&2
            servers_die "$1 does not start"
        }
        sleep 0.05
    done
}

# servers_stop NAME [SIGNAL]
servers_stop() {
    servers_pid=$(servers_get "$1" PID)
    [ -n "$servers_pid" ] || return 0
    kill "-${2:-TERM}" "$servers_pid" 2>/dev/null || :
    wait "$servers_pid" 2>/dev/null || :
    eval "$1_PID="
}

servers_ready_postgresql() {
    "$SERVERS_PG_BIN/pg_isready" -q -h "$(servers_get "$1" HOST)" -p "$(servers_get "$1" PORT)"
}

servers_ready_redis() {
    [ "$(redis-cli -s "$(servers_get "$1" SOCKET)" PING)" = PONG ]
}

servers_ready_mariadb() {
    mariadb --no-defaults -u root -S "$(servers_get "$1" SOCKET)" -e 'SELECT 1'
}

# servers_postgresql NAME [SETTING=VALUE…]
servers_postgresql() {
    SERVERS_PG_BIN=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
    [ -x "$SERVERS_PG_BIN/postgres" ] || servers_die "no PostgreSQL; name its folder as PG_BIN"
    servers_port
    servers_new=$1
    shift
    eval "${servers_new}_KIND=postgresql ${servers_new}_HOST=\$SERVERS ${servers_new}_PORT=$servers_p"
    (cd / && $SERVERS_AS "$SERVERS_PG_BIN/initdb" -D "$SERVERS/$servers_new" -U postgres -A trust -N -E UTF8 \
        --locale=C.UTF-8 --no-instructions) >"$SERVERS/$servers_new.log" 2>&1 || servers_die "initdb failed"
    for servers_setting in "$@"; do
        shift
        set -- "$@" -c "$servers_setting"
    done
    servers_launch "$servers_new" QUIT "$SERVERS_PG_BIN/postgres" -D "$SERVERS/$servers_new" -k "$SERVERS" \
        -p "$servers_p" -c listen_addresses= -c wal_level=logical -c fsync=off -c shared_buffers=32MB \
        -c max_wal_senders=10 -c max_replication_slots=10 -c log_min_messages=warning "$@"
}

# servers_redis NAME [SETTING=VALUE…]
servers_redis() {
    servers_port
    servers_new=$1
    shift
    eval "${servers_new}_KIND=redis ${servers_new}_SOCKET=\$SERVERS/\$servers_new.sock ${servers_new}_PORT=$servers_p"
    mkdir "$SERVERS/$servers_new"
    [ -z "$SERVERS_USER" ] || chown "$SERVERS_USER" "$SERVERS/$servers_new"
    for servers_setting in "$@"; do
        shift
        set -- "$@" "--${servers_setting%%=*}" "${servers_setting#*=}"
    done
    servers_launch "$servers_new" KILL "${REDIS_SERVER:-redis-server}" --dir "$SERVERS/$servers_new" \
        --unixsocket "$SERVERS/$servers_new.sock" --port "$servers_p" --bind 127.0.0.1 --save '' --appendonly no "$@"
}

# The data folder of servers_new, and the settings of the flavour in servers_flavour. servers_base: what the programs lie in.
servers_mariadb_data() {
    servers_flavour=--gtid-strict-mode=ON
    servers_install=$servers_base/bin/mariadb-install-db
    [ -x "$servers_install" ] || servers_install=mariadb-install-db
    (cd / && $SERVERS_AS "${MARIADB_INSTALL_DB:-$servers_install}" --no-defaults --basedir="$servers_base" \
        --datadir="$SERVERS/$servers_new" --auth-root-authentication-method=normal --skip-test-db) \
        >"$SERVERS/$servers_new.log" 2>&1 || servers_die "mariadb-install-db failed"
}
servers_mysql_data() {
    servers_flavour='--gtid-mode=ON --enforce-gtid-consistency=ON --mysqlx=OFF --secure-file-priv='
    (cd / && $SERVERS_AS "$MYSQLD" --no-defaults --basedir="$servers_base" --datadir="$SERVERS/$servers_new" \
        --secure-file-priv= --skip-log-bin --initialize-insecure) >"$SERVERS/$servers_new.log" 2>&1 ||
        servers_die "mysqld --initialize-insecure failed"
}

# servers_mariadb NAME [SETTING=VALUE…]
servers_mariadb() {
    servers_port
    servers_new=$1
    shift
    eval "${servers_new}_KIND=mariadb ${servers_new}_SOCKET=\$SERVERS/\$servers_new.sock ${servers_new}_PORT=$servers_p"
    servers_program=${MYSQLD:-${MARIADBD:-/usr/sbin/mariadbd}}
    servers_base=$(dirname "$(dirname "$servers_program")")
    if [ -n "${MYSQLD:-}" ]; then servers_mysql_data; else servers_mariadb_data; fi
    for servers_setting in "$@"; do
        shift
        set -- "$@" "--$servers_setting"
    done
    mkdir -m 777 "$SERVERS/$servers_new.tmp" # of its own: a server that starts empties a shared one
    # shellcheck disable=SC2086 # a list of words
    servers_launch "$servers_new" KILL "$servers_program" --no-defaults --basedir="$servers_base" \
        --datadir="$SERVERS/$servers_new" --tmpdir="$SERVERS/$servers_new.tmp" --socket="$SERVERS/$servers_new.sock" --port="$servers_p" \
        --bind-address=127.0.0.1 --pid-file="$SERVERS/$servers_new/pid" --server-id=1 --log-bin=binlog \
        --binlog-format=ROW --binlog-row-image=FULL --binlog-row-metadata=FULL $servers_flavour \
        --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M "$@"
}

# servers_pg NAME PROGRAM WORD…: a PostgreSQL program against a server, as its superuser.
servers_pg() {
    servers_host=$(servers_get "$1" HOST)
    servers_at=$(servers_get "$1" PORT)
    servers_program=$2
    shift 2
    PGHOST=$servers_host PGPORT=$servers_at PGUSER=postgres PGOPTIONS='-c client_min_messages=warning' \
        "$SERVERS_PG_BIN/$servers_program" "$@"
}

servers_psql() {
    servers_new=$1
    shift
    servers_pg "$servers_new" psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

#!/usr/bin/env bash
# Every command of the documents, run as it stands there, on private servers: what ends with an error is printed, and fails. Placeholders
# and addresses are replaced; systemd, apt and make are not run, but told what they were asked. $1: the build folder.
# shellcheck disable=SC2154 # what servers.sh sets
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "$1")
documents="README.md conf/README.md conf/operations.md conf/consumers.md connectors/README.md"
# shellcheck source=tests/lib/servers.sh
. tests/lib/servers.sh
servers_begin
servers_postgresql pg
servers_redis redis
servers_mariadb maria log-bin=binlog binlog-format=ROW binlog-row-metadata=FULL
work=$SERVERS/work
mkdir -p "$work/etc/credentials" "$work/bin"
url=redis://127.0.0.1:$redis_PORT/0
etc=$work/etc
passed=0 failed=0

servers_psql pg -c 'CREATE DATABASE shop' postgres >/dev/null
servers_psql pg -c "CREATE TABLE stock (sku text, branch text, on_hand integer, PRIMARY KEY (sku, branch));
    INSERT INTO stock VALUES ('SKU-1', 'north', 5)" shop >/dev/null
mariadb -uroot -S "$maria_SOCKET" -e 'CREATE DATABASE shop; CREATE TABLE shop.stock (sku VARCHAR(20), branch VARCHAR(20), on_hand INT,
    PRIMARY KEY (sku, branch))'

# What the commands find in PATH: the same programs, led to the private servers; and stand-ins for those that would change this machine.
shim() { # name, script
    printf '#!/bin/bash\n%s\n' "$2" >"$work/bin/$1"
    chmod 755 "$work/bin/$1"
}
shim redis-cli "exec $(command -v redis-cli) -e -s '$redis_SOCKET' \"\$@\""
shim psql "exec $SERVERS_PG_BIN/psql -qX -v ON_ERROR_STOP=1 -h '$pg_HOST' -p $pg_PORT -U postgres \"\$@\""
shim mariadb "exec $(command -v mariadb) -uroot -S '$maria_SOCKET' \"\$@\""
shim systemctl "case \$1 in start) exec tributary run '$etc/shop.yaml' ;; stop | disable) exec '$work/bin/stop' ;; *) : ;; esac"
shim stop "[ ! -f '$work/pid' ] || { kill \$(cat '$work/pid'); tail --pid=\$(cat '$work/pid') -f /dev/null; rm '$work/pid'; }"
for name in journalctl apt apt-get make; do shim $name :; done
# `run` goes to the background, once; what setup prints is run, as the guide says, with the password of the credential.
shim tributary "case \$1 in
run) [ -f '$work/pid' ] && exit
    '$build/tributary' \"\$@\" </dev/null >/dev/null 2>>'$work/log' & echo \$! >'$work/pid'
    for i in \$(seq 100); do grep -q 'streaming from' '$work/log' && exit; sleep 0.1; done; cat '$work/log'; exit 1 ;;
setup) '$build/tributary' \"\$@\" | tee '$work/setup' && psql -f '$work/setup' shop &&
    psql -c \"ALTER ROLE tributary PASSWORD 'a password'\" shop ;;
checkpoint) case \"\$*\" in *reset*) '$work/bin/stop' ;; esac; exec '$build/tributary' \"\$@\" ;;
*) exec '$build/tributary' \"\$@\" ;;
esac"

# The blocks of one kind, a line each command; SQL: a block each, its lines joined.
blocks() { # kind, document
    awk -v kind="$1" '/^ *```/ { inside = $0 ~ "```" kind "$"; if (!inside && sql) print sql; sql = ""; next }
        inside && kind == "sql" { sub(/--.*/, ""); sql = sql " " $0 }
        inside && kind != "sql" && !/^ *#/ { sub(/^ */, ""); print }' "$2"
}

ours() { # a command, for this machine
    sed -e "s|redis://127.0.0.1:6379/0|$url|g" -e "s|/etc/tributary|$etc|g" -e "s|\bCONFIG\b|$etc/shop.yaml|g" -e "s/\(\b\|_\)NAME\b/\1shop/g" \
        -e "s|@/shop?host=/run/postgresql|@:$pg_PORT/shop?host=$pg_HOST|" -e "s|socket=/run/mysqld/mysqld.sock|socket=$maria_SOCKET|" \
        -e '/mysql:/s|>.*|>/dev/null|' <<<"$1"
}

run() { # document, command
    local said status command seconds=30

    # what follows a stream, or waits for one, never ends by itself
    [[ ! $2 =~ BLOCK|tail|--watch ]] || seconds=2
    command=$(ours "$2")
    # shellcheck disable=SC2016 # the variable is the configuration's
    [[ $2 != *"init --from 'postgresql"* ]] || command+=" && sed -i 's|127.0.0.1:6379|127.0.0.1:$redis_PORT|; "'s/# \(password: ${cred:source}\)/\1/'"' $etc/shop.yaml"
    said=$(cd "$work" && PATH=$work/bin:$PATH timeout $seconds bash -o pipefail -c "$command" 2>&1)
    status=$?
    if [ $status = 0 ] || [ $status-$seconds = 124-2 ] || [[ $said == *"there is no dead letter"* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s: %s\n  status %d: %s\n' "$1" "$2" $status "$said"
    fi
}

for document in $documents; do
    while read -r command; do [ -z "$command" ] || run "$document" "$command"; done < <(blocks sh "$document")
    while read -r sql; do
        case $sql in *GLOBAL*) run "$document" "mariadb -e '$sql'" ;; *) run "$document" "psql -c \"$sql\" shop" ;; esac
    done < <(blocks sql "$document")
done
"$work/bin/stop"
echo "$passed passed, $failed failed"
[ $failed = 0 ]

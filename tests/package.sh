#!/usr/bin/env bash
# The package as an administrator meets it: lintian, a fresh Debian 12 root, apt, the program, its manual, removal. As root, in
# the build folder; the packages of the fresh root are fetched. $1: the build folder.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "$1")
deb=$(ls "$build"/tributary_*_*.deb)
root=$build/root
step() { printf '\n== %s (%ds)\n' "$*" "$SECONDS"; }
in_root="chroot $root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive TERM=dumb"
in_root() { $in_root "$@"; }

step "lintian: errors end this, warnings too"
lintian --allow-root --suppress-tags initial-upload-closes-no-bugs --fail-on error,warning "$deb"

step "a fresh root"
fresh_root() {
    rm -rf "$root"
    debootstrap --variant=minbase --include=man-db bookworm "$root" >"$build/debootstrap.log" 2>&1
}
fresh_root || fresh_root || { tail "$build/debootstrap.log"; exit 1; } # a second time, should the network have failed
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing is started in it
chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$deb" "$root/tmp/tributary.deb"

step "apt-get install"
in_root apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends /tmp/tributary.deb >"$build/install.log" 2>&1 || { tail "$build/install.log"; exit 1; }
in_root tributary version
in_root man -P cat tributary | sed -n 1,12p
in_root man -P cat tributary.yaml | grep -m1 'source.server_id'
in_root ls /usr/share/tributary/examples/cinema-bookings.yaml /usr/share/tributary/redis.acl
in_root stat -c '%a %U %n' /etc/tributary /etc/tributary/credentials

# What the README tells a newcomer, against private servers on this machine's loopback.
# shellcheck source=tests/lib/servers.sh
. tests/lib/servers.sh
servers_begin
servers_postgresql pg listen_addresses=127.0.0.1
servers_redis redis
servers_psql pg -c 'CREATE DATABASE shop' postgres
servers_psql pg -c "CREATE TABLE stock (sku text, branch text, on_hand integer, PRIMARY KEY (sku, branch)); INSERT INTO stock VALUES ('SKU-1', 'north', 5)" shop
redis() { redis-cli -s "$redis_SOCKET" "$@"; }
config=/etc/tributary/shop.yaml
url=redis://127.0.0.1:$redis_PORT/0

step "tributary init"
in_root tributary init --from "postgresql://postgres@127.0.0.1:$pg_PORT/shop" --redis "$url" >"$root$config"
in_root sh -c 'umask 077; echo sesame >/etc/tributary/credentials/shop.source; echo sesame >/etc/tributary/credentials/shop.redis'
# shellcheck disable=SC2016 # the variables are the configuration's
sed -i 's/# \(password: ${cred:[a-z]*}\)/\1/; s/# \(user: tributary-writer\)/\1/' "$root$config"
grep -v '^ *#' "$root$config"

step "tributary setup: an administrator runs it"
in_root tributary setup "$config" | tee "$build/setup.sql"
servers_psql pg -f "$build/setup.sql" shop
servers_psql pg -c "ALTER ROLE tributary PASSWORD 'sesame'" shop
sed -n 's/^-- ACL /ACL /p' "$build/setup.sql" | sed 's/>PASSWORD/>sesame/' | redis -e

step "tributary check, preview"
in_root tributary check "$config"
in_root tributary preview "$config"

step "tributary run, and a change"
$in_root tributary run "$config" 2>"$build/run.log" & # not by the function: $! is the agent, and not a shell
agent=$!
for _ in $(seq 300); do
    [ "$(servers_psql pg -c "SELECT count(*) FROM pg_replication_slots WHERE active" shop)" = 0 ] || break
    sleep 0.1
done
servers_psql pg -c "UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'SKU-1'" shop
timeout 30 chroot "$root" tributary tail --redis "$url" --since 10m --limit 1 inventory | tee "$build/event"
grep -q '"type":"inventory\.' "$build/event"
sleep 2 # so that status has heard of it
redis HGETALL 'cdc:state:{inventory}:SKU-1:north'
in_root tributary status "$config"
kill "$agent" && wait "$agent"
servers_stop pg INT

step "removal keeps configurations"
in_root apt-get -qq -o Dpkg::Use-Pty=0 remove -y tributary >"$build/remove.log" 2>&1 || { tail "$build/remove.log"; exit 1; }
[ ! -e "$root/usr/bin/tributary" ]
[ -e "$root/etc/tributary/shop.yaml" ] && [ -e "$root/etc/tributary/credentials/shop.source" ]
rm -rf "$root"
step "done"

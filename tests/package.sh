#!/usr/bin/env bash
# The package as an administrator meets it: lintian, a fresh Debian 12 root, apt, the program, its manual, removal. As root, in
# the build folder; the packages of the fresh root are fetched. $1: the build folder.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "$1")
deb=$(ls "$build"/tributary_*_*.deb)
root=$build/root
step() { printf '\n== %s (%ds)\n' "$*" "$SECONDS"; }
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive TERM=dumb "$@"; }

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

step "a configuration, and its check"
in_root sh -c 'umask 077; echo sesame >/etc/tributary/credentials/shop.source; echo sesame >/etc/tributary/credentials/shop.redis
    umask 022; cat >/etc/tributary/shop.yaml' <<'YAML'
version: 1
connector: shop
source: {type: postgresql, host: /run/postgresql, database: shop, user: tributary, password: "${cred:source}"}
redis: {url: "redis://127.0.0.1:6379/0", user: tributary-writer, password: "${cred:redis}"}
tables:
  public.stock: {entity: inventory, key: {sku: sku, location: branch}, fields: {quantity: on_hand}}
YAML
in_root tributary check --no-connect /etc/tributary/shop.yaml

step "removal keeps configurations"
in_root apt-get -qq -o Dpkg::Use-Pty=0 remove -y tributary >"$build/remove.log" 2>&1 || { tail "$build/remove.log"; exit 1; }
[ ! -e "$root/usr/bin/tributary" ]
[ -e "$root/etc/tributary/shop.yaml" ] && [ -e "$root/etc/tributary/credentials/shop.source" ]
rm -rf "$root"
step "done"

#!/bin/sh
# Installs those of the named Debian packages that are missing; says nothing when all are there.
set -eu
missing=
for p in "$@"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get -qq update
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
# Only its promtool is wanted.
case " $missing " in
*' prometheus '*) [ ! -d /run/systemd/system ] || $sudo systemctl --quiet disable --now prometheus ;;
esac

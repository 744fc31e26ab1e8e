#!/bin/bash
# Servers of other versions than the machine's, for tests: Debian packages of newer suites, unpacked into a folder.
#
#     tests/lib/versions.sh FOLDER NAME…     NAME: mariadb11 mysql9 postgresql17 postgresql18 redis8 valkey9 oracle
#
# Prints the assignments that make the tests use them (PG_BIN=…, MARIADBD=…, MYSQLD=…, REDIS_SERVER=…; ORACLE=… is Oracle's
# client library), so that `env $(tests/lib/versions.sh build/versions mysql9) build/test-integration` does it. Nothing is installed:
# a version is a folder FOLDER/NAME, fetched once, through the mirror that apt uses here (or $DEBIAN_MIRROR); apt checks the signatures.
#
# Each program is a script that starts the real one (in PROGRAMS.elf) through the loader and with the libraries of its
# own suite, because these are newer than the machine's. Runs as root and as an ordinary user.
set -euo pipefail
umask 022
folder=${1:?folder}
shift

die() {
    echo "versions: $*" >&2
    exit 1
}

# What to fetch: the suite, and the packages whose files are wanted. Their libraries come by themselves.
choose() {
    case $1 in
    mariadb11) suite=trixie packages='mariadb-server-core mariadb-client-core' ;;
    mysql9) suite=sid packages=mysql-server-core ;;
    postgresql17) suite=trixie packages='postgresql-17 postgresql-client-17' ;;
    postgresql18) suite=sid packages='postgresql-18 postgresql-client-18' ;;
    redis8) suite=trixie packages='redis-server redis-tools' ;;
    valkey9) suite=sid packages='valkey-server valkey-tools' ;;
    oracle) suite=sid packages='libmysqlclient-dev' ;;
    *) die "no version is called \"$1\"" ;;
    esac
}

assignments() {
    case $1 in
    mariadb*) echo "MARIADBD=$folder/$1/usr/sbin/mariadbd" ;;
    mysql*) echo "MYSQLD=$folder/$1/usr/sbin/mysqld" ;;
    postgresql*) echo "PG_BIN=$folder/$1/usr/lib/postgresql/${1#postgresql}/bin" ;;
    redis*) echo "REDIS_SERVER=$folder/$1/usr/bin/redis-server" ;;
    valkey*) echo "REDIS_SERVER=$folder/$1/usr/bin/valkey-server" ;;
    oracle) echo "ORACLE=$folder/$1" ;;
    esac
}

# As root the servers run as another user, who may not be allowed into this tree (a clone below /root): then elsewhere.
settle() {
    local user=postgres
    mkdir -p "$folder"
    folder=$(realpath "$folder")
    [ "$(id -u)" = 0 ] || return 0
    id -u postgres >/dev/null 2>&1 || user=nobody
    setpriv --reuid="$user" --clear-groups test -x "$folder" 2>/dev/null && return 0
    folder=/var/tmp/tributary-versions
    mkdir -p "$folder"
    [ -O "$folder" ] || die "$folder belongs to somebody else"
    chmod 755 "$folder"
}

mirror() {
    local uri
    # shellcheck disable=SC2016 # apt expands it
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' | grep -E '/debian/?$' | head -n 1) || :
    uri=${DEBIAN_MIRROR:-$uri}
    [ -n "$uri" ] || die "apt knows no mirror of Debian: set DEBIAN_MIRROR to its address"
    echo "$uri"
}

# An apt of its own for one suite: it knows of no installed package, and writes nowhere else.
suite_begin() {
    local apt=$folder/apt/$suite
    export APT_CONFIG=$apt/apt.conf
    [ ! -e "$apt/updated" ] || return 0
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    : >"$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
    cat >"$APT_CONFIG" <<C
Dir::State "$apt"; Dir::State::Lists "$apt/lists"; Dir::State::Status "$apt/status"; Dir::Cache "$apt"; Dir::Cache::Archives "$apt/archives";
Dir::Etc::SourceList "$apt/sources.list"; Dir::Etc::SourceParts "/dev/null"; Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
APT::Sandbox::User ""; APT::Install-Recommends "0"; APT::Update::Error-Mode "any"; Acquire::Languages "none"; Acquire::Retries "3"; Debug::NoLocking "1";
C
    apt-get -qq update >"$apt/log" 2>&1 || {
        cat "$apt/log" >&2
        die "the mirror $mirror does not give the suite $suite; name another one as DEBIAN_MIRROR"
    }
    touch "$apt/updated"
}

# Of everything that an installation would bring: the packages themselves and shared libraries.
wanted() {
    local inst name version
    while read -r inst name version _; do
        [ "$inst" = Inst ] || continue
        case " $packages " in *" $name "*) echo "$name=${version#(}" && continue ;; esac
        case $name in
        *-dev | *-perl | *-bin | libperl* | libllvm* | libz3-* | libdb5* | libgdbm* | libsystemd-shared) ;;
        lib*) echo "$name=${version#(}" ;;
        esac
    done
}

# Scripts in place of the programs of a folder; these see their own path, from which servers find their other files.
wrap() {
    local dir=$1 program loader libraries
    [ -d "$dir" ] || return 0
    loader=$(find "$work/usr/lib" -name 'ld-linux-*.so.*' -printf '%P\n' -quit)
    libraries=$final/usr/lib/${loader%/*}
    mv "$work/$dir" "$work/$dir.elf"
    mkdir "$work/$dir"
    for program in "$work/$dir.elf"/*; do
        program=${program##*/}
        if [ "$(head -c 4 "$work/$dir.elf/$program" 2>/dev/null)" = $'\x7fELF' ]; then
            printf '#!/bin/sh\nexec %s --argv0 %s --library-path %s %s "$@"\n' "$final/usr/lib/$loader" "$final/$dir/$program" \
                "$libraries" "$final/$dir.elf/$program" >"$work/$dir/$program"
            chmod 755 "$work/$dir/$program"
        else
            cp -P "$work/$dir.elf/$program" "$work/$dir/$program"
        fi
    done
}

fetch() {
    local name=$1 final=$folder/$1 work=$folder/$1.new list file dir
    choose "$name"
    suite_begin
    echo "versions: fetching $name from $suite" >&2
    # shellcheck disable=SC2086 # a list of words
    list=$(apt-get -qq -s install $packages | wanted) || die "the suite $suite of $mirror lacks $packages"
    rm -rf "$work" "$final" "$folder/debs/$name"
    mkdir -p "$work" "$folder/debs/$name"
    # shellcheck disable=SC2086 # a list of words
    (cd "$folder/debs/$name" && apt-get -qq download $list >&2) || die "the mirror $mirror does not give every package of $name"
    for file in "$folder/debs/$name"/*.deb; do
        dpkg-deb --fsys-tarfile "$file" | tar x -C "$work" --no-same-owner --exclude='./usr/share/doc*' \
            --exclude=./usr/share/man --exclude=./usr/share/locale --exclude='*llvmjit*'
    done
    rm -rf "$folder/debs/$name"
    cd "$work"
    for dir in usr/bin usr/sbin usr/lib/postgresql/*/bin; do
        wrap "$dir"
    done
    cd - >/dev/null
    touch "$work/.complete"
    mv "$work" "$final"
}

[ $# -gt 0 ] || die "name at least one version"
for name in "$@"; do
    choose "$name"
done
settle
exec 9>"$folder/lock"
flock 9
mirror=$(mirror)
rm -f "$folder"/apt/*/updated # a mirror keeps no packages that yesterday's lists name
for name in "$@"; do
    [ -e "$folder/$name/.complete" ] || fetch "$name"
    assignments "$name"
done

#!/bin/sh
# Installs the Debian packages that are missing, by apt-get.
#
#   tools/deps.sh build|dev|cross
set -eu

build='gcc libc6-dev make libsodium-dev liblmdb-dev libnng-dev libjansson-dev libinih-dev
       libmicrohttpd-dev libutf8proc-dev libssl-dev libcmocka-dev gettext python3'
dev='clang libclang-rt-14-dev llvm-14 clang-tidy cppcheck'
cross='gcc-aarch64-linux-gnu libc6-dev-arm64-cross'

case ${1:-build} in
build) wanted=$build ;;
dev) wanted="$build $dev" ;;
cross) wanted="$build $cross" ;;
*) echo "usage: $0 build|dev|cross" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
    echo "deps: no apt-get here; see that these are installed:" $wanted
    exit 0
fi
missing=
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo >/dev/null; then
    sudo=sudo
else
    echo "deps: missing:$missing" >&2
    echo "deps: run as root: apt-get install$missing" >&2
    exit 1
fi
echo "deps: installing with apt-get:$missing"
$sudo apt-get -q update
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing

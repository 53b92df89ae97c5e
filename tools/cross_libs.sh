#!/bin/sh
# Unpacks Debian's aarch64 libraries and headers into a folder of the build, without installing them
# and without root: apt-get works on a state of its own inside that folder.
#
#   tools/cross_libs.sh ROOT
set -eu

root=$1
packages='libsodium-dev libsodium23 liblmdb-dev liblmdb0 libnng-dev libnng1 libjansson-dev libjansson4
          libinih-dev libinih1 libutf8proc-dev libutf8proc2 libssl-dev libssl3
          libmicrohttpd-dev libmicrohttpd12 libgnutls30 libnettle8 libhogweed6 libgmp10 libp11-kit0
          libidn2-0 libunistring2 libtasn1-6 libffi8 libmbedtls14 libmbedx509-1 libmbedcrypto7'
[ ! -e "$root/complete" ] || exit 0

state=$root/apt
mkdir -p "$state/lists/partial" "$state/archives/partial"
: >"$state/status"
here=$(cd "$state" && pwd)
apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
        -o Dir::State="$here" -o Dir::State::status="$here/status" \
        -o Dir::Cache="$here" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
echo "cross: fetching aarch64 libraries with apt-get into $root"
apt update >"$state/update.log"
(cd "$state/archives" && apt download $packages >../download.log)
for package in "$state"/archives/*.deb; do
    dpkg-deb -x "$package" "$root"
done
touch "$root/complete"

#!/usr/bin/env bash
# setup.sh - Gradescope runs it once, as root, when it builds the autograder's image.
#
# It installs a compiler, make and bats.  Ubuntu 22.04 has bats 1.2.1, which is too old
# for the tests; there we take a newer one from its authors.
set -eu
bats_release=v1.11.0

apt-get update
apt-get install -y build-essential bats git
version=$(bats --version) # such as "Bats 1.2.1"
oldest=$(printf '%s\n' "${version#Bats }" 1.8.2 | sort -V | head -n 1)
if [ "$oldest" != 1.8.2 ]; then
    git clone --depth 1 --branch "$bats_release" https://github.com/bats-core/bats-core.git /tmp/bats-core
    /tmp/bats-core/install.sh "${PREFIX:-/usr/local}"
fi

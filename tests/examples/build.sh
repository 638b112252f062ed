#!/usr/bin/env bash
# Runs the commands of sdk/examples/README.md and compares what they print. Then builds the connector that panics.
#   build.sh TAPSTER SOURCE SCRATCH CC CFLAGS RUSTC
# The connectors are then in SCRATCH.
set -euo pipefail
tapster=$1 source=$2 scratch=$3 cc=$4 cflags=$5 rustc=$6
page=$source/sdk/examples/README.md

blocks() { awk -v fence='```'"$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' "$page"; }

# The compilers of this build. Optimizing takes Rust longer than all the tests.
cc() { command "$cc" $cflags "$@"; }
rustc() { command "$rustc" "${@/#-O/-Copt-level=0}" -D warnings; }
tapster() { command "$tapster" "$@"; }

rm -rf "$scratch" && mkdir -p "$scratch"
cd "$scratch"
ln -s "$source/sdk" sdk
blocks sh > commands
blocks text > expected
[ -s commands ] && [ -s expected ]
source commands > printed
diff expected printed
rustc --edition 2021 --crate-type cdylib -o tapster-panics.so "$source/tests/examples/panics.rs"

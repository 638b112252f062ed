#!/usr/bin/env bash
# Installs the SDK and builds connectors against it. build.sh BUILD SOURCE SCRATCH CMAKE_OPTIONS NAME…
# A plugin is then SCRATCH/NAME/tapster-NAME.so. A second run builds only what has changed.
set -euo pipefail
build=$1 source=$2 scratch=$3
IFS=';' read -ra options <<< "$4"
shift 4
rm -rf "$scratch/sdk"
cmake --install "$build/sdk" --prefix "$scratch/sdk" >/dev/null
for name in "$@"; do
  cmake -S "$source/$name" -B "$scratch/$name" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/sdk" "${options[@]}" >/dev/null
  cmake --build "$scratch/$name"
done

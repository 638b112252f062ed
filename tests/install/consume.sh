#!/usr/bin/env bash
# Uses the project as another project would. consume.sh WAY BUILD SOURCE SCRATCH
#   moved            installs, moves the tree, lists its connectors, and starts the tap
#   find_package     builds tests/install/hello with the installed SDK, and reads from it with the installed program;
#                    builds its test with the installed tapster::testing, and runs it
#   add_subdirectory builds it with the source tree
#   c                builds the connector in C with only connector.h
set -euo pipefail
way=$1 build=$2 source=$3 scratch=$4
rm -rf "$scratch" && mkdir -p "$scratch"
cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/tree"
tapster=$scratch/tree/bin/tapster
echo '{"names":["Ann","Bob"]}' > "$scratch/config.json"

read_hello() {
  "$tapster" list --plugin-dir "$scratch/build" | grep '^hello '
  "$tapster" read hello --plugin-dir "$scratch/build" --config "$scratch/config.json" --format jsonl | sort > "$scratch/out"
  diff "$scratch/out" - <<'ROWS'
{"stream":"greetings","record":{"name":"Ann","greeting":"hello"}}
{"stream":"greetings","record":{"name":"Bob","greeting":"hello"}}
ROWS
}

case $way in
  moved)
    "$tapster" list | grep '^postmark '
    "$scratch/tree/bin/tap-postmark" --version | grep '^tap-postmark '
    ;;
  find_package)
    cmake -S "$source/tests/install/hello" -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/tree" >/dev/null
    cmake --build "$scratch/build"
    read_hello
    cmake -S "$source/tests/install/hello_test" -B "$scratch/test" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/tree" >/dev/null
    cmake --build "$scratch/test"
    "$scratch/test/hello_test"
    ;;
  add_subdirectory)
    cmake -S "$source/tests/install/hello" -B "$scratch/build" -G Ninja -DTAPSTER_SOURCE="$source" >/dev/null
    cmake --build "$scratch/build" --target tapster-hello
    read_hello
    ;;
  c)
    mkdir "$scratch/build"
    cc -std=c11 -shared -fPIC -fvisibility=hidden -I "$scratch/tree/include" "$source/tests/abi/counter.c" -o "$scratch/build/tapster-counter.so"
    "$tapster" list --plugin-dir "$scratch/build" | grep '^counter '
    ;;
esac

#!/usr/bin/env bash
# Uses the project as another project would. consume.sh WAY BUILD SOURCE SCRATCH
#   moved            installs into SCRATCH, moves the tree, lists its connectors, starts the tap, and looks for
#                    manual pages and completion. The others use this tree
#   find_package     builds tests/install/hello with the installed SDK, reads from it, installs it, and starts its tap;
#                    builds its test with the installed tapster::testing, and runs it
#   add_subdirectory builds it with the source tree
#   fetch_content    configures it with FetchContent; the build is then that of add_subdirectory
#   postmark         builds plugins/postmark as a project of its own
#   c                builds the connector in C with only connector.h
set -euo pipefail
way=$1 build=$2 source=$3 scratch=$4
tree=$scratch/tree
tapster=$tree/bin/tapster
project=$scratch/$way
rm -rf "$project" && mkdir -p "$project"

configure() { cmake -G Ninja -S "$1" -B "$project/build" "${@:2}" > "$project/log" || { cat "$project/log"; return 1; }; }

# Greets two people with the plugin of the options.
read_hello() {
  echo '{"names":["Ann","Bob"]}' > "$project/config.json"
  "$tapster" read hello "$@" --config "$project/config.json" --format jsonl --quiet | sort > "$project/out"
  diff "$project/out" - <<'ROWS'
{"stream":"greetings","record":{"name":"Ann","greeting":"hello"}}
{"stream":"greetings","record":{"name":"Bob","greeting":"hello"}}
ROWS
}

case $way in
  moved)
    rm -rf "$tree"
    cmake --install "$build" --prefix "$project/tree" > "$project/log"
    mv "$project/tree" "$tree"
    "$tapster" list | grep '^postmark '
    "$tree/bin/tap-postmark" --version | grep '^tap-postmark '
    for page in tapster tap-postmark source-postmark $("$tapster" complete "" | cut -f 1 | sed 's/^/tapster-/'); do
      gzip -t "$tree/share/man/man1/$page.1.gz"
    done
    (source "$tree/share/bash-completion/completions/tap-postmark" && complete -p tapster tap-postmark source-postmark)
    zsh -n "$tree/share/zsh/site-functions/_tapster"
    fish --no-execute "$tree/share/fish/vendor_completions.d/source-postmark.fish"
    ;;
  find_package)
    configure "$source/tests/install/hello" -DCMAKE_PREFIX_PATH="$tree"
    cmake --build "$project/build"
    read_hello --plugin-dir "$project/build"
    cmake --install "$project/build" --prefix "$tree"
    read_hello
    "$tree/bin/tap-hello" --version | grep '^tap-hello '
    [ -L "$tree/bin/source-hello" ]
    cmake -G Ninja -S "$source/tests/install/hello_test" -B "$project/test" -DCMAKE_PREFIX_PATH="$tree" > "$project/log"
    cmake --build "$project/test"
    "$project/test/hello_test"
    ;;
  add_subdirectory)
    ln -s "$source" "$project/source"
    configure "$source/tests/install/hello" -DTAPSTER_SOURCE="$project/source" -DCMAKE_UNITY_BUILD=ON \
      -DCMAKE_UNITY_BUILD_BATCH_SIZE=12
    cmake --build "$project/build" --target tapster-hello
    read_hello --plugin-dir "$project/build"
    ;;
  fetch_content)
    ln -s "$source" "$project/source"
    configure "$source/tests/install/hello" -DTAPSTER_SOURCE="$project/source" -DTAPSTER_FETCH=ON
    ninja -C "$project/build" -t query tapster-hello.so | grep 'libtapster_sdk.a'
    ;;
  postmark)
    configure "$source/plugins/postmark" -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12
    cmake --build "$project/build"
    export TAP_POSTMARK_POSTMARK_SERVER_TOKEN=none TAP_POSTMARK_POSTMARK_ACCOUNT_TOKEN=none TAP_POSTMARK_START_DATE=2026-01-01
    "$tapster" discover postmark --plugin-dir "$project/build" --config ENV > "$project/out"
    "$tapster" discover postmark --config ENV | cmp "$project/out" -
    ;;
  c)
    mkdir "$project/build"
    cc -std=c11 -shared -fPIC -fvisibility=hidden -I "$tree/include" "$source/tests/abi/counter.c" \
      -o "$project/build/tapster-counter.so"
    "$tapster" list --plugin-dir "$project/build" | grep '^counter '
    ;;
esac

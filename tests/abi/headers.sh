#!/usr/bin/env bash
# Checks the C headers as C11, C17 and C++11 to C++23, with gcc and clang. headers.sh SOURCE
set -uo pipefail
failed=0
check() {
  local compiler=$1 language=$2
  shift 2
  for standard in "$@"; do
    "$compiler" -x "$language" -std="$standard" -pedantic -Wall -Wextra -Werror -fsyntax-only \
      -I "$source/sdk/include" "$source/tests/abi/headers.c" || { echo "failed: $compiler -std=$standard"; failed=1; }
  done
}
source=$1
for compiler in gcc clang; do check "$compiler" c c11 c17; done
for compiler in g++ clang++; do check "$compiler" c++ c++11 c++14 c++17 c++20 c++2b; done
exit "$failed"

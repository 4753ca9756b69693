#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for SECONDS on one core, one after the other:
#   tests/fuzz/run.sh SECONDS [TARGET...]
# Builds them first (clang, libFuzzer, ASan, UBSan) in ${FUZZ_BUILD:-build/fuzz}.
# What is learned is kept in <build>/corpus, what fails in <build>/failed; the
# last lines are a table. Fails when some target did.
set -eu

seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$root/build/fuzz}

cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS_DEBUG="-O1 -g" -DSWEEPER_SANITIZE=address,undefined -DSWEEPER_FUZZ=ON >/dev/null

if [ $# -eq 0 ]; then
    for source in "$root"/tests/fuzz/fuzz_*.c; do
        what=$(basename "$source" .c)
        set -- "$@" "${what#fuzz_}"
    done
fi
for what in "$@"; do
    cmake --build "$build" --target "fuzz_$what" -j "${FUZZ_JOBS:-2}" >/dev/null
done

mkdir -p "$build/failed"
failures=0
table="target executions per-second seconds result"
for what in "$@"; do
    learned=$build/corpus/$what
    log=$build/fuzz-$what.log
    mkdir -p "$learned"
    result=ok
    words=$root/tests/fuzz/dict/$what
    [ -f "$words" ] || words=
    nice -n 10 "$build/tests/fuzz/fuzz_$what" ${words:+"-dict=$words"} \
        -max_total_time="$seconds" -max_len=8192 -timeout=20 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/failed/$what-" \
        "$learned" "$root/tests/fuzz/corpus/$what" >"$log" 2>&1 || result=FAILED
    [ "$result" = ok ] || failures=$((failures + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    table="$table
$what ${runs:-?} ${rate:-?} $seconds $result"
    echo "$what: ${runs:-?} executions, ${rate:-?}/s, $result"
done
echo "$table" | column -t
[ "$failures" -eq 0 ]

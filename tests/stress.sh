#!/usr/bin/env bash
# Run the tests of the shell again and again while all cores are busy; count the runs that fail.
#
#     tests/stress.sh [RUNS] [PYTEST ARGUMENTS]
set -uo pipefail
cd "$(dirname "$0")/.."
runs=${1:-20}
shift || true
[ $# -gt 0 ] || set -- tests/shell

busy=()
for _ in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
  python -c 'while True: pass' &
  busy+=($!)
done
trap 'kill "${busy[@]}"' EXIT

failed=0
for run in $(seq "$runs"); do
  log=$(python -m pytest -q -p no:cacheprovider "$@" 2>&1) || {
    failed=$((failed + 1))
    grep -aE '^(FAILED|ERROR)' <<< "$log"
  }
  echo "run $run of $runs: $(grep -aE '(passed|failed|error)' <<< "$log" | tail -n 1)"
done
echo "$((runs - failed)) passed, $failed failed"
((failed == 0))

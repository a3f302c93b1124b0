#!/bin/sh
# Small fits, checked for being right and not for being fast: for continuous integration. Needs no Python.
#   Benchmarks/smoke.sh [path of suffice-bench]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -gt 0 ]; then
  program=$1
else
  swift build --package-path "$root" -c release --product suffice-bench
  program=$(swift build --package-path "$root" -c release --show-bin-path)/suffice-bench
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$program" smoke "$folder"

# The commands that bench.py calls, on the files that the checks have left: they must answer, with numbers.
expect() {
  name=$1
  shift
  line=$("$@")
  case $line in
    *"$name\": null"*) echo "no number for $name: $line" >&2; exit 1 ;;
    *"$name\": "*) ;;
    *) echo "no $name in: $line" >&2; exit 1 ;;
  esac
}
for work in W1 W2 W4 W5; do
  expect secondsPerSweep "$program" sweep "$work" "$folder/$work-train.npy" --passes 3
done
expect secondsPerSweep "$program" chain --rows 2000 --passes 3
expect documentsPerSecond "$program" topics "$folder/topics-train.npy" --topics 4 --words 40 --batch 40
expect heldOutMeanLogDensity \
  "$program" whole W1 "$folder/W1-train.csv" "$folder/W1-heldout.csv" --output "$folder/whole.fit"

# A mistake must be told, and not only in words.
if "$program" sweep W9 "$folder/W1-train.npy" 2>/dev/null; then
  echo "an unknown workload was accepted" >&2
  exit 1
fi
echo "benchmarks: fine"

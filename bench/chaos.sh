#!/usr/bin/env bash
# One seeded schedule of faults on real processes of this machine: kills, freezes, network cuts, a full disk, a killed coordinator, joins and leaves.
# Prints the table of tests/cluster/Chaos and exits with 0 where weights, optimizer and ledger are those of an undisturbed run.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
faults=20 seed=1
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) echo "usage: bench/chaos.sh [--faults N] [--seed S]   needs ./build.sh to have run; about two seconds a fault"; exit 0 ;;
    --faults | --seed)
      [[ "${2:-}" =~ ^[1-9][0-9]{0,5}$ ]] || { echo "bench/chaos.sh: $1 takes a number from 1 to 999999" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "bench/chaos.sh: there is no option $1; the options are --faults N and --seed S" >&2; exit 2 ;;
  esac
done
[ -x dist/orchestrator ] || { echo "bench/chaos.sh: dist/orchestrator is missing; run ./build.sh first" >&2; exit 2; }
report=$(mktemp) log=$(mktemp)
trap 'rm -f "$report" "$log"' EXIT
dotnet build tests/cluster -c Release -v q -nologo -nodeReuse:false > "$log" || { cat "$log" >&2; exit 1; }
code=0
ORCHESTRATOR_BIN=$PWD/dist/lib ORCHESTRATOR_CHAOS_FAULTS=$faults ORCHESTRATOR_CHAOS_SEED=$seed ORCHESTRATOR_CHAOS_REPORT=$report \
  artifacts/bin/Orchestrator.ClusterTests/release/Orchestrator.ClusterTests -noLogo -noColor -method "*The_schedule_that_was_asked_for*" < /dev/null > "$log" 2>&1 || code=$?
cat "$report"
[ "$code" = 0 ] || { cat "$log" >&2; exit 1; }

#!/usr/bin/env bash
# The coordinator alone under a fleet of simulated workers (real sessions, a process of their own): round trip and cost of a heartbeat,
# memory, and how long they take to come back after a kill -9 and a restart.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
workers=10000 runs=200 seconds=15 core=
usage="usage: bench/coordinator.sh [--workers N] [--runs N] [--seconds N] [--core N]   --core ties the coordinator to one processor and the load to the others"
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) echo "$usage"; exit 0 ;;
    --workers | --runs | --seconds | --core)
      [[ "${2:-}" =~ ^[0-9]+$ ]] || { echo "bench/coordinator.sh: $1 takes a number" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "bench/coordinator.sh: there is no option $1" >&2; exit 2 ;;
  esac
done
[ "$workers" -ge "$runs" ] && [ "$runs" -ge 1 ] || { echo "bench/coordinator.sh: --workers must be at least --runs, and that at least 1" >&2; exit 2; }
dotnet build coordinator -c Release -v q -nologo > /dev/null
dotnet build bench/coordinator -c Release -v q -nologo > /dev/null
work=$(mktemp -d)
export ORCHESTRATOR_TOKEN=bench
coordinator=
cleanup() { [ -z "$coordinator" ] || kill -9 "$coordinator" 2> /dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
mkdir "$work/corpus"
printf vocabulary > "$work/corpus/spiece.model"
sha=$(sha256sum < "$work/corpus/spiece.model" | cut -d' ' -f1)
cat > "$work/corpus/manifest.json" << MANIFEST
{"version":1,"fingerprint":"bench","vocabulary":{"sha256":"$sha","pieces":400},
 "train":{"documents":1000,"tokens":10000000,"bytes":40000000,"shards":["train-00000"]},
 "validation":{"documents":10,"tokens":100000,"bytes":400000,"shards":["validation-00000"]},"files":[]}
MANIFEST

start() {
  local tie=()
  # With one processor 'orchestrator coordinator' starts it so.
  [ -z "$core" ] || tie=(taskset -c "$core" env DOTNET_GCgen0size=0x10000000)
  "${tie[@]}" artifacts/bin/Orchestrator.Coordinator/release/orchestrator-coordinator --data "$work/data" --listen "$1" 2>> "$work/log" &
  coordinator=$!
  echo "$coordinator" > "$work/process"
  until [ -s "$work/data/endpoint" ] || ! kill -0 "$coordinator" 2> /dev/null; do sleep 0.05; done
  [ -s "$work/data/endpoint" ] || { tail -5 "$work/log" >&2; exit 1; }
}

grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /machine: /'
echo "cores: $(nproc), load before: $(cut -d' ' -f1 /proc/loadavg), .NET $(dotnet --version)"
start http://127.0.0.1:0
url=$(cat "$work/data/endpoint")
# The generator collects seldom and keeps off the coordinator's core: its own pauses would be taken for the coordinator's.
apart=()
[ -z "$core" ] || apart=(taskset -c "$(seq -s, 0 $(($(nproc) - 1)) | tr , '\n' | grep -vx "$core" | paste -sd,)")
coproc LOAD { exec "${apart[@]}" env DOTNET_gcServer=1 DOTNET_GCgen0size=0x40000000 artifacts/bin/Orchestrator.CoordinatorBench/release/Orchestrator.CoordinatorBench "$url" "$work/process" "$work/corpus" "$workers" "$runs" "$seconds"; }
load=$LOAD_PID
exec 3<&"${LOAD[0]}" 4>&"${LOAD[1]}"
while read -r line <&3; do
  if [ "$line" = restart ]; then
    kill -9 "$coordinator"
    wait "$coordinator" 2> /dev/null || true
    rm -f "$work/data/endpoint"
    start "$url"
    echo >&4
  else
    echo "$line"
  fi
done
wait "$load"
echo "load after: $(cut -d' ' -f1 /proc/loadavg)"

#!/usr/bin/env bash
# What exactness costs: the canonical tree beside a plain ring all-reduce over the same connections, and as a share of real steps of two and four workers
# (the shapes of bench/run.sh: 9.4 M weights, microbatch 8 of 256 + 58 tokens).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
case "${1:-}" in
  -h | --help) echo "usage: bench/collectives.sh [--steps N] [--rounds N]   needs ./build.sh to have run"; exit 0 ;;
esac
steps=10 rounds=20
while [ $# -gt 0 ]; do
  case "$1" in
    --steps) steps=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    *) echo "bench/collectives.sh: there is no option $1; the options are --steps N and --rounds N" >&2; exit 2 ;;
  esac
done
[ -x dist/orchestrator ] || { echo "bench/collectives.sh: dist/orchestrator is missing; run ./build.sh first" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /machine: /'
echo "cores: $(nproc), load before: $(cut -d' ' -f1 /proc/loadavg)"
dotnet build bench -c Release -v q -nologo -nodeReuse:false > "$work/build.log" || { cat "$work/build.log" >&2; exit 1; }
OMP_NUM_THREADS=1 artifacts/bin/Orchestrator.Bench/release/Orchestrator.Bench collectives --rounds "$rounds" > "$work/sums.jsonl"
dist/orchestrator corpus build --input /usr/share/doc/postgresql-doc-15/html --out "$work/corpus" --pieces 2000 > "$work/corpus.log" 2>&1
for workers in 2 4; do
  cat > "$work/run.yaml" <<YAML
name: bench
model: { d_model: 256, d_ff: 1024, d_kv: 64, heads: 4, encoder_layers: 4, decoder_layers: 4, feed_forward: gated-gelu, vocabulary: 8192 }
data: { corpus: $work/corpus, input_length: 256 }
batch: { microbatches: 4, microbatch: 8, steps: $steps }
workers: { min: $workers, max: $workers, threads: 1 }
checkpoint: { every: 0, keep: 1 }
evaluation: { every: 0, microbatches: 1 }
YAML
  dist/orchestrator train "$work/run.yaml" --out "$work/out-$workers" --json > "$work/steps-$workers.jsonl"
done
/usr/bin/python3 - "$work" <<'PYTHON'
import json, statistics, sys
work = sys.argv[1]
print(f"{'workers':8}{'tree, ms':>10}{'ring, ms':>10}{'tree / ring':>13}{'shared memory, ms':>19}{'step, ms':>10}{'exchange of step':>18}{'exactness of step':>19}")
for line in open(f"{work}/sums.jsonl"):
    s = json.loads(line)
    steps = [e for e in map(json.loads, open(f"{work}/steps-{s['workers']}.jsonl")) if e["event"] == "step"][3:]
    step = 1000 * statistics.median(e["step_seconds"] for e in steps)
    exchange = 1000 * statistics.median(e["times"]["exchange"] for e in steps)
    print(f"{s['workers']:<8}{s['tree_ms']:10.1f}{s['ring_ms']:10.1f}{s['ratio']:13.2f}{s['tree_shared_memory_ms']:19.1f}{step:10.0f}{exchange / step:18.1%}{(s['tree_ms'] - s['ring_ms']) / step:19.1%}")
PYTHON

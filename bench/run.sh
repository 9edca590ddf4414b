#!/usr/bin/env bash
# Whole runs beside plain PyTorch DDP, in one go on one machine: tokens per second of one and two workers through the real
# coordinator, scaling efficiency, control-plane overhead, and the ratio to the peer at its best settings.
# Shapes: d 256, ff 1024, 4+4 layers, 4 heads x 64, vocabulary 8192, microbatch 8, 256 + 58 tokens, fp32 (or --bf16).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
case "${1:-}" in
  -h | --help) echo "usage: bench/run.sh [--rounds N] [--steps N] [--bf16]   needs ./build.sh to have run"; exit 0 ;;
esac
rounds=2 steps=24 precision=fp32 peer_options=()
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --bf16) precision=bf16 peer_options=(--bf16); shift ;;
    *) echo "bench/run.sh: there is no option $1" >&2; exit 2 ;;
  esac
done
[ -x dist/orchestrator ] || { echo "bench/run.sh: dist/orchestrator is missing; run ./build.sh first" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /machine: /'
echo "cores: $(nproc), load before: $(cut -d' ' -f1 /proc/loadavg)"

dist/orchestrator corpus build --input /usr/share/doc/postgresql-doc-15/html --out "$work/corpus" --pieces 2000 > "$work/corpus.log"
cat > "$work/run.yaml" <<YAML
name: bench
model: { d_model: 256, d_ff: 1024, d_kv: 64, heads: 4, encoder_layers: 4, decoder_layers: 4, feed_forward: gated-gelu, vocabulary: 8192 }
data: { corpus: $work/corpus, input_length: 256 }
batch: { microbatches: 2, microbatch: 8, steps: $steps }
workers: { min: 1, max: 2, threads: 1, precision: $precision }
checkpoint: { every: 0, keep: 1 }
evaluation: { every: 0, microbatches: 1 }
YAML

peer() { env OMP_NUM_THREADS="$2" /usr/bin/python3 bench/peers/t5_pytorch.py --processes "$1" --threads "$2" --targets 58 --steps 8 ${peer_options[@]+"${peer_options[@]}"}; }
for round in $(seq "$rounds"); do
  for workers in 1 2; do
    sed "s/min: 1/min: $workers/" "$work/run.yaml" > "$work/run-$workers.yaml"
    dist/orchestrator train "$work/run-$workers.yaml" --workers "$workers" --out "$work/out-$round-$workers" --json > "$work/ours-$workers-$round.jsonl"
  done
  peer 2 1 > "$work/peer-ddp-$round.json"
  peer 1 2 > "$work/peer-one-$round.json"
done

/usr/bin/python3 - "$work" "$rounds" <<'PYTHON'
import json, statistics, sys
work, rounds = sys.argv[1], int(sys.argv[2])

def ours(workers):
    best = None
    for r in range(1, rounds + 1):
        steps = [e for e in map(json.loads, open(f"{work}/ours-{workers}-{r}.jsonl")) if e["event"] == "step"][4:]
        seconds = statistics.median(e["step_seconds"] for e in steps)
        rate = steps[0]["tokens"] / seconds
        times = {k: statistics.median(e["times"][k] for e in steps) for k in steps[0]["times"]}
        if best is None or rate > best[0]:
            best = (rate, seconds, times)
    return best

def peer(name):
    return max(json.loads(open(f"{work}/peer-{name}-{r}.json").read().strip().splitlines()[-1])["tokens_per_second"] for r in range(1, rounds + 1))

one, two, ddp, threads = ours(1), ours(2), peer("ddp"), peer("one")
print(f"best of {rounds} rounds, median step         tokens/s")
print(f"one worker, 1 thread                     {one[0]:9.0f}   step {one[1]:.3f} s")
print(f"two workers, 1 thread each               {two[0]:9.0f}   step {two[1]:.3f} s")
print(f"PyTorch DDP, 2 processes x 1 thread      {ddp:9.0f}")
print(f"PyTorch, 1 process x 2 threads           {threads:9.0f}")
print(f"two workers / PyTorch's best             {two[0] / max(ddp, threads):9.2f}")
print(f"scaling efficiency, two of one           {two[0] / (2 * one[0]):9.2f}")
print("a step of two workers: " + ", ".join(f"{k} {v * 1000:.1f} ms" for k, v in two[2].items()))
print(f"control plane                            {100 * two[2]['control'] / two[1]:8.2f} % of step time")
PYTHON

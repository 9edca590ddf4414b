#!/usr/bin/env bash
# gRPC calls a second and latency on loopback: our client and server, grpcio's, and each with the other's, a process each.
# Bodies of 100 bytes, no TLS. grpcio's messages stay bytes, ours go through protobuf.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
python=${PYTHON:-/usr/bin/python3} seconds=2 rounds=2
usage="usage: bench/grpc.sh [--seconds N] [--rounds N]   needs python3-grpcio; each cell is the best round's"
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) echo "$usage"; exit 0 ;;
    --seconds | --rounds)
      [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "bench/grpc.sh: $1 takes a number from 1 up" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "bench/grpc.sh: there is no option $1" >&2; exit 2 ;;
  esac
done
"$python" -c 'import grpc' 2> /dev/null || { echo "bench/grpc.sh: $python has no grpcio; apt-get install python3-grpcio, or name another in PYTHON" >&2; exit 2; }
dotnet build bench/grpc -c Release -v q -nologo > /dev/null
ours=artifacts/bin/Orchestrator.GrpcBench/release/Orchestrator.GrpcBench
peer=("$python" bench/peers/grpc_echo.py)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /machine: /'
echo "cores: $(nproc), load before: $(cut -d' ' -f1 /proc/loadavg), .NET $(dotnet --version), grpcio $("$python" -c 'import grpc; print(grpc.__version__)')"

# PAIR, then the client's command, --, the server's command. The server leaves with its standard input.
pair() {
  local name=$1 client=() port served
  shift
  while [ "$1" != -- ]; do client+=("$1"); shift; done
  shift
  coproc SERVER { exec "$@"; }
  served=$SERVER_PID
  read -r port <&"${SERVER[0]}"
  local target=127.0.0.1:$port
  [ "${client[0]}" = "$ours" ] && target=http://$target
  "${client[@]}" call "$target" "$served" "$seconds" >> "$work/$name"
  eval "exec ${SERVER[1]}>&-"
  wait "$served" || true
}

for _ in $(seq "$rounds"); do
  pair ours "$ours" -- "$ours" serve
  pair grpcio "${peer[@]}" -- "${peer[@]}" serve
  pair our-client "$ours" -- "${peer[@]}" serve
  pair our-server "${peer[@]}" -- "$ours" serve
done

"$python" - "$work" <<'PYTHON'
import json, sys

pairs = ("ours", "grpcio", "our-client", "our-server")
best = {}
for pair in pairs:
    for line in open(f"{sys.argv[1]}/{pair}"):
        row = json.loads(line)
        key = row["name"], pair
        if key not in best or row["per_second"] > best[key]["per_second"]:
            best[key] = row
ratio = lambda name, field, over: best[name, "ours"][field] / best[name, over][field]
print("a cell: calls or messages a second, median/99th percentile in microseconds, processor microseconds of both ends to a call")
print(f"{'':20}{'ours':>28}{'grpcio':>28}{'rate':>7}{'p99':>6}{'cpu':>6}{'our client, its server':>28}{'its client, our server':>28}")
for name in dict.fromkeys(name for name, _ in best):
    cells = []
    for pair in pairs:
        row = best[name, pair]
        latency = f"{row['p50']:.0f}/{row['p99']:.0f}" if row["p50"] is not None else ""
        cells.append(f"{row['per_second']:.0f} {latency:>12} {row['processor']:6.0f}")
    tail = f"{ratio(name, 'p99', 'grpcio'):6.2f}" if best[name, "ours"]["p99"] is not None else f"{'':6}"
    print(f"{name:20}{cells[0]:>28}{cells[1]:>28}{ratio(name, 'per_second', 'grpcio'):7.2f}{tail}{ratio(name, 'processor', 'grpcio'):6.2f}{cells[2]:>28}{cells[3]:>28}")
PYTHON

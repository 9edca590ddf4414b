#!/usr/bin/env bash
# Nanoseconds of processor time per operator: C++, Python and C# over the same libtorch, one thread each, side by side.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=artifacts/bench/engine
mkdir -p "$out"
torch_dir=${Torch_DIR:-}
cmake -S bench/engine -B "$out/cmake" -G Ninja -DCMAKE_BUILD_TYPE=Release ${torch_dir:+-DTorch_DIR="$torch_dir"} >/dev/null
ninja -C "$out/cmake" >/dev/null
dotnet build bench -c Release -v q -nologo >/dev/null
"$out/cmake/operators" >"$out/cpp.txt"
dotnet artifacts/bin/Orchestrator.Bench/release/Orchestrator.Bench.dll operators >"$out/csharp.txt"
"${PYTHON:-/usr/bin/python3}" bench/engine/operators.py >"$out/python.txt"
echo "operator size    C++ ns     C# ns Python ns   C#/C++"
paste -d' ' "$out/cpp.txt" "$out/csharp.txt" "$out/python.txt" |
  awk '{printf "%-10s %4d %9d %9d %9d %8.2f\n", $1, $2, $3, $6, $9, $6 / $3}'

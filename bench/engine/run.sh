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
# The three take turns and the best of each counts, so that what else runs on the machine disturbs all alike.
rm -f "$out"/*.txt
for _ in 1 2 3; do
  "$out/cmake/operators" >>"$out/cpp.txt"
  dotnet artifacts/bin/Orchestrator.Bench/release/Orchestrator.Bench.dll operators >>"$out/csharp.txt"
  "${PYTHON:-/usr/bin/python3}" bench/engine/operators.py >>"$out/python.txt"
done
echo "operator size    C++ ns     C# ns Python ns   C#/C++"
awk 'FNR == 1 { file++ }
  { key = $1 " " $2
    if (!(key in seen)) { seen[key] = 1; order[++count] = key }
    if (!((file, key) in best) || $3 < best[file, key]) best[file, key] = $3 }
  END { for (i = 1; i <= count; i++) { key = order[i]; split(key, part, " ")
    printf "%-10s %4d %9d %9d %9d %8.2f\n", part[1], part[2], best[1, key], best[2, key], best[3, key], best[2, key] / best[1, key] } }' \
  "$out/cpp.txt" "$out/csharp.txt" "$out/python.txt"

#!/usr/bin/env bash
# Builds the whole solution, tests included, with both engines taken from folders, which hold the stand-ins' own assemblies:
# proof that the folder switch gives every project what it needs. Run it after ./build.sh test; it takes some minutes.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

built() { find artifacts/bin -path "*/release/$1" -printf '%T@ %p\n' | sort -rn | head -1 | cut -d' ' -f2-; }
mkdir -p "$work"/torchsharp "$work"/grpc "$work"/copy/artifacts
for file in torchsharp/Orchestrator.Compat.TorchSharp.dll grpc/Orchestrator.Compat.Grpc.dll grpc/Google.Protobuf.dll; do
  from=$(built "$(basename "$file")")
  [ -n "$from" ] || { echo "folder-mode.sh: ${file#*/} is not built; run ./build.sh test first" >&2; exit 2; }
  cp "$from" "$work/$file"
done
cp artifacts/native/liborchestrator_torch.so "$work/torchsharp"

git archive HEAD | tar x -C "$work/copy"
cp -r artifacts/native "$work/copy/artifacts"
cat > "$work/copy/artifacts/engines.props" <<PROPS
<Project>
  <PropertyGroup>
    <TorchSharpFrom>folder</TorchSharpFrom>
    <TorchSharpDir>$work/torchsharp</TorchSharpDir>
    <GrpcFrom>folder</GrpcFrom>
    <GrpcDir>$work/grpc</GrpcDir>
  </PropertyGroup>
</Project>
PROPS
cd "$work/copy"
dotnet build Orchestrator.sln -c Release -v q -nologo -m:2 -nodeReuse:false
dotnet artifacts/bin/Orchestrator.Bench/release/Orchestrator.Bench.dll gpu --device cpu > "$work/bench.txt" || { cat "$work/bench.txt"; exit 1; }
grep 'checks hold' "$work/bench.txt"
echo "The solution builds and its tensor engine runs with both engines taken from folders"

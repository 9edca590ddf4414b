#!/usr/bin/env bash
# The tensor engine on an NVIDIA GPU, on a machine that has a CUDA PyTorch (its libtorch and headers), cmake and g++, but
# no network, no .NET and no package feed.
#
#   bench/gpu.sh PUBLISH
#
# PUBLISH is a self-contained publish of bench/ (see below), as a folder or a .tar.gz / .tar.zst of it.
# The script builds native/torch against the PyTorch it finds, puts it beside the program, runs the operator and gradient
# checks on cuda, and prints each operator's overhead and the matrix product rates. Exit 0 if every check holds.
#
# To make PUBLISH on a machine with .NET (under 60 MiB compressed):
#   dotnet publish bench -c Release -r linux-x64 --self-contained -o out && tar czf publish.tar.gz -C out .
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
publish=${1:-}
if [[ -z $publish || ! -e $publish ]]; then
  echo "usage: bench/gpu.sh PUBLISH (a folder or archive made by 'dotnet publish bench -r linux-x64 --self-contained')" >&2
  exit 2
fi
python=${PYTHON:-python3}
if ! "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  echo "$python has no PyTorch that sees a GPU: set PYTHON to one that does." >&2
  exit 2
fi
for tool in cmake g++; do
  command -v "$tool" >/dev/null || { echo "$tool is missing." >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/program"
if [[ -d $publish ]]; then
  cp -r "$publish/." "$work/program"
else
  tar xf "$publish" -C "$work/program"
fi

prefix=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)')
torch_lib=$("$python" -c 'import torch, os; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
"$python" -c 'import torch; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda, torch.cuda.get_device_name(0))'
# What the wheel's CUDA libraries need at run time lies beside it.
nvidia=$("$python" -c 'import os, torch
root = os.path.join(os.path.dirname(os.path.dirname(torch.__file__)), "nvidia")
print(":".join(os.path.join(d, "lib") for d in (os.path.join(root, n) for n in (os.listdir(root) if os.path.isdir(root) else []))))')

# The library links libtorch by hand: its CMake package wants the CUDA toolkit, which only compiling kernels needs.
include=$("$python" -c 'from torch.utils.cpp_extension import include_paths; print(" ".join("-isystem " + p for p in include_paths()))')
standard=$("$python" -c 'import torch; v = tuple(int(x) for x in torch.__version__.split("+")[0].split(".")[:2]); print("c++20" if v >= (2, 10) else "c++17")')
abi=$("$python" -c 'import torch; print(int(torch._C._GLIBCXX_USE_CXX11_ABI))')
echo "building native/torch against $prefix ($standard)"
pids=()
for source in "$here"/native/torch/*.cpp; do
  # shellcheck disable=SC2086
  g++ -std="$standard" -O2 -fPIC -fvisibility=hidden -D_GLIBCXX_USE_CXX11_ABI="$abi" $include -c "$source" -o "$work/$(basename "$source").o" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
cuda_libraries=()
[[ -e $torch_lib/libtorch_cuda.so ]] && cuda_libraries=(-ltorch_cuda -lc10_cuda)
g++ -shared -o "$work/program/liborchestrator_torch.so" "$work"/*.o -L"$torch_lib" -Wl,-rpath,"$torch_lib" \
  -Wl,--no-as-needed -ltorch -ltorch_cpu -lc10 "${cuda_libraries[@]}"

export LD_LIBRARY_PATH="$torch_lib${nvidia:+:$nvidia}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
chmod +x "$work/program/Orchestrator.Bench"
"$work/program/Orchestrator.Bench" gpu

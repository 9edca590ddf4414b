#!/usr/bin/env bash
# The tensor engine on an NVIDIA GPU, on a machine that has a CUDA PyTorch (its libtorch and headers) and g++, but no
# network, no .NET and no package feed.
#
#   bench/gpu.sh --publish FILE.tar.gz          makes the program, on a machine with .NET: under 60 MiB, .NET within
#   bench/gpu.sh FILE.tar.gz|FOLDER             on the machine with the GPU: builds native/torch against the PyTorch found
#                                               there, checks operators and gradients on cuda, and prints each operator's
#                                               overhead and the matrix product rates. Exit 0 if every check holds.
#   bench/gpu.sh FILE.tar.gz --device cpu       the same without a GPU, against any PyTorch (Debian's python3-torch and
#                                               libtorch-dev will do): proves the way there, and says nothing of a GPU.
#
# PYTHON names another Python than python3. Nothing is written into the repository.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
fail() { echo "gpu.sh: $*" >&2; exit 2; }

if [[ ${1:-} == --publish ]]; then
  target=${2:-}
  [[ $target == *.tar.gz ]] || fail "--publish takes the .tar.gz file to make"
  command -v dotnet >/dev/null || fail "dotnet is missing: --publish is for a machine with the .NET SDK"
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  # No native code (built where it runs), no symbols, no cultures, no files of other machines' kinds.
  dotnet publish "$here/bench" -c Release -r linux-x64 --self-contained -o "$out" -v q -nologo \
    -p:InvariantGlobalization=true -p:DebugType=none -p:SatelliteResourceLanguages=en -p:CopyOutputSymbolsToPublishDirectory=false
  rm -f "$out"/liborchestrator_*.so "$out"/*.pdb "$out"/*.xml
  tar czf "$target" -C "$out" .
  bytes=$(stat -c %s "$target")
  [[ $bytes -lt $((60 << 20)) ]] || fail "$target has $bytes bytes, more than 60 MiB"
  echo "$target: $((bytes >> 20)) MiB"
  exit 0
fi

publish='' device=cuda
while [[ $# -gt 0 ]]; do
  case $1 in
    --device)
      device=${2:-}
      [[ $device == cuda || $device == cpu ]] || fail "--device takes cuda or cpu"
      shift 2 ;;
    -*) fail "there is no option '$1'; the head of this script lists what there is" ;;
    *) publish=$1; shift ;;
  esac
done
[[ -n $publish && -e $publish ]] || fail "name what '--publish' made, a folder or an archive; '$publish' is none"

# What is missing is all said at once.
python=${PYTHON:-python3}
missing=()
command -v g++ >/dev/null || missing+=("g++ is missing")
if ! "$python" -c 'import torch' 2>/dev/null; then
  missing+=("$python has no PyTorch: set PYTHON to one that has")
elif [[ $device == cuda ]] && ! "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  missing+=("PyTorch of $python sees no GPU: nvidia-smi says what the driver sees, and a CPU build of PyTorch never sees one (--device cpu runs without)")
fi
if [[ ${#missing[@]} -gt 0 ]]; then
  printf 'gpu.sh: %s\n' "${missing[@]}" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/program"
if [[ -d $publish ]]; then
  cp -r "$publish/." "$work/program"
else
  tar xf "$publish" -C "$work/program"
fi
[[ -e $work/program/Orchestrator.Bench ]] || fail "'$publish' holds no Orchestrator.Bench: it was not made by '--publish'"

# One look at PyTorch: its name, libraries, headers, C++ standard and ABI. What a wheel's CUDA libraries need at run time lies
# beside it; Debian's PyTorch has its libraries and headers in the system's folders.
mapfile -t torch < <("$python" - <<'PYTHON'
import os, torch
home = os.path.dirname(torch.__file__)
nvidia = os.path.join(os.path.dirname(home), "nvidia")
print("PyTorch", torch.__version__, "CUDA", torch.version.cuda, torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU")
print(os.path.join(home, "lib"))
print(os.path.join(home, "include"))
print("c++20" if tuple(int(x) for x in torch.__version__.split("+")[0].split(".")[:2]) >= (2, 10) else "c++17")
print(int(torch._C._GLIBCXX_USE_CXX11_ABI))
print(":".join(os.path.join(nvidia, name, "lib") for name in (os.listdir(nvidia) if os.path.isdir(nvidia) else [])))
PYTHON
)
echo "${torch[0]}"
torch_lib=${torch[1]} headers=${torch[2]} standard=${torch[3]} abi=${torch[4]} nvidia=${torch[5]:-}
[[ -e $torch_lib/libtorch_cpu.so ]] || torch_lib=/usr/lib/$(uname -m)-linux-gnu
[[ -e $torch_lib/libtorch_cpu.so ]] || fail "libtorch_cpu.so lies neither beside PyTorch nor in $torch_lib"
[[ -e $headers/ATen/ATen.h ]] || headers=/usr/include
[[ -e $headers/ATen/ATen.h ]] || fail "PyTorch's headers are missing (on Debian: libtorch-dev)"
includes=(-isystem "$headers/torch/csrc/api/include")
[[ $headers == /usr/include ]] || includes+=(-isystem "$headers")

# The library links libtorch by hand: its CMake package wants the CUDA toolkit, which only compiling kernels needs.
echo "building native/torch against $torch_lib ($standard)"
pids=()
for source in "$here"/native/torch/*.cpp; do
  g++ -std="$standard" -O2 -fPIC -fvisibility=hidden -D_GLIBCXX_USE_CXX11_ABI="$abi" "${includes[@]}" -c "$source" -o "$work/$(basename "$source").o" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
cuda_libraries=()
[[ -e $torch_lib/libtorch_cuda.so ]] && cuda_libraries=(-ltorch_cuda -lc10_cuda)
g++ -shared -o "$work/program/liborchestrator_torch.so" "$work"/*.o -L"$torch_lib" -Wl,-rpath,"$torch_lib" \
  -Wl,--no-as-needed -ltorch -ltorch_cpu -lc10 "${cuda_libraries[@]}"

export LD_LIBRARY_PATH="$torch_lib${nvidia:+:$nvidia}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
chmod +x "$work/program/Orchestrator.Bench"
"$work/program/Orchestrator.Bench" gpu --device "$device"

# Sourced by build.sh: native and managed code. A part whose sources have not changed since it was last built is left alone.

MANAGED=(core protos training coordinator worker cli compat tests bench)
PROGRAMS=(coordinator/Orchestrator.Coordinator.csproj worker/Orchestrator.Worker.csproj cli/Orchestrator.Cli.csproj)

# A digest of the contents of files and folders, of the engines chosen, and of the SDK.
digest_of() {
  {
    find "$@" \( -name bin -o -name obj -o -name node_modules -o -name __pycache__ \) -prune -o -type f -print0 2> /dev/null \
      | sort -z | xargs -0 -r sha256sum
    cat artifacts/engines.props 2> /dev/null || true
    dotnet --version
  } | sha256sum | cut -d' ' -f1
}

stamped() { [ "$(cat "artifacts/stamps/$1" 2> /dev/null)" = "$2" ]; }
stamp() { printf '%s\n' "$2" > "artifacts/stamps/$1"; }

# Runs a command quietly; on failure shows the lines that matter and says what failed.
quietly() {
  local what=$1 log=$2 started=$SECONDS
  shift 2
  if ! "$@" > "artifacts/logs/$log" 2>&1; then
    grep -E '(error|FAILED|Error)[ :]' "artifacts/logs/$log" | sed 's/ \[[^]]*\]$//' | sort -u | head -20 >&2
    fail "$what failed; the whole output is in artifacts/logs/$log"
  fi
  say "$what: done in $((SECONDS - started)) s"
}

build_native() {
  local digest
  digest=$(digest_of native)
  stamped native "$digest" && compgen -G 'artifacts/native/*.so' > /dev/null && return 0
  native_steps() {
    cmake -S native -B artifacts/cmake -G Ninja -DCMAKE_BUILD_TYPE=Release -Wno-dev && ninja -C artifacts/cmake
  }
  mkdir -p artifacts/native
  quietly "Native code" native.log native_steps
  stamp native "$digest"
}

build_native_tests() {
  local digest
  digest=$(digest_of native)
  stamped native-tests "$digest" && [ -x artifacts/cmake/torch/torch_tests ] && return 0
  test_steps() {
    cmake -S native -B artifacts/cmake -G Ninja -DCMAKE_BUILD_TYPE=Release -Wno-dev && ninja -C artifacts/cmake torch_tests
  }
  quietly "Native tests" native-tests.log test_steps
  stamp native-tests "$digest"
}

managed() { dotnet "$1" "${@:2}" -c Release -v q -nologo -m:2 -nodeReuse:false; }

# Builds a solution or filter in Release unless nothing that it is made of has changed.
build_managed() {
  local name=$1 solution=$2 digest
  digest=$(digest_of "${MANAGED[@]}" artifacts/native Directory.* Engines.props .editorconfig BannedSymbols.txt global.json Orchestrator.sln Products.slnf)
  # A whole build covers the products too.
  stamped "$name" "$digest" || stamped solution "$digest" || {
    quietly "Managed code" "dotnet-$name.log" managed build "$solution"
    stamp "$name" "$digest"
  }
  publish "$digest"
}

# dist/lib holds the three programs side by side; dist/orchestrator starts the command line.
publish() {
  stamped publish "$1" && [ -x dist/orchestrator ] && [ -x dist/lib/orchestrator ] && return 0
  local program
  publish_steps() {
    for program in "${PROGRAMS[@]}"; do
      dotnet publish "$program" -c Release --no-build -v q -nologo -nodeReuse:false -o artifacts/publish/lib || return 1
    done
  }
  rm -rf artifacts/publish/lib
  quietly "dist/" publish.log publish_steps
  mkdir -p dist
  rm -rf dist/lib
  mv artifacts/publish/lib dist/lib
  cat > dist/orchestrator <<'LAUNCHER'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
# An SDK that is only on PATH is found by the programs through this.
if [ -z "$DOTNET_ROOT" ] && command -v dotnet > /dev/null; then
  DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
  export DOTNET_ROOT
fi
exec "$here/lib/orchestrator" "$@"
LAUNCHER
  chmod +x dist/orchestrator
  stamp publish "$1"
}

build_products() { build_native; build_managed products Products.slnf; }
build_everything() { build_native; build_native_tests; build_managed solution Orchestrator.sln; }

# What only the build knows, then what a worker process finds; with --json one object a line from both.
doctor() {
  local version
  version=$(dotnet --version)
  from() { sed -n "s:.*<$1From>\(.*\)</$1From>.*:\1:p" artifacts/engines.props; }
  package() { dpkg-query -W -f '${Version}' "$1" 2> /dev/null || echo none; }
  if [[ " ${rest[*]-} " == *" --json "* ]]; then
    printf '{"event":"build","sdk":"%s","torchsharp_from":"%s","grpc_from":"%s","libtorch_dev":"%s","libgloo_dev":"%s","libsentencepiece_dev":"%s"}\n' \
      "$version" "$(from TorchSharp)" "$(from Grpc)" "$(package libtorch-dev)" "$(package libgloo-dev)" "$(package libsentencepiece-dev)"
  else
    printf '%-34s %s\n' "SDK" "$version" "TorchSharp from" "$(from TorchSharp)" "gRPC from" "$(from Grpc)" \
      "libtorch-dev" "$(package libtorch-dev)" "libgloo-dev" "$(package libgloo-dev)" "libsentencepiece-dev" "$(package libsentencepiece-dev)"
  fi
  dist/orchestrator doctor ${rest[@]+"${rest[@]}"}
}

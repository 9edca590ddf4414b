# Sourced by build.sh: what this machine needs, installed only where it is missing.

APT_BUILD=(g++ cmake ninja-build libtorch-dev libgloo-dev libsentencepiece-dev libcld2-dev libopenblas0-openmp)
# Text for the quickstart's corpus.
APT_RUN=(postgresql-doc-15)
# Independent implementations that tests compare with, and tools that check the sources.
APT_TEST=(clang-format postgresql python3-grpcio python3-protobuf python3-torch python3-numpy)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo > /dev/null; then sudo "$@"; else return 77; fi
}

missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null)" = installed ] || printf '%s ' "$name"
  done
}

install_packages() {
  command -v apt-get > /dev/null || fail "this set-up works on Debian 12, and here is no apt-get; on another system, install what scripts/setup.sh lists and build by hand as docs/development.md says"
  local wanted missing log=artifacts/logs/apt.log
  wanted=("${APT_BUILD[@]}" "${APT_RUN[@]}")
  if [ "$command" = test ]; then
    wanted+=("${APT_TEST[@]}")
    command -v kubectl > /dev/null || wanted+=(kubernetes-client)
    command -v npm > /dev/null || wanted+=(npm)
  fi
  missing=$(missing_packages "${wanted[@]}")
  [ -n "$missing" ] || return 0
  as_root true 2> /dev/null || fail "these Debian packages are missing and this is neither root nor a user of sudo: run 'apt-get install $missing' as root"
  say "Installing Debian packages: $missing"
  as_root apt-get update -qq > "$log" 2>&1 || true
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >> "$log" 2>&1 \
    || fail "apt-get could not install $missing($(grep -m1 '^E:' "$log" || echo "see $log")); mend that, or install them by hand with 'apt-get install $missing'"
}

# OpenBLAS over pthreads under OpenMP programs oversubscribes the cores: a training step takes four times as long.
choose_blas() {
  local folder=/usr/lib/$(uname -m)-linux-gnu name
  for name in libblas.so.3 liblapack.so.3 libopenblas.so.0; do
    local group=$name-$(uname -m)-linux-gnu choice=$folder/openblas-openmp/$name
    [ -e "$choice" ] || continue
    [ "$(readlink -f "/etc/alternatives/$group")" = "$(readlink -f "$choice")" ] && continue
    as_root update-alternatives --quiet --set "$group" "$choice" > /dev/null 2>> artifacts/logs/blas.log \
      || fail "OpenBLAS with OpenMP could not be made the system's $name; run 'update-alternatives --set $group $choice' as root"
    say "The system's $name is now OpenBLAS with OpenMP (update-alternatives --auto $group undoes it)"
  done
}

check_sdk() {
  command -v dotnet > /dev/null || fail "the .NET 10 SDK is missing: install it as https://dotnet.microsoft.com/download/dotnet/10.0 says, so that 'dotnet --version' answers 10.x"
  local version
  version=$(dotnet --version 2> /dev/null) || fail "the .NET SDK here is none that global.json takes (10.0.100 or a later 10.0): $(dotnet --list-sdks 2> /dev/null | cut -d' ' -f1 | tr '\n' ' ')is installed"
  case "$version" in 10.*) ;; *) fail "the .NET 10 SDK is needed and this is $version; https://dotnet.microsoft.com/download/dotnet/10.0 has it" ;; esac
}

# Whether the feed restores these packages (NAME VERSION pairs).
feed_restores() {
  local probe=artifacts/probe/$1 references=""
  shift
  mkdir -p "$probe"
  while [ $# -gt 0 ]; do references+="<PackageReference Include=\"$1\" Version=\"[$2]\" />"; shift 2; done
  # Empty props and targets keep the repository's own away from the scratch project.
  echo '<Project />' | tee "$probe/Directory.Build.props" "$probe/Directory.Build.targets" "$probe/Directory.Packages.props" > /dev/null
  echo "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>$references</ItemGroup></Project>" > "$probe/probe.csproj"
  dotnet restore "$probe/probe.csproj" -v q > "$probe/restore.log" 2>&1
}

# Whether this system loads the native library of TorchSharp's package, which is built for x86-64 and against the C++ runtime of its day.
torchsharp_loads() {
  local packages missing
  packages=$(dotnet nuget locals global-packages -l | sed 's/^[^:]*: *//')
  missing=$(ldd "${packages%/}/torchsharp/$1/runtimes/linux-x64/native/libLibTorchSharp.so" 2>&1 | sed -n "s/.*version \`\(.*\)' not found.*/\1/p" | sort -u | xargs) || true
  [ "$(uname -m)" = x86_64 ] || missing="x86-64"
  [ -n "$missing" ] || return 0
  say "TorchSharp $1 restores and would not load, since $missing is not to be had here: its stand-in is taken"
  return 1
}

version_of() { sed -n "s/.*Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" Directory.Packages.props; }

# What a folder must hold to be an engine's: the assemblies of the packages and of what those need, or a stand-in of this repository.
TORCHSHARP_ASSEMBLIES=(TorchSharp Google.Protobuf SkiaSharp ICSharpCode.SharpZipLib)
GRPC_ASSEMBLIES=(Grpc.Core.Api Grpc.Net.Common Grpc.Net.Client Grpc.AspNetCore.Server Grpc.HealthCheck Grpc.AspNetCore.HealthChecks Google.Protobuf)

# OPTION FOLDER. Names everything that is missing at once.
check_engine_folder() {
  local folder=$2 stand_in wanted name missing=() other=()
  case "$1" in
    --torchsharp) stand_in=(Orchestrator.Compat.TorchSharp) wanted=("${TORCHSHARP_ASSEMBLIES[@]}") ;;
    --grpc) stand_in=(Orchestrator.Compat.Grpc Google.Protobuf) wanted=("${GRPC_ASSEMBLIES[@]}") ;;
  esac
  [ -d "$folder" ] || bad_usage "$1 names the folder '$folder', which is not there"
  compgen -G "$folder/*.dll" > /dev/null || bad_usage "$1 names the folder '$folder', which holds no .dll"
  [ ! -e "$folder/${stand_in[0]}.dll" ] || wanted=("${stand_in[@]}")
  for name in "${wanted[@]}"; do
    if [ -e "$folder/$name.dll" ]; then
      # The name within an assembly is what the compiler and the runtime go by.
      grep -qaF "$name" "$folder/$name.dll" || other+=("$name.dll")
    else
      missing+=("$name.dll")
    fi
  done
  [ ${#missing[@]} = 0 ] || bad_usage "$1 names the folder '$folder', which lacks ${missing[*]}: put every assembly there that the packages bring and need"
  [ ${#other[@]} = 0 ] || bad_usage "$1 names the folder '$folder', where ${other[*]} is another assembly under that name"
}

# One engine's properties: PREFIX (TorchSharp or Grpc) and its choice.
engine_properties() {
  case "$2" in
    folder:*) echo "    <${1}From>folder</${1}From>"; echo "    <${1}Dir>$(readlink -f "${2#folder:}")</${1}Dir>" ;;
    *) echo "    <${1}From>$2</${1}From>" ;;
  esac
}

# Chooses the engines once; the choice stands in artifacts/engines.props, with what it was made from in artifacts/engines.txt.
choose_engines() {
  local file=artifacts/engines.props torch_choice grpc_choice feed
  feed=$({ dotnet nuget list source; cat Directory.Packages.props; } 2> /dev/null | sha256sum | cut -c1-16)
  touch artifacts/engines.txt
  local known_torch known_grpc known_feed
  read -r known_torch known_grpc known_feed < artifacts/engines.txt || true
  [ -n "$torchsharp" ] || { case "${known_torch:-}" in forced=*) torchsharp=${known_torch#forced=} ;; esac; }
  [ -n "$grpc" ] || { case "${known_grpc:-}" in forced=*) grpc=${known_grpc#forced=} ;; esac; }
  torch_choice=${torchsharp:-auto} grpc_choice=${grpc:-auto}
  local torch_note=forced=$torch_choice grpc_note=forced=$grpc_choice
  if [ "$torch_choice" = auto ]; then
    if [ -z "$torchsharp" ] && [ "$feed" = "${known_feed:-}" ] && [ -n "${known_torch:-}" ]; then torch_choice=$known_torch
    elif feed_restores torchsharp TorchSharp "$(version_of TorchSharp)" TorchSharp-cpu "$(version_of TorchSharp-cpu)" \
      && torchsharp_loads "$(version_of TorchSharp)"; then torch_choice=package
    else torch_choice=compat; fi
    torch_note=$torch_choice
  fi
  if [ "$grpc_choice" = auto ]; then
    if [ -z "$grpc" ] && [ "$feed" = "${known_feed:-}" ] && [ -n "${known_grpc:-}" ]; then grpc_choice=$known_grpc
    elif feed_restores grpc Grpc.Net.Client "$(version_of Grpc.Net.Client)" Grpc.HealthCheck "$(version_of Grpc.HealthCheck)" \
      Grpc.AspNetCore "$(version_of Grpc.AspNetCore)" Grpc.AspNetCore.HealthChecks "$(version_of Grpc.AspNetCore.HealthChecks)"; then grpc_choice=package
    else grpc_choice=compat; fi
    grpc_note=$grpc_choice
  fi
  local text
  text=$(echo '<Project>'; echo '  <PropertyGroup>'; engine_properties TorchSharp "$torch_choice"; engine_properties Grpc "$grpc_choice"; echo '  </PropertyGroup>'; echo '</Project>')
  if [ "$text" != "$(cat "$file" 2> /dev/null)" ]; then
    printf '%s\n' "$text" > "$file"
    say "Engines: TorchSharp from $torch_choice, gRPC from $grpc_choice"
  fi
  echo "$torch_note $grpc_note $feed" > artifacts/engines.txt
}

# Packages that carry Kubernetes' published schemas, for the test of k8s/.
install_node_packages() {
  local digest
  digest=$(cat tests/unit/k8s/package*.json | sha256sum | cut -c1-16)
  stamped node "$digest" && [ -d artifacts/node/node_modules ] && return 0
  mkdir -p artifacts/node
  cp tests/unit/k8s/package.json tests/unit/k8s/package-lock.json artifacts/node/
  (cd artifacts/node && npm ci --no-audit --no-fund) > artifacts/logs/node.log 2>&1 \
    || fail "npm could not install the packages of tests/unit/k8s/package.json; see artifacts/logs/node.log"
  stamp node "$digest"
}

setup() {
  mkdir -p artifacts/logs artifacts/stamps
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
  install_packages
  choose_blas
  check_sdk
  choose_engines
  [ "$command" != test ] || install_node_packages
}

#!/usr/bin/env bash
# Sets up, builds and tests Orchestrator. Everything it makes lies in artifacts/ and dist/.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# Where a service or a bare container has no home set, dotnet and NuGet want one all the same.
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
source scripts/setup.sh
source scripts/build.sh
source scripts/test.sh

usage() {
  cat <<'TEXT'
Usage: ./build.sh [COMMAND] [OPTIONS]

Commands
  (none)                         set up this machine, build, and leave dist/orchestrator
  test [--filter NAME] [--all]   the same, then the tests and the format checks
  run [ARGUMENTS]                set up, then dist/orchestrator quickstart ARGUMENTS
  doctor [--json] [--no-rates] [--threads N]
                                 set up and build, then say what is in effect: engines, settings of worker processes,
                                 native libraries, matrix product rates (afterwards: dist/orchestrator doctor)
  clean                          remove artifacts/ and dist/

Options
  --filter NAME                  only tests whose name contains NAME
  --all                          long tests too
  --torchsharp package|compat|folder:DIR
  --grpc       package|compat|folder:DIR
                                 where an engine comes from; left out, the package where the feed
                                 restores it, else the stand-in under compat/. Remembered until named again
                                 (auto: ask the feed again).
  --help                         this text

Examples
  ./build.sh
  ./build.sh test --filter checkpoint
  ./build.sh run --steps 500 --workers 2
  ./build.sh --grpc folder:/opt/grpc-dotnet
TEXT
}

say() { printf '%s\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit "${FAIL_CODE:-1}"; }
bad_usage() { FAIL_CODE=2 fail "$1; ./build.sh --help lists what there is"; }

command=build filter="" all=false torchsharp="" grpc="" rest=()
case "${1:-}" in
  test | run | doctor | clean) command=$1; shift ;;
  build) shift ;;
  "" | -*) ;;
  *) bad_usage "there is no command '$1'" ;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      if [ "$command" = run ]; then rest+=("$1"); shift; else usage; exit 0; fi ;;
    --torchsharp | --grpc)
      case "${2:-}" in
        package | compat | auto) ;;
        folder:*) check_engine_folder "$1" "${2#folder:}" ;;
        *) bad_usage "$1 takes package, compat, folder:DIR or auto" ;;
      esac
      declare "${1#--}=$2"; shift 2 ;;
    --filter)
      [ "$command" = test ] || { rest+=("$1"); shift; continue; }
      [ -n "${2:-}" ] || bad_usage "--filter takes a part of a test's name"
      filter=$2; shift 2 ;;
    --all)
      [ "$command" = test ] || bad_usage "--all belongs to 'test'"
      all=true; shift ;;
    --json | --no-rates)
      [ "$command" = doctor ] || [ "$command" = run ] || bad_usage "'$command' does not take '$1'"
      rest+=("$1"); shift ;;
    --threads)
      [ "$command" = doctor ] || { [ "$command" = run ] && { rest+=("$1"); shift; continue; }; } || bad_usage "'$command' does not take '$1'"
      [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || bad_usage "--threads takes a number from 1 up"
      rest+=("$1" "$2"); shift 2 ;;
    *)
      [ "$command" = run ] || bad_usage "'$command' does not take '$1'"
      rest+=("$1"); shift ;;
  esac
done

case "$command" in
  clean) rm -rf artifacts dist; say "artifacts/ and dist/ are gone" ;;
  build) setup; build_products; say "Ready: dist/orchestrator --help, or dist/orchestrator quickstart" ;;
  run) setup; build_products; exec dist/orchestrator quickstart ${rest[@]+"${rest[@]}"} ;;
  doctor)
    # What setting up says is no part of the answer.
    { setup; build_products; } >&2
    doctor ;;
  test) setup; build_everything; run_tests ;;
esac

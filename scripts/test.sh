# Sourced by build.sh: the tests and the format checks, summed into one line.

SUITES=(Orchestrator.UnitTests Orchestrator.EngineTests Orchestrator.InteropTests Orchestrator.ClusterTests)
passed=0 failed=0 skipped=0

# A check of the sources counts as one test. NAME, the files that it depends on as a digest, then the command.
gate() {
  local name=$1 digest=$2 started=$SECONDS
  shift 2
  [ -z "$filter" ] || [[ "${name,,}" == *"${filter,,}"* ]] || return 0
  if stamped "$name" "$digest"; then
    passed=$((passed + 1))
    say "$name: passed (nothing changed since it last did)"
  elif "$@" > "artifacts/logs/$name.log" 2>&1; then
    passed=$((passed + 1))
    stamp "$name" "$digest"
    say "$name: passed in $((SECONDS - started)) s"
  else
    failed=$((failed + 1))
    grep -E 'error|warning' "artifacts/logs/$name.log" | sed 's/ \[[^]]*\]$//' | sort -u | head -20
    say "$name: failed (artifacts/logs/$name.log)"
  fi
}

# Code style and the analyzers' rules are errors of the build, the order of usings is a unit test; what is left is white space, which needs no solution.
check_csharp_format() { dotnet format whitespace --folder . --exclude artifacts --verify-no-changes -v q; }

check_cpp_format() {
  find native -name '*.h' -o -name '*.cpp' -o -name '*.cc' -o -name '*.c' | sort | xargs -r clang-format --dry-run -Werror
}

run_suite() {
  local suite=$1 program=artifacts/bin/$1/release/$1 log=artifacts/logs/$1.log arguments=(-noLogo -noColor)
  [ -x "$program" ] || fail "the test program $program is missing though the build succeeded; run './build.sh clean' and try again"
  $all || arguments+=(-trait- Length=long)
  # Names of tests are sentences; a filter may be given as one.
  [ -z "$filter" ] || arguments+=(-method "*${filter// /_}*")
  local code=0 started=$SECONDS summary results=artifacts/logs/$1.xml chaos=artifacts/logs/$1.chaos.txt
  rm -f "$results" "$chaos"
  ORCHESTRATOR_BIN=$PWD/dist/lib ORCHESTRATOR_CHAOS_REPORT=$PWD/$chaos "$program" "${arguments[@]}" -xml "$results" < /dev/null > "$log" 2>&1 || code=$?
  summary=$(grep -E "^ +$suite +Total: " "$log" | tail -1)
  count() { local n; n=$(sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<< "$summary"); echo "${n:-0}"; }
  local total bad skips not_run
  total=$(count Total) bad=$(($(count Failed) + $(count Errors))) skips=$(count Skipped) not_run=$(count 'Not Run')
  if [ "$code" != 0 ] || [ -z "$summary" ]; then
    # The failures, without the lines of the tests that passed or were skipped.
    awk '/\[FAIL\]|\[ERROR\]/ {show = 1} /\[SKIP\]|Finished: / {show = 0} show' "$log" | head -150
    if [ "$bad" = 0 ]; then bad=1; tail -5 "$log"; say "$suite ended with exit code $code and no failed test: it crashed"; fi
  fi
  local good=$((total - bad - skips - not_run))
  [ "$good" -ge 0 ] || good=0
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skips))
  [ $((good + bad + skips)) = 0 ] || say "$suite: $good passed, $bad failed, $skips skipped in $((SECONDS - started)) s"
  grep -E '\[SKIP\]' -A1 "$log" | grep -vE '^--' | sed 's/^ */  /' | head -40 || true
  figures "$results" "$chaos"
}

# What passing tests measured: how many worlds were simulated, and the tables of faults.
figures() {
  grep -oE '[0-9]+ seeds, [0-9]+ events in [0-9.]+ s' "$1" 2> /dev/null | sed 's/^/  simulation: /' || true
  [ ! -s "$2" ] || sed 's/^/  /' "$2"
}

# The tests of native/torch say for themselves how many passed.
run_native_tests() {
  local log=artifacts/logs/native-tests-run.log started=$SECONDS summary good bad
  artifacts/cmake/torch/torch_tests ${filter:+"${filter// /_}"} > "$log" 2>&1 || true
  summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)
  if [ -n "$summary" ]; then
    good=${summary%% *} bad=${summary#*, } bad=${bad%% *}
  else
    good=0 bad=1
    say "native tests ended without a result: they crashed"
  fi
  [ "$bad" = 0 ] || cat "$log"
  passed=$((passed + good)) failed=$((failed + bad))
  [ $((good + bad)) = 0 ] || say "native tests: $good passed, $bad failed in $((SECONDS - started)) s"
}

run_tests() {
  # The programs under test set what they need; a person's settings must not leak in.
  export -n ORCHESTRATOR_TOKEN 2> /dev/null || true
  gate cpp-format "$(digest_of native .clang-format)" check_cpp_format
  gate csharp-format "$(digest_of "${MANAGED[@]}" .editorconfig)" check_csharp_format
  run_native_tests
  local suite
  for suite in "${SUITES[@]}"; do run_suite "$suite"; done
  if [ $((passed + failed + skipped)) = 0 ]; then
    say "No test's name contains '$filter'"
    failed=1
  fi
  say ""
  if [ "$skipped" = 0 ]; then say "$passed passed, $failed failed"; else say "$passed passed, $failed failed, $skipped skipped"; fi
  [ "$failed" = 0 ]
}

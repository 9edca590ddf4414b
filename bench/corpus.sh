#!/usr/bin/env bash
# Speeds of corpus building: tokenising beside SentencePiece's own, cleaning of WET text, memory at two sizes, the sample order, and how long steps wait for samples.
# Rates are of processor time, in one run on one machine.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
megabytes=400 rounds=7 step=50
usage="usage: bench/corpus.sh [--megabytes N] [--rounds N] [--step MS]   MB of WET text to clean and build from; ms of a training step"
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) echo "$usage"; exit 0 ;;
    --megabytes | --rounds | --step)
      [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { echo "bench/corpus.sh: $1 takes a number from 1 up" >&2; exit 2; }
      declare "${1#--}=$2"; shift 2 ;;
    *) echo "bench/corpus.sh: there is no option $1" >&2; exit 2 ;;
  esac
done
text=/usr/share/doc/postgresql-doc-15/html
[ -d "$text" ] || { echo "bench/corpus.sh: $text is missing; apt-get install postgresql-doc-15" >&2; exit 2; }
[ -x dist/orchestrator ] || { echo "bench/corpus.sh: build first, with ./build.sh" >&2; exit 2; }
dotnet build bench -c Release -v q -nologo > /dev/null
bench=artifacts/bin/Orchestrator.Bench/release/Orchestrator.Bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -O3 -std=c++17 bench/corpus/raw.cpp -o "$work/raw" -lsentencepiece
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /machine: /'
echo "cores: $(nproc), load before: $(cut -d' ' -f1 /proc/loadavg), .NET $(dotnet --version)"

dist/orchestrator corpus build --input "$text" --out "$work/clean" --clean-only > /dev/null 2>&1
dist/orchestrator vocab train --input "$text" --out "$work/spiece.model" --pieces 8000 > /dev/null 2>&1
"$bench" corpus pages "$work/clean" "$work/pages"
bytes=$(stat -c %s "$work/pages")
for ((i = 0; i < rounds; i++)); do
  "$work/raw" "$work/spiece.model" "$work/pages" >> "$work/raw.txt"
  "$bench" corpus tokenise "$work/spiece.model" "$work/pages" >> "$work/ours.txt"
done
median() { sort -g "$1" | sed -n "$(((rounds + 1) / 2))p" | cut -d' ' -f1; }
[ "$(cut -d' ' -f2 "$work/raw.txt" | sort -u)" = "$(cut -d' ' -f2 "$work/ours.txt" | sort -u)" ] || { echo "bench/corpus.sh: the two tokenisers differ" >&2; exit 1; }
awk -v b="$bytes" -v r="$(median "$work/raw.txt")" -v o="$(median "$work/ours.txt")" \
  'BEGIN { printf "tokenise: %.2f MB/s a core, SentencePiece itself %.2f MB/s, ratio %.2f\n", b / o / 1e6, b / r / 1e6, r / o }'

for size in $((megabytes / 4)) "$megabytes"; do
  "$bench" corpus wet "$work/pages" "$work/a.warc.wet.gz" "$size"
  "$bench" corpus clean "$work/a.warc.wet.gz" "$work/part-$size" | awk -v m="$size" '{ printf "clean %d MB of WET text, gzip and all: %.1f MB/s a core, at most %d MB of memory\n", m, m * 1.048576 / $2, $3 }'
  rm -rf "$work/part-$size"
  "$bench" corpus build "$work/a.warc.wet.gz" "$work/built" "$work/spiece.model" | awk -v m="$size" '{ printf "build from %d MB: %.1f MB/s a core, at most %d MB of memory (64 MB for duplicates)\n", m, m * 1.048576 / $2, $3 }'
  [ "$size" = "$megabytes" ] || rm -rf "$work/built"
done
"$bench" corpus order | awk '{ printf "order: position 10^10 - 1 of 10^10 samples in %s ms from nothing, then %s ns a position\n", $1, $2 }'
"$bench" corpus stall "$work/built" "$step" | awk -v s="$step" '{ printf "samples: %s us of a core each (512 + 114 tokens); steps of %d ms with 32 samples wait %s %% of their time\n", $2, s, $1 }'

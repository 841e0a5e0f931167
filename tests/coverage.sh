#!/usr/bin/env bash
# Line coverage from gcov's counts: a table, the sources with counts, and a lower bound.
#
#   tests/coverage.sh OBJECTS REPORT MINIMUM SOURCE...
#
# OBJECTS is where the .gcno and .gcda files lie. REPORT gets report.txt and one SOURCE.gcov each.
# Fails when fewer than MINIMUM percent of the lines of all sources together were run, and when a
# source has no counts.
set -eu

objects=$1
report=$2
minimum=$3
shift 3
gcov=${GCOV:-gcov}
rm -rf "$report"
mkdir -p "$report"
fail() {
    echo "coverage: $*" >&2
    exit 1
}

rows=$report/rows
: >"$rows"
for source; do
    object=$objects/${source%.c}.o
    # Never run: no .gcda, and gcov counts every line as missed.
    "$gcov" -t -o "${object%/*}" "$object" 2>"$report/errors" >"$report/all" ||
        { cat "$report/errors" && fail "$gcov failed for $source"; }
    # One listing a file, headers too; keep the source's own.
    awk -v want="Source:$source" '
        { line = $0; split(line, part, ":"); tag = part[3] ":" part[4] }
        part[2] ~ /^ *0$/ && part[3] == "Source" { keep = tag == want }
        keep { print }' "$report/all" >"$report/${source//\//-}.gcov"
    if [ ! -s "$report/${source//\//-}.gcov" ]; then
        # Nothing but tables: there is no line to run.
        nm "$object" | grep -qi ' t ' || continue
        fail "$gcov has no listing of $source"
    fi
    awk -F: -v source="$source" '
        $1 ~ /#####|=====/ { missed++; next }
        $1 ~ /[0-9]/ && $2 + 0 > 0 { run++ }
        END { print source, run + 0, run + missed }' "$report/${source//\//-}.gcov" >>"$rows"
done
rm -f "$report/all" "$report/errors"

awk -v minimum="$minimum" '
    function percent(run, lines) { return lines ? 100 * run / lines : 0 }
    { printf "%-36s %6d of %6d lines %7.2f %%\n", $1, $2, $3, percent($2, $3)
      run += $2; lines += $3 }
    END {
        printf "%-36s %6d of %6d lines %7.2f %%\n", "line coverage of libkv", run, lines,
            percent(run, lines)
        if (!lines || percent(run, lines) < minimum) {
            printf "coverage is under %s %%: lines marked ##### in the listings never ran\n", minimum
            exit 1
        }
    }' "$rows" >"$report/report.txt" && status=0 || status=1
rm -f "$rows"
cat "$report/report.txt"
echo "listings: $report/"
exit $status

#!/usr/bin/env bash
# Run libFuzzer targets in turn and print what they did.
#
#   tests/run_fuzz.sh SECONDS DIRECTORY TARGET...
#
# Each works on DIRECTORY/corpus/<target>, seeded from fuzz/corpus/<target>; what it finds goes to
# DIRECTORY/found. The first target that finds something stops the run.
set -u

seconds=$1
directory=$2
shift 2
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

mkdir -p "$directory/found" "$directory/logs"
table=$directory/table
printf 'target\tseconds\texecutions\tper second\tcoverage\tfeatures\tinputs\tpeak MB\n' >"$table"
[ $# != 0 ] || { echo 'fuzz/ has no targets' >&2 && exit 1; }

status=0
for target; do
    name=${target##*/}
    corpus=$directory/corpus/$name
    log=$directory/logs/$name.log
    mkdir -p "$corpus"
    seeds=()
    [ -d "fuzz/corpus/$name" ] && seeds=("fuzz/corpus/$name")

    echo "== $name, $seconds s"
    "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=25 -print_final_stats=1 \
        -artifact_prefix="$directory/found/$name-" "$corpus" "${seeds[@]}" \
        >"$log" 2>&1 </dev/null || status=$?
    awk -v name="$name" '
        /^stat::number_of_executed_units:/ { executions = $2 }
        /^stat::average_exec_per_sec:/ { rate = $2 }
        /^stat::peak_rss_mb:/ { peak = $2 }
        /^Done [0-9]+ runs in/ { seconds = $5 }
        / cov: [0-9]+ ft: / {
            for (i = 1; i < NF; i++) {
                if ($i == "cov:") cov = $(i + 1)
                if ($i == "ft:") ft = $(i + 1)
                if ($i == "corp:") { split($(i + 1), part, "/"); inputs = part[1] }
            }
        }
        END {
            printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, seconds, executions, rate, cov, ft,
                inputs, peak
        }' "$log" >>"$table"
    if [ "$status" != 0 ]; then
        cat "$log"
        echo "$name: exit status $status; the input is in $directory/found" >&2
        break
    fi
done

echo
awk -F '\t' '{ printf "%-20s %8s %12s %10s %9s %9s %7s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8 }' \
    "$table"
exit "$status"

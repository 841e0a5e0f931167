#!/usr/bin/env bash
# Includes point down only: reads every #include line under libkv/ and prints those that the
# layers of docs/architecture.md do not allow. Also: each file's own header comes first, and units
# (x.c with x.h) do not know each other in a circle.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
bad=$(mktemp -d)
trap 'rm -rf "$bad"' EXIT

# file:line:path, with the path in its quotes or brackets.
find libkv -name '*.[ch]' | sort | xargs grep -HnE '^[[:space:]]*#[[:space:]]*include' |
    sed -E 's/^([^:]*:[0-9]+):[^"<]*(["<][^">]*[">]).*/\1:\2/' >"$bad/includes"

awk -F: '
    BEGIN {
        # Folder: folders of libkv it may include. kv.h goes everywhere.
        may["kv.h"] = ""
        may["kv_edge.h"] = ""
        may["api"] = "api ops base"
        may["ops"] = "ops tables codec storage base"
        may["tables"] = "tables codec storage base"
        may["codec"] = "codec base"
        may["storage"] = "storage base"
        may["base"] = "base"
        may["edge"] = "edge"
        may["cli"] = "cli edge"
        n = split("assert ctype dirent endian errno fcntl float fnmatch getopt inttypes langinfo limits " \
            "locale malloc math poll pthread sched semaphore setjmp signal stdalign stdarg " \
            "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings termios " \
            "threads time unistd wchar", names, " ")
        for (i = 1; i <= n; i++) libc["<" names[i] ".h>"] = 1
    }
    function report(why) { printf "%s:%s: %s: %s\n", $1, $2, $3, why; faults++ }
    function word_in(word, list) { return index(" " list " ", " " word " ") > 0 }
    {
        file = $1; folder = file; sub(/^libkv\//, "", folder); sub(/\/.*/, "", folder)
        name = $3; gsub(/[<>"]/, "", name)
        if (!(folder in may)) { report("libkv/" folder " is no folder of the design"); next }
        if (folder == "kv.h") {
            if ($3 != "<stddef.h>" && $3 != "<stdint.h>") report("kv.h needs nothing but libc types")
            next
        }
        if (name == "kv.h") next
        if (folder == "kv_edge.h") { report("kv_edge.h needs nothing but kv.h"); next }
        if (name == "kv_edge.h") {
            if (folder != "cli" && folder != "edge") report("only cli and edge know the protocol")
            next
        }
        if ($3 ~ /^"/) {
            if (name ~ /\.\./ || name !~ /^[a-z]+\/[a-z0-9_]+\.h$/) {
                report("write the path from libkv/, as \"codec/key.h\"")
            } else {
                target = name; sub(/\/.*/, "", target)
                if (!word_in(target, may[folder])) report(folder " may not include " target)
            }
            next
        }
        if (name ~ /^lmdb/) {
            if (folder != "storage") report("only storage knows LMDB")
            else if (file ~ /\.h$/ && ++lmdb_headers > 1) report("one header of storage, not two")
        } else if (name ~ /^(zstd|zdict|zstd_errors)\.h$/) {
            if (file !~ /^libkv\/codec\/compress[a-z_]*\.c$/) report("only codec/compress.c knows zstd")
        } else if (name ~ /^xx/) {
            if (folder != "codec") report("only codec knows xxHash")
        } else if (name ~ /^openssl\//) {
            if (file != "libkv/edge/crypto.c") report("only edge/crypto.c knows libcrypto")
        } else if (!($3 in libc) && name !~ /^(sys|linux)\/[a-z0-9_]+\.h$/) {
            report("no header of libc or of a dependency we have")
        }
    }
    END { exit faults > 0 }' "$bad/includes"
status=$?

# The first include of x.c is x.h, so that each header is known to stand alone.
while read -r source; do
    header=${source%.c}.h
    [ -f "$header" ] || continue
    first=$(grep -m1 "^$source:" "$bad/includes" | sed 's/^[^:]*:[^:]*://')
    if [ "$first" != "\"${header#libkv/}\"" ]; then
        echo "$source: includes $first before its own header"
        status=1
    fi
done < <(find libkv -name '*.c' | sort)

# Units: x.c and x.h together, with what either includes. tsort names the units of each circle.
sed -nE 's/^libkv\/([^:]*)\.[ch]:[0-9]+:"([a-z]+\/[a-z0-9_]+)\.h"$/\1 \2/p' "$bad/includes" |
    awk '$1 != $2' | sort -u >"$bad/edges"
if ! tsort "$bad/edges" >/dev/null 2>"$bad/circle"; then
    sed -n 's/^tsort: //p' "$bad/circle" | grep -v "^$bad" | sed 's/^/units in a circle: libkv\//'
    status=1
fi
exit $status

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# There is no circle of files: nobody who reads a file needs to know that same file for
# understanding what it uses. A .c and its .h count as one file. What a file uses is found by the
# #include lines and, because one header may declare what several files define, by the symbols of
# the compiled files.
. "$abs_top_srcdir/tests/style/lib.sh"

mapfile -t code < <(sources 'src/*.[ch]' 'drivers/*.[ch]' | grep -E '^(src|drivers)/')
check "there is code to look at" test ${#code[@]} -gt 10

# circles: prints those edges "FILE USED" of the input that are part of a circle: a path leads from
# USED back to FILE.
circles()
{
    sort -u -k 2,2 -k 1,1 | awk '
        function reach(file,    list, n, i) {
            if (file in seen) return
            seen[file] = 1
            n = split(used[file], list, " ")
            for (i = 1; i <= n; i++) reach(list[i])
        }
        $1 != $2 { used[$1] = used[$1] " " $2; from[++n_edges] = $1; to[n_edges] = $2 }
        END {
            for (e = 1; e <= n_edges; e++) {
                if (to[e] != last) {
                    split("", seen)
                    reach(last = to[e])
                }
                if (from[e] in seen) print from[e] " -> " to[e]
            }
        }' | sort
}

is "$(printf '%s\n' 'a b' 'b c' 'c b' 'c d' 'd e' 'e d' 'f f' | circles)" 'b -> c
c -> b
d -> e
e -> d' "circles are found, and what leads from one to another is in none"

# file: prints the name of the concept; a header that only the files of one concept include is part
# of it.
file() { sed -E 's|-private( \|$)|\1|g'; }

# includes: prints the edges "FILE USED" of the #include lines.
includes()
{
    grep -HoE '^ *# *include +"[^"]+"' "${code[@]}" |
        sed -nE 's|^([^:]*)\.[ch]:.*"(drivers/)?([^"]*)\.h"$|\1 \2\3|p' |
        sed -E '/ drivers\//!s| | src/|' | file
}
includes | circles |
    none "no circle of #include lines" \
        "move what both need into a file of its own, or pass it in"

# compiled FILE: sets object to the object file of a .c; to nothing if it was not compiled.
compiled()
{
    local name=${1##*/}
    for object in "$abs_top_builddir/${1%/*}"/{.libs/,}{,lib*_la-}"${name%.c}.o"; do
        [ ! -e "$object" ] || return 0
    done
    object=
}

# uses: prints the edges "FILE USED", one for each file that defines a symbol which another file
# needs.
uses()
{
    local file object objects=()
    for file in "${code[@]}"; do
        [[ $file != *.c ]] || compiled "$file"
        [[ $file != *.c || -z $object ]] || {
            objects+=("$object")
            printf '%s %s\n' "$object:" "${file%.c}"
        }
    done >"$TEST_DIR/objects"
    nm -P -A "${objects[@]}" | awk '
        NR == FNR { file[$1] = $2; next }
        $3 == "U" { needs[file[$1] " " $2] = 1; next }
        $3 ~ /[A-TV-Z]/ { at[$2] = file[$1] }
        END {
            for (need in needs) {
                split(need, part, " ")
                if (part[2] in at) print part[1], at[part[2]]
            }
        }' "$TEST_DIR/objects" - | file
}
if command -v nm >/dev/null; then
    uses=$(uses)
    check "the compiled files tell who uses whom" test "$(wc -l <<<"$uses")" -gt 10
    { includes; printf '%s\n' "$uses"; } | circles |
        none "no circle of files that use each other's functions" \
            "move what both need into a file of its own, or pass it in"
else
    skip "no circle of files that use each other's functions" "nm is missing"
fi

done_testing

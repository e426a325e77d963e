#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Rules for the sources that a program can check.
. "$abs_top_srcdir/tests/style/lib.sh"

mapfile -t code < <(sources '*.c' '*.h')
mapfile -t scripts < <(sources '*.sh' '*.bash' bootstrap)
mapfile -t makefiles < <(sources '*.mk' Makefile.am)
check "there is code to look at" test ${#code[@]} -gt 10

# --- who may include whom ---------------------------------------------------

# The floors, from the ground up. A file includes files of its own room and of the floors below, but
# not of the rooms beside it.
floors=(util 'image transfer' qcow2 'hypervisor settings' collection job archive
        snapshot 'export import' drivers bus library 'service cli guard')

# beyond ROOM FLOOR: prints the rooms beside it and above it, as a pattern.
beyond()
{
    # shellcheck disable=SC2086 # a floor is a list of words
    printf '%s\n' ${floors[*]:$2} nothing | grep -vx "$1" | paste -sd'|'
}

for ((i = 0; i < ${#floors[@]}; i++)); do
    for room in ${floors[i]}; do
        folder=src/$room
        [ "$room" != drivers ] || folder=drivers
        printf '%s\n' "${code[@]}" | grep "^$folder/" |
            xargs -r grep -nHE "^ *# *include +\"($(beyond "$room" "$i"))/" |
            none "$folder includes nothing of what is built on it or beside it" \
                "dependencies go one way, as HACKING.md draws them: move what both need down,
or pass it in (a struct of functions, as hypervisor/hypervisor.h)"
    done
done
printf '%s\n' "${code[@]}" | grep -E '^src/' | cut -d/ -f2 | sort -u |
    grep -vxE "$(beyond '' 0)" |
    none "every room has its floor" "say in this test where the folder belongs"

printf '%s\n' "${code[@]}" | grep -vE '^(drivers/libvirt|tests)/' |
    xargs -r grep -nE '^ *# *include +[<"]libvirt/' |
    none "only drivers/libvirt includes libvirt's headers" \
        "ask through hypervisor/hypervisor.h, and add to it what is missing"
printf '%s\n' "${code[@]}" | grep -vE '^(drivers/nbd|tests)/' |
    xargs -r grep -nE '^ *# *include +[<"]libnbd' |
    none "only drivers/nbd includes libnbd's headers" "read through drivers/nbd/nbd-source.h"

mapfile -t own < <(printf '%s\n' "${code[@]}" | grep '\.c$' |
    grep -vE '^(examples/|tests/live/guest-)')
{
    grep -m1 -HE '^ *# *include' "${own[@]}" | grep -v ':#include <config\.h>$'
    grep -LE '^ *# *include' "${own[@]}"
} | none "config.h comes first" "#include <config.h> before every other header"

printf '%s\n' "${code[@]}" | grep '\.h$' | xargs -r grep -L '^#pragma once$' |
    none "headers guard themselves" "#pragma once below the licence"

# --- nothing forgotten ------------------------------------------------------

declare -A in_makefiles=()
while read -ra words; do
    for word in "${words[@]}"; do in_makefiles[$word]=yes; done
done < <(cat "${makefiles[@]}")

# listed FILE...: prints the files that no makefile names.
listed()
{
    local file
    for file; do
        [ -n "${in_makefiles[$file]-}${in_makefiles[${file%.c}]-}" ] || echo "$file"
    done
}

mapfile -t built < <(printf '%s\n' "${code[@]}" | grep -E '^(src|drivers)/')
listed "${built[@]}" |
    none "every source and header is built" "list it in the local.mk of its folder"
mapfile -t unit < <(printf '%s\n' "${code[@]}" | grep '^tests/.*\.c$')
listed "${unit[@]}" |
    none "every test program is built" "list it, without the .c, in tests' local.mk"
mapfile -t shell_tests < <(printf '%s\n' "${scripts[@]}" | grep '^tests/')
listed "${shell_tests[@]}" |
    none "every test script is listed" "list it in TESTS or EXTRA_DIST of a local.mk"
for script in "${shell_tests[@]}"; do
    read -rn 2 first <"$script"
    if [[ $first == '#!' ]]; then
        [ -x "$script" ] || echo "$script is not executable"
    elif [ -x "$script" ]; then
        echo "$script has no #! line"
    fi
done | none "scripts are executable, what they source is not" "chmod +x, or -x"

# --- what the documents name ------------------------------------------------

# named: prints the words in `` of HACKING.md.
named() { grep -oE '`[^`]+`' "$abs_top_srcdir/HACKING.md" | tr -d '`' | sort -u; }
mapfile -t there < <(sources 'src/*' 'drivers/*' 'tests/*' 'man/*' 'xml-schemas/*' 'examples/*')
check "HACKING.md names something" [ "$(named | wc -l)" -gt 50 ]
named | grep -vx manifest.xml |
    grep -E '^[a-z][a-z0-9/_.-]*\.(c|h|sh|rng|mk|pod|xml|policy|syms)$' | while read -r name; do
    printf '%s\n' "${there[@]}" bootstrap | grep -qE "(^|/)${name//./\\.}\$" || echo "$name"
done | none "every file that HACKING.md names is there" "name the file that took its place"
named | sed -nE 's/^([a-z][a-z0-9_]+)\(\)$/\1/p' | while read -r name; do
    grep -qE "\\b$name\\(" "${code[@]}" || grep -qE "\\b$name\\)\\(" "${code[@]}" || echo "$name()"
done | none "every function that HACKING.md names is there" "name the function that took its place"

# --- how the text looks -----------------------------------------------------

for file in "${code[@]}"; do
    { read -r first; read -r second; } <"$file"
    [ "$first" = '/* SPDX-License-Identifier: LGPL-2.1-or-later */' ] &&
        [ "$second" = '/* Copyright (C) 2026 The virtsnap developers */' ] ||
        echo "$file"
done | none "code begins with its licence" \
    "the two lines, SPDX-License-Identifier and Copyright, as in src/util/error.h"
for file in "${scripts[@]}" "${makefiles[@]}"; do
    for ((i = 0; i < 3; i++)); do
        read -r line
        [[ $line != '# SPDX-License-Identifier: '* ]] || continue 2
    done <"$file"
    echo "$file"
done | none "scripts and makefiles begin with their licence" "# SPDX-License-Identifier: …"

grep -nE '^[[:space:]]*goto[[:space:]]' "${code[@]}" |
    none "no goto" "return early; g_autoptr, g_autofree and auto_fd clean up"
# The pattern is written in two parts, so that it does not match this file.
word='TO''DO|FIX''ME|X''XX'
grep -nE "\\b($word)\\b" "${code[@]}" "${scripts[@]}" "${makefiles[@]}" |
    grep -vE 'mktemp|XXXX' |
    none "nothing is left to be done" "do it, or say in the open what is not supported yet"
grep -nP '\t' "${code[@]}" | none "no tabs in code" "4 spaces"
grep -nE '[[:blank:]]+$' "${code[@]}" "${scripts[@]}" "${makefiles[@]}" |
    none "no blanks at the end of a line" "remove them"
LC_ALL=C.UTF-8 grep -nE '^.{101,}$' "${code[@]}" "${scripts[@]}" |
    none "no line longer than 100" "break it; 80 is what to aim for"
# One program for all of them, and one for each only where one is wrong.
if [ -n "$(tail -qc 1 "${code[@]}" "${scripts[@]}" "${makefiles[@]}")" ]; then
    for file in "${code[@]}" "${scripts[@]}" "${makefiles[@]}"; do
        [ -z "$(tail -c 1 "$file")" ] || echo "$file"
    done
fi | none "files end with a line's end" "add it"
grep -nE '^[^"]*(^|[^:"])//' "${code[@]}" |
    none "comments are /* */" "exchange the //"
grep -nE '\b(if|for|while|switch)\(' "${code[@]}" |
    none "a blank behind if, for, while, switch" "if (…)"

wc -l "${code[@]}" | awk '$2 != "total" && $1 > 600' |
    none "no file longer than 600 lines" "a file is one concept: part it by concepts"

if ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
    ctags -x --c-kinds=f --_xformat='%{line} %{end} %{input}:%{line} %{name}' "${code[@]}" |
        awk '$2 ~ /^[0-9]+$/ && $2 - $1 + 1 > 60 {print $3, $4, $2 - $1 + 1 " lines"}' |
        none "no function longer than 60 lines" "part it by what it does; 20 is what to aim for"
    # What a macro makes has no name of its own.
    printf '%s\n' "${code[@]}" | grep -E '^(src|drivers)/' |
        ctags -L - -o - --c-kinds=f --fields=+f | awk -F'\t' '
            /\tfile:/ && $1 !~ /^G_DEFINE_/ { n[$1]++; files[$1] = files[$1] " " $2 }
            END { for (name in n) if (n[name] > 2) print name ":" files[name] }' |
        none "no name of a file-local function in three files" \
            "say of what it is: in a backtrace the name stands alone"
else
    skip "no function longer than 60 lines" "universal-ctags is missing"
    skip "no name of a file-local function in three files" "universal-ctags is missing"
fi

# --- errors and strings -----------------------------------------------------

printf '%s\n' "${code[@]}" | grep '^src/\|^drivers/' | xargs -r grep -nE '^void .*GError \*\*' |
    grep -v 'virt_snap_error_set_errno\|libvirt_error_take' |
    none "what can fail says so by its result" "return gboolean or a pointer beside GError **"
printf '%s\n' "${code[@]}" | grep -E '^(src|drivers)/' |
    xargs -r grep -nE '\bg_(debug|info|message|warning|critical)\( *_\(' |
    none "log lines are not translated" "leave the _() out: logs are read by those who mend"
printf '%s\n' "${code[@]}" | grep -E '^src/cli/.*\.c$' |
    xargs -r grep -nE '\bg_(print|printerr)\(' |
    none "the command prints bytes as they are" \
        "printf and fputs: g_print() turns names into '?' where there is no locale"

done_testing

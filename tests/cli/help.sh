#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The help of every command in the command's own list goes to standard output, and errors go to
# standard error.
. "$abs_top_srcdir/tests/cli/lib.sh"

run virtsnap help
ends_with 0 "help lists the commands"
overview=$out
is "$err" "" "and complains of nothing"
run virtsnap --help
is "$out" "$overview" "--help says the same"
run virtsnap --json help
one_object "help --json"
like "$(commands | wc -l)" '^[0-9]{2,}$' "there are commands to walk"

# jq takes longer to start than any command here, so it is started once for all of them.
mapfile -t all < <(commands)
# Nor is virtsnap started for each of them: its shell prints an object a line.
printf 'help %s\n' "${all[@]}" >"$TEST_DIR/script"
virtsnap --json <"$TEST_DIR/script" >"$TEST_DIR/abouts" 2>"$TEST_DIR/err"
is "$(<"$TEST_DIR/err")" "" "help --json complains of nothing"
# Prints a line for each: its kind, its synopsis, and its options that take a value.
mapfile -t abouts < <(jq -rR '(fromjson | [type, .synopsis,
    ([.options[] | select(.value and (.valueOptional | not)) | .name] | join(" "))] | @tsv)? //
    "no JSON"' "$TEST_DIR/abouts")
is "${#abouts[@]}" "${#all[@]}" "and is there for every command"

virtsnap <"$TEST_DIR/script" 2>"$TEST_DIR/err" |
    awk -v file="$TEST_DIR/text-" '/^  NAME$/ { n++ } { print >(file n) }'
is "$(<"$TEST_DIR/err")" "" "nor does help"
# Outputs are separated by a character that JSON does not contain.
between=$'\x1e'

for i in "${!all[@]}"; do
    command=${all[i]}
    IFS=$'\t' read -r type synopsis with_value <<<"${abouts[i]}"
    like "$overview" "$command" "$command is listed"

    run virtsnap "$command" --help
    ends_with 0 "$command --help"
    help=$out
    is "$err" "" "$command --help prints no error"
    like "$help" "$command - .*SYNOPSIS.*DESCRIPTION.*GLOBAL" "$command --help is complete"
    is "$(longer_than 80 <<<"$help")" "" "$command --help fits 80 columns"
    is "$(<"$TEST_DIR/text-$((i + 1))")" "$help" "help $command says the same"
    is "$type" object "help $command --json is one object"

    fails 2 "'--nonsense'" "$command refuses an unknown option" virtsnap "$command" --nonsense
    fails 2 "'-Z'" "$command refuses an unknown letter" virtsnap "$command" -Z
    fails 2 "takes no value" "$command refuses a value for a flag" virtsnap "$command" --json=yes
    fails 2 "one argument too many" "$command refuses too many arguments" \
        virtsnap "$command" a b c d e
    run virtsnap "$command" --json --nonsense
    is "$err" "" "$command --json says so on standard output alone"
    printf '%s%s' "$out" "$between" >>"$TEST_DIR/refusals"

    for option in $with_value; do
        fails 2 "--$option" "$command --$option wants its value" virtsnap "$command" "--$option"
    done
    required=$(sed 's/\[[^]]*\]//g' <<<"$synopsis")
    if [ "$(wc -w <<<"$required")" -gt 1 ]; then
        fails 2 "missing|needed" "$command wants its arguments" virtsnap "$command"
    fi
done
mapfile -t refusals < <(jq -rRs 'split("\u001e")[:-1][] | (fromjson |
    "\(.error.code) \(.error.name) \(.error.message | length > 0)")? // "no JSON"' \
    "$TEST_DIR/refusals")
for i in "${!all[@]}"; do
    is "${refusals[i]-}" "4 invalid-parameter true" \
        "${all[i]} --json --nonsense: one JSON object with its code and name"
done

for group in collections snapshots exports host; do
    run virtsnap help "$group"
    like "$out" "keyword '$group'" "help $group"
done

fails 2 "'exprot'; did you mean 'export'" "a slip in a command" virtsnap exprot
fails 2 "'--mrge'; did you mean '--merge'" "a slip in an option" virtsnap export --mrge
fails 2 "'--merge=yes'.*takes no value" "a flag with a value" virtsnap export --merge=yes a b
fails 2 "no command 'xyzzy'; 'virtsnap help'" "a command far from any" virtsnap xyzzy
fails 2 "no command ''" "an empty command" virtsnap ''
fails 2 "no command 'complet'" "hidden commands are not suggested" virtsnap complet
fails 2 "'xyzzy'" "help for what is not there" virtsnap help xyzzy
fails 2 "'--nonsense'" "an unknown option before the command" virtsnap --nonsense uri
fails 2 "needs a value" "-c without its value" virtsnap -c
long=$(printf 'x%.0s' {1..100000})
fails 2 "no command 'xxx" "an endless command" virtsnap "$long"

done_testing

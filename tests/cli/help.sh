#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Every command, as the command itself lists them: its help goes to standard
# output, complaints go to standard error.
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

for command in $(commands); do
    like "$overview" "$command" "$command is listed"

    run virtsnap "$command" --help
    ends_with 0 "$command --help"
    help=$out
    is "$err" "" "$command --help prints no error"
    like "$help" "$command - .*SYNOPSIS.*DESCRIPTION.*GLOBAL" "$command --help is complete"
    is "$(longer_than 80 <<<"$help")" "" "$command --help fits 80 columns"
    run virtsnap help "$command"
    is "$out" "$help" "help $command says the same"
    run virtsnap --json help "$command"
    one_object "help $command --json"

    fails 2 "'--nonsense'" "$command refuses an unknown option" virtsnap "$command" --nonsense
    fails 2 "'-Z'" "$command refuses an unknown letter" virtsnap "$command" -Z
    fails 2 "takes no value" "$command refuses a value for a flag" virtsnap "$command" --json=yes
    fails 2 "one argument too many" "$command refuses too many arguments" \
        virtsnap "$command" a b c d e
    fails_json 4 invalid-parameter "$command --nonsense" virtsnap "$command" --json --nonsense

    about=$(virtsnap --json help "$command")
    for option in $(jq -r '.options[] | select(.value and (.valueOptional | not)) | .name' \
        <<<"$about"); do
        fails 2 "--$option" "$command --$option wants its value" virtsnap "$command" "--$option"
    done
    required=$(jq -r '.synopsis' <<<"$about" | sed 's/\[[^]]*\]//g')
    if [ "$(wc -w <<<"$required")" -gt 1 ]; then
        fails 2 "missing|needed" "$command wants its arguments" virtsnap "$command"
    fi
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

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The manual and the command know the same commands and options.
. "$abs_top_srcdir/tests/cli/lib.sh"
requires podchecker
pod=$abs_top_srcdir/man/virtsnap.pod

check "the manual is well formed" podchecker -warnings "$pod"

options_of_manual()
{
    grep -oE '^=item (B<-[a-zA-Z]>, )?B<--[a-z-]+>' "$pod" | grep -oE -- '--[a-z-]+' | sort -u
}
commands_of_manual()
{
    sed -n '/^=head1 COMMANDS FOR COLL/,/^=head1 SETTINGS/p' "$pod" |
        grep -oE '^=item B<[a-z][a-z-]*>' | grep -oE '<[a-z-]+' | tr -d '<' | sort -u
}
mapfile -t all < <(commands)
# shell FORMAT [OPTION]...: has one virtsnap do that for each command.
shell() { printf "$1\n" "${all[@]}" | virtsnap "${@:2}"; }
every_help() { shell '%s --help'; }
options_of_help() { { options_of virtsnap; options_of every_help; } | sort -u; }

options=$(options_of_help)
is "$(comm -23 <(echo "$options") <(options_of_manual))" "" \
    "every option of the help is in the manual"
is "$(comm -13 <(echo "$options") <(options_of_manual))" "" \
    "every option of the manual is in the help"
printf '%s\n' "${all[@]}" | sort >"$TEST_DIR/commands"
is "$(comm -23 "$TEST_DIR/commands" <(commands_of_manual))" "" "every command is in the manual"
is "$(comm -13 "$TEST_DIR/commands" <(commands_of_manual))" "" \
    "every command of the manual is there"
like "$(wc -l <<<"$options")" '^[0-9]{2}$' "there were options to compare"

# Each command's own options stand in its synopsis or in the list that follows.
while read -r command option; do
    check "the manual has --$option for $command" \
        awk -v command="$command" -v option="$option" '
            /^=head1/ { inside = 0 }
            $0 ~ "^=item B<" command ">" { inside = 1 }
            inside && $0 ~ "^=item .*B<--" option ">" { found = 1 }
            END { exit !found }' "$pod"
done < <(shell 'help %s' --json | jq -r '"\(.name) \(.options[].name)"')

# Each result code of the library is in the table.
sed -nE 's/.*VIRT_SNAP_ERROR_[A-Z_]+ = ([0-9]+),/\1/p' "$abs_top_srcdir/src/util/error.h" |
    sort >"$TEST_DIR/codes"
like "$(wc -l <"$TEST_DIR/codes")" '^[0-9]{2}$' "there were codes to compare"
while read -r code; do
    like "$(<"$pod")" $'\n'"    $code +[a-z]" "the manual has the code $code"
done <"$TEST_DIR/codes"

# --- the page of the bus, as it is made from the interfaces
if command -v gdbus-codegen >/dev/null; then
    source=$abs_top_srcdir
    check "the page of the bus is made" eval '"$source/man/bus-page.sh" \
        "$source/man/org.virtsnap1.rst" "$source/src/util/error.c" \
        "$source/src/bus/org.virtsnap1.xml" >"$TEST_DIR/page"'
    is "$(grep -E '^ *``[a-z_]+``: ' "$TEST_DIR/page")" "" \
        "what a parameter is does not run into the text"
else
    skip "the page of the bus" "gdbus-codegen is missing"
fi

done_testing

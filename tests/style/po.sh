#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Strings for users are marked, collected and translated.
. "$abs_top_srcdir/tests/style/lib.sh"
requires xgettext msgfmt msgcmp msgattrib

marked=$(sources 'src/*.c' 'src/*.h' 'drivers/*.c' 'drivers/*.h' |
    xargs -r grep -lE '\b(_|N_|C_|NC_|ngettext|g_dngettext) ?\(')
is "$(grep -vE '^(#|$)' po/POTFILES.in)" "$marked" \
    "po/POTFILES.in lists the files with marked strings, sorted"

options=$(sed -nE 's/^XGETTEXT_OPTIONS = //p' po/Makevars)
# shellcheck disable=SC2086
check "the strings can be collected" \
    xgettext $options -o "$TEST_DIR/virtsnap.pot" -f <(printf '%s\n' "$marked")

# xgettext ends a string at a macro that it does not know, and such a string is never found in a
# translation.
grep -nE '^(msgid |msgid_plural )?".*%"$' "$TEST_DIR/virtsnap.pot" |
    none "no marked string is cut at a GLib format macro" \
        "PRIu64 or %zu instead of G_…_FORMAT: gettext understands these"

for language in $(grep -v '^#' po/LINGUAS); do
    po=po/$language.po
    check "$po is well formed" msgfmt -c -o /dev/null "$po"
    # msgcmp checks that each string of the sources is translated and not fuzzy.
    check "$po is complete (else: msgmerge -U $po, and translate)" \
        msgcmp "$po" "$TEST_DIR/virtsnap.pot"
    is "$(LC_ALL=C msgfmt --statistics -o /dev/null "$po" 2>&1 | grep -E 'fuzzy|untranslated')" "" \
        "$po has nothing fuzzy or untranslated"
    # The translations have no strings that the sources do not have any more.
    check "$po holds nothing else (else: msgmerge -U $po)" \
        msgcmp --use-untranslated "$TEST_DIR/virtsnap.pot" "$po"
    is "$(msgattrib --only-obsolete --no-wrap "$po" | grep '^#~ msgid')" "" \
        "$po has no obsolete entries (else: msgattrib --no-obsolete)"
done

# A string for users that nobody marked: the text of an error as a bare literal.
sources 'src/*.c' 'drivers/*.c' |
    xargs -r grep -nE -A2 '\bg_(set_error|error_new)\(|\bcli_(usage|message|warning)\(' |
    grep -E '(, |\()"[^"]*[a-z]+ [a-z]+' | grep -vE '\b(_|N_)\("' |
    none "texts of errors and messages are marked" 'write _("…")'

done_testing

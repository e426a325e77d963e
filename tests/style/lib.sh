# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Functions that the style tests share. They look at the files that git knows or, in an unpacked
# distribution, at all files.

# shellcheck source=tests/tap.sh
. "$abs_top_srcdir/tests/tap.sh"
cd "$abs_top_srcdir" || exit 99
# none() stands at the end of pipes, and has to change variables of this shell.
shopt -s lastpipe

# sources PATTERN...: prints the project's files that match the globs, including those that are not
# added to git yet.
if [ -e .git ] && git rev-parse >/dev/null 2>&1; then
    sources() { git ls-files -co --exclude-standard -- "$@" |
        while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done | sort; }
else
    sources()
    {
        local pattern
        for pattern; do
            find src drivers tests man xml-schemas po -type f -path "$pattern"
        done | sort -u
    }
fi

# none DESCRIPTION ADVICE: fails and prints the lines of the input, if there are any.
none()
{
    local lines
    lines=$(cat)
    if [ -z "$lines" ]; then ok "$1"; else not_ok "$1" "$lines" "Instead: $2"; fi
}

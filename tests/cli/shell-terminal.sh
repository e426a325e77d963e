#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The shell at a terminal: prompt, completion, history, interrupts.
. "$abs_top_srcdir/tests/cli/lib.sh"
requires python3
grep -q '^#define HAVE_READLINE 1' "$abs_top_builddir/config.h" || skip_all "built without readline"
history=$HOME/.local/state/virtsnap/history

# dialogue DESCRIPTION OPTION... <DIALOGUE: see on-terminal.py
dialogue()
{
    local what=$1
    shift
    check "$what" "$abs_top_srcdir/tests/cli/on-terminal.py" virtsnap -c test:///default "$@"
}

virtsnap -q collection-create-as 'my machines' --domain test || bail_out "no collection"
virtsnap -q collection-create-as mine --domain other || bail_out "no collection"
mkdir -p "$TEST_DIR/here/a dir" && touch "$TEST_DIR/here/a file" && cd "$TEST_DIR/here" ||
    bail_out "no directory"

dialogue "a welcome, a prompt, an error that does not end it, quit" <<'END'
< Welcome to virtsnap.*
< 'quit' to quit
< virtsnap[ #>]+
> nonsense\r
< error: there is no command 'nonsense'
< virtsnap[ #>]+
> uri\r
< test:///default
< virtsnap[ #>]+
> quit\r
= 0
END
dialogue "with --quiet no welcome; the end of input ends it" --quiet <<'END'
< ^virtsnap[ #>]+
> \x04
= 0
END

dialogue "commands, options and names are completed" -q <<'END'
< virtsnap[ #>]+
> vers\t\r
< version \n
< virtsnap[ #>]+
> verify --dee\t\x15
< --deep[ ]
> collection-dumpxml my\t\r
< my. machines \n.*\n<collection
< virtsnap[ #>]+
> collection-dumpxml "my\t\r
< "my machines" \n.*\n<collection
< virtsnap[ #>]+
> uri; collection-add mine --domain=te\t\r
< --domain=test[ ]
< test:///default
< virtsnap[ #>]+
> export --snapshots=a\t\x15
< --snapshots=all[ ]
> exp\t\t\t
< export +export-info +export-list +export-protect +export-prune +export-run +export-unprotect
> \x15quit\r
= 0
END
is "$(virtsnap collection-dumpxml mine | grep -c '<domain>')" 2 "the completed names were used"

dialogue "files and directories are completed" -q <<'END'
< virtsnap[ #>]+
> collection-define a\\ f\t\x15
< a. file[ ]
> collection-define "a f\t\x15
< "a file"[ ]
> export --to "a \tx\x15
< "a dir/x
> export --to=\t\tx\x15
< --to=a. dir/x
> collection-define \t\t\t
< a. dir/ +a. file
> \x15quit\r
= 0
END

dialogue "an interrupt clears the line" -q <<'END'
< virtsnap[ #>]+
> quit now\x03
< virtsnap[ #>]+
> uri\r
< test:///default
> quit\r
= 0
END

rm "$history"
dialogue "lines are remembered" -q <<'END'
< virtsnap[ #>]+
> uri\r
< test:///default
< virtsnap[ #>]+
> uri\r
< test:///default
< virtsnap[ #>]+
> \r
< virtsnap[ #>]+
> help quit\r
< NAME
< virtsnap[ #>]+
> quit\r
= 0
END
is "$(<"$history")" $'uri\nhelp quit\nquit' "in a file, empty and repeated ones left out"
is "$(stat -c '%a' "$history") $(stat -c '%a' "${history%/*}")" "600 700" "for their owner only"
dialogue "and come back with the arrow keys" -q <<'END'
< virtsnap[ #>]+
> \x1b[A\x1b[A\x1b[A\r
< uri\r?\n.*test:///default
> quit\r
= 0
END
rm -r "${history%/*}" && ln -s /proc/nowhere "${history%/*}" || bail_out "no link"
dialogue "without a place for it, no history" -q <<'END'
< virtsnap[ #>]+
> uri\r
< test:///default
> quit\r
= 0
END

done_testing

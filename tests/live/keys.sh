#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Keys at the progress bar of a command that runs its job itself, on a pseudo terminal: they change
# its bandwidth limit and pause it, and the settings of the terminal are restored in every case.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
requires python3

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
: "${PATIENCE:=$LIVE_TIMEOUT}"
export LIVE_BOOT=none PATIENCE PS1='$ '
live_disk "$d/t.qcow2" 64 8
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1

# dialogue DESCRIPTION COMMAND... <DIALOGUE: see on-terminal.py. At the least bandwidth limit the
# command takes hours, so it only finishes if the dialogue lets it.
dialogue() { check "$1" "$abs_top_srcdir/tests/cli/on-terminal.py" "${@:2}"; }
slow=(-c "$LIVE_URI" export --domain t snap1 --to "$x" --bandwidth 1K)
virtsnap=$abs_top_builddir/virtsnap

dialogue "the limit is doubled, halved and lifted" "$virtsnap" "${slow[@]}" \
    --bandwidth 64K <<'END'
< snap1 \[
? keys
> +
< at most 128.0.KiB/s
> -
< at most 64.0.KiB/s
> 0
< Exported to
= 0
END
check "what has come is right" vs_sound "$x/t/snap1"
rm -r "$x/t"

dialogue "a pause, and Ctrl-C in it" "$virtsnap" "${slow[@]}" <<'END'
< snap1 \[
? keys
> p
< snap1, paused
> p
< snap1, at most 1.0.KiB/s
> x\r
> p
< paused
> \x03
? lines
< cancelled
= 1
END
is "$(ls -A "$x")" "" "nothing is left"
dialogue "SIGTERM gives the terminal back" "$virtsnap" "${slow[@]}" <<'END'
< snap1 \[
? keys
! TERM
? lines
< --resume
= 1
END
dialogue "Ctrl-\\ as well" sh -c 'trap : QUIT; "$@"; stty -a' sh "$virtsnap" "${slow[@]}" <<'END'
< snap1 \[
? keys
> \x1c
? lines
<  icanon
= 0
END
printf -v line '%q ' "$virtsnap" "${slow[@]}"
# This shell does not change the terminal.
dialogue "Ctrl-Z gives it back, fg takes it again" dash -i <<END
> $line\\r
< snap1 \\[
? keys
> \\x1a
? lines
< Stopped
> fg\\r
? keys
> 0
< Exported to
? lines
> exit\\r
= 0
END
rm -r "$x/t"
dialogue "in the background it is left alone" dash -i <<END
> $line --progress=bar &\\r
< snap1 \\[
? lines
> kill %1; wait\\r
< --resume
? lines
> exit\\r
= 0
END
ours='trap : INT; "$@" </dev/null'
dialogue "and where standard input is none" sh -c "$ours" sh "$virtsnap" "${slow[@]}" <<'END'
< snap1 \[
? lines
> \x03
< cancelled
= 1
END
dialogue "or there is no bar" "$virtsnap" "${slow[@]}" --progress=json <<'END'
< "label"
? lines
> \x03
< cancelled
= 1
END

# --- the same for an import
check "an export" vs_export --domain t snap1 --to "$x"
trusted "$VS_EXPORT"
lose t
mkdir "$d/new"
dialogue "an import has the same keys" "$virtsnap" -c "$LIVE_URI" import "$VS_EXPORT" \
    --to "$d/new" "${TRUST[@]}" --bandwidth 1K <<'END'
< snap1 \[
? keys
> p
< paused
> p
> 0
< Imported into
? lines
= 0
END

done_testing

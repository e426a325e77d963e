#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Internal snapshots of a domain whose images have dirty bitmaps, as every night of live exports
# leaves them: QEMU goes back to none, and libvirt has ended the domain by then. So nothing is
# begun, and where that cannot be known the state that is kept stays.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"

begin_nights
qemu-img create -q -f qcow2 "$d/a.qcow2" 16M
check "a domain that runs" eval 'live_define a --disk "$d/a.qcow2" && live_start a' ||
    bail_out "no domain"
check "a collection of it" vs -q collection-create-as night --domain a
check "with an internal snapshot" live_snapshot_internal a s

# refused PATTERN [OPTION]: a way back, with nothing changed.
refused()
{
    local before
    before="$(live_virsh domstate a) $(snapshots_of a) $(checkpoints a)"
    vs_refused 5 "$1" snapshot-apply night s "${@:2}" &&
        [ "$(live_virsh domstate a) $(snapshots_of a) $(checkpoints a)" = "$before" ]
}

# --- after a night
check "a night" night n1 --base latest
point=$(checkpoints a)
like "$point" "^virtsnap.export-[^ ]*$" "leaves a checkpoint"
check "with which nothing is begun" refused "'a' has checkpoints \('$point'\).* while it runs"
check "nor planned" refused "'a' has checkpoints \('$point'\)" --dry-run
check "it is removed while the domain runs" vs -q reference-point-delete night "${point#virtsnap.}"
check "and then the domain goes back" vs -q snapshot-apply night s --discard
is "$(live_virsh domstate a)" running "and runs"

# --- when the domain is off
check "a checkpoint of another tool" live_virsh checkpoint-create-as a theirs
live_destroy a
check "nothing is begun when the domain is off" refused "checkpoints \('theirs'\).*--metadata"
check "libvirt forgets it" live_virsh checkpoint-delete a theirs --metadata
check "the bitmap is in the image" refused "'vda': '$d/a.qcow2' has dirty bitmaps"
check "from where it is removed" qemu-img bitmap --remove "$d/a.qcow2" theirs
check "and then it could go back" vs -q snapshot-apply night s --dry-run
check "it runs again" live_start a

# --- one of which nobody knows but QEMU
check "a bitmap that is in no image yet" live_virsh qemu-monitor-command a \
    '{"execute": "block-dirty-bitmap-add", "arguments": {"node": "libvirt-1-format",
        "name": "hidden", "persistent": true}}'
check "the domain does not go back, and is not put back" vs_refused 2 \
    "'a' could not be put back.*'before-s' keeps" snapshot-apply night s
is "$(live_virsh domstate a)" "shut off" "libvirt has ended it"
check "another command comes" vs_refused 32779 "nothing" snapshot-delete night nothing
like "$(cat "$VS_ERR")" "'a', which ran, is off now: nothing is put back.*'before-s'" "and says so"
is "$(snapshots_of a)" "s before-s" "its state is kept"
check "the bitmap is removed" qemu-img bitmap --remove "$d/a.qcow2" hidden
check "then that state can be gone back to" vs_json snapshot-apply night before-s
is "$(live_virsh domstate a)" running "with its memory"

done_testing

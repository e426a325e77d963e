# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Disks with data for the bench, and for tests that count. Source
# tests/live/lib.sh first.

sample_tools=$abs_top_builddir/tests/bench

# sample_write IMAGE MIB SEED: writes data into an existing image.
sample_write()
{
    local socket status=0 server
    [ "$2" -gt 0 ] || return 0
    socket=$(mktemp -u "$LIVE_DIR/XXXXXX") || return 1
    qemu-nbd -f "$(live_format "$1")" -k "$socket" "$1" &
    server=$!
    live_wait "qemu-nbd for $1" [ -e "$socket" ] &&
        "$sample_tools/sample" "nbd+unix:///?socket=$socket" "$2" "$3" || status=1
    # The server ends when its last client has left.
    wait "$server" || status=1
    rm -f "$socket"
    return $status
}

# sample_image IMAGE VIRTUAL_MIB MIB SEED [BASE]
sample_image()
{
    if [ $# -gt 4 ]; then live_overlay "$5" "$1"; else
        qemu-img create -q -f "$(live_format "$1")" "$1" "$2M"
    fi && sample_write "$1" "$3" "$4"
}

# sample_pair DIR VIRTUAL_MIB BASE_MIB OVERLAY_MIB: makes the disks of two domains, web.qcow2 and
# db.qcow2, on the shared base.qcow2.
sample_pair()
{
    sample_image "$1/base.qcow2" "$2" "$3" 1 &&
        sample_image "$1/web.qcow2" "$2" "$4" 2 "$1/base.qcow2" &&
        sample_image "$1/db.qcow2" "$2" "$4" 3 "$1/base.qcow2"
}

# sample_define DIR: defines the two domains, which stay shut off, with a snapshot snap1.
sample_define()
{
    local domain
    for domain in web db; do
        LIVE_BOOT=none live_define $domain --disk "$1/$domain.qcow2" &&
            live_snapshot_external $domain snap1 || return 1
    done
}

# sample_allocated FILE...: prints how many bytes all of them occupy on the disk.
sample_allocated() { stat -c '%b' "$@" | awk '{ n += $1 } END { printf "%.0f\n", n * 512 }'; }

# sample_warm FILE...: reads all of them into the page cache.
sample_warm() { cat "$@" >/dev/null; }

# sample_cold FILE...: drops them from the page cache.
sample_cold()
{
    local file
    sync "$@"
    for file; do
        dd if="$file" iflag=nocache count=0 status=none
    done
}

# sample_cached FILE...: prints how many bytes of them are in the page cache.
sample_cached() { fincore -nbo RES "$@" | awk '{ n += $1 } END { printf "%.0f\n", n }'; }

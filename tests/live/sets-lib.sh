# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Snapshot sets, and the content of their domains' disks. Needs tests/live/export-lib.sh.

# vs_json ARGUMENT...: runs virtsnap and writes its JSON to VS_OUT.
vs_json()
{
    vs --json "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
}

# still DOMAIN...: defines domains that boot nothing, each on an overlay of the base.
still()
{
    local domain
    for domain; do
        live_overlay "$LIVE_DIR/base.qcow2" "$LIVE_DIR/$domain.qcow2" &&
            live_define "$domain" --disk "$LIVE_DIR/$domain.qcow2" || return 1
    done
}

# scribble IMAGE WORD [MIB]: writes to a place that depends on the number in WORD, and to one that
# is the same in all calls.
scribble()
{
    local n
    n=$((10#$(printf %s "$2" | tr -cd 0-9)))
    qemu-io -f qcow2 -c "write -P $((n + 1)) ${n}M ${3:-1}M" -c "write -P $((n + 2)) 40M 512k" \
        "$1" >/dev/null
}

# top_of DOMAIN: prints the image that it writes to; persistent_top_of: the one that it writes to
# after its next start.
top_of() { live_virsh domblklist "$1" | awk '$1 == "vda" { print $2 }'; }
persistent_top_of() { live_virsh domblklist "$1" --inactive | awk '$1 == "vda" { print $2 }'; }

# chain_of IMAGE: prints the names of the chain's files.
chain_of()
{
    qemu-img info -U --backing-chain --output=json "$1" | jq -r '.[].filename' |
        xargs -n 1 basename | xargs
}

# content_of IMAGE: prints a checksum of what a guest sees, to distinguish a few contents. cksum
# takes a tenth of the time of a cryptographic digest.
content_of()
{
    local raw=$LIVE_DIR/content.raw
    qemu-img convert -U -O raw "$1" "$raw" && cksum <"$raw" | tr ' ' -
    rm -f "$raw"
}

# snapshots_of DOMAIN: prints the names of its snapshots.
snapshots_of() { live_virsh snapshot-list "$1" --name --topological | xargs; }

# path_of DOMAIN SNAPSHOT: prints the path of the image that the snapshot froze; frozen_of: the name
# of that file.
path_of()
{
    live_virsh snapshot-dumpxml "$1" "$2" |
        xmllint --xpath 'string(/domainsnapshot/domain/devices/disk[1]/source/@file)' -
}
frozen_of() { basename "$(path_of "$1" "$2")"; }

# sound IMAGE: checks the guest's file system after its journal was replayed.
sound()
{
    local raw=$LIVE_DIR/sound.raw status
    qemu-img convert -O raw "$1" "$raw" && e2fsck -fp "$raw" >/dev/null
    [ $? -le 1 ] && e2fsck -fn "$raw" >/dev/null
    status=$?
    rm -f "$raw"
    return $status
}

# redefine_top DOMAIN OLD NEW [BACKING]: defines the domain with the image NEW in the place of OLD.
# With BACKING the image is created first, above BACKING.
redefine_top()
{
    [ $# -lt 4 ] || live_overlay "$4" "$3" || return 1
    live_virsh dumpxml "$1" --inactive | sed "s|$2|$3|" >"$LIVE_DIR/redefined.xml" &&
        live_virsh define "$LIVE_DIR/redefined.xml"
}

# vs_stat: prints what every image is, and when it was written to.
vs_stat() { find "$LIVE_DIR" -maxdepth 1 -name 't.*' -exec stat -c '%n %s %Y' {} + | sort; }

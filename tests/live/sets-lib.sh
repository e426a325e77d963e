# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Snapshot sets, and what domains have on their disks. Needs tests/live/export-lib.sh.

# vs_json ARGUMENT...: leaves the JSON in VS_OUT.
vs_json()
{
    vs --json "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
}

# still DOMAIN...: on an overlay of the base each, and nothing that boots.
still()
{
    local domain
    for domain; do
        live_overlay "$LIVE_DIR/base.qcow2" "$LIVE_DIR/$domain.qcow2" &&
            live_define "$domain" --disk "$LIVE_DIR/$domain.qcow2" || return 1
    done
}

# scribble IMAGE WORD [MIB]: writes something of its own to a place of its own, and something that
# lies over what others wrote.
scribble()
{
    local n
    n=$((10#$(printf %s "$2" | tr -cd 0-9)))
    qemu-io -f qcow2 -c "write -P $((n + 1)) ${n}M ${3:-1}M" -c "write -P $((n + 2)) 40M 512k" \
        "$1" >/dev/null
}

# top_of DOMAIN: the image that it writes to; persistent_top_of: when it is started next.
top_of() { live_virsh domblklist "$1" | awk '$1 == "vda" { print $2 }'; }
persistent_top_of() { live_virsh domblklist "$1" --inactive | awk '$1 == "vda" { print $2 }'; }

# chain_of IMAGE: the names of its files.
chain_of()
{
    qemu-img info -U --backing-chain --output=json "$1" | jq -r '.[].filename' |
        xargs -n 1 basename | xargs
}

# content_of IMAGE: a sum of what a guest sees, by which some contents are told apart. cksum takes a
# tenth of the time of a digest that nobody can forge.
content_of()
{
    local raw=$LIVE_DIR/content.raw
    qemu-img convert -U -O raw "$1" "$raw" && cksum <"$raw" | tr ' ' -
    rm -f "$raw"
}

# snapshots_of DOMAIN: their names.
snapshots_of() { live_virsh snapshot-list "$1" --name --topological | xargs; }

# path_of DOMAIN SNAPSHOT: the image that it froze; frozen_of: the name of its file.
path_of()
{
    live_virsh snapshot-dumpxml "$1" "$2" |
        xmllint --xpath 'string(/domainsnapshot/domain/devices/disk[1]/source/@file)' -
}
frozen_of() { basename "$(path_of "$1" "$2")"; }

# sound IMAGE: the guest's file system, after its journal was replayed.
sound()
{
    local raw=$LIVE_DIR/sound.raw status
    qemu-img convert -O raw "$1" "$raw" && e2fsck -fp "$raw" >/dev/null
    [ $? -le 1 ] && e2fsck -fn "$raw" >/dev/null
    status=$?
    rm -f "$raw"
    return $status
}

# redefine_top DOMAIN OLD NEW [BACKING]: it has another image, made above BACKING.
redefine_top()
{
    [ $# -lt 4 ] || live_overlay "$4" "$3" || return 1
    live_virsh dumpxml "$1" --inactive | sed "s|$2|$3|" >"$LIVE_DIR/redefined.xml" &&
        live_virsh define "$LIVE_DIR/redefined.xml"
}

# vs_stat: what every image is, and when it was written to.
vs_stat() { find "$LIVE_DIR" -maxdepth 1 -name 't.*' -exec stat -c '%n %s %Y' {} + | sort; }

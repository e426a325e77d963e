#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports to a share of an SMB server, as different options of mounting show it, and imports from
# there and into it. Such a server renames no directory in which a file is open, its locks keep
# others from reading, and it knows names in capitals as the same.
. "$abs_top_srcdir/tests/machine/lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
requires mount.cifs smbd smbpasswd

check "a libvirtd" machine_host || bail_out "no libvirtd"
vs_setup
export LIVE_BOOT=none
d=$LIVE_DIR
ACCESS_DENIED=32769
user=libvirt-qemu

check "an SMB server" machine_samba || bail_out "no server"
machine_share plain
machine_share modes 'force create mode = 0666' 'force directory mode = 0777' 'force user = nobody'
chmod 777 "$d/served/modes"
mounted() { check "a share of it ($2)" live_wait "it is mounted" machine_cifs "$1" "$d/$2" "$3" ||
    bail_out "no CIFS"; }
mounted plain default ""
mounted plain private "nobrl,noserverino,file_mode=0600,dir_mode=0700"
mounted modes owner "uid=$user,forceuid,file_mode=0644,dir_mode=0755,nomapposix,mfsymlinks"
mounted plain open "noperm,nounix,cache=none"

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
qemu-io -f qcow2 -c 'write -q -P 5 0 3M' "$d/t.qcow2"
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1 --diskspec "vda,snapshot=external,file=$d/t.now.qcow2"
for name in VM vm a:b dot.; do
    live_overlay "$d/base.qcow2" "$d/n-${name%.}.qcow2"
    live_define "$name" --disk "$d/n-${name%.}.qcow2"
    live_snapshot_external "$name" snap1 --diskspec "vda,snapshot=external,file=$d/${name%.}.now"
done
vs -q collection-create-as capitals --domain VM --domain vm
vs -q collection-create-as all --domain a:b --domain t
trusted "" --domain t

left() { [ -z "$(ls -A "$1")" ] || live_die "left: $(ls -AR "$1")"; }
warned_once() { [ "$(grep -o 'keeps no permissions' "$1/manifest.xml" | wc -l)" = 1 ] ||
    live_die "$(cat "$VS_OUT"; ls -la "$1")"; }
# killed TARGET: an export that is killed at work.
killed()
{
    "$abs_top_builddir/virtsnap" export --domain t snap1 --to "$1" --bandwidth 64K \
        >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$! partial=$1/t/.snap1.partial
    # A server shows to others how large a file was when it was last closed.
    live_wait "the export has begun, or has failed" eval \
        '[ -n "$(ls -A "$partial/layers" 2>/dev/null)" ] || ! kill -0 $pid'
    sleep 1
    [ -z "${2-}" ] || check "meanwhile another one" "${@:2}"
    kill -9 $pid
    wait $pid 2>/dev/null
    return 0
}
another() { vs_refused 32774 "Another export into" export --domain t snap1 --to "$1"; }

for at in default private owner open; do
    x=$d/$at/$at
    mkdir "$x"
    check "export ($at)" vs_export --domain t snap1 --to "$x"
    check "it is sound" vs verify "$VS_EXPORT"
    check "a guest sees the same" vs_same_disk "$d/t.qcow2" qcow2 "$(vs_layer "$VS_EXPORT" t vda)"
    if [ "$at" = private ]; then
        is "$(vs_field '.warnings | length')" 0 "nothing is to be warned of"
    else
        check "it says what is not kept, once" warned_once "$VS_EXPORT"
    fi
    check "nothing else is there" [ "$(ls -A "$x/t")" = snap1 ]
    check "to where there is one" vs_refused 32800 "snap1' exists" \
        export --domain t snap1 --to "$x"
    killed "$x/r"
    check "one that was killed is gone on with" vs_export --domain t snap1 --to "$x/r" --resume
    check "and is sound" vs verify "$VS_EXPORT"
    check "names that differ in case" vs_refused 4 "cannot tell the name 'domains/vm'" \
        export capitals snap1 --to "$x/n"
    check "leave nothing" [ ! -e "$x/n" ]
done
x=$d/default/default
check "merged and compressed" vs_export --domain t snap1 --to "$x/m" --merge --compress zstd
check "is sound, too" vs verify "$VS_EXPORT"
# Both sides of the mount are computers of their own to the server.
killed "$x/k" another "$d/open/default/k"
check "one that was killed begins anew" vs_export --domain t snap1 --to "$x/k"

# --- names
check "a colon, where the mount maps it" vs_export all snap1 --to "$x/c"
check "is sound" vs verify "$VS_EXPORT"
y=$d/owner/names
mkdir "$y"
check "where it does not" vs_refused 4 "cannot hold the name '.*a:b'" export all snap1 --to "$y/n"
check "and in a collection's name" vs_refused 4 "cannot hold the name '.*a:b'" \
    export --domain a:b snap1 --to "$y/n"
check "a dot at the end" vs_refused 4 "does not keep the name '.*dot|cannot hold the name '.*dot" \
    export --domain dot. snap1 --to "$y/n"
check "nothing is left of these" left "$y"

# --- with a base, and removed
check "an export with a base" vs_export --domain t snap1 --to "$x/b" --base "$x/t/snap1"
check "is sound" vs verify "$VS_EXPORT"
live_snapshot_external t snap2 --diskspec "vda,snapshot=external,file=$d/t.later.qcow2"
check "another one" vs_export --domain t snap2 --to "$x/m"
exec 7<"$x/m/t/snap1/manifest.xml"
flock -s 7
vs -q export-prune "$x/m" --keep-last 1 >/dev/null
check "one that is read is not removed" [ -e "$x/m/t/snap1/manifest.xml" ]
exec 7<&-
check "one that is not is" vs export-prune "$x/m" --keep-last 1
is "$(ls -A "$x/m/t")" snap2 "and nothing is left of it"

# --- and back
lose t
mkdir -p "$d/back" && chmod 711 "$d/back"
check "import from there" vs_import "$x/t/snap1" --to "$d/back"
check "its images are sound" images_sound "$d/back"
check "and its domain starts" live_virsh start t --paused
live_destroy t
lose t
vs -q collection-undefine t 2>/dev/null
mkdir "$d/owner/new"
check "import to where QEMU's user owns all" vs_import "$x/t/snap1" --to "$d/owner/new"
check "its domain starts" live_virsh start t --paused
live_destroy t
lose t
vs -q collection-undefine t 2>/dev/null
mkdir "$d/default/new"
check "to where all is root's" vs_refused $ACCESS_DENIED "mount it with uid=" \
    import "$x/t/snap1" --to "$d/default/new" "${TRUST[@]}"
check "nothing is left" left "$d/default/new"

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Targets on file systems that map owners, keep no permissions, or have other rules for names: the
# export is made, with a warning about what is not kept, or it is refused and nothing is left. NTFS
# in its FUSE driver and bindfs stand for all of them; tests/machine has exFAT and NFS.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
[ "$(id -u)" -eq 0 ] || skip_all "only root mounts file systems"
command -v bindfs >/dev/null || skip_all "bindfs is not installed"
command -v lowntfs-3g >/dev/null || skip_all "ntfs-3g is not installed"
[ -c /dev/fuse ] || skip_all "the kernel has no FUSE"

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR m=$d/mount b=$d/below
mkdir "$m" "$b"

# on WHAT ARGUMENT...: runs WHAT with a mount of bindfs at $m, and unmounts it afterwards.
mounted() { mountpoint -q "$m"; }
on()
{
    local options=$1 rc=0
    shift
    # shellcheck disable=SC2086
    bindfs $options "$b" "$m" || return 1
    "$@" || rc=1
    umount "$m" || umount -l "$m"
    return $rc
}
unmount_all() { if mounted; then umount -l "$m"; fi; }
at_exit unmount_all

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
live_define t --disk "$d/t.qcow2"
live_snapshot_external t snap1
for name in VM vm a:b dot.; do
    live_overlay "$d/base.qcow2" "$d/n-${name%.}.qcow2"
    live_define "$name" --disk "$d/n-${name%.}.qcow2"
    live_snapshot_external "$name" snap1
done

complete() { vs verify "$VS_EXPORT" >/dev/null; }
warned_in_manifest() { [ "$(grep -o 'keeps no permissions' "$1/manifest.xml" | wc -l)" = 1 ] ||
    live_die "$(cat "$VS_OUT" "$1/manifest.xml"; ls -la "$1")"; }
unwarned() { [ "$(vs_field '.warnings | length')" = 0 ]; }
left() { [ -z "$(ls -A "$1")" ] || live_die "left: $(ls -AR "$1")"; }

# --- owners
made() { vs_export --domain t snap1 --to "$m/$1" "${@:2}" && complete; }
check "a target that gives all files to another user" \
    on "--force-user=nobody --chown-ignore" made owner
check "says nothing of it" unwarned
mine() { [ "$(stat -c %U "$b/x/t")" = root ] || return 1
    vs_refused 32769 "another user" export --domain t snap1 --to "$m/x"; }
mkdir -p "$b/x/t/.snap1.partial"
chown daemon "$b/x/t/.snap1.partial"
check "what another user made there is not taken" on "" mine
check "nor removed" [ -d "$b/x/t/.snap1.partial" ]
rm -r "${b:?}"/*
# The interrupted export is resumed although its directory has another owner.
interrupted()
{
    "$abs_top_builddir/virtsnap" export --domain t snap1 --to "$m/r" --bandwidth 64K \
        >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$!
    live_wait "the export has begun" grep -q '^begin' "$b/r/t/.snap1.partial/journal"
    kill -9 $pid
    wait $pid 2>/dev/null
    made r --resume
}
check "and an export is gone on with" on "--force-user=nobody --chown-ignore" interrupted
rm -r "${b:?}"/*

# --- permissions
check "a target that refuses chmod" on "--chmod-deny" made deny
check "says so, once" warned_in_manifest "$b/deny/t/snap1"
rm -r "${b:?}"/*
check "a target that ignores chmod" on "--chmod-ignore --create-with-perms=a+rX" made ignore
check "says so, too" warned_in_manifest "$b/ignore/t/snap1"
rm -r "${b:?}"/*

# --- NTFS
truncate -s 300M "$d/ntfs.img"
mkntfs -F -Q "$d/ntfs.img" >/dev/null 2>&1 || bail_out "mkntfs"
lowntfs-3g -o windows_names,ignore_case "$d/ntfs.img" "$m" || bail_out "ntfs-3g"
mkdir "$m/x"
x=$m/x
check "NTFS" vs_export --domain t snap1 --to "$x/t"
check "is a complete export" complete
check "that says what is not kept" warned_in_manifest "$VS_EXPORT"
rm -r "${x:?}/t"
check "merged and compressed" vs_export --domain t snap1 --to "$x/t" --merge --compress zstd
check "is complete, too" complete
rm -r "${x:?}/t"
refused() { vs_refused 4 "$1" export "${@:2}" --to "$x/t" && left "$x"; }
vs -q collection-create-as capitals --domain VM --domain vm
check "names that differ in case" refused "cannot tell the name 'domains/vm'" capitals snap1
check "a colon in a collection's name" refused "cannot hold the name '.*a:b'" --domain a:b snap1
check "a dot at the end" \
    refused "does not keep the name '.*dot|cannot hold the name '.*dot\\.'" --domain dot. snap1
vs -q collection-create-as all --domain a:b --domain t
check "a colon in a domain's" refused "cannot hold the name 'domains/a:b'" all snap1
vs -q collection-create-as twice --domain t
vs -q collection-create-as tWICE --domain t
check "a collection" vs_export twice snap1 --to "$x"
check "is not taken for one that differs in case" vs_refused 32800 "tWICE/snap1' exists" \
    export tWICE snap1 --to "$x"
check "which stays as it was" complete
umount "$m"

done_testing

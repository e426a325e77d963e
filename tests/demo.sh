#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# usage: demo.sh [DIR]
#
# What virtsnap is for, on two real guests, step by step. Everything happens
# below DIR; the export is left there, nothing is left running. BUILD_DIR names
# the build to show (./build).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
abs_top_srcdir=${here%/*}
abs_top_builddir=${BUILD_DIR:-$abs_top_srcdir/build}
demo=${1:-${TMPDIR:-/tmp}/virtsnap-demo}
# shellcheck source=tests/tap.sh
. "$abs_top_srcdir/tests/tap.sh"
# shellcheck source=tests/live/lib.sh
. "$abs_top_srcdir/tests/live/lib.sh"

bold='' green='' dim='' plain=''
if [ -t 1 ]; then
    bold=$'\e[1;34m' green=$'\e[1;32m' dim=$'\e[2m' plain=$'\e[0m'
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# run 'COMMAND': shows it as a user would type it, then runs it.
run()
{
    printf '%s$%s %s\n' "$green" "$plain" "$1"
    eval "$1" || fail "this failed: $1"
}

# virsh as everybody has it, except that it exits only when libvirt has found its running domains
# again: see live_script.
virsh() { command virsh "$(live_script "$@")" | sed '/^No IOThreads found/d'; }

# A directory that an earlier run has made is used again; any other is not touched.
take_directory()
{
    # The sockets of libvirt are below it, and their paths are limited to 107 bytes.
    demo=$(realpath -m "$demo")
    [ ${#demo} -le 45 ] || fail "the path $demo is too long: name another directory"
    if [ -e "$demo" ]; then
        [ -O "$demo" ] && [ -e "$demo/.virtsnap-demo" ] ||
            fail "$demo exists and is not of an earlier demonstration: name another directory"
    else
        mkdir -m 700 "$demo"
        : >"$demo/.virtsnap-demo"
    fi
    exec 8>"$demo/.virtsnap-demo"
    flock -n 8 || fail "a demonstration runs in $demo already"
    find "$demo" -mindepth 1 -maxdepth 1 ! -name .virtsnap-demo -exec rm -rf {} +
}

# Only what was shown is kept; guests and libvirt's own files are removed.
tidy() { rm -rf "$demo/r" "$demo/console" "$demo"/define.* "$demo/virsh.log"; }

prepare()
{
    take_directory
    at_exit tidy
    live_setup "$demo"
    cd "$demo"
    export LC_ALL=C.UTF-8 LIBVIRT_LOG_OUTPUTS=3:file:$demo/virsh.log
    export VIRTSNAP_CONFIG_DIR=$demo/config VIRTSNAP_STATE_DIR=$demo/state
    export VIRTSNAP_SCHEMA_DIR=$abs_top_srcdir/xml-schemas
    PATH=$abs_top_builddir:$abs_top_builddir/src:$abs_top_builddir/src/cli:$PATH
    command -v virtsnap >/dev/null || fail "virtsnap is not built: run ./bootstrap build"
}

writes() { note "web has written $(live_counter web), db has written $(live_counter db)"; }

two_guests()
{
    title "0. A libvirt host of our own: the embedded QEMU driver, no daemon"
    run "export LIBVIRT_DEFAULT_URI='$LIVE_URI'"
    title "1. Two guests on one base image, both writing all the time"
    live_disk "$demo/base.qcow2" 768 256
    chmod 444 base.qcow2
    run 'qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 web.qcow2'
    run 'qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 db.qcow2'
    live_domain_xml web --disk "$demo/web.qcow2" >web.xml
    live_domain_xml db --disk "$demo/db.qcow2" >db.xml
    run 'virsh define web.xml; virsh start web'
    run 'virsh define db.xml; virsh start db'
    note "Both boot, $(how_they_run)."
    live_wait_boot web db
    live_wait_counter web 20
    live_wait_counter db 20
    writes
}

how_they_run()
{
    case $(live_accel) in
    kvm) echo "under KVM" ;;
    *) echo "emulated (KVM runs nothing here)" ;;
    esac
}

snapshots()
{
    title "2. Both domains are one collection"
    run 'virtsnap collection-create-as shop --domain web --domain db'
    title "3. A snapshot of both at one moment, while they run: file systems frozen by the agents"
    run 'virtsnap snapshot-create-as shop snap1 --quiesce'
    note "So long, and no longer, the guests could not write: the window."
    live_wait_counter web +10
    writes
}

export_collection()
{
    run 'virtsnap snapshot-chain shop snap1'
    title "4. The export, while the guests go on writing"
    run 'virtsnap export shop snap1 --to export'
    writes
    run 'tree -h --noreport export'
    title "5. Proof: every digest, the schema, every chain"
    run 'virtsnap verify export/shop/snap1'
}

standard_tools()
{
    local layer number
    title "6. Without virtsnap: what had web written at the snapshot?"
    layer=$(cd export/shop/snap1/layers && ls web-*.qcow2) || fail "no layer of web in the export"
    run "qemu-img convert -f qcow2 -O raw export/shop/snap1/layers/$layer web.raw"
    run 'debugfs -R "cat /counter" web.raw 2>/dev/null'
    number=$(live_counter_of "export/shop/snap1/layers/$layer")
    [ "$number" -ge 20 ] && [ "$number" -lt "$(live_counter web)" ] ||
        fail "web had not written $number at the snapshot"
    live_consistent "export/shop/snap1/layers/$layer" || fail "the disk is not of one instant"
    note "By now web has written $(live_counter web)."
    rm -f web.raw
}

# Shows an export that needs no snapshot before it, and costs only what was written since.
next_night()
{
    local written total
    title "7. The next night: both as they run now, on what the first export holds"
    live_wait_counter web +10
    writes
    run 'virtsnap export shop night2 --live --preserve-chain --base latest --to export'
    run 'virtsnap export-list export'
    run 'virtsnap verify export/shop/night2'
    written=$(virtsnap --json export-list export | jq '.exports[] | select(.base) | .own')
    total=$(virtsnap --json export-list export | jq '.exports[] | select(.base) | .bytes')
    note "Each is complete by itself. The second takes $(numfmt --to=iec "$written") of its \
$(numfmt --to=iec "$total"); the rest is the first one's, by hard links."
    [ "$written" -lt $((total / 4)) ] || fail "the second export took $written of $total bytes"
    ! virsh snapshot-list web --name | grep -q virtsnap-live || fail "a snapshot is left"
}

# Removes everything of a guest: its domain, its disks, and its output so far.
lose()
{
    title "8. Both are lost: domains, disks, base image"
    run 'virsh destroy web; virsh undefine web --snapshots-metadata'
    run 'virsh destroy db; virsh undefine db --snapshots-metadata'
    run 'virtsnap collection-undefine shop; rm -f base.qcow2 web.* db.*; virsh list --all'
    : >"$(live_console web)"
    : >"$(live_console db)"
}

# trust: the serial consoles of these guests are files of the host.
import_collection()
{
    local domain number trust=
    for domain in web db; do
        trust+=" --trust $domain:devices/serial --trust $domain:devices/console"
    done
    title "9. Imported again, and running; the console that is a file here has to be trusted"
    run "virtsnap import export/shop/snap1 --to images --start$trust"
    run 'virsh list --all; virtsnap collection-list'
    live_wait_boot web db
    for domain in web db; do
        number=$(live_counter_of export/shop/snap1/layers/$domain-*.qcow2)
        live_wait_counter $domain $((number + 5))
        note "$domain went on from $number, and has written $(live_counter $domain) by now."
    done
}

prepare
two_guests
snapshots
export_collection
standard_tools
next_night
lose
import_collection
live_cleanup
title "Done in $SECONDS seconds. Nothing runs any more; the export is in $demo/export"

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Domains that migrate, live, between two libvirtds with the same storage: what is asked of one that
# is on its way is refused at once, on both hosts; one that has left is not touched where it was;
# and nights go on wherever it runs. No guest boots: their memory is filled by QEMU.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"

# --- two hosts. A client that is stopped is not sent away.
LIVE_LIBVIRTD_CONF='keepalive_interval = -1'
begin_nights
here=$LIVE_URI
read -r uuid </proc/sys/kernel/random/uuid
LIVE_LIBVIRTD_CONF="host_uuid = \"$uuid\""
check "a second host, with the same storage" live_libvirtd_setup "$d/2" || bail_out "no libvirtd"
there=$LIVE_URI
LIVE_DIR=$d LIVE_ROOT=$d/host LIVE_URI=$here
at() { LIVE_URI=$1 live_virsh "${@:2}"; }

# heavy: the domain in the input has something in its memory, so that it does not migrate before
# anybody can look. Zeros QEMU would send as nothing.
heavy()
{
    head -c 48M /dev/zero | tr '\0' x >"$d/memory"
    sed -e "s|<domain |&xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' |" \
        -e "s|</domain>|<qemu:commandline><qemu:arg value='-device'/><qemu:arg \
value='loader,file=$d/memory,addr=0x2000000,force-raw=on'/></qemu:commandline>&|"
}

# migrate DOMAIN FROM TO [OPTION]...
# Virsh does not ignore SIGPIPE, and dies of it when it answers a keep-alive of the other host on
# the connection that it is about to close: both may be 30 s after the begin, when libvirt says no.
migrate()
{
    env --ignore-signal=PIPE virsh -q -c "$2" migrate "$1" "$3" --live --unsafe \
        --migrateuri "unix://$d/migrate.$1" "${@:4}"
}

# leave DOMAIN: it begins to migrate from here, and does not come far.
leave()
{
    migrate "$1" "$here" "$there" --bandwidth 1 >"$d/migrate.out" 2>&1 &
    leaving=$!
    live_wait "$1 migrates" is_leaving "$1" && kill -0 "$leaving" &&
        at "$here" qemu-monitor-command "$1" --hmp 'migrate_set_parameter max-bandwidth 4k'
}
is_leaving()
{
    ! kill -0 "$leaving" 2>/dev/null ||
        at "$here" domjobinfo "$1" | grep "^Memory processed: *[1-9]" >/dev/null
}

# stay DOMAIN: it does not leave.
stay()
{
    at "$here" domjobabort "$1" && ! wait "$leaving" &&
        [ "$(at "$here" domstate "$1")" = running ]
}

# all_of: what domains, snapshots, sets and images there are on both hosts.
all_of()
{
    local host domain
    for host in "$here" "$there"; do
        for domain in $(at "$host" list --all --name | sort); do
            echo "$host $domain"
            LIVE_URI=$host live_virsh_all "dumpxml $domain --inactive; snapshot-list $domain; \
domstate $domain; checkpoint-list $domain; domblklist $domain"
        done
    done | cksum
    find "$x" "$s" "$d/images" "$VIRTSNAP_STATE_DIR" ! -name '*.lock' \
        ! -path "$VIRTSNAP_STATE_DIR" ! -name domains-in-change -printf '%P %s %T@\n' | sort
}

# asleep PID FILE: it copies, and is stopped then.
asleep()
{
    live_wait "it copies" grep -q '"current":[1-9]' "$2" && kill -STOP "$1" &&
        live_wait "it is stopped" live_stopped "$1"
}

# --- a domain on images of an export, and one beside it
to=$d/images
mkdir "$to"
qemu-img create -q -f qcow2 "$d/a.qcow2" 64M
qemu-img create -q -f qcow2 "$d/b.qcow2" 64M
for disk in a b; do
    qemu-io -f qcow2 -c "write -q -P 6 0 4M" -c "write -q -P 9 40M 2M" "$d/$disk.qcow2"
done
live_define a --disk "$d/a.qcow2"
check "an export" vs_export --domain a --live=crash --to "$x" || bail_out "no export"
lose a
check "a domain that stands on it" vs_import "$VS_EXPORT" --to "$to" --in-place ||
    bail_out "no domain"
live_virsh dumpxml a --inactive | heavy >"$d/a.xml"
check "and one that does not" eval 'live_virsh define "$d/a.xml" && live_start a &&
    live_define b --disk "$d/b.qcow2" && live_start b' || bail_out "no domains"
vs -q collection-create-as night --domain a
vs -q collection-create-as both --domain a --domain b

# --- a domain whose disks are read: libvirt does not let it go. It makes who asks wait for a while.
virtsnap export --json --progress=json --domain b --live=crash --scratch "$s" --bandwidth 1M \
    --to "$x" >"$d/b.out" 2>"$d/b.progress" </dev/null &
exporting=$!
check "one domain is exported live" asleep $exporting "$d/b.progress"
migrate b "$here" "$there" >"$d/b.migrate" 2>&1 &
migrating=$!

# --- a domain with a set of snapshots stays
check "a set of the other" vs -q snapshot-create-as night s
check_fails "keeps it from being migrated" migrate a "$here" "$there"
live_virsh snapshot-dumpxml a s >"$d/a.s"

# --- it migrates while its snapshot is exported
virtsnap export --json --progress=json night s --bandwidth 2M --to "$x" \
    >"$VS_OUT" 2>"$d/progress" </dev/null &
pid=$!
check "the snapshot is being exported" asleep $pid "$d/progress"
check "what libvirt knows of it is removed" vs -q snapshot-delete night s --metadata
check "the domain migrates" migrate a "$here" "$there"
kill -CONT $pid
check "the export is made" wait $pid
check "and sound" vs_sound "$(vs_field .export)"
is "$(vs_field '.warnings[]' | grep -c "'a' was migrated to another host")" 1 \
    "it says that the domain has left" || cat "$VS_OUT"
# --- what it left behind is only a definition
check "where it was, it is shut off" live_off a
live_virsh snapshot-create a "$d/a.s" --redefine
used="another process writes to '.*', though the domain is shut off here"
before=$(all_of)
check "no set is made of it there" vs_refused 32774 "'a'.*'vda'.*$used" snapshot-create-as night t
check "nor applied" vs_refused 32774 "'a'.*'vda'.*$used" snapshot-apply night s
check "nor removed" vs_refused 32774 "'a'.*another process" snapshot-delete night s
check "nor exported live" vs_refused 32774 "'a'.*another process" export night --live=crash \
    --to "$d/none"
is "$(ls -A "$d/none" 2>/dev/null)" "" "of which nothing is left"
is "$(all_of)" "$before" "nothing has changed"
check "its snapshot is exported as before" vs_export night s --to "$x/again"
check "and sound" vs_sound "$VS_EXPORT"
live_virsh snapshot-delete a s --metadata
check "it comes back" migrate a "$there" "$here"
live_virsh snapshot-create a "$d/a.s" --redefine
check "and is what it was" eval 'guest a 0 "$(paint 9M 64k)" &&
    vs -q snapshot-delete night s && vs -q reference-point-create night p'

# --- it is on its way
# Where it goes to it may be known already, with snapshots.
at "$there" define "$d/a.xml" >/dev/null
at "$there" snapshot-create a "$d/a.s" --redefine
before=$(all_of)
check "a domain is being migrated" leave a || cat "$d/migrate.out"
way="'a'.*it is being migrated to another host; wait .*virsh domjobabort a"
check "no set is made of it" vs_refused 32774 "$way" snapshot-create-as both t
check "nor of what is frozen in it" vs_refused 32774 "$way" snapshot-create-as both t --quiesce
check "no reference point" vs_refused 32774 "$way" reference-point-create both q
check "none is removed" vs_refused 32774 "$way" reference-point-delete night p
check "it is not exported live" vs_refused 32774 "$way" export both --live=crash --to "$d/none"
check "nor with its memory" vs_refused 32774 "$way" export both --live=memory --to "$d/none"
check "nor as a night" vs_refused 32774 "$way" export night --live=crash --base latest --strict \
    --to "$d/none"
check "nor detached" vs_refused 32774 "$way" import-detach a
is "$(vs reference-point-list night | awk '$1 == "p" { print $4 }')" unknown \
    "what has changed since a reference point cannot be told"

export LIBVIRT_DEFAULT_URI=$there VIRTSNAP_STATE_DIR=$d/other
way="'a'.*it is being migrated to this host; wait .*on the host that it comes from"
check "where it goes to no set is made" vs_refused 32774 "$way" snapshot-create-as night t
check "none is removed" vs_refused 32774 "$way" snapshot-delete night s
check "not even from what libvirt knows" vs_refused 32774 "$way" snapshot-delete night s --metadata
check "none is applied" vs_refused 32774 "$way" snapshot-apply night s
check "no reference point is made" vs_refused 32774 "$way" reference-point-create night q
check "it is not exported" vs_refused 32774 "$way" export night --live=crash --to "$d/none"
check "nor as a night" vs_refused 32774 "$way" export night --live=crash --base latest \
    --to "$d/none"
check "nor with its memory" vs_refused 32774 "$way" export night --live=memory --to "$d/none"
check "nor detached" vs_refused 32774 "$way" import-detach a
is "$(find "$d/other" -type f ! -name '*.lock' 2>/dev/null)" "" "nothing is left of all that"
export LIBVIRT_DEFAULT_URI=$here VIRTSNAP_STATE_DIR=$d/state
check "it stays" stay a
is "$(all_of)" "$before" "and is as it was" || diff <(all_of) - <<<"$before"
is "$(ls -A "$d/none" 2>/dev/null)" "" "no export is left"
at "$there" undefine a --snapshots-metadata

# --- what became of the other one
check_fails "the domain that is exported is not migrated" wait $migrating
like "$(<"$d/b.migrate")" "state change lock" "libvirt says so"
kill -CONT $exporting
check "its export is made" wait $exporting
VS_EXPORT=$(jq -r .export "$d/b.out")
check "and sound" vs_sound "$VS_EXPORT"
check "and what the domain has" as_source

# --- nights go on wherever it runs: by a bitmap where that tells all, else by comparing
# on HOST: that is where it is now.
on() { LIVE_URI=$1; export LIBVIRT_DEFAULT_URI=$1; }
some_of_it() { guest a 0 "$(paint $(some))" "$(paint $(some))" "write -q -z $(some)"; }
# tonight NAME [WHY]: a night is as what the domain has. With WHY it is not known what has changed:
# it says so, and a strict one is refused.
tonight()
{
    check "the guest writes" some_of_it || cat "$d/hmp"
    [ $# -eq 1 ] || check "a strict night is refused" vs_refused 5 "'a'.*'vda'.*not known.*$2" \
        export night --live=crash --scratch "$s" --to "$x/nights" --base latest --strict
    check "a night" vs_export night "$1" --live=crash --scratch "$s" --to "$x/nights" --base latest
    is "$(warnings | grep -c "not known.*${2-}")" "$(($# - 1))" \
        "says whether what has changed is known" || cat "$VS_OUT"
    check "it is as what the domain has" as_source
}
vs -q reference-point-delete night p
check "a first night" vs_export night first --live=crash --scratch "$s" --to "$x/nights" \
    --base latest
tonight second
check "the domain goes away, writes, and comes back" eval 'migrate a "$here" "$there" &&
    on "$there" && some_of_it && migrate a "$there" "$here" && on "$here"' || cat "$d/hmp"
tonight third "started anew"
tonight fourth
point=$(checkpoints a | tr ' ' '\n' | grep '^virtsnap\.export' | tail -n 1)
live_virsh checkpoint-dumpxml a "$point" >"$d/point.xml"
check "it goes away" migrate a "$here" "$there" --undefinesource --persistent
on "$there"
check "what libvirt knew of a checkpoint is told to the other one" \
    live_virsh checkpoint-create a "$d/point.xml" --redefine
tonight fifth "started anew"
# Also one with records of its own.
VIRTSNAP_STATE_DIR=$d/third
tonight sixth
check "it comes back" migrate a "$there" "$here" --undefinesource --persistent
on "$here"
VIRTSNAP_STATE_DIR=$d/state
tonight seventh "no checkpoint"
tonight eighth

done_testing

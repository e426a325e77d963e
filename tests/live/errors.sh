#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Bad input of every sort: a clear error with its code, and nothing left
# behind. No guest has to run for most of it.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"

# refused CODE REGEX [ARGUMENT]...: checks that an export of t fails with this result and leaves
# nothing.
refused()
{
    local code=$1 regex=$2
    shift 2
    vs_refused "$code" "$regex" export --domain t snap1 --to "$x/t" "$@" &&
        [ -z "$(ls -A "$x")" ] || live_die "left: $(ls -AR "$x")"
}

# --- names
live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
live_overlay "$d/base.qcow2" "$d/u.qcow2"
live_define t --disk "$d/t.qcow2"
live_define u --disk "$d/u.qcow2"
live_snapshot_external t snap1
check "no such domain" vs_refused 32779 "'nobody'" export --domain nobody snap1 --to "$x/t"
check "no such snapshot" vs_refused 32779 "'t'.*'snap9'|'snap9'.*'t'" \
    export --domain t snap9 --to "$x/t"
check "a member without the snapshot is named" vs_refused 32779 "'u'" \
    export --domain t --domain u snap1 --to "$x/t"
check "no such collection" vs_refused 32779 "'nothing'" export nothing snap1 --to "$x/t"
vs -q collection-create-as nobody
check "a collection without domains" vs_refused 5 "'nobody'" export nobody snap1 --to "$x/t"
check "nothing of all that is left" [ -z "$(ls -A "$x")" ]

# --- the target
: >"$d/file"
check "the target is a file" vs_refused 4 "not a directory" \
    export --domain t snap1 --to "$d/file"
check "a file is on the way" vs_refused 4 "not a directory|Not a directory" \
    export --domain t snap1 --to "$d/file/below"
check "its parent is not there" vs_refused 32779 "/no'" \
    export --domain t snap1 --to "$d/no/where"
mkdir "$x/full"
: >"$x/full/something"
check "straight into a directory that is not empty" vs_refused 32800 "exists already" \
    export --domain t snap1 --to "$x/full" --no-subdirectory
rm -r "$x/full"
mkdir "$d/ro"
if [ "$(id -u)" -ne 0 ]; then
    chmod 500 "$d/ro"
    check "not writable" vs_refused 32769 "$d/ro" export --domain t snap1 --to "$d/ro"
elif mount -t tmpfs -o ro,size=1m none "$d/ro" 2>/dev/null; then
    at_exit umount "$d/ro"
    check "not writable" vs_refused 32769 "$d/ro" export --domain t snap1 --to "$d/ro"
else
    skip "not writable" "nothing may be mounted here, and root may write everywhere"
fi

gone() { ! kill -0 "$1" 2>/dev/null; }
stop_nbd()
{
    local pid
    pid=$(cat "$1")
    kill "$pid"
    live_wait "qemu-nbd ends" gone "$pid"
}

# --- layers. Each case spoils a fresh image under an old snapshot.
fresh()
{
    chmod -f u+rw "$d/t.qcow2"
    rm -f "$d/t.qcow2" "$d/below.qcow2"
    live_overlay "$d/base.qcow2" "$d/below.qcow2"
    live_overlay "$d/below.qcow2" "$d/t.qcow2"
}
below() { qemu-img rebase -u -f qcow2 "$@" "$d/below.qcow2"; }

fresh; rm "$d/below.qcow2"
check "a layer is missing" refused 32779 "below.qcow2"
fresh; rm "$d/t.qcow2"
check "the top layer is missing" refused 32779 "t.qcow2"
fresh; truncate -s 100 "$d/below.qcow2"
check "a layer is cut short" refused 32802 "below.qcow2"
# The tables of this image are present, but the clusters that they refer to are not.
fill_and_cut()
{
    fresh
    qemu-io -f qcow2 -c "write -q -P 7 0 1M" "$d/below.qcow2" >/dev/null
    truncate -s "-$1" "$d/below.qcow2"
}
fill_and_cut 64K
check "its last cluster is missing" refused 32802 "below.qcow2.*cut short"
check "with merge, too" refused 32802 "below.qcow2.*cut short" --merge
check "with compress, too" refused 32802 "below.qcow2.*cut short" --compress zstd
check "with both" refused 32802 "below.qcow2.*cut short" --merge --compress zstd
fill_and_cut 4K
check "QEMU reads the rest of a last cluster as zeros" vs -q export --domain t snap1 --to "$x/t"
check "and finds nothing wrong with it" vs verify "$x/t/t/snap1" --deep
rm -r "$x/t"
fresh; echo nonsense >"$d/below.qcow2"
check "a layer is not qcow2" refused 32802 "below.qcow2"
fresh; below -F raw -b 'json:{"driver":"null-co"}'
check "a json: reference" refused 1 "below.qcow2.*json:"
fresh; below -F raw -b 'nbd://localhost/x'
check "a protocol" refused 1 "below.qcow2.*nbd://"
fresh; qemu-img create -q -f qcow2 -o data_file="$d/data" "$d/below.qcow2" 64M
check "a data file" refused 1 "below.qcow2.*data-file"
fresh
# A backing reference without a format: the header extension that holds the format gets an unknown
# type.
printf '\x12\x34\x56\x78' | dd of="$d/below.qcow2" bs=1 seek=112 conv=notrunc status=none
check "no backing format" refused 5 "below.qcow2.*format"
fresh; below -F qcow2 -b t.qcow2
check "a loop" refused 5 "own backing image"
# QEMU measures how fast it can hash, and sometimes that fails on a busy machine.
encrypt() { qemu-img create -q -f qcow2 -o encrypt.format=luks,encrypt.key-secret=s \
    -o encrypt.iter-time=10 --object secret,id=s,data=xyz "$d/below.qcow2" 64M 2>/dev/null; }
fresh
live_wait "QEMU makes an encrypted image" encrypt
check "an encrypted layer cannot be merged" refused 1 "encrypted" --merge
fresh
qemu-nbd -r -k "$d/sock" -f qcow2 "$d/t.qcow2" --fork --pid-file="$d/reader.pid"
check "a reader does no harm" vs_export --domain t snap1 --to "$x/t"
rm -rf "${x:?}/t"
stop_nbd "$d/reader.pid"
qemu-nbd -k "$d/sock2" -f qcow2 "$d/below.qcow2" --fork --pid-file="$d/writer.pid"
check "a layer that somebody writes to" refused 32774 "below.qcow2"
check "also when merged" refused 32774 "below.qcow2" --merge
stop_nbd "$d/writer.pid"
check "and again when it is free" vs_export --domain t snap1 --to "$x/t"
rm -rf "${x:?}/t"
if [ "$(id -u)" -eq 0 ]; then
    skip "a layer that may not be read" "root may read everything"
else
    chmod 000 "$d/below.qcow2"
    check "a layer that may not be read" refused 32769 "below.qcow2"
fi
fresh

# --- changed while it is copied: the copy is slowed down, and the file is
# written to by somebody who knows no locks
qemu-io -f qcow2 -c 'write -P 5 0 24M' "$d/t.qcow2" >/dev/null
# changed CODE COMMAND...: runs COMMAND while the file is copied, and checks the result code of the
# export.
changed()
{
    "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$x/t" --bandwidth 4M \
        >"$VS_OUT" 2>"$VS_ERR" &
    local pid=$!
    live_wait "it copies" test -e "$x/t/t/.snap1.partial/layers"
    live_wait "it has copied" live_wrote $pid 1000000
    "${@:2}"
    ! wait "$pid" && [ "$(vs_field .error.code)" = "$1" ] &&
        [[ $(vs_field .error.message) =~ t.qcow2 ]] && [ -z "$(ls -A "$x")" ] ||
        live_die "$(cat "$VS_OUT")"
}
scribble() { printf X | dd of="$d/t.qcow2" bs=1 seek=2000000 conv=notrunc status=none; }
cp "$d/t.qcow2" "$d/whole"
check "a layer that changes while it is copied" changed 32774 scribble
check "one that is cut short" changed 32802 truncate -s 3M "$d/t.qcow2"
cp "$d/whole" "$d/t.qcow2"

# --- Ctrl-C
interrupted()
{
    local pid
    # The function vs is not used, because the signal has to reach the command itself. At this
    # bandwidth the whole export would take seven hours.
    "$abs_top_builddir/virtsnap" --json export --domain t snap1 --to "$x/t" --bandwidth 1K \
        >"$VS_OUT" 2>"$VS_ERR" &
    pid=$!
    live_wait "it copies" test -e "$x/t/t/.snap1.partial/layers"
    kill -"$1" "$pid"
    ! wait "$pid" && [ "$(vs_field .error.code)" = 32804 ] && [ -z "$(ls -A "$x")" ]
}
check "Ctrl-C ends it at once, and nothing is left" interrupted INT

# --- kinds of disks
for kind in network nvme; do
    case $kind in
    network) source="<source protocol='nbd' name='x'><host name='localhost'/></source>" ;;
    nvme) source="<source type='pci' namespace='1'><address domain='0' bus='9'/></source>" ;;
    esac
    live_domain_xml "$kind" --disk "$d/u.qcow2" |
        sed "s|disk type=\"file\"|disk type=\"$kind\"|
             s|<source file=\"[^\"]*u.qcow2\"/>|$source|" \
            >"$d/$kind.xml"
    live_virsh define "$d/$kind.xml" >/dev/null
    cat >"$d/snap.xml" <<END
<domainsnapshot><name>snap1</name><creationTime>1</creationTime><state>shutoff</state>
<disks><disk name='vda' snapshot='external' type='file'><source file='$d/o.qcow2'/></disk></disks>
$(live_virsh dumpxml "$kind" --inactive)</domainsnapshot>
END
    live_virsh snapshot-create "$kind" "$d/snap.xml" --redefine >"$d/said" 2>&1
    check "a disk of the kind $kind is named" vs_refused 1 "'$kind'.*'vda'.*'$kind'" \
        export --domain "$kind" snap1 --to "$x/t"
    check "it can be left out" \
        vs_export --domain "$kind" snap1 --to "$x/$kind" --exclude "$kind:vda"
    rm -rf "${x:?}/$kind"
done

# --- settings
settings() { printf '%s' "$1" >"$d/s.xml"; refused "$2" "$3" --settings "$d/s.xml"; }
# cim PROPERTY TYPE VALUE CODE REGEX
cim()
{
    settings "<INSTANCE CLASSNAME=\"Msvm_CollectionSnapshotExportSettingData\">
<PROPERTY NAME=\"$1\" TYPE=\"$2\"><VALUE>$3</VALUE></PROPERTY></INSTANCE>" "$4" "$5"
}
check "an unknown setting" settings '<exportsettings><colour>red</colour></exportsettings>' 4 colour
check "a wrong type" settings '<exportsettings><storage>maybe</storage></exportsettings>' 4 storage
check "a number out of range" settings '<exportsettings><parallel>65</parallel></exportsettings>' \
    4 parallel
check "two documents" settings '<exportsettings/><exportsettings/>' 4 ''
check "no XML" settings 'hello' 4 ''
check "empty" settings '' 4 ''
check "an entity bomb" settings '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<exportsettings><base>&b;</base></exportsettings>' 4 ''
check "an outside entity" settings '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<exportsettings><base>&a;</base></exportsettings>' 4 ''
truncate -s 100M "$d/huge.xml"
check "100 MB" refused 4 'huge.xml' --settings "$d/huge.xml"
check "no such file" refused 32779 'none.xml' --settings "$d/none.xml"
check "an unknown property" cim Colour string red 4 Colour
check "an intent that is none" cim BackupIntent uint16 7 4 BackupIntent
check "a base that is no export" refused 32779 "manifest.xml" --base "$x"
check "an empty base" refused 4 "path of an export" --base ''
check "a live state has a name of its own" \
    settings '<exportsettings><live>memory</live></exportsettings>' 32800 "has a snapshot 'snap1'"

# --- a volume, where libvirt has no pools
qemu-img create -q -f qcow2 "$d/v.qcow2" 1M
live_domain_xml v --disk "$d/v.qcow2" | sed "s#^<serial#<disk type='volume' device='disk'> \
    <driver name='qemu' type='raw'/><source pool='p' volume='w'/> \
    <target dev='vdb' bus='virtio'/></disk>&#" >"$d/v.xml"
live_virsh define --file "$d/v.xml"
check "a disk that is a volume" live_snapshot_external v snap1 --diskspec vdb,snapshot=no
check "cannot be found by the embedded driver, which has no pools" vs_refused 1 \
    "no storage pools.*'w' of 'p'.*qemu:///system" \
    export --domain v snap1 --to "$x/v" --include v:vdb

# --- no libvirt
check "no hypervisor" vs_refused 32777 "$d/none" \
    -c "qemu+unix:///system?socket=$d/none" export --domain t snap1 --to "$x/t"
check "nothing is left of all this" [ -z "$(ls -A "$x")" ]

done_testing

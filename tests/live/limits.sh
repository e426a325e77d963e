#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Sizes and limits: absurd images are refused and large ones quick, a limit of
# the process or the system is an error that names it.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
[ "$(id -u)" -eq 0 ] || skip_all "only root mounts a file system that holds files so large"

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
mount -t tmpfs -o size=512m none "$x" || skip_all "nothing may be mounted here"
at_exit umount -l "$x"

# disk NAME FORMAT FILE: defines a domain with that disk and makes a snapshot of it.
disk()
{
    virsh -q define /dev/stdin <<END && live_snapshot_external "$1" s
<domain type='qemu'><name>$1</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='$2'/><source file='$3'/>
<target dev='vda' bus='virtio'/></disk></devices></domain>
END
}
refused() { vs_refused "$1" "$2" export --domain "$3" s --to "$x/to" "${@:4}" &&
    [ ! -e "$x/to" ] || live_die "left: $(find "$x/to")"; }

# --- sizes
# What QEMU would not take as it is becomes so under the snapshot, as if it always had been.
truncate -s 1M "$x/eib.raw"
disk eib raw "$x/eib.raw"
truncate -s 1E "$x/eib.raw"
touch -d 2020-01-01 "$x"/*
for way in "" --merge "--merge --compress zstd"; do
    # shellcheck disable=SC2086
    check "a raw image of 1 EiB $way" refused 1 "1.0.EiB.*512.0.TiB" eib $way
done
qemu-img create -q -f qcow2 "$x/two.qcow2" 1M
disk two qcow2 "$x/two.qcow2"
printf '\x20\0\0\0\0\0\0\0' | dd of="$x/two.qcow2" bs=1 seek=24 conv=notrunc status=none
truncate -s 262144 "$x/two.qcow2"
touch -d 2020-01-01 "$x"/*
for way in "" --merge "--merge --compress zstd"; do
    # shellcheck disable=SC2086
    check "a small image that claims 2 EiB $way" refused 32802 "two.qcow2.*L1 table" two $way
done
truncate -s 16T "$x/large.raw"
disk large raw "$x/large.raw"
for way in "" --merge; do
    # shellcheck disable=SC2086
    check "16 TiB of holes $way" vs_export --domain large s --to "$x/to" $way
    check "are verified" vs verify --json "$VS_EXPORT"
    rm -rf "${x:?}/to"
done
printf x | dd of="$x/large.raw" bs=1 seek=8796093022208 conv=notrunc status=none
touch -d 2020-01-01 "$x"/*
check "16 TiB of holes with something in the middle" vs_export --domain large s --to "$x/to"
layer=$(vs_layer "$VS_EXPORT" large vda)
check "has it there" test "$(dd if="$layer" bs=1 skip=8796093022208 count=1 status=none)" = x
check "and is verified" vs verify --json "$VS_EXPORT"
# The time is the bench's (growth). Of a quarter of a million segments few may be a step.
steps()
{
    strace -f -qq --seccomp-bpf -e signal=none -e trace=lseek,pread64 -o "$d/steps" \
        "$(readlink -f "$abs_top_builddir/virtsnap")" -q verify "$VS_EXPORT" || return 1
    n=$(grep -vc resumed "$d/steps")
    [ "$n" -gt 2 -a "$n" -lt 26000 ] || live_die "$n calls"
}
if command -v strace >/dev/null; then
    check "in few steps" steps
else
    skip "in few steps" "strace is not installed"
fi
damage() { chmod u+w "$layer" &&
    printf y | dd of="$layer" bs=1 seek=4398046511104 conv=notrunc status=none &&
    ! vs verify "$VS_EXPORT" >"$VS_OUT" 2>&1 && grep -q '4398046511104' "$VS_OUT"; }
check "damage in a hole is seen, and where" damage
rm -rf "${x:?}/to" "$x/large.raw"

qemu-img create -q -f qcow2 "$d/o.qcow2" 16M
qemu-io -f qcow2 -c 'write -P 1 0 16M' "$d/o.qcow2" >/dev/null
disk o qcow2 "$d/o.qcow2"

# --- verifying a stranger's
strange()
{
    local file
    vs_export --domain o s --to "$x/to" && file=$(vs_layer "$VS_EXPORT" o vda) || return 1
    chmod u+w "$file"
    truncate -s "$1" "$file"
    sed -i "s/bytes=\"$2\"/bytes=\"$(stat -c %s "$file")\"/; /<nodes>/d" \
        "$VS_EXPORT/manifest.xml"
    ! vs verify --json "${@:3}" "$VS_EXPORT" >"$VS_OUT" 2>&1 &&
        grep -q 'more than 512' "$VS_OUT" || live_die "$(cat "$VS_OUT")"
}
bytes=$(stat -c %s "$d/o.qcow2")
check "an export with a file of 1 EiB" strange 1E "$bytes"
rm -rf "${x:?}/to"
check "and looked at deeply" strange 1E "$bytes" --deep
rm -rf "${x:?}/to"

# --- paths that no manifest could name
bad=$x/$(printf 'b\377d')
qemu-img create -q -f raw "$bad" 1M
ln -s "$bad" "$x/link.raw"
disk link raw "$x/link.raw"
check "a link to a name that is not UTF-8" refused 4 'b.377d' link
qemu-img create -q -f qcow2 "$x/ref.qcow2" 1M
disk ref qcow2 "$x/ref.qcow2"
qemu-img rebase -u -f qcow2 -F raw -b "$bad" "$x/ref.qcow2"
touch -d 2020-01-01 "$x"/*
check "a reference to it" refused 4 'b.377d' ref
for name in "$(printf 'b\001d')" "$(printf 'b\xef\xbf\xbfd')" "$(printf 'b\377d')"; do
    check "a target of such a name" vs_refused 4 'XML cannot' export --domain o s --to "$x/$name"
done

# --- files that may not grow so large
limited() { (ulimit -f 1000; refused "$@"); }
check "a limit on the size of files" limited 32801 "ulimit -f" o

# --- descriptors
# A chain whose images name each other without directories, so that its copies are chains, too.
mkdir "$d/c"
qemu-img create -q -f qcow2 "$d/c/0.qcow2" 4M
for ((i = 1; i <= 45; i++)); do
    (cd "$d/c" && qemu-img create -q -u -f qcow2 -b $((i - 1)).qcow2 -F qcow2 $i.qcow2 4M)
done
disks= letters=({a..l})
for k in {1..12}; do
    cp -r "$d/c" "$d/c$k"
    qemu-io -f qcow2 -c "write -q -P $k 0 4M" "$d/c$k/0.qcow2"
    disks+="<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
    disks+="<source file='$d/c$k/45.qcow2'/><target dev='vd${letters[k - 1]}' bus='virtio'/></disk>"
done
for k in {1..6}; do
    disk "deep$k" qcow2 "$d/c$k/20.qcow2"
done
few() { (ulimit -n "$1"; "${@:2}"); }
all=(--domain deep1 --domain deep2 --domain deep3 --domain deep4 --domain deep5 --domain deep6)
check "more chains than descriptors for all of them" \
    few 160 vs_export "${all[@]}" s --to "$x/to" --merge --bandwidth 20M
right() { for k in 1 2 3 4 5 6; do
    out=$(qemu-io -r -f qcow2 -c "read -P $k 0 4M" "$(vs_layer "$VS_EXPORT" deep$k vda)") &&
        [[ $out == read\ 4194304/* ]] || live_die "$out" || return 1
done; }
VS_EXPORT=$(vs_field .export)
check "all of them right" right
rm -r "${x:?}/to"
many()
{
    virsh -q define /dev/stdin <<END && live_snapshot_external many s
<domain type='qemu'><name>many</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>$disks</devices></domain>
END
}
check "a domain of 12 disks with 46 layers each" many
check "is merged with 1024 descriptors" \
    few 1024 vs_export --domain many s --to "$x/to" --merge --parallel 12
VS_EXPORT=$(vs_field .export)
twelve() { for k in {1..12}; do
    out=$(qemu-io -r -f qcow2 -c "read -P $k 0 4M" \
        "$(vs_layer "$VS_EXPORT" many "vd${letters[k - 1]}")") &&
        [[ $out == read\ 4194304/* ]] || live_die "$out" || return 1
done; }
check "all of them right, too" twelve
rm -r "${x:?}/to"
check "not enough for one" few 48 refused 32778 "ulimit -n" deep1 --merge
soft() { (ulimit -Sn 48; vs_export --domain deep1 s --to "$x/to" --merge); }
check "a soft limit is raised" soft
rm -r "${x:?}/to"

# --- the path of a socket
long=$d/$(printf 'a%.0s' {1..90})
mkdir "$long"
qemu-img snapshot -c inner "$d/c1/0.qcow2"
qemu-img create -q -f qcow2 "$d/i.qcow2" 4M
live_define i --disk "$d/i.qcow2"
virsh -q snapshot-create-as i s >/dev/null
socket() { TMPDIR=$long vs_refused 4 "too long for the path of a socket.*TMPDIR" \
    export --domain i s --to "$x/to" --merge && [ ! -e "$x/to" ]; }
check "a TMPDIR that is too long" socket

done_testing

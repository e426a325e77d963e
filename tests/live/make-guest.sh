#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# usage: make-guest.sh OUTDIR [DISK.raw|DISK.qcow2]...
#
# Builds OUTDIR/kernel and OUTDIR/initrd: Debian's own kernel, busybox and the
# QEMU guest agent, nothing else, so that a guest is up in seconds even without
# hardware virtualisation. Does nothing when OUTDIR is up to date. Each DISK
# named is made anew as a base image for such a guest (see guest-init), of
# DISK_MIB mebibytes (64), with a file of FILL_MIB mebibytes of noise (0).
set -euo pipefail
umask 077
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "$0")" && pwd)
# What the guest needs.
modules=(virtio_pci virtio_console ext4 evdev button virtio_blk)
applets=(sh cat dd insmod kill ln mkdir mount poweroff printf sed sync umount)

die() { echo "make-guest: $*" >&2; exit 1; }
# shellcheck source=tests/live/initrd.sh
. "$here/initrd.sh"

add_agent()
{
    local root=$1 lib agent
    agent=$(command -v qemu-ga) || die "qemu-ga is missing: install qemu-guest-agent"
    cp "$agent" "$root/sbin/"
    for lib in $(ldd "$agent" | grep -o '/[^ ]*'); do
        mkdir -p "$root${lib%/*}"
        cp -L "$lib" "$root$lib"
    done
}

add_modules()
{
    local root=$1 file name
    module_files "$2" "${modules[@]}" >"$root/modules/files"
    while read -r file; do
        name=${file##*/}
        name=${name%%.*}
        unpacked "$file" >"$root/modules/$name.ko"
        # The disks come last: see guest-init.
        case $name in virtio_blk) echo "$name" >>"$root/modules/last" ;;
        *) echo "$name" >>"$root/modules/order" ;; esac
    done <"$root/modules/files"
}

make_initrd()
{
    local root=$1 kernel=$2 out=$3 a
    mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,modules,disk,etc}
    cp "$(command -v busybox)" "$root/bin/"
    for a in "${applets[@]}"; do
        ln -s busybox "$root/bin/$a"
    done
    : >"$root/modules/order"
    : >"$root/modules/last"
    add_modules "$root" "${kernel#*vmlinuz-}"
    add_agent "$root"
    cp "$here/guest-init" "$root/init"
    # Static: the C library of the agent is there, but loading it takes time.
    "${CC:-cc}" -static -O2 -o "$root/bin/guest-writer" "$here/guest-writer.c"
    printf '#!/bin/sh\n: >/run/stop\n' >"$root/sbin/shutdown"
    make_hook >"$root/sbin/fsfreeze-hook"
    chmod 755 "$root/init" "$root/sbin/shutdown" "$root/sbin/fsfreeze-hook"
    packed "$root" >"$out"
}

# What the agent runs before it freezes and after it has thawed: shows both to who looks from
# outside, and takes the seconds that the kernel's parameter freeze= says, as databases do.
make_hook()
{
    cat <<'END'
#!/bin/sh
echo "fsfreeze: $1" >/dev/ttyS0
read -r line </proc/cmdline
case "$1 $line " in "freeze "*" freeze="*)
    line=${line##* freeze=}
    sleep "${line%% *}"
esac
END
}

make_guest()
{
    local out=$1 kernel stamp tmp
    kernel=$(newest_kernel)
    stamp=$(stat -Lc '%n %s %Y' "$kernel" "$(command -v qemu-ga)" "$(command -v busybox)"
            cat "$here/guest-init" "$here/guest-writer.c" "$here/make-guest.sh" \
                "$here/initrd.sh")
    [ "$(cat "$out/guest.stamp" 2>/dev/null)" != "$stamp" ] || return 0
    tmp=$(mktemp -d "$out/.guest.XXXXXX")
    # shellcheck disable=SC2064 # the value of now is meant
    trap "rm -rf '$tmp'" EXIT
    make_initrd "$tmp/root" "$kernel" "$tmp/initrd"
    cp -L "$kernel" "$tmp/kernel"
    echo "$stamp" >"$tmp/guest.stamp"
    mv "$tmp/kernel" "$tmp/initrd" "$out/"
    mv "$tmp/guest.stamp" "$out/"
    rm -rf "$tmp"
}

make_disk()
{
    local file=$1 format=${1##*.} tmp
    tmp=$(mktemp -d "$(dirname -- "$file")/.disk.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$tmp'" EXIT
    mkdir "$tmp/root"
    echo 0000000000 >"$tmp/root/counter"
    # Newlines, not zeros: holes would be allocated, and so move, later.
    head -c 262144 /dev/zero | tr '\0' '\n' >"$tmp/root/ring"
    head -c "${FILL_MIB:-0}M" /dev/urandom >"$tmp/root/fill"
    truncate -s "${DISK_MIB:-64}M" "$tmp/raw"
    mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -d "$tmp/root" "$tmp/raw"
    if [ "$format" = raw ]; then
        mv -f -- "$tmp/raw" "$file"
    else
        qemu-img convert -f raw -O "$format" "$tmp/raw" "$tmp/image"
        mv -f -- "$tmp/image" "$file"
    fi
    rm -rf "$tmp"
}

[ $# -ge 1 ] || die "usage: make-guest.sh OUTDIR [DISK.raw|DISK.qcow2]..."
mkdir -p -- "$1"
out=$(cd -- "$1" && pwd)
shift
# Test scripts run side by side and share OUTDIR.
exec {lock}>"$out/guest.lock"
flock "$lock"
make_guest "$out"
exec {lock}>&-
for disk in "$@"; do
    make_disk "$disk"
done

# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# What an initrd for Debian's own kernel is made of: of the guests (make-guest.sh) and of the
# machine of its own for tests (tests/in-machine). Needs die().

newest_kernel()
{
    local k
    k=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
    [ -n "$k" ] || die "no kernel in /boot: install linux-image-cloud-amd64"
    echo "$k"
}

# module_files VERSION MODULE...: what is to be loaded, in that order: insmod resolves no
# dependencies. Some kernels have some of it built in.
module_files()
{
    local module version=$1
    for module in "${@:2}"; do
        modprobe -S "$version" --show-depends "$module" ||
            die "the kernel $version has no $module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# unpacked FILE: busybox's insmod wants modules as they are.
unpacked()
{
    case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -qdc "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
    esac
}

# packed ROOT: as an initrd. Not compressed: unpacking costs an emulated processor more than
# reading.
packed() { (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0); }

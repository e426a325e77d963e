# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Tests in a machine of their own (tests/in-machine), whose libvirtd is the one that Debian
# installs, with the settings that it has there. Source this first.
[ -e /run/in-machine ] || exec "$abs_top_srcdir/tests/in-machine" "$0" "$@"
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"

# machine_host: in place of live_host. Its directories are found as those of other libvirtds are.
machine_host()
{
    local at known
    live_place || return 1
    # QEMU's user has to come as far as its images.
    chmod 711 "$TEST_DIR" "$LIVE_DIR"
    LIVE_ROOT=$LIVE_DIR/host
    LIVE_URI=qemu:///system
    mkdir -p "$LIVE_ROOT" /run/libvirt /var/cache/libvirt/qemu
    for at in etc:/etc run:/run lib:/var/lib cache:/var/cache log:/var/log; do
        ln -s "${at#*:}/libvirt" "$LIVE_ROOT/${at%%:*}"
    done
    known=$LIVE_CACHE/capabilities.$(live_known_by | paste -sd-)
    rm -rf /var/cache/libvirt/qemu/capabilities /etc/libvirt/qemu/*.xml
    [ ! -d "$known" ] || cp -r "$known" /var/cache/libvirt/qemu/capabilities
    : >/etc/libvirt/qemu.conf
    : >/etc/exports
    printf '%s\n' 'auth_unix_rw = "none"' "log_outputs = \"3:file:$LIVE_DIR/libvirtd.log\"" \
        >/etc/libvirt/libvirtd.conf
    virtlogd -d && machine_libvirtd
}

machine_libvirtd()
{
    libvirtd -d && live_wait "libvirtd answers" live_libvirtd_answers
}

# machine_group NAME DISK: a volume group. Without udev LVM makes the names of volumes itself.
machine_group()
{
    printf '%s\n' 'activation {' 'udev_sync=0' 'udev_rules=0' '}' 'devices {' \
        'obtain_device_list_from_udev=0' 'use_devicesfile=0' '}' >/etc/lvm/lvmlocal.conf
    vgcreate -q "$1" "$2" >/dev/null
}

# machine_pool NAME TYPE OPTION...: defined and started.
machine_pool()
{
    live_virsh pool-define-as --name "$1" --type "$2" "${@:3}" && live_virsh pool-start "$1"
}

# machine_nfs NAME OPTION...: an NFS server (4 only, which needs no portmapper) serves
# LIVE_DIR/served/NAME as 127.0.0.1:/NAME. It is a mount of its own, and so has its own options. No
# client of an earlier boot has to be waited for.
machine_nfs()
{
    local served=$LIVE_DIR/served
    mkdir -p -m 1777 "$served/$1" && mount --bind "$served/$1" "$served/$1" || return 1
    machine_unserved+=("$served/$1")
    [ -s /etc/exports ] || echo "$served 127.0.0.1(ro,fsid=0,crossmnt,no_subtree_check,insecure)" \
        >/etc/exports
    printf '%s 127.0.0.1(rw,no_subtree_check,fsid=%s,insecure,%s)\n' "$served/$1" \
        "${#machine_unserved[@]}" "$2" >>/etc/exports
    machine_nfsd && exportfs -ra
}
machine_unserved=()

machine_nfsd()
{
    local at
    mountpoint -q /proc/fs/nfsd && return
    modprobe -a nfsd nfs || return 1
    for at in /proc/fs/nfsd:nfsd /run/rpc_pipefs:rpc_pipefs; do
        mkdir -p "${at%:*}" && mount -t "${at#*:}" none "${at%:*}" || return 1
    done
    mkdir -p /var/lib/nfs/v4recovery && touch /var/lib/nfs/{etab,rmtab} &&
        rpc.mountd --no-nfs-version 3 && rpc.nfsd --no-nfs-version 3 --nfs-version 4 --no-udp 2 &&
        echo Y >/proc/fs/nfsd/v4_end_grace
    at_exit machine_nfs_ended
}

machine_nfs_ended()
{
    rpc.nfsd 0
    exportfs -ua
    umount "${machine_unserved[@]}"
}

# machine_samba: an SMB server, whose shares machine_share adds. Its one user is root.
machine_samba()
{
    local at
    samba=$LIVE_DIR/samba
    mkdir -p "$samba"/{private,lock,state,cache,pid,ncalrpc}
    printf '%s\n' '[global]' 'server role = standalone server' 'smb ports = 445' \
        'interfaces = lo' 'bind interfaces only = yes' 'disable netbios = yes' \
        'load printers = no' 'disable spoolss = yes' "log file = $samba/log" \
        "passdb backend = smbpasswd:$samba/private/smbpasswd" >"$samba/smb.conf"
    for at in lock state cache; do
        echo "$at directory = $samba/$at" >>"$samba/smb.conf"
    done
    printf '%s\n' "private dir = $samba/private" "pid directory = $samba/pid" \
        "ncalrpc dir = $samba/ncalrpc" "include = $samba/shares" >>"$samba/smb.conf"
    : >"$samba/shares"
    printf 'x\nx\n' | smbpasswd -c "$samba/smb.conf" -s -a root >/dev/null 2>&1 &&
        smbd -D -s "$samba/smb.conf" && at_exit machine_samba_ended && modprobe cifs
}

machine_samba_ended() { kill "$(cat "$samba/pid/smbd.pid")"; }

# machine_share NAME [SETTING]...: serves LIVE_DIR/served/NAME as //127.0.0.1/NAME. A server reads
# that anew for each connection.
machine_share()
{
    mkdir -p "$LIVE_DIR/served/$1" &&
        printf '%s\n' "[$1]" "path = $LIVE_DIR/served/$1" 'writable = yes' "${@:2}" \
            >>"$samba/shares"
}

# machine_cifs SHARE WHERE OPTIONS: mounts it.
machine_cifs()
{
    mkdir -p "$2" && mount -t cifs "//127.0.0.1/$1" "$2" -o "username=root,password=x${3:+,$3}" &&
        at_exit umount "$2"
}

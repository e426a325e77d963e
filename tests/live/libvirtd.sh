# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# A libvirtd of our own, for tests that need a daemon: several clients at
# once, or a libvirtd that dies while its domains run on. Part of lib.sh: they
# call live_libvirtd_setup in place of live_setup, and everything else there
# works as before. live_host is for those that do as well without.
#
# libvirtd has its directories compiled in. It therefore runs in namespaces of
# mounts and processes, where directories below LIVE_DIR/host lie over them:
# nothing of it reaches the machine's own libvirt, and when the first process
# in there is killed, the kernel ends all others. Only the socket is for
# everyone. Keep NVRAM and disks below LIVE_DIR, as live_define does: those
# paths are the same on both sides.

# LIVE_LIBVIRTD_CONF is what else its libvirtd.conf has to have: where domains migrate between two
# of them, a host_uuid, else they take themselves for one host.

# live_libvirtd_possible: containers often allow no namespaces.
live_libvirtd_possible()
{
    [ "$(id -u)" -eq 0 ] && unshare --mount --pid --fork --mount-proc true 2>/dev/null &&
        command -v libvirtd >/dev/null && command -v virtlogd >/dev/null
}

live_libvirtd_setup()
{
    live_place "$@" || return 1
    local host=$LIVE_DIR/host
    LIVE_ROOT=$host
    LIVE_URI="qemu:///system?socket=$host/run/libvirt-sock"
    mkdir -p "$host"/{etc,run,lib,cache,log} /run/libvirt || return 1
    live_pin
    live_qemu_conf "$host/etc"
    printf '%s\n' 'auth_unix_rw = "none"' "log_outputs = \"3:file:$LIVE_DIR/libvirtd.log\"" \
        >"$host/etc/libvirtd.conf"
    printf '%s\n' "${LIVE_LIBVIRTD_CONF-}" >>"$host/etc/libvirtd.conf"
    : >"$host/etc/virtlogd.conf"
    live_libvirtd_knows "$host"
    live_libvirtd_kvm "$host"
    unshare --mount --pid --fork --kill-child --mount-proc "$BASH" -c '
        for at in etc:/etc run:/run lib:/var/lib cache:/var/cache log:/var/log; do
            mount --bind "$1/${at%%:*}" "${at#*:}/libvirt" || exit 1
        done
        [ ! -e "$1/kvm" ] || mount --bind "$1/kvm" /dev/kvm || exit 1
        : >"$1/up"
        while :; do sleep 1; done' init "$host" &
    live_init=$!
    disown "$live_init"
    live_wait "namespaces for libvirtd" [ -e "$host/up" ] || return 1
    # Never start a daemon that would see the machine's own directories.
    : >"$host/run/ours"
    live_inside [ -e /run/libvirt/ours ] || live_die "the namespaces do not hold" || return 1
    live_inside virtlogd -d -p /run/libvirt/virtlogd.pid && live_libvirtd_start
}

# live_libvirtd_knows HOST: what another one with these settings has found out about QEMU, which
# takes it seconds; it finds out anew what is not so any more. Whoever has QEMU run as root finds
# out the same as the embedded driver; of others it is kept at their end.
live_libvirtd_knows()
{
    local known
    mkdir -p "$1/cache/qemu/capabilities" || return 1
    if grep -q '^user = "root"' "$1/etc/qemu.conf"; then
        live_root "$LIVE_DIR/known" &&
            cp -pr "$LIVE_DIR/known/cache/qemu/capabilities" "$1/cache/qemu/"
        return
    fi
    known=$LIVE_CACHE/libvirtd.$( (cat "$1/etc/qemu.conf" && live_known_by "$(command -v libvirtd)"
        ) | sha1sum | cut -c1-12)
    mkdir -p "$known" && cp -p "$known/." -r "$1/cache/qemu/capabilities" || return 1
    at_exit live_libvirtd_learned "$1" "$known"
}

# live_libvirtd_learned HOST KNOWN
live_libvirtd_learned()
{
    local file
    for file in "$1"/cache/qemu/capabilities/*.xml; do
        [ ! "$file" -nt "$2/${file##*/}" ] ||
            { cp -p "$file" "$2/.$$" && live_few_questions "$2/.$$" &&
                mv "$2/.$$" "$2/${file##*/}"; }
    done
}

# live_libvirtd_kvm HOST: where QEMU's user may not use /dev/kvm, nobody of that libvirtd does. Else
# libvirt finds KVM when it asks QEMU what it can, sees that it cannot be used, takes the answer for
# outdated, and asks again, for half a second of a processor, whenever anything is done.
live_libvirtd_kvm()
{
    local user
    user=$(sed -n 's/^user = "\(.*\)"$/\1/p' "$1/etc/qemu.conf")
    [ -e /dev/kvm ] && ! setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
        sh -c '[ -r /dev/kvm ] && [ -w /dev/kvm ]' || return 0
    (umask 777 && : >"$1/kvm")
}

# live_inside COMMAND...: in the namespaces of our libvirtd.
live_inside()
{
    nsenter --mount --pid --root --target "$(pgrep -P "$live_init")" -- "$@"
}

live_libvirtd_answers() { live_virsh uri >/dev/null 2>&1; }

live_libvirtd_start()
{
    live_inside libvirtd -d -p /run/libvirt/libvirtd.pid || return 1
    live_wait "libvirtd answers" live_libvirtd_answers || {
        tail -n 20 "$LIVE_DIR/libvirtd.log" >&2
        return 1
    }
    talk_start
}

# live_libvirtd_stop [SIGNAL]: domains run on. KILL is a crash.
live_libvirtd_stop()
{
    local pid
    pid=$(cat "$LIVE_DIR/host/run/libvirtd.pid") || return 1
    talk_end
    live_inside kill -s "${1:-TERM}" "$pid" &&
        live_wait "libvirtd ends" live_libvirtd_gone "$pid"
}

live_libvirtd_gone() { ! live_inside kill -0 "$1" 2>/dev/null; }

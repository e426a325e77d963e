#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# libvirt's own user for QEMU owns the images and cannot access everything that root can: exports
# and captures of a domain that writes.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq fsverity setpriv
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"
user=libvirt-qemu
id "$user" >/dev/null 2>&1 || skip_all "there is no user $user"

# Only libvirt's driver for owners is tested: what a default installation has besides (AppArmor,
# SELinux, control groups) does not exist in a container.
live_qemu_conf()
{
    mkdir -p "$1" && printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' \
        "user = \"$user\"" "group = \"$(id -gn "$user")\"" 'dynamic_ownership = 1' \
        'cgroup_controllers = [ ]' 'namespaces = [ ]' >"$1/qemu.conf"
}

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
chmod 711 "$TEST_DIR" "$d"
mkdir -m 711 "$d/images"
mkdir -m 700 "$x"
live_disk "$d/images/base.qcow2"
live_overlay "$d/images/base.qcow2" "$d/images/a.qcow2"
chown "$user:" "$d/images" "$d"/images/*
chmod 600 "$d"/images/*
mkdir -p "$d/console" && chmod 777 "$d/console"
check "a domain boots" eval 'live_define a --disk "$d/images/a.qcow2" && live_boot a' ||
    bail_out "no guest"
qemu=$(live_processes | while read -r pid; do
    grep -aqs '^/usr/bin/qemu-system' "/proc/$pid/cmdline" && echo "$pid"; done | head -n 1)
is "$(stat -c %U "/proc/$qemu")" "$user" "its QEMU is not root's"
check "who cannot enter the target" eval '! setpriv --reuid "$user" --regid "$(id -g "$user")" \
    --clear-groups ls "$x" 2>/dev/null'

check "a first snapshot" live_snapshot_external a snap1
live_wait_counter a +2
check "a second one" live_snapshot_external a snap2
owners() { stat -c '%n %U:%G %a' "$d"/images/*; }
before=$(owners)
check "the second one is exported" vs_export --domain a snap2 --to "$x"
check "the export is sound" vs_sound "$VS_EXPORT"
check "of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda snap2)"
rm -r "${VS_EXPORT:?}"
check "in one file a disk" vs_export --domain a snap2 --to "$x" --merge
check "which is sound, too" vs_sound "$VS_EXPORT"
check "and of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda)"
is "$(owners)" "$before" "images keep owner and mode"
check "the guest writes on" live_wait_counter a +2

# --- live exports: QEMU makes a socket and files of its own
live()
{
    live_inside "$abs_top_builddir/virtsnap" --json export --domain a "$@" --live --to "$x" \
        >"$VS_OUT" 2>"$VS_ERR" </dev/null && VS_EXPORT=$(vs_field .export)
}
left()
{
    find "$x" "$d/host/lib" "$d/images" -name '.virtsnap*' -o -name '*.scratch' -o -name 'nbd.sock'
}
check "a live export" live now || cat "$VS_OUT" "$VS_ERR"
check "is sound" vs_sound "$VS_EXPORT"
check "of one instant" live_consistent "$(vs_layer "$VS_EXPORT" a vda)"
is "$(left)" "" "nothing is left in the target and below libvirt's directory"
check "also with a directory for QEMU that its user can reach" live there --scratch "$d/images" ||
    cat "$VS_OUT" "$VS_ERR"
check "not with one that it cannot" eval '! live nowhere --scratch "$x" &&
    [ "$(vs_field .error.code)" = 32769 ] && vs_field .error.message | grep -qF "$x"'
is "$(left)" "" "of which nothing is left"
check "the guest still writes" live_wait_counter a +2

# --- and back: what is imported is for that user
. "$abs_top_srcdir/tests/live/import-lib.sh"
to=$d/new
mkdir -m 711 "$to"
rm -r "${VS_EXPORT:?}"
check "an export to import" vs_export --domain a snap2 --to "$x/again"
trusted "$VS_EXPORT"
want=$(live_counter_of "$(vs_layer "$VS_EXPORT" a vda)")
mkdir -m 711 "$d/scratch"
export_is() { find "$VS_EXPORT" -printf '%P %u %g %m %s %T@ %C@\n' | sort; }
before=$(export_is)
check "its domain boots, though QEMU's user may not read it" eval 'vs verify --boot --json \
    --timeout 600 --expect "^virtsnap-guest: ready" --scratch "$d/scratch" "$VS_EXPORT" \
    "${TRUST[@]}" >"$VS_OUT" || { cat "$VS_OUT"; false; }'
is "$(export_is)" "$before" "and nobody else owns anything of it now"
is "$(ls -A "$d/scratch")" "" "nothing is left of that"
lose a
rm -f "$d"/images/*
mkdir -m 700 "$d/closed"
check "a place that QEMU's user cannot enter is refused" \
    vs_refused 32769 "cannot enter '$d/closed'" import "$VS_EXPORT" --to "$d/closed" "${TRUST[@]}"
check "also by a plan" vs_refused 32769 "cannot enter '$d/closed'" import "$VS_EXPORT" \
    --to "$d/closed/new" --dry-run "${TRUST[@]}"
is "$(ls -A "$d/closed")" "" "nothing is there"
# This does what `setfacl -m u:libvirt-qemu:x` does, which need not be installed.
let_in()
{
    /usr/bin/python3 -c 'import os, pwd, struct, sys
NONE = 0xffffffff
user = pwd.getpwnam(sys.argv[2]).pw_uid
entries = ((1, 7, NONE), (2, 1, user), (4, 0, NONE), (16, 1, NONE), (32, 0, NONE))
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) +
            b"".join(struct.pack("<HHI", *entry) for entry in entries))' "$@"
}
if let_in "$d/closed" "$user" 2>/dev/null; then
    check "with an ACL it is taken" vs_import "$VS_EXPORT" --to "$d/closed"
    check "its domain starts there" live_virsh start a
    live_destroy a
    lose a
    rm -r "${d:?}/closed"
else
    skip "with an ACL it is taken" "there are none here"
fi

# While domains are defined somebody closes the directory, so QEMU is denied access, and the error
# explains that.
if can_inject; then
    "$abs_top_builddir/tests/inject" -o "$d/trace" renameat2:signal=STOP:when=1 \
        "$abs_top_builddir/virtsnap" --json import "$VS_EXPORT" --to "$to" --start "${TRUST[@]}" \
        >"$VS_OUT" 2>"$VS_ERR" 2>"$d/shell" &
    tracer=$!
    live_wait "it has stopped" [ -s "$d/trace" ]
    chmod 700 "$to"
    kill -CONT "$(head -n 1 "$d/trace")"
    check_fails "a domain that QEMU is denied to open is not imported" wait "$tracer"
    like "$(vs_field .error.message)" "ermission denied.*user of QEMU.*'$to/" "which is explained"
    is "$(live_virsh list --all --name | xargs)$(find "$to" -type f)" "" "nothing is left"
    chmod 711 "$to"
else
    skip "a domain that QEMU is denied to open is explained" "nothing can be injected here"
fi
check "import" vs_import "$VS_EXPORT" --to "$to"
is "$(find "$to" -type f -printf '%u\n' | sort -u)" "$user" "all files are that user's"
is "$(find "$to" -type f -perm /077 ! -perm 440)" "" "and nobody else's"
check "its domain starts and goes on" goes_on a "$want"
live_destroy a

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An export goes to another host with other paths, and to a user who is not root: a domain that was
# running on the first host runs there, and its guest continues.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
requires jq setpriv
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

# --- the first host: the embedded driver
check "a first host" live_setup || bail_out "no libvirt"
vs_setup
first=$LIVE_DIR
x=$TEST_DIR/x
mkdir "$x"
live_disk "$first/base.qcow2"
live_overlay "$first/base.qcow2" "$first/a.qcow2"
live_overlay "$first/base.qcow2" "$first/b.qcow2"
live_define a --disk "$first/a.qcow2"
# import.sh shows that two domains on one base boot; here the second one need not boot.
LIVE_BOOT=none live_define b --disk "$first/b.qcow2"
vs -q collection-create-as shop --domain a --domain b
check "a guest boots and writes" live_boot a || bail_out "no guests"
live_wait_counter a +3
live_snapshot_external a s
live_snapshot_external b s
check "export" vs_export shop s --to "$x"
export=$VS_EXPORT
# These are checked without being imported.
check "and of the one that boots" vs_export --domain a s --to "$x/alone"
alone=$VS_EXPORT
want=$(live_counter_of "$(vs_layer "$export" a vda)")
lose a b
vs -q collection-undefine shop
rm "$first"/a.* "$first"/b.* "$first"/base.*

# --- the second: a libvirtd with directories of its own
check "a second host" live_libvirtd_setup "$TEST_DIR/2" || bail_out "no libvirtd"
second=$LIVE_DIR
# The guests' consoles are written to the files that their XML names, because that was trusted.
rmdir "$second/console"
ln -s "$first/console" "$second/console"
export LIBVIRT_DEFAULT_URI=$LIVE_URI
to=$second/images
mkdir "$to"
is "$(live_virsh list --all --name | xargs)" "" "nothing is defined there"
check "import into the second host" vs_import "$export" --to "$to"
check "the images are sound" images_sound "$to"
is "$(live_virsh domblklist a --details | awk '/vda/ { print $4 }')" "$(image_of a vda)" \
    "its disks are in other places"
is "$(live_virsh list --all --name | xargs)" "a b" "both are defined there"
check "one boots and goes on" goes_on a "$want"
check "the other one starts, too" live_virsh start b
is "$(grep -c "$first" <<<"$(live_virsh dumpxml a | grep -v console)")" 0 \
    "and nothing of them is left on the first one"
before=$(find "$alone" -printf '%P %U %m %s %T@ %C@\n' | sort)
trusted "$alone"
# These domains stay paused, so that they take no processor time from those that are tested.
live_virsh suspend a
live_virsh suspend b
check "the export boots beside them" eval 'vs verify --boot --json --timeout 600 \
    --expect "^virtsnap-guest: ready" --scratch "$second" "$alone" "${TRUST[@]}" >"$VS_OUT"'
is "$(vs_field '[.domains[] | .booted] | unique[0]')" true "its domain does"
is "$(find "$alone" -printf '%P %U %m %s %T@ %C@\n' | sort)" "$before" "and it is as it was"
is "$(live_virsh list --all --name | xargs)" "a b" "nothing else is left"
forget a b
live_cleanup

# --- a user who is not root, with libvirt's session mode
user=nobody
group=$(id -gn $user)
home=$TEST_DIR/u
mkdir -p "$home"/{c/libvirt,r,i,x}
printf 'stdio_handler = "file"\n' >"$home/c/libvirt/qemu.conf"
cp -a "$export" "$home/x/s"
cp -a "$alone" "$home/x/alone"
rm -f "$first"/console/*
chmod 711 "$TEST_DIR" "$first"
chmod 777 "$first/console"
chown -R $user:"$group" "$home"
chmod 700 "$home/r"
as_user()
{
    setpriv --reuid $user --regid "$group" --clear-groups env -u LIBVIRT_DEFAULT_URI \
        -u VIRTSNAP_CONFIG_DIR -u VIRTSNAP_STATE_DIR -u LIBVIRT_LOG_OUTPUTS HOME="$home" \
        XDG_RUNTIME_DIR="$home/r" XDG_CONFIG_HOME="$home/c" XDG_CACHE_HOME="$home/k" \
        XDG_STATE_HOME="$home/t" XDG_DATA_HOME="$home/d" TMPDIR="$home" "$@"
}
as_virsh() { as_user virsh -q -c qemu:///session "$@"; }
end_session()
{
    local pid
    for pid in $(pgrep -u $user); do
        grep -zqs "^HOME=$home$" "/proc/$pid/environ" && kill "$pid"
    done
}
at_exit end_session
if ! as_user "$abs_top_builddir/virtsnap" version >/dev/null 2>&1; then
    skip "import by a user" "$user cannot read $abs_top_builddir"
    done_testing
    exit
fi
if ! as_virsh uri >"$TEST_DIR/session" 2>&1; then
    skip "import by a user" "no session: $(head -n 1 "$TEST_DIR/session")"
    done_testing
    exit
fi
trusted "$export"
as_vs() { as_user "$abs_top_builddir/virtsnap" -c qemu:///session "$@"; }
check "a user imports" eval 'as_vs import --json "$home/x/s" --to "$home/i" "${TRUST[@]}" \
    >"$VS_OUT" 2>"$VS_ERR" || { cat "$VS_OUT" "$VS_ERR"; false; }'
is "$(as_virsh list --all --name | xargs)" "a b" "both are the user's"
is "$(find "$home/i" ! -user $user)" "" "and so are all files"
check "they start" eval 'as_virsh start a && as_virsh start b && as_virsh suspend b'
check "boot" live_wait_boot a
check "and go on" live_wait_counter a "$((want + 1))"
as_virsh suspend a
trusted "$alone"
check "the user proves the export, too" eval 'as_vs verify --boot --json --timeout 600 \
    --expect "^virtsnap-guest: ready" --scratch "$home" "$home/x/alone" "${TRUST[@]}" \
    >"$VS_OUT" 2>&1 || { cat "$VS_OUT"; false; }'
is "$(as_virsh list --all --name | xargs)" "a b" "and nothing is left of that"
for domain in a b; do as_virsh destroy $domain; as_virsh undefine $domain; done

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Where the domains are: a path in libvirt's XML means a file of this process only if libvirt runs
# on this host with the same file system.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/service/lib.sh"
live_requires
requires dbus-daemon gdbus /usr/bin/python3
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
x=$d/x
sock=$d/host/run/libvirt-sock
mkdir "$x"
qemu-img create -q -f qcow2 "$d/t.qcow2" 1M
qemu-io -f qcow2 -c 'write -P 1 0 64k' "$d/t.qcow2" >/dev/null
check "a domain with a snapshot" eval 'live_define t --disk "$d/t.qcow2" &&
    live_snapshot_external t snap1' || bail_out "no domain"
vs -q collection-create-as farm --domain t

# relay [ARGUMENT]...: starts a relay in the background, which runs until the test ends.
relay()
{
    /usr/bin/python3 "$abs_top_srcdir/tests/live/relay.py" "$sock" "$@" &
    local pid=$!
    at_exit kill "$pid"
}

# elsewhere URI WHAT: checks that queries to libvirt work, and that what needs files of the host is
# refused.
elsewhere()
{
    local uri=$1 what=$2 regex="on the host '$(live_virsh hostname)'.*run virtsnap there"
    check "$what: there is libvirt" eval 'vs -q -c "$uri" version >"$d/said"'
    is "$(vs --json -c "$uri" snapshot-list farm | jq -r '.snapshots[].name')" "snap1" \
        "$what: its snapshots are listed"
    check "$what: and described" eval 'vs -c "$uri" snapshot-info farm snap1 >"$d/said"'
    check "$what: nothing is exported" vs_refused 32777 "$regex" \
        -c "$uri" export --domain t snap1 --to "$x"
    check "$what: not even without storage" vs_refused 32777 "$regex" \
        -c "$uri" export --domain t snap1 --to "$x" --no-storage
    check "$what: nor planned" vs_refused 32777 "$regex" \
        -c "$uri" export --domain t snap1 --to "$x" --dry-run
    check "$what: nor drawn" vs_refused 32777 "$regex" -c "$uri" snapshot-chain farm snap1
    check "$what: nothing is left" [ -z "$(ls -A "$x")" ]
}

check "a daemon with the same files" vs_export --domain t snap1 --to "$x"
rm -r "${x:?}/t"

printf '#!/bin/sh\nexec /usr/bin/python3 %s %s\n' \
    "$abs_top_srcdir/tests/live/relay.py" "$sock" >"$d/ssh"
chmod +x "$d/ssh"
ssh="qemu+ssh://elsewhere/system?command=$d/ssh"
elsewhere "$ssh" "ssh"
elsewhere "qemu+ext:///system?command=$d/ssh" "a program"
relay tcp "$d/port"
live_wait "the port is open" [ -e "$d/port" ]
elsewhere "qemu+tcp://localhost:$(cat "$d/port")/system" "tcp, of this very host"
relay unix "$d/relayed"
live_wait "the socket is there" [ -S "$d/relayed" ]
elsewhere "qemu:///system?socket=$d/relayed" "a socket that somebody passes on"

# --- by default, by an alias, through the others
by_default() { LIBVIRT_DEFAULT_URI=$ssh vs_refused 32777 "elsewhere" "$@" --to "$x"; }
check "by default" by_default export farm snap1
printf 'uri_aliases = [ "far=%s" ]\n' "$ssh" >"$d/host/etc/libvirt.conf"
by_alias()
{
    ! live_inside "$abs_top_builddir/virtsnap" --json -c far export farm snap1 --to "$x" \
        >"$VS_OUT" 2>&1 && [ "$(vs_field .error.code)" = 32777 ]
}
check "by an alias" by_alias
: >"$d/virtsnapd.conf"
through_service()
{
    LIVE_URI=$ssh service_start && vs --service --json export farm snap1 --to "$x" >"$VS_OUT" 2>&1
    [ "$(vs_field .error.code)" = 32777 ]
}
service_bus || bail_out "no bus"
check "by the service" through_service
service_stop
by_library()
{
    GI_TYPELIB_PATH=$abs_top_builddir LD_LIBRARY_PATH=$abs_top_builddir/.libs timeout 60 \
        /usr/bin/python3 "$abs_top_srcdir/examples/export.py" "$ssh" farm snap1 "$x" t \
        >"$d/said" 2>&1
    grep -q '^error 32777' "$d/said" || live_die "$(cat "$d/said")"
}
if [ -e "$abs_top_builddir/VirtSnap-1.0.typelib" ] && /usr/bin/python3 -c 'import gi' 2>/dev/null
then
    check "by the library" by_library
else
    skip "by the library" "no introspection"
fi

# --- a daemon that has another file at the same path
qemu-img create -q -f qcow2 "$d/other.qcow2" 1M
qemu-io -f qcow2 -c 'write -P 2 0 64k' "$d/other.qcow2" >/dev/null
live_inside mount --bind "$d/other.qcow2" "$d/t.qcow2"
check "another file at the same path is not taken" vs_refused 32777 "'$d/t.qcow2'" \
    export --domain t snap1 --to "$x"
check "nothing is left" [ -z "$(ls -A "$x")" ]
inside() { live_inside "$abs_top_builddir/virtsnap" "$@"; }
check "inside it is" inside -q export --domain t snap1 --to "$x"
said=$(qemu-io -r -f qcow2 -c "read -P 2 0 64k" "$x"/t/snap1/layers/*.qcow2 2>&1)
check "with the data of there" eval '[[ $said = *65536/65536* && $said != *failed* ]]'
rm -r "${x:?}/t"
live_inside umount "$d/t.qcow2"

# Behind this link the names are the same, but the files are others.
mkdir "$d/here" "$d/there"
cp "$d/t.qcow2" "$d/here/l.qcow2"
cp "$d/other.qcow2" "$d/there/l.qcow2"
ln -s "$d/here" "$d/link"
check "a domain behind a link" eval 'live_define l --disk "$d/link/l.qcow2" &&
    live_snapshot_external l snap1'
check "is exported" vs_export --domain l snap1 --to "$x"
rm -r "${x:?}/l"
live_inside mount --bind "$d/there" "$d/here"
check "but not if the link leads elsewhere there" vs_refused 32777 "l.qcow2'" \
    export --domain l snap1 --to "$x"

done_testing

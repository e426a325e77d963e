#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A removal that dies at any step, of domains that run and of such that do not, or whose libvirtd
# goes away: the domains have all their data, and the same command goes on. POINTS=all kills at
# every call of each kind, of both sets, ROUNDS at the first ROUNDS of each.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires
live_libvirtd_possible || skip_all "no namespaces here"
can_inject || skip_all "nothing can be injected here"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
export LIVE_BOOT=none
live_disk "$d/base.qcow2"
still r o
vs -q collection-create-as pair --domain r --domain o
live_virsh start r
device=/machine/peripheral/virtio-disk0/virtio-backend

# renew: makes two snapshots of each domain, with something written above each, and remembers the
# contents.
renew()
{
    local domain s
    for domain in r o; do
        for s in $(snapshots_of $domain); do
            vs -q snapshot-delete pair "$s" >/dev/null 2>&1
        done
    done
    for s in s1 s2; do
        for domain in r o; do
            live_snapshot_external $domain $s >/dev/null || return 1
        done
        write_running $s && scribble "$(top_of o)" $s || return 1
    done
    present=$(content_of "$(top_of o)")
    running=$(content_of "$(top_of r)")
}

# write_running WORD: writes to the running domain's disk through QEMU, because that domain boots no
# guest that could write.
write_running()
{
    live_virsh qemu-monitor-command r --hmp \
        "qemu-io -d $device \"write -P ${1#s} ${1#s}M 1M\"" >/dev/null &&
        live_virsh qemu-monitor-command r --hmp "qemu-io -d $device flush" >/dev/null
}

# with INJECTION: a removal of $set with INJECTION at a system call, see tests/inject.c.
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json snapshot-delete pair "$set" >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}

intact()
{
    [ "$(live_virsh domstate r)" = running ] || live_die "r does not run" || return 1
    [ "$(content_of "$(top_of r)")" = "$running" ] || live_die "r: $(chain_of "$(top_of r)")" ||
        return 1
    [ "$(content_of "$(top_of o)")" = "$present" ] || live_die "o: $(chain_of "$(top_of o)")"
}

over()
{
    ! snapshots_of r | grep -qw "$set" && ! snapshots_of o | grep -qw "$set" && intact &&
        qemu-img check -q -U "$(top_of r)" && qemu-img check -q "$(top_of o)"
}

# once CALL N: kills a removal at this call. Returns 0 if everything is right in the end, 2 if the
# call was not reached.
once()
{
    local status
    renew || live_die "no new set" || return 1
    with "$1:signal=KILL:when=$2"
    status=$?
    intact || return 1
    if [ $status -eq 0 ]; then
        over || return 1
        return 2
    fi
    # A qemu-img that the killed process had started may still be ending.
    live_wait "it is unlocked" eval '! pgrep -f "qemu-img commit.*$d/"'
    vs_json snapshot-delete pair "$set" || [ "$(vs_field .error.code)" = 32779 ] ||
        { cat "$VS_OUT"; return 1; }
    over
}

kills()
{
    local n status
    for n in $2; do
        once "$1" "$n" >"$d/said" 2>&1
        status=$?
        [ $status -ne 2 ] || return 0
        [ $status -eq 0 ] || { echo "call $n of $1: $(cat "$d/said")"; return 1; }
        died=$((died + 1))
    done
}

# at SET CALL[,CALL]... NUMBERS
at()
{
    set=$1 died=0
    check "removal of $set, killed at $2" kills "$2" "$3"
    echo "# $died times"
}
if [ "${POINTS-}" = all ] || [ -n "${ROUNDS-}" ]; then
    # A kind ends with the first run that comes to its end.
    for set in s1 s2; do
        for call in unlink fsync execve sendmsg,write; do
            at $set $call "$(seq "${ROUNDS:-9999}")"
        done
    done
else
    at s1 sendmsg,write 60
    at s1 fsync 2
    at s2 sendmsg,write 200
    at s2 unlink 1
    at s2 execve 2
fi

# --- qemu-img fails, and whoever started the removal ignores SIGCHLD: then the kernel does not tell
# how children ended
mkdir "$d/bin"
printf '#!/bin/sh\nexit 1\n' >"$d/bin/qemu-img"
chmod +x "$d/bin/qemu-img"
renew
check_fails "a qemu-img that fails is no success" env --ignore-signal=CHLD PATH="$d/bin:$PATH" \
    "$abs_top_builddir/virtsnap" --json snapshot-delete pair s2
check "nothing is lost" intact
check "the same command goes on" vs_json snapshot-delete pair s2
check "and is done" over

# --- libvirtd goes away while layers are merged, and comes again
renew
set=s2
"$abs_top_builddir/virtsnap" --json snapshot-delete pair s2 --bandwidth 100K >"$VS_OUT" \
    2>"$VS_ERR" &
pid=$!
live_wait "it merges" eval 'live_virsh blockjob r vda 2>/dev/null | grep -q Commit ||
    pgrep -f "qemu-img commit.*$d/" >/dev/null'
live_libvirtd_stop KILL
live_libvirtd_start
wait $pid
status=$?
check "a libvirtd that goes away is told, or was not needed" \
    [ $status -eq 0 -o "$(vs_field .error.code)" = 32777 -o "$(vs_field .error.code)" = 2 ]
check "the domains have all their data" intact
check "the same command goes on" eval 'vs_json snapshot-delete pair s2 ||
    [ "$(vs_field .error.code)" = 32779 ]'
check "and ends it" over

# --- a domain that is started meanwhile, and one that is undefined
renew
"$abs_top_builddir/virtsnap" --json snapshot-delete pair s2 --bandwidth 400K >"$VS_OUT" \
    2>"$VS_ERR" &
pid=$!
live_wait "it merges" eval 'pgrep -f "qemu-img commit.*$d/o" >/dev/null'
check_fails "a domain is not started on layers that are merged" live_virsh start o
wait $pid
check "and the removal is not disturbed" over
renew
live_virsh dumpxml o --inactive >"$d/o.xml"
top=$(top_of o)
"$abs_top_builddir/virtsnap" --json snapshot-delete pair s2 --bandwidth 400K >"$VS_OUT" \
    2>"$VS_ERR" &
pid=$!
live_wait "it merges" eval 'pgrep -f "qemu-img commit.*$d/o" >/dev/null'
check "a domain is undefined meanwhile" live_virsh undefine o --snapshots-metadata
check_fails "the removal ends" wait $pid
is "$(vs_field .error.code)" 32779 "because there is no such domain"
like "$(vs_field .error.message)" "'o' was undefined meanwhile; its layers are left" "and says so"
is "$(content_of "$top")" "$present" "all data is there"
check "for the domain when it comes again" eval 'live_virsh define "$d/o.xml" && intact'
check "which starts where it was" eval 'live_virsh start o && [ "$(top_of o)" = "$top" ]'
check "the same command removes what the other one has" vs_json snapshot-delete pair s2
is "$(snapshots_of r)/$(snapshots_of o)" "s1/" "nothing is left of it"
check "and nothing is lost" intact

done_testing

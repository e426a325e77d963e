#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# A way back to a snapshot set that dies or is told to end at any step: the next command brings all
# domains to where they were, or completes it. POINTS: at which calls, in percent of those by which
# something is changed, or "all".
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
. "$abs_top_srcdir/tests/live/sets-lib.sh"
live_requires
requires strace
live_libvirtd_possible || skip_all "no namespaces here"
can_inject || skip_all "nothing can be injected here"

check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirtd"
vs_setup
d=$LIVE_DIR
export LIVE_BOOT=none
qemu-img create -q -f qcow2 "$d/base.qcow2" 48M
still r o
vs -q collection-create-as pair --domain r --domain o
live_virsh start r
device=/machine/peripheral/virtio-disk0/virtio-backend

# write_running BYTE: writes to the running domain's disk through QEMU, because that domain boots no
# guest that could write.
write_running()
{
    live_virsh qemu-monitor-command r --hmp "qemu-io -d $device \"write -P $1 2M 64k\"" \
        >/dev/null && live_virsh qemu-monitor-command r --hmp "qemu-io -d $device flush" >/dev/null
}

# Prints the contents of both domains' disks, and whether they run.
contents()
{
    echo "$(live_virsh domstate r) $(content_of "$(top_of r)")"
    echo "$(live_virsh domstate o) $(content_of "$(top_of o)")"
}

# Prints everything that a way back may change: contents, definitions, snapshots and files.
state()
{
    local domain
    contents
    for domain in r o; do
        snapshots_of $domain
        top_of $domain
        persistent_top_of $domain
        live_virsh snapshot-current $domain --name
    done
    ls "$d" | grep -E 'qcow2|memory|s1'
}

write_running 7
then=$(contents)
live_snapshot_external r s1 --memspec "$d/r.memory" --diskspec "vda,snapshot=external" >/dev/null
live_snapshot_external o s1 >/dev/null
write_running 9
scribble "$(top_of o)" 3
before=$(state)
present=$(contents)

# with INJECTION: a way back with INJECTION at a system call, see tests/inject.c.
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json snapshot-apply pair s1 >"$VS_OUT" 2>"$VS_ERR"
    } 2>/dev/null
}

has_gone_back() { snapshots_of r | grep -qw before-s1; }

# over: succeeds if all domains have gone back and the set exists that keeps their earlier state.
over()
{
    [ "$(contents)" = "$then" ] || live_die "gone back: $(contents)" || return 1
    snapshots_of o | grep -qw before-s1 || live_die "o has no before-s1" || return 1
    [ "$(content_of "$(path_of r before-s1)") $(content_of "$(path_of o before-s1)")" = \
        "$(awk '{ print $NF }' <<<"$present" | xargs)" ] || live_die "before-s1 is not what was"
}

# Nothing else may be left.
as_before() { [ "$(state)" = "$before" ] || { diff <(echo "$before") <(state); return 1; }; }

# tidy: runs a command for the snapshots of these domains, because each of them first recovers from
# an interrupted one.
tidy() { vs_refused 32779 "nothing" snapshot-delete pair nothing; }

renew()
{
    vs_json snapshot-apply pair before-s1 --discard && vs_json snapshot-delete pair before-s1 &&
        as_before
}

# once CALL N SIGNAL: returns 0 if everything is right in the end, 2 if the call was not reached.
once()
{
    local status
    with "$1:signal=$3:when=$2"
    status=$?
    [ $status -eq 0 ] || tidy || return 1
    points_back+=" $2"
    if has_gone_back; then
        over && renew || return 1
    else
        [ $status -ne 0 ] && as_before || return 1
    fi
    [ $status -ne 0 ] || return 2
}

# points CALL SIGNAL N...
points()
{
    local n status
    for n in "${@:3}"; do
        once "$1" "$n" "$2" >"$d/said" 2>&1
        status=$?
        [ $status -ne 2 ] || return 0
        [ $status -eq 0 ] || { echo "$2 at call $n of $1: $(cat "$d/said")"; return 1; }
        died=$((died + 1))
    done
}

# Which calls lie between the record that is written before the first change and the one after the
# last: "FIRST LAST" of the thread that writes them.
between()
{
    strace -f -qq -o "$d/trace" -e trace=write,sendmsg,renameat \
        "$abs_top_builddir/virtsnap" --json snapshot-apply pair s1 >"$VS_OUT" 2>"$VS_ERR" ||
        return 1
    awk '/renameat\(/ { at[++n] = $1 } { line[NR] = $0 }
        END { for (i = 1; i <= NR; i++) { split(line[i], f)
            if (f[1] == at[1] && line[i] ~ /(write|sendmsg)\(/) calls++
            if (f[1] == at[1] && line[i] ~ /renameat\(/) printf "%d ", calls } }' "$d/trace"
}
read -r first last < <(between)
echo "# changes are made from call $first to $last"
check "a way back that nothing disturbs" [ "${last:-0}" -gt "${first:-0}" ]
check "is one, and back again" eval 'over && renew'

# part PERCENT...: prints the numbers of the calls at these percentages.
part() { local p; for p; do echo $((first + (last - first) * p / 100)); done; }
kills=$(part 15 97) ends=$(part 60)
[ "${POINTS-all}" = all ] || kills=$(part $POINTS) ends=$kills
[ "${POINTS-}" != all ] || kills=$(seq 1 "$last") ends=$kills
for point in "KILL:write,sendmsg:$kills" "INT:write,sendmsg:$ends"; do
    signal=${point%%:*} call=${point#*:}
    numbers=${call#*:} call=${call%:*}
    died=0 points_back=
    # shellcheck disable=SC2086 # Several words.
    check "a way back, $signal at ${call%%:*}" points "$call" "$signal" $numbers
    echo "# $died times: calls$points_back"
done

# --- one has gone back and is used, before another command comes
# Told by what is on the disk: which name its new layer has is libvirt's, where it does it.
is_half()
{
    [[ $(top_of r) == *before-s1* ]] &&
        [ "$(live_virsh domstate o) $(content_of "$(top_of o)")" = "$(sed -n 2p <<<"$then")" ]
}
for call in $(part 50 47 53 44 56 41 59 38); do
    with write,sendmsg:signal=KILL:when=$call
    is_half && break
    tidy
done
check "a way back that was killed when one of two had gone back" is_half
scribble "$(top_of o)" 14
now=$(contents | awk '{ print $NF }' | xargs)
check "another command leaves what is used since" tidy
like "$(cat "$VS_ERR")" "'o'.* used since.*'before-s1'" "and says so"
is "$(contents | awk '{ print $NF }' | xargs)" "$now" "all data is what it was"
check "what there was can be gone back to" renew

# --- what a killed snapshot-create-as has left, used since
{
    "$abs_top_builddir/tests/inject" renameat:signal=KILL:when=2 \
        "$abs_top_builddir/virtsnap" --json snapshot-create-as pair dead --pause >"$VS_OUT" 2>&1
} 2>/dev/null
like "$(snapshots_of r) $(snapshots_of o)" "dead.* s1 dead" "a set whose making was killed"
is "$(vs --json snapshot-info pair dead | jq -c '[.status, .adopted, .unfinished]')" \
    '["partial",false,true]' "is known as such"
like "$(vs snapshot-info pair dead)" 'partial: .*its making was interrupted' "and said to be"
is "$(vs --json snapshot-list pair | jq -r '.snapshots[] | select(.unfinished).name')" dead \
    "and listed"
live_virsh resume r
write_running 11
scribble "$(top_of o)" 5
live_destroy r
now=$(contents)
check "another command removes it" tidy
is "$(contents)" "$now" "with all that the domains have written since, shut off or not"
like "$(cat "$VS_ERR")" "'dead'" "and says so"
is "$(snapshots_of r) $(snapshots_of o) $(ls "$d" | grep dead)" "s1 s1 " "nothing of it is left"
check "the domains start" eval 'live_virsh start r && live_virsh start o'

# --- disks only, of domains that run: libvirt cannot go back to these itself
write_running 12
now=$(contents | awk '{ print $NF }' | xargs)
check "a set of running domains" vs -q snapshot-create-as pair live --pause
write_running 13
later=$(contents | awk '{ print $NF }' | xargs)
check "is gone back to" vs_json snapshot-apply pair live --start
is "$(vs_field '.members[].method' | xargs)" "overlay overlay" "on new layers"
is "$(contents | xargs)" "$(printf 'running %s running %s' $now)" "the disks are what they were"
check "what there was is a set that virtsnap made" vs_json snapshot-info pair before-live
is "$(vs_field '[.status, .adopted, (.members[].consistency)] | join(" ")')" \
    "complete false memory memory" "with its consistency"
is "$(content_of "$(path_of r before-live)") $(content_of "$(path_of o before-live)")" "$later" \
    "and its data"

# --- a domain that is undefined while its layers are merged
vs -q snapshot-delete pair before-live
live_destroy o
scribble "$(top_of o)" 6 8
now=$(content_of "$(top_of o)")
top=$(top_of o)
live_virsh dumpxml o --inactive >"$d/o.xml"
"$abs_top_builddir/virtsnap" --json snapshot-delete pair live --bandwidth 200K >"$VS_OUT" \
    2>"$VS_ERR" &
pid=$!
live_wait "it merges" eval 'pgrep -f "qemu-img commit.*$d/o" >/dev/null'
check "a domain is undefined while its layers are merged" live_virsh undefine o --snapshots-metadata
kill -INT $pid
check_fails "the removal ends" wait $pid
live_wait "it is unlocked" eval '! pgrep -f "qemu-img commit.*$d/" >/dev/null'
is "$(content_of "$top")" "$now" "and all data is there"
check "for the domain when it comes again" eval 'live_virsh define "$d/o.xml" &&
    live_virsh start o'

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Snapshot collections that virtsnap makes: of one moment, or not at all, and whatever happens no
# guest stays frozen. ROUNDS, LIVE_ROUNDS and GUARD_ROUNDS are how often the moment of a set, that
# of an export without one, and the killing are tried;
# POINTS are the system calls at which it is killed (CALL:N), or "all".
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires
requires jq e2fsck dumpe2fs
live_libvirtd_possible || skip_all "no namespaces for a libvirtd of our own"
: "${ROUNDS:=2}" "${LIVE_ROUNDS:=1}" "${GUARD_ROUNDS:=2}" "${POINTS:=renameat:1 sendto:1 wait4:1}"

# Each member's disk is on a file system of its own, which can be made full.
m=$TEST_DIR/m
for g in a b c; do
    mkdir -p "$m/$g" && mount -t tmpfs -o nr_inodes=300 none "$m/$g" ||
        skip_all "nothing can be mounted here"
    at_exit umount -l "$m/$g"
done
check "a libvirtd of our own" live_libvirtd_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x" "$d/s"

printf '%010d\n' 0 >"$d/seq"
for g in a b c; do
    live_disk "$m/$g/$g.raw"
    # chattr +S: what is written to it is on the disk.
    printf '%s\n' "write $d/seq seq" 'set_inode_field seq flags 0x80008' |
        debugfs -w -f - "$m/$g/$g.raw" >/dev/null 2>&1
    live_define "$g" --disk "$m/$g/$g.raw"
done
live_disk "$d/off.qcow2"
LIVE_BOOT=none live_define off --disk "$d/off.qcow2"
check "three guests boot" live_boot a b c || bail_out "no guests"
for g in a b c; do
    live_wait_agent "$g"
done
vs -q collection-create-as two --domain a --domain b
vs -q collection-create-as set --domain a --domain b --domain c --domain off

# --- what is looked at

# make ARGUMENT...: a set; the JSON is in VS_OUT.
make()
{
    vs --json snapshot-create-as "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
}

has() { live_virsh snapshot-list --domain "$1" --name | grep -cx -- "$2"; }
sources() { live_virsh domblklist --domain "$1" | awk '/vda/ { print $2 }'; }
# files NAME: how many files a set of that name has.
files() { find "$m" "$d" -maxdepth 2 -name "*.$1*" | grep -c .; }
# What its agent was last told, which it says before it freezes and after it has thawed.
last_told() { grep -ao 'fsfreeze: [a-z]*' "$(live_console "$1")" | tail -n 1; }
is_thawed() { [ "$(last_told "$1")" != 'fsfreeze: freeze' ]; }
runs() { [ "$(live_virsh domstate --domain "$1")" = running ]; }
# all_run GUEST...: and write on.
all_run()
{
    local g
    local -A from
    for g; do
        live_wait "$g is thawed" is_thawed "$g" && live_wait "$g runs" runs "$g" || return 1
        from[$g]=$(live_counter "$g")
    done
    for g; do
        live_wait_counter "$g" $((from[$g] + 2)) || return 1
    done
}

# --- of one moment

# agent_file GUEST COMMAND...: what its agent is to do with the file of the sequence, each as
# "NAME ARGUMENTS", by one process.
agent_file()
{
    local one script=
    for one in "${@:2}"; do
        script+="$(live_words qemu-agent-command "$1" \
            '{"execute":"guest-file-'"${one%% *}"'","arguments":{'"${one#* }"'}}'); "
    done
    live_virsh_all "$script" 2>/dev/null
}

# put GUEST N: N is on the guest's disk when this returns. Refused while it is frozen: then the
# place to write to was not set, perhaps, and what stands behind the first ten digits is nothing.
put()
{
    local text handle='"handle":'${handles[$1]}
    text=$(printf '%010d' "$2" | base64)
    text=$(agent_file "$1" "seek $handle,\"offset\":0,\"whence\":\"set\"" \
        "write $handle,\"buf-b64\":\"$text\"" "flush $handle")
    # All three answers.
    [[ $text = *'"return"'*'"return"'*'"return"'* ]]
}

# open_sequence GUEST: its file is open from now on.
declare -A handles=()
open_sequence()
{
    [[ $(agent_file "$1" 'open "path":"/disk/vda/seq","mode":"r+"') =~ \"return\":([0-9]+) ]] &&
        handles[$1]=${BASH_REMATCH[1]}
}

# drive GUEST...: one sequence of numbers, the next not before the last is on its disk.
drive()
{
    local n=0 g
    while [ -e "$d/drive" ]; do
        for g; do
            n=$((n + 1))
            until [ ! -e "$d/hold" ] && put "$g" $n; do
                [ -e "$d/drive" ] || return 0
                [ ! -e "$d/hold" ] || live_pause
            done
            echo $n >"$d/n.new" && mv "$d/n.new" "$d/n"
        done
    done
}

driven() { [ "$(cat "$d/n" 2>/dev/null || echo 0)" -ge "$1" ]; }
driven_on() { live_wait "the sequence goes on" driven $(($(cat "$d/n") + $1)); }

start_drive()
{
    local g
    for g; do
        [ -n "${handles[$g]-}" ] || open_sequence "$g" || live_die "no file in $g" || return 1
    done
    : >"$d/drive"
    rm -f "$d/n"
    drive "$@" &
    driver=$!
    live_wait "the sequence has begun" driven $(($# * 2))
}

stop_drive()
{
    rm -f "$d/drive"
    wait "$driver"
}

# numbers EXPORT GUEST...: what each had on its disk. With a journal that was not ended it is
# replayed first, as any system would.
numbers()
{
    local export=$1 g raw=$d/read.raw text
    shift
    for g; do
        qemu-img convert -O raw "$(vs_layer "$export" "$g" vda)" "$raw" || return 1
        e2fsck -fy "$raw" >/dev/null 2>&1
        text=$(debugfs -R 'cat seq' "$raw" 2>/dev/null)
        echo $((10#${text:0:10}))
        rm -f "$raw"
    done
}

# one_moment EXPORT BEFORE AFTER GUEST...: what they have nobody has who was a round ahead.
one_moment()
{
    local export=$1 before=$2 after=$3
    shift 3
    numbers "$export" "$@" | awk -v n=$# -v before="$before" -v after="$after" '
        { if (NR == 1 || $1 < min) min = $1; if ($1 > max) max = $1; all = all " " $1 }
        END { ok = NR == n && max - min <= n && min > before - n && max <= after + 1
              if (!ok) print "read" all ", before " before ", after " after
              exit !ok }'
}

# clean_image EXPORT GUEST: the file system was ended properly.
clean_image()
{
    local raw=$d/clean.raw status
    qemu-img convert -O raw "$(vs_layer "$1" "$2" vda)" "$raw" || return 1
    ! dumpe2fs -h "$raw" 2>/dev/null | grep -q needs_recovery && e2fsck -fn "$raw" >/dev/null 2>&1
    status=$?
    rm -f "$raw"
    return $status
}

# consistencies: of the last export.
consistencies()
{
    vs export-info "$VS_EXPORT" --json | jq -r '.domains[].snapshots[].consistency'
}

# moment LEVEL ROUND COLLECTION GUEST...
moment()
{
    local level=$1 name=$1$2 collection=$3 before after
    shift 3
    before=$(cat "$d/n")
    make "$collection" "$name" --"$level" || return 1
    after=$(cat "$d/n")
    : >"$d/hold"
    vs_export "$collection" "$name" --to "$x" || return 1
    rm "$d/hold"
    one_moment "$VS_EXPORT" "$before" $((after + $#)) "$@"
}

# live_moment LEVEL ROUND COLLECTION GUEST...: of an export of the present state.
live_moment()
{
    local level=$1 name=live$1$2 collection=$3 before after
    shift 3
    before=$(cat "$d/n")
    vs_export "$collection" "$name" --live="$level" --scratch "$d/s" --to "$x" || return 1
    after=$(cat "$d/n")
    one_moment "$VS_EXPORT" "$before" "$after" "$@"
}

is "$(vs --json snapshot-create-as set s --quiesce --dry-run | jq -r '.members | map(.domain +
    " " + .state + " " + .kind + " " + .asked) | join(", ")')" \
    "a running external application, b running external application, \
c running external application, off shutoff external offline" "a dry run says what would be done"
is "$(has a s) $(files s)" "0 0" "and does nothing"

start_drive a b
for ((i = 1; i <= ROUNDS; i++)); do
    check "two guests, round $i: what is exported is of one moment" moment quiesce $i two a b
    for g in a b; do
        check "the file system of $g is clean, with nothing to be replayed" \
            clean_image "$VS_EXPORT" $g
    done
done
for ((i = 1; i <= LIVE_ROUNDS; i++)); do
    check "live, round $i: two guests" live_moment application $i two a b
    for g in a b; do
        check "the file system of $g is clean" clean_image "$VS_EXPORT" $g
    done
done
is "$(consistencies | sort -u)" \
    application "the export says so"
# One after the other, as other tools do.
live_snapshot_external a naive
check "the guests write on" driven_on 8
live_snapshot_external b naive
before=$(cat "$d/n")
check "export" vs_export two naive --to "$x"
check_fails "one by one they are not of one moment" one_moment "$VS_EXPORT" 0 "$before" a b
is "$(consistencies | sort -u)" \
    unknown "of which the export says nothing"
stop_drive

start_drive a b c
for ((i = 1; i <= ROUNDS; i++)); do
    check "three guests, round $i" moment pause $i set a b c
done
is "$(consistencies | xargs)" "crash crash crash offline" \
    "paused, it is as if the power had failed"
for ((i = 1; i <= LIVE_ROUNDS; i++)); do
    check "live, round $i: three guests" live_moment crash $i set a b c
done
stop_drive
check "all go on" all_run a b c

# --- all or nothing

# none_has NAME: there is no snapshot and no file of that name.
none_has()
{
    local g
    for g in a b c off; do
        [ "$(has $g "$1")" = 0 ] || live_die "$g has it" || return 1
    done
    [ "$(files "$1")" = 0 ] || live_die "a file is left"
}

all_sources() { echo "$(sources a) $(sources b) $(sources c) $(sources off)"; }
# nothing_left NAME: every member is as it was.
nothing_left() { none_has "$1" && [ "$(all_sources)" = "$were" ]; }

were=$(all_sources)
for g in a b c; do
    i=0
    while : >"$m/$g/$((i++)).fill"; do :; done 2>/dev/null
    check "the file system of $g is full: refused, and said" \
        vs_refused 32801 "'$g'" snapshot-create-as set full --quiesce
    rm -f "$m/$g"/*.fill
    check "and nothing is left of it" nothing_left full
    check "and all go on" all_run a b c
done

live_snapshot_external b taken
were=$(all_sources)
: >"$m/c/c.taken"
check "a name that is taken and a path that is taken: both in one answer" \
    vs_refused 32800 "'b'.*snapshot 'taken'.*'c'.*c.taken" snapshot-create-as set taken --quiesce
rm "$m/c/c.taken"
live_virsh blockcopy --domain a vda "$d/copy.qcow2" --format qcow2 --transient-job >/dev/null
check "a block job" vs_refused 32774 "'a'.*block job" snapshot-create-as set job --quiesce
live_virsh blockjob --domain a vda --abort
printf '<domainbackup mode="pull"><server transport="unix" socket="%s"/></domainbackup>' \
    "$d/nbd.sock" >"$d/backup.xml"
live_virsh backup-begin --domain a "$d/backup.xml" >/dev/null
check "another job" vs_refused 32774 "'a'.*backup" snapshot-create-as set job --quiesce
live_virsh domjobabort a
check "a name that libvirt does not take" vs_refused 4 "libvirt" snapshot-create-as set a/b
check "memory of frozen file systems" \
    vs_refused 4 "memory" snapshot-create-as set s --quiesce --memory
check "and nothing was changed" nothing_left job

# --- killed

# killed CALL N NAME: kill -9 at that system call. Whatever there is of the set is complete, or the
# next one removes it. Returns 2 if there is no such call.
killed()
{
    ! "$abs_top_builddir/tests/inject" "$1:signal=KILL:when=$2" \
        "$abs_top_builddir/virtsnap" snapshot-create-as set "$3" --quiesce >"$VS_OUT" 2>&1 ||
        { echo "not killed"; return 2; }
    left_nothing_half "$3"
}

# left_nothing_half NAME
left_nothing_half()
{
    local left
    all_run a b c && make set "after-$1" --quiesce || return 1
    left="$(has a "$1")$(has b "$1")$(has c "$1")$(has off "$1")"
    case $left in
    0000) [ "$(find "$m" "$d" -maxdepth 2 -name "*.$1" | grep -c .)" = 0 ] ||
        live_die "files are left" ;;
    1111) ;;
    *) live_die "a part is left: $left" ;;
    esac
}

# killed_at_all CALL: at one such call after the other. What comes of it is removed, for a chain of
# layers has an end.
killed_at_all()
{
    local n status name
    for ((n = 1; ; n++)); do
        killed "$1" $n dead
        status=$?
        for name in dead after-dead; do
            [ "$(has a $name)" = 0 ] || vs -q snapshot-delete set $name || return 1
        done
        [ $status -ne 2 ] || return 0
        [ $status -eq 0 ] || live_die "at call $n" || return 1
    done
}

if can_inject && [ "$POINTS" = all ]; then
    # The record, the guard, what it is told and its end, and libvirt.
    for call in renameat socketpair sendto wait4 sendmsg,write; do
        check "killed at every $call" killed_at_all $call
    done
elif can_inject; then
    i=0
    for at in $POINTS; do
        check "killed at $at" killed "${at%:*}" "${at#*:}" dead$((i++))
    done
else
    skip "killed at a system call" "nothing can be injected here"
fi

no_guard() { ! pgrep -f "virtsnap-guard.*$LIVE_DIR" >/dev/null; }

# --- a silent agent: it has the channel open, and does not answer

live_agent c '{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c",
    "kill -STOP $(cat /run/ga.pid)"]}}' >/dev/null
silent()
{
    ! live_virsh qemu-agent-command --timeout 1 c '{"execute":"guest-ping"}' >/dev/null 2>&1
}
live_wait "the agent of c is silent" silent

is_frozen() { [ "$(last_told a)" = 'fsfreeze: freeze' ]; }
# begin NAME [OPTION]...: in the background; returns when a is frozen, and waits for c.
begin()
{
    "$abs_top_builddir/virtsnap" --json snapshot-create-as set "$@" --quiesce \
        >"$d/begun" 2>"$d/begun.err" &
    begun=$!
    live_wait "a is frozen" is_frozen
}

begin early --best-effort
live_virsh domfsthaw a >/dev/null
check "best effort: the set is made all the same" wait "$begun"
is "$(jq -r '.members | map(.domain + " " + .consistency + " " + (.reason // "-")) | join(", ")' \
    "$d/begun")" "a unknown thawed-early, b application -, c crash agent-timeout, off offline -" \
    "and what was not reached is said, and why"
check "all go on" all_run a b
live_wait "c runs" runs c

were=$(all_sources)
check "an agent that does not answer" \
    vs_refused 3 "'c'" snapshot-create-as set silent --quiesce --timeout 2
check "all others are thawed" all_run a b
check "nothing is left" nothing_left silent

for ((i = 1; i <= GUARD_ROUNDS; i++)); do
    begin "guard$i" --timeout 60
    # Everything but the guard, and what it was started with.
    kill -9 "$begun"
    wait "$begun" 2>/dev/null
    check "killed while guests are frozen, round $i: the guard thaws them" all_run a b
done

begin restart
check "libvirtd goes while guests are frozen" live_libvirtd_stop KILL
check "and is there again" live_libvirtd_start
# Else the guard would wait for its agent.
live_destroy c
check_fails "no set comes of it" wait "$begun"
check "but no guest stays frozen" all_run a b
check "the next one removes what is left" make two next --pause
check "and all of it is gone" none_has restart
check "no guard stays" live_wait "the guards end" no_guard

done_testing

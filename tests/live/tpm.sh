#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The state of an emulated TPM: exported with its domain, put where libvirt looks for it before the
# imported one is defined, never over another one, and taken back with all else. What firmware
# keeps is never another one's, either.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
requires swtpm swtpm_setup

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
# As on any host, swtpm has a user of its own, if there is one.
chmod 711 "$LIVE_DIR" "$TEST_DIR"
mkdir -m 1777 "$LIVE_DIR/tmp"
export TMPDIR=$LIVE_DIR/tmp
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
states=$LIVE_ROOT/lib/swtpm
mkdir "$x" "$to"
export LIVE_BOOT=none

# define NAME [XML]: of a domain with a TPM.
define()
{
    live_domain_xml "$1" --disk "$d/$1.qcow2" | sed "s|</devices>|<tpm model='tpm-crb'>\
<backend type='emulator' version='2.0'/></tpm>&|" >"$d/$1.xml" &&
        live_virsh define --file "$d/$1.xml"
}

# uuid_of DOMAIN
uuid_of() { live_virsh domuuid --domain "$1" | tr -d '\n'; }

# state_of DOMAIN: the file with all that its TPM keeps.
state_of() { echo "$states/$(uuid_of "$1")/tpm2/tpm2-00.permall"; }

# made DOMAIN: how often its TPM was made anew, with new keys.
made() { grep -c 'Starting vTPM manufacturing' "$LIVE_ROOT/log/swtpm/$1-swtpm.log"; }

# aged DOMAIN: the state is older than what is done next.
aged() { touch -d '1 hour ago' "$(state_of "$1")"; }

# nothing_there: neither a domain nor a file or state of an import.
nothing_there()
{
    [ -z "$(live_virsh list --all --name | xargs)" ] && [ -z "$(find "$to" -type f)" ] &&
        [ -z "$(ls -A "$states")" ] ||
        live_die "$(live_virsh list --all --name) $(find "$to" "$states")"
}

live_disk "$d/base.qcow2"
live_overlay "$d/base.qcow2" "$d/t.qcow2"
check "a domain with a TPM" define t
check "runs" live_start t || bail_out "swtpm does not run here: $(tail -n 3 \
    "$LIVE_ROOT"/log/swtpm/*.log "$d/virsh.log")"
id=$(uuid_of t)
state=$(state_of t)
is "$(made t)" 1 "libvirt made its state"
owner=$(stat -c %U:%a "$state")

# --- exported
aged t
live_snapshot_external t snap1
cp "$state" "$d/kept"
check "a snapshot of it, while it runs" vs_export --domain t snap1 --to "$x"
one=$VS_EXPORT
is "$(vs_field '.warnings[]')" "" "the state has not changed since: nothing to be warned of"
check "which has the state" cmp "$one/domains/t/tpm/tpm2-00.permall" "$d/kept"
check "by its role and digest, and nothing but that" vs_sound "$one"
check "live" vs_export --domain t now --live=crash --to "$x"
check "the state of the moment" cmp "$VS_EXPORT/domains/t/tpm/tpm2-00.permall" "$state"
# Not what swtpm writes, but newer than the snapshot.
touch "$state"
check "changed since" vs_export --domain t snap1 --to "$d/later"
like "$(vs_field '.warnings[]')" "state of its TPM was changed" "that is said"
check "left out" vs_export --domain t snap1 --to "$d/without" --exclude t:tpm
without=$VS_EXPORT
like "$(vs_field '.warnings[]')" "TPM is not exported: it is left out" "as asked for"

# --- memory, with the state that belongs to it
check "with its memory" vs_export --domain t asleep --live=memory --to "$x"
asleep=$VS_EXPORT
check "the TPM's state, too" test -e "$asleep/domains/t/tpm/tpm2-00.permall"

# --- imported
lose t
check "undefined, its state is gone" test ! -e "$states/$id"
check "imported" vs_import "$one" --to "$to"
check "the state is where libvirt looks" cmp "$state" "$d/kept"
is "$(stat -c %a "$states/$id" "${state%/*}" "$state" | xargs)" "711 700 600" "for nobody else"
check "and nowhere else" [ -z "$(find "$to" -name 'tpm*')" ]
check "a second one" vs_import "$one" --to "$to" --new-uuid --suffix 2
check "has a state of its own" cmp "$(state_of t2)" "$d/kept"
check "and the first one's is as it was" cmp "$state" "$d/kept"
check "it starts" live_start t
is "$(made t)" 1 "with the TPM that it had"
is "$(stat -c %U:%a "$state")" "$owner" "which is swtpm's again"
check "the second one starts" live_start t2
is "$(made t2 2>/dev/null)" 0 "with that, too"
forget t t2
rm -rf "${states:?}"/*

# --- what is there is never another's
mkdir -p "${state%/*}"
echo other >"$state"
trusted "$one"
check "a state that somebody left" vs_refused 32800 "$states/$id.*new-uuid" \
    import "$one" --to "$to" "${TRUST[@]}"
check "which a domain without one would have got" vs_refused 32800 "$states/$id" \
    import "$without" --to "$to" "${TRUST[@]}" --trust t:devices/tpm
is "$(cat "$state")" other "is as it was"
rm -r "${states:?}/$id"
check "nothing else is there" nothing_there

# --- nor are the variables of firmware
live_overlay "$d/base.qcow2" "$d/v.qcow2"
live_define v --uefi --disk "$d/v.qcow2"
live_snapshot_external v snap1
check "a domain whose firmware has no variables yet" vs_export --domain v snap1 --to "$x"
bare=$VS_EXPORT
lose v
left=$LIVE_ROOT/lib/qemu/nvram/v_VARS.fd
mkdir -p "${left%/*}"
echo other >"$left"
trusted "$bare"
check "variables that somebody left" vs_refused 32800 "'$left', .*--rename 'v=NEW'" \
    import "$bare" --to "$to" "${TRUST[@]}"
check "nobody would get under another name" \
    vs import -q "$bare" --to "$to" --suffix 2 --dry-run "${TRUST[@]}"
is "$(cat "$left")" other "they are as they were"
rm "$left"
mkdir -p "$LIVE_ROOT/lib/qemu/save"
: >"$LIVE_ROOT/lib/qemu/save/v.save"
check "nor a state to start with" vs_refused 32800 "/save/v.save'.*--rename 'v=NEW'" \
    import "$bare" --to "$to" "${TRUST[@]}"
rm "$LIVE_ROOT/lib/qemu/save/v.save"
check "where there are none, nothing is in the way" vs_import "$bare" --to "$to"
forget v
trusted "$one"

# --- without a state
check "an export without it" vs_refused 32769 "devices/tpm" import "$without" --to "$to" \
    "${TRUST[@]}"
check "trusted" vs import -q "$without" --to "$to" "${TRUST[@]}" --trust t:devices/tpm
check "has none" test ! -e "$states/$id"
forget t

# --- not defined
check "not defined" vs_import "$one" --to "$to" --no-define
like "$(vs_field '.warnings[]')" "state of its TPM is in" "where it is is said"
check "it lies beside the disks" cmp "$to"/*/*/domains/t/tpm/tpm2-00.permall "$d/kept"
rm -r "${to:?}"/*
check "and not in libvirt's place" nothing_there

# --- taken back
# with INJECTION: an import with INJECTION at a system call.
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json import "$one" --to "$to" "${TRUST[@]}" \
            >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}
if can_inject; then
    check_fails "libvirt cannot keep the domain" with "rename:error=EIO:when=1"
    check "and nothing is left" nothing_there
    with "rename:signal=KILL:when=1"
    check "killed when the state is there" test -e "$state"
    check "the next one" vs_import "$one" --to "$to"
    like "$(vs_field '.warnings[]')" "interrupted" "says so"
    check "and has it whole" cmp "$state" "$d/kept"
    forget t
    rm -rf "${states:?}"/*
else
    skip "taken back" "processes cannot be traced here"
fi

# --- with the memory
check "one that sleeps" vs_import "$asleep" --to "$to" --start
is "$(live_virsh domstate --domain t)" running "goes on"
is "$(made t)" 1 "with the TPM that it had"
forget t

# --- whether it boots
check "verify --boot" vs verify --boot --timeout 1 --json --scratch "$d" "$one" \
    --trust t:devices/serial --trust t:devices/console
check "leaves no state behind" nothing_there

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Live exports on a base, and others beside them: at the same time, of an unnamed collection of that
# name, and of another host into the same directory. None of them costs a night its reference
# point. No guest has to run.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/bitmap-lib.sh"

# A client that is held does not answer.
LIVE_LIBVIRTD_CONF='keepalive_interval = -1'
begin_nights
for disk in a c; do
    qemu-img create -q -f qcow2 "$d/$disk.qcow2" 16M
    qemu-io -f qcow2 -c "write -q -P 5 0 8M" "$d/$disk.qcow2"
done
check "a domain that runs, and one that is off" eval '
    live_define a --disk "$d/a.qcow2" && live_start a && live_define c --disk "$d/c.qcow2"' ||
    bail_out "no domains"
check "a collection of both" vs -q collection-create-as night --domain a --domain c

# --- two exports of one collection at the same time
check "a first night" night one --base latest
check "something is written" eval 'guest a 0 "$(paint 0 64k)" &&
    qemu-io -f qcow2 -c "$(paint 0 6M)" "$d/c.qcow2"'
"$abs_top_builddir/virtsnap" --json export night slow --live=crash --scratch "$s" --to "$x" \
    --base latest --bandwidth 512k >"$d/slow.out" 2>&1 </dev/null &
pid=$!
let_go() { compgen -G "$x/night/.slow.partial/layers/c*" >/dev/null && [ -z "$(ls -A "$s")" ]; }
check "an export that goes on when the running domain is let go" live_wait "it is let go" let_go
# However long the other one takes, this one is not at its end before.
check "and is held there" kill -STOP $pid
slow=$(checkpoints a | tr ' ' '\n' | tail -n 1)
check "another one meanwhile" night quick --base latest --strict
is "$(checkpoints a | tr ' ' '\n' | grep -c "$slow")" 1 "its reference point is left alone"
check "the first one goes on" kill -CONT $pid
check "it ends, too" eval 'wait $pid' || cat "$d/slow.out"
is "$(checkpoints a | wc -w)" 2 "the later one is left alone, too"
check "the next night goes by one of them" night after --base latest --strict
is "$(warnings) $(checkpoints a | wc -w)" " 1" "and takes both away"
check "it is as what the domain has" as_full

# --- an unnamed collection of the same name
check "a collection of the name of a domain" vs -q collection-create-as a --domain a
one() { vs_export a "$@" --live=crash --scratch "$s" --to "$d/y"; }
check "two nights of it, and one of the domain by itself" eval 'mkdir "$d/y" &&
    one one --base latest && one two --base latest --strict &&
    vs_export --domain a --live=crash --scratch "$s" --to "$d/y" --base latest'
check "the next night of the collection" one three --base latest --strict
is "$(warnings)" "" "goes by its own"

# --- another host's
# elsewhere EXPORT NAME: what a host that has other domains has exported after that.
elsewhere()
{
    local uuid
    uuid=$(cat /proc/sys/kernel/random/uuid)
    cp -a "$1" "${1%/*}/$2" && sed -i "s/$(live_virsh domuuid a)/$uuid/
        s/<snapshot>[^<]*</<snapshot>$2</
        /<creator/s/ time=\"[^\"]*\"/ time=\"$(date -u -d '+1 second' +%FT%TZ)\"/" \
        "${1%/*}/$2/manifest.xml"
}
check "another host's collection of that name" eval 'elsewhere "$VS_EXPORT" theirs && sleep 1'
check "the next night" one four --base latest --strict
is "$(warnings) $(sed -n 's/.*<base.* snapshot="\([^"]*\)".*/\1/p' "$VS_EXPORT/manifest.xml")" \
    " three" "has its own as base"
check "that of the other host is none in a strict night" vs_refused 5 \
    "theirs'.*no member" export a five --live=crash --scratch "$s" --to "$d/y" --base theirs \
    --strict
check "else it is" one five --base "$d/y/a/theirs"
like "$(warnings)" "theirs'.*no member" "with a warning"

done_testing

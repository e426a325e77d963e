#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Which images a disk consists of: what the domain's XML says, and the headers only where the XML
# says nothing. Every export is compared with the bytes that QEMU shows its guest. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
live_requires

check "an empty libvirt host of our own" live_host || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
mkdir "$x"
size=2M

# --- domains and images

# image NAME [BYTE] [ARGUMENT]...: makes a qcow2 image, filled with BYTE if that is given.
image()
{
    local name=$1 byte=${2-}
    shift; shift
    qemu-img create -q -f qcow2 "$@" "$d/$name" $size || return 1
    [ -z "$byte" ] || qemu-io -f qcow2 -c "write -q -P $byte 0 $size" "$d/$name"
}

# drive FILE FORMAT [BELOW [EXTRA [IN-SOURCE]]]: prints the XML of a disk.
drive()
{
    echo "<disk type='file' device='disk'><driver name='qemu' type='$2'/>"
    echo "<source file='$d/$1'>${5-}</source>${3-}<target dev='vda' bus='virtio'/>${4-}</disk>"
}

# below FORMAT FILE [BELOW]: prints a <backingStore>; the chain ends there unless BELOW is given.
below()
{
    printf "<backingStore type='file'><format type='%s'/><source file='%s'/>%s</backingStore>" \
        "$1" "$d/$2" "${3-<backingStore/>}"
}

# define DOMAIN DISK-XML
define()
{
    cat >"$d/define.xml" <<END
<domain type='qemu'><name>$1</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices>$2<memballoon model='none'/></devices></domain>
END
    live_virsh define --file "$d/define.xml"
}

# --- what is in there

# first_bytes: filters the bytes out of what `qemu-io -c "read -v …"` printed.
first_bytes() { sed -n 's/^00000000:  \(.. .. .. ..\) .*/\1/p'; }

# image_begins IMAGE: prints its first bytes, read by following the image headers alone.
image_begins() { qemu-io -r -f "$(live_format "$1")" -c "read -v 0 4" "$1" | first_bytes; }

# image_is IMAGE BYTES: succeeds if it begins with BYTES. If they are all the same byte, the whole
# image has to consist of it.
image_is()
{
    local byte=${2%% *} shown whole=()
    [ "$2" != "$byte $byte $byte $byte" ] || whole=(-c "read -P 0x$byte 0 $size")
    shown=$(qemu-io -r -f "$(live_format "$1")" -c "read -v 0 4" "${whole[@]}" "$1")
    [ "$(first_bytes <<<"$shown")" = "$2" ] || live_die "$1 begins with: $shown" || return 1
    [[ $shown != *'verification failed'* ]] || live_die "$1 goes on with something else"
}

# said DOMAIN: prints how many times its QEMU has shown bytes, which it prints into its log.
said() { first_bytes <"$LIVE_ROOT/log/qemu/$1.log" | wc -l; }
says_more() { [ "$(said "$1")" -gt "$2" ]; }

# guest_begins DOMAIN [VIRSH-SCRIPT]: prints what QEMU shows the guest at the beginning of its disk,
# after VIRSH-SCRIPT was run. The XML of a running domain has the number of the disk's top node.
guest_begins()
{
    local index before
    index=$(live_virsh_all "${2-}$(live_words dumpxml --domain "$1")" |
        sed -n "/<disk /,/<\/disk>/s/.*<source file='[^']*' index='\([0-9]*\)'.*/\1/p" | head -n 1)
    before=$(said "$1")
    live_virsh qemu-monitor-command --domain "$1" --hmp \
        "qemu-io libvirt-$index-format \"read -v 0 4\"" >/dev/null &&
        live_wait "QEMU shows bytes" says_more "$1" "$before" &&
        first_bytes <"$LIVE_ROOT/log/qemu/$1.log" | tail -n 1
}

# guest_of DOMAIN: the same for a domain that is shut off.
guest_of()
{
    guest_begins "$1" "$(live_words start --domain "$1" --paused); "
    live_destroy "$1" >/dev/null 2>&1
}

n=0
all_ways=('' --merge '--compress zstd' '--merge --compress zstd')
# Most exports are not compressed; with WAYS=all each is also tried compressed.
some_ways=("${all_ways[@]:0:2}")
[ "${WAYS-}" != all ] || some_ways=("${all_ways[@]}")
ways=("${all_ways[@]}")
# same DOMAIN BYTES [SNAPSHOT]: succeeds if the disk begins with BYTES in every kind of export of
# DOMAIN, read without the source images.
same()
{
    local domain=$1 bytes=$2 snapshot=${3-s} way
    for way in "${ways[@]}"; do
        n=$((n + 1))
        # shellcheck disable=SC2086
        check "$domain, $snapshot, ${way:-as it is}: exported" \
            vs_export --domain "$domain" "$snapshot" --to "$x/$n" $way || return
        check "sound" vs_sound "$VS_EXPORT"
        check "what the guest sees" image_is "$(vs_layer "$VS_EXPORT" "$domain" vda)" "$bytes"
    done
}

# off DOMAIN BYTES [COMMAND]...: makes a snapshot of a shut-off domain, runs COMMAND, and checks
# exports of the snapshot.
off()
{
    local domain=$1 bytes=$2
    shift 2
    is "$(guest_of "$domain")" "$bytes" "$domain: the bytes that QEMU shows" || return
    check "snapshot of it" live_snapshot_external "$domain" s || return
    [ $# -eq 0 ] || check "then: $*" "$@" || return
    same "$domain" "$bytes"
}

image right 0xaa
image wrong 0xbb
image third 0xcc
chmod a-w "$d/right" "$d/wrong" "$d/third"

# --- another file than the header says
image top-other '' -b "$d/wrong" -F qcow2
define other "$(drive top-other qcow2 "$(below qcow2 right)")"
off other 'aa aa aa aa'
vs -q collection-create-as chains --domain other
layers() { vs snapshot-chain chains s --json | jq -r '.disks[0].layers[].path'; }
is "$(layers | sed 's|.*/||' | paste -sd ' ')" "top-other right" "snapshot-chain shows it so"
ways=("${some_ways[@]}")

# --- the end
image top-end '' -b "$d/wrong" -F qcow2
define end "$(drive top-end qcow2 '<backingStore/>')"
off end '00 00 00 00'

# --- another format, in both directions
image top-says-raw '' -u -b "$d/right" -F raw
define says-raw "$(drive top-says-raw qcow2 "$(below qcow2 right)")"
off says-raw 'aa aa aa aa'
image top-says-qcow2 '' -b "$d/right" -F qcow2
define says-qcow2 "$(drive top-says-qcow2 qcow2 "$(below raw right)")"
off says-qcow2 '51 46 49 fb'

# --- a header that leads nowhere, once the snapshot is taken
rebase() { qemu-img rebase -u -f qcow2 "$@"; }
image lost 0xdd
image top-gone '' -b "$d/lost" -F qcow2
define gone "$(drive top-gone qcow2 "$(below qcow2 right)")"
off gone 'aa aa aa aa' rm "$d/lost"
image top-nbd '' -b "$d/wrong" -F qcow2
define nbd "$(drive top-nbd qcow2 "$(below qcow2 right)")"
off nbd 'aa aa aa aa' rebase -F raw -b 'nbd://localhost/x' "$d/top-nbd"
image top-null '' -b "$d/wrong" -F qcow2
define null "$(drive top-null qcow2 '<backingStore/>')"
off null '00 00 00 00' rebase -F raw -b 'json:{"driver":"null-co"}' "$d/top-null"

# --- deeper: what is named, then what the header of the last one says
image mid '' -b "$d/wrong" -F qcow2
image low '' -b "$d/right" -F qcow2
image top-deep '' -b "$d/wrong" -F qcow2
define deep "$(drive top-deep qcow2 "$(below qcow2 mid "$(below qcow2 low '')")")"
off deep 'aa aa aa aa'
is "$(find "$x/$((n - 1))/deep/s/layers" -type f | wc -l)" 4 "four layers"
image top-deep2 '' -b "$d/wrong" -F qcow2
define deep2 "$(drive top-deep2 qcow2 "$(below qcow2 mid "$(below qcow2 low \
    "$(below qcow2 third)")")")"
off deep2 'cc cc cc cc'

# --- references of other forms, where the XML is silent. Not all of what QEMU takes, libvirt would
# start a domain with.
image top-json '' -b "json:{\"driver\":\"file\",\"filename\":\"$d/right\"}" -u -F qcow2
define json "$(drive top-json qcow2)"
is "$(guest_of json)" 'aa aa aa aa' "json: the bytes that QEMU shows"
for reference in "file:$d/right" \
    "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"$d/right\"}}"; do
    name=${reference%%:*}-only
    image "top-$name" '' -b "$reference" -F qcow2
    define "$name" "$(drive "top-$name" qcow2)"
    check "snapshot of $name" live_snapshot_external "$name" s
    same "$name" 'aa aa aa aa'
done
image top-empty '' -b "$d/wrong" -F qcow2
printf '\0\0\0\0' | dd of="$d/top-empty" bs=1 seek=16 conv=notrunc status=none
define empty "$(drive top-empty qcow2)"
off empty '00 00 00 00'

# --- a running domain: the snapshot has the chain that QEMU was given
image top-live '' -b "$d/wrong" -F qcow2
define live "$(drive top-live qcow2 "$(below qcow2 mid "$(below qcow2 right)")")"
check "started" live_virsh start --domain live --paused
check "snapshot of the running domain" live_snapshot_external live s
is "$(guest_begins live)" 'aa aa aa aa' "live: the bytes that QEMU shows"
ways=("${all_ways[@]}")
same live 'aa aa aa aa'
ways=("${some_ways[@]}")
check "a second one" live_snapshot_external live s2
same live 'aa aa aa aa' s2
live_destroy live
image top-found '' -b "$d/low" -F qcow2
define found "$(drive top-found qcow2)"
live_virsh start --domain found --paused
# In the XML of a running domain it names what it has found only after it has read that back.
[ ! -e "$LIVE_ROOT/run/libvirtd.pid" ] ||
    check "another libvirtd finds the domain" eval 'live_libvirtd_stop && live_libvirtd_start'
check "where libvirt found the chain itself" live_snapshot_external found s
like "$(live_virsh snapshot-dumpxml --domain found --snapshotname s)" 'backingStore.*right' \
    "its XML names the chain"
live_destroy found
same found 'aa aa aa aa'

# --- snapshots on snapshots of a domain that is off
image top-twice '' -b "$d/wrong" -F qcow2
define twice "$(drive top-twice qcow2 "$(below qcow2 right)")"
check "one snapshot" live_snapshot_external twice s
seen=$(guest_of twice)
check "and one on it" live_snapshot_external twice s2
same twice "$seen" s2
same twice 'aa aa aa aa' s

# --- an internal snapshot
image top-internal '' -b "$d/wrong" -F qcow2
define internal "$(drive top-internal qcow2 "$(below qcow2 right)")"
check "an internal snapshot" live_snapshot_internal internal s
ways=("${all_ways[@]}")
same internal 'aa aa aa aa'
ways=("${some_ways[@]}")

image top-running '' -b "$d/wrong" -F qcow2
define running "$(drive top-running qcow2 "$(below qcow2 right)")"
check "started" live_virsh start --domain running --paused
check "an internal snapshot of a running domain" live_snapshot_internal running s
same running 'aa aa aa aa'
live_destroy running

# --- one image, under several domains
image top-shared '' -b "$d/wrong" -F qcow2
define shared1 "$(drive top-shared qcow2)"
define shared2 "$(drive top-shared qcow2 "$(below qcow2 right)")"
define shared3 "$(drive top-shared qcow2 '<backingStore/>')"
define shared4 "$(drive top-shared qcow2 "$(below qcow2 wrong)")"
for domain in shared1 shared2 shared3 shared4; do
    live_snapshot_external $domain s --diskspec "vda,file=$d/$domain.s"
done
for way in '' --merge '--compress zstd'; do
    n=$((n + 1))
    # shellcheck disable=SC2086
    check "four domains on one image, ${way:-as it is}" vs_export --domain shared1 \
        --domain shared2 --domain shared3 --domain shared4 s --to "$x/$n" $way
    check "sound" vs_sound "$VS_EXPORT"
    is "$(for domain in shared1 shared2 shared3 shared4; do
        image_begins "$(vs_layer "$VS_EXPORT" $domain vda)"
    done | cut -d ' ' -f 1 | paste -sd ' ')" "bb aa 00 bb" "each has what its guest sees"
done
is "$(find "$x/$n/"*/s/layers -type f | wc -l)" 5 "three layers on two"

# --- what changes what the guest sees and is not handled
# refused DOMAIN REGEX [ARGUMENT]...
refused()
{
    local domain=$1 regex=$2
    shift 2
    vs_refused 1 "'vda'.*$regex" export --domain "$domain" s --to "$x/refused" "$@" &&
        [ ! -e "$x/refused" ] || live_die "something is left"
}

part="<slices><slice type='storage' offset='1048576' size='1048576'/></slices>"
qemu-img create -q -f raw "$d/sliced.raw" $size
define slices "$(drive sliced.raw raw '' '' "$part")"
image top-sliced '' -b "$d/right" -F qcow2
define sliced-below "$(drive top-sliced qcow2 "<backingStore type='file'><format type='raw'/>
<source file='$d/sliced.raw'>$part</source><backingStore/></backingStore>")"
image transient 0xaa
define transient "$(drive transient qcow2 '' '<transient/>')"
for domain in slices sliced-below transient; do
    check "$domain: snapshot" live_snapshot_external $domain s
    what=${domain/sliced-below/slices}
    check "refused" refused $domain "$what.*--exclude"
    check "merged, too" refused $domain "$what" --merge
    check "left out, it is exported" vs_export --domain $domain s --to "$x/$domain" \
        --exclude "$domain:vda"
    is "$(vs_recorded "$VS_EXPORT" $domain vda)" excluded "and recorded"
done

# --- encryption
secret="<encryption format='luks'><secret type='passphrase' usage='x'/></encryption>"
# QEMU measures how fast it can hash, and sometimes that fails on a busy machine.
luks() { qemu-img create -q -f luks --object secret,id=s,data=pw -o key-secret=s,iter-time=10 \
    "$d/luks.img" $size 2>/dev/null; }
live_wait "an encrypted image" luks
define luks "$(drive luks.img raw '' '' "$secret")"
check "snapshot of an encrypted disk" live_snapshot_external luks s
check "never merged" refused luks "encrypted" --merge
check "nor compressed" refused luks "encrypted" --merge --compress zstd
for way in '' '--compress zstd'; do
    n=$((n + 1))
    # shellcheck disable=SC2086
    check "as it is" vs_export --domain luks s --to "$x/$n" $way
    check "sound" vs_sound "$VS_EXPORT"
    check "not a byte is another" cmp "$d/luks.img" "$(vs_layer "$VS_EXPORT" luks vda)"
    is "$(vs export-info "$VS_EXPORT" --json | jq '.files[] | select(.role == "layer").capacity')" \
        $((2 << 20)) "the size is that of the disk"
    check "its XML says what it is" grep -q "<encryption format=.luks" \
        "$VS_EXPORT/domains/luks/domain.xml"
done
image top-luks '' -u -b "$d/luks.img" -F raw
define luks-below "$(drive top-luks qcow2 "<backingStore type='file'><format type='raw'/>
<source file='$d/luks.img'>$secret</source><backingStore/></backingStore>")"
check "snapshot of an overlay on one" live_snapshot_external luks-below s
check "refused" refused luks-below "luks.img.*encrypt"

done_testing

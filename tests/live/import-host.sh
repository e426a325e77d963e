#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# An export of a host with other devices and software: differences are reported before anything is
# changed, and the domains are adapted if the user asks for it. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires
requires fsverity

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
e=$d/e
mkdir "$x" "$to"

live_disk "$d/a.qcow2"
LIVE_BOOT=none live_define web --disk "$d/a.qcow2"
check "snapshot" live_snapshot_external web snap1
vs -q collection-create-as shop --domain web
check "export" vs_export shop snap1 --to "$x" || bail_out "no export"
good=$VS_EXPORT
machine=$(live_virsh dumpxml --domain web | sed -n "s/.*machine='\([^']*\)'.*/\1/p")
# elsewhere SED-SCRIPT: makes the export that a host with another domain would have made.
elsewhere()
{
    local file=domains/web/domain.xml digest
    rm -rf "$e"
    cp -a "$good" "$e" && chmod -R u+w "$e" && sed -i "$1" "$e/$file" || return 1
    digest=$(fsverity digest "$e/$file" | cut -d ' ' -f 1)
    sed -i "\\|path=\"$file\"| { s|bytes=\"[0-9]*\"|bytes=\"$(stat -c %s "$e/$file")\"|
        s|digest=\"[^\"]*\"|digest=\"$digest\"| }" "$e/manifest.xml"
}

# looked_at: prints in JSON what an import would say.
looked_at() { vs import --json "$e" --to "$to" --dry-run "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR"; }

# --- all that is taken, and what does not fit, is in one answer
mac=52:54:00:aa:bb:cc
elsewhere "s,<memory .*</memory>,<memory unit='TiB'>900</memory>,; s,<os>,<os firmware='efi'>,
    s,</devices>,<interface type='bridge'><mac address='$mac'/><source bridge='lo'/></interface>&,"
trusted "$e"
variables=$LIVE_ROOT/lib/qemu/nvram/web_VARS.fd
mkdir -p "${variables%/*}" "$to/shop/snap1"
echo "another's" | tee "$variables" >"$to/shop/snap1/disk"
live_virsh attach-interface web bridge lo --mac "$mac" --config
vs -q collection-undefine shop
vs -q collection-create-as shop --domain another
# everything: prints what must not change.
everything()
{
    find "$LIVE_ROOT/etc" "$variables" "$to" -type f -exec sha1sum {} + | sort
    vs collection-dumpxml shop
}
before=$(everything)
check "what is taken and what does not fit" vs_refused 32800 \
    "'$to/shop/snap1' exists already.*--to.*
  there is a domain 'web'.*--rename 'web=NEW'.*
  the domain 'web' has the UUID .*--new-uuid.*
  there are variables of firmware in '$variables'.*--rename 'web=NEW'.*
  the domain 'web' has a network card with the address $mac.*--mac new.*
  there is a collection 'shop' with other members.*--rename 'shop=NEW'.*memory '900 TiB'" \
    import "$e" --to "$to" "${TRUST[@]}"
is "$(everything)" "$before" "nothing is changed by that"
rm -r "$variables" "$to/shop"
vs -q collection-undefine shop
check "the domain is lost" lose web

# --- one that fits
elsewhere ''
trusted "$e"
check "a look at it" looked_at
is "$(vs_field '.host | length')" 0 "it fits"
like "$(vs import "$e" --to "$to" --dry-run "${TRUST[@]}")" "has all that the domains need" \
    "which it says"

# --- another machine and more memory
elsewhere "s/machine='[^']*'\|machine=\"[^\"]*\"/machine='${machine%-*}-99.9'/"
check "a look at one with a newer machine" looked_at
is "$(vs_field '.host[] | [.member, .kind, .what, (.blocks | tostring)] | join(" ")')" \
    "web machine ${machine%-*}-99.9 true" "it does not fit"
like "$(vs_field '.host[].would_do')" "${machine%-*}-" "what would be done"
check "it is refused" vs_refused 5 "machine '${machine%-*}-99.9'.*--force-host" \
    import "$e" --to "$to" "${TRUST[@]}"
check "nothing is touched" imported_nothing "$to"
check "and changed where it is asked for" vs_import "$e" --to "$to" --force-host
like "$(live_virsh dumpxml --domain web)" "machine='${machine%-*}-[0-9.]+'" \
    "it has a machine of this host"
like "$(vs_field '.warnings[]')" "machine" "which is told"
check "it is gone again" forget web

# --- a processor that no host has: those of AMD have the one, those of Intel the other
cpu="<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model>\
<feature policy='require' name='svm'/><feature policy='require' name='vmx'/></cpu>"
elsewhere "/<cpu/,/<\/cpu>\|\/>/d; s,<devices>,$cpu&,"
check "a look at one with another processor" looked_at
is "$(vs_field '.host[] | [.member, .kind, .what, (.blocks | tostring)] | join(" ")')" \
    "web cpu qemu64 true" "libvirt compares it with the host's"
like "$(vs_field '.host[] | .have')" "svm|vmx" "which lacks a feature, and it says which"
like "$(vs_field '.host[] | .would_do')" "uses mode 'host-model'" "what would be done"
check "it is refused" vs_refused 5 "cpu 'qemu64'.*--force-host" import "$e" --to "$to" \
    "${TRUST[@]}"
check "nothing is touched by it" imported_nothing "$to"
check "and the host's is used where it is asked for" vs_import "$e" --to "$to" --force-host
like "$(live_virsh dumpxml --domain web)" "<cpu mode='host-model'" "it has that of the host"
check "that is gone, too" forget web

# --- firmware at another distribution's place
other=/usr/share/edk2/nowhere/OVMF_CODE_4M.fd
elsewhere "s,<os>,&<loader readonly='yes' type='pflash'>$other</loader>,"
check "a look at one with other firmware" looked_at
is "$(vs_field '.host[] | [.kind, .what, .would_do] | join(" ")')" \
    "firmware $other uses '$LIVE_FIRMWARE'" "the host's of the same kind is named"
descriptor=$(grep -l "$LIVE_FIRMWARE\"" /usr/share/qemu/firmware/*.json)
is "$(vs_field '.host[].have')" \
    "'$LIVE_FIRMWARE' is of the same kind, as '$descriptor' describes it" \
    "and the descriptor that says so"
check "and used where it is asked for" vs_import "$e" --to "$to" --force-host
like "$(live_virsh dumpxml --domain web)" "<loader [^>]*>$LIVE_FIRMWARE<" "it has that"
check "and goes as the others" forget web

# What libvirt 9.2 and later make of that: older ones are told the image alone.
chosen="<firmware><feature enabled='no' name='enrolled-keys'/></firmware>"
chosen+="<loader readonly='yes' type='pflash'>$LIVE_FIRMWARE</loader>"
elsewhere "s,<os>,<os firmware='efi'>$chosen,"
check "one whose firmware another libvirt has chosen" vs_import "$e" --to "$to"
like "$(live_virsh dumpxml --domain web)" "<loader [^>]*>$LIVE_FIRMWARE<" "it has that image"
check "and goes, too" forget web

# Its own default is a machine for which no firmware restricts who writes to its flash.
elsewhere "s,<os>,<os firmware='efi'><loader secure='yes'/>,; s,machine='[^']*',machine='isapc',"
check "a look at one whose firmware libvirt is to choose" looked_at
is "$(vs_field '.host[] | [.kind, .what, .have] | join(" ")')" \
    "firmware efi no firmware of this kind" "none is for its machine"
check "it is refused" vs_refused 5 "firmware 'efi'" \
    import "$e" --to "$to" --force-host "${TRUST[@]}"
check "nothing is touched by it" imported_nothing "$to"

elsewhere 's,<memory .*</memory>,<memory unit="TiB">900</memory>,'
check "too much memory cannot be helped" vs_refused 5 "memory '900 TiB'" \
    import "$e" --to "$to" --force-host "${TRUST[@]}"
check "nothing is touched by that either" imported_nothing "$to"
check "files alone fit every host" vs_import "$e" --to "$to" --no-define
rm -r "${to:?}"; mkdir "$to"

# --- a bridge that is not here
bridge='<interface type="bridge"><mac address="52:54:00:11:22:33"/><source bridge="NAME"/>'
elsewhere "s,</devices>,${bridge/NAME/br-none}</interface></devices>,"
check "a look at one with a bridge" looked_at
is "$(vs_field '.host[] | [.kind, .what, (.blocks | tostring)] | join(" ")')" \
    "bridge br-none true" "it is not here"
check "it is refused" vs_refused 5 "bridge 'br-none'.*--no-define" import "$e" --to "$to" \
    "${TRUST[@]}"
elsewhere "s,</devices>,${bridge/NAME/lo}</interface></devices>,"
check "one that is there passes" vs_import "$e" --to "$to" --parallel 1
check "and is gone again" forget web

# --- an emulator at another place
elsewhere 's,<emulator>.*</emulator>,<emulator>/usr/libexec/qemu-kvm</emulator>,'
check "the emulator is the host's in any case" vs_import "$e" --to "$to"
like "$(live_virsh dumpxml --domain web)" "<emulator>/usr/bin/qemu-system" "it has the host's own"
check "gone as well" forget web

# --- firmware that libvirt chooses: before 9.2 only the running domain names its variables
live_disk "$d/c.qcow2"
LIVE_BOOT=none live_domain_xml c --disk "$d/c.qcow2" >"$d/chosen.xml"
sed -i "s,<os>,<os firmware='efi'>," "$d/chosen.xml"
live_virsh define --file "$d/chosen.xml"
check "it runs" live_virsh start c
variables=$LIVE_ROOT/lib/qemu/nvram/c_VARS.fd
printf own | dd of="$variables" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$variables") - 4096))
live_snapshot_external c snap1 --diskspec "vda,file=$d/c.over"
check "export while it runs" vs_export --domain c snap1 --to "$x/chosen"
chosen=$VS_EXPORT
check "its variables are in it" cmp "$variables" "$chosen/domains/c/nvram.fd"
live_virsh destroy c
live_virsh undefine c --snapshots-metadata --nvram
rm "$d/c.over"
check "import of it with its snapshot" vs_import "$chosen" --to "$to" --with-snapshots
restored=$(live_virsh dumpxml c | sed -n 's/.*<nvram[^>]*>\(.*\)<.*/\1/p')
like "$restored" "^$to/" "it names variables of the import"
check "which are those of the export" cmp "$chosen/domains/c/nvram.fd" "$restored"
check "it starts with them" live_virsh start c
like "$(live_virsh dumpxml c)" "<nvram[^>]*>$restored<" "and goes on to have them"
live_virsh destroy c
forget c

done_testing

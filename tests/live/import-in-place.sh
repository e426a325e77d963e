#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Domains that run on images of an export, which are neither changed nor moved, and what becomes of
# files that are swapped while they are imported. No guest boots.
. "$abs_top_srcdir/tests/tap.sh"
. "$abs_top_srcdir/tests/live/lib.sh"
. "$abs_top_srcdir/tests/live/export-lib.sh"
. "$abs_top_srcdir/tests/live/import-lib.sh"
live_requires

check "an empty libvirt host of our own" live_setup || bail_out "no libvirt"
vs_setup
d=$LIVE_DIR
x=$d/x
to=$d/new
mkdir "$x" "$to"
export LIVE_BOOT=none

# --- a shared base, a chain of three, a raw disk
live_disk "$d/base.qcow2"
truncate -s 8M "$d/data.raw"
printf raw | dd of="$d/data.raw" conv=notrunc status=none
live_overlay "$d/base.qcow2" "$d/t.qcow2"
live_overlay "$d/base.qcow2" "$d/u.qcow2"
qemu-io -f qcow2 -c 'write -P 5 0 3M' "$d/t.qcow2" >/dev/null
live_define t --disk "$d/t.qcow2" --disk "$d/data.raw"
live_define u --disk "$d/u.qcow2"
vs -q collection-create-as pair --domain t --domain u
live_snapshot_external t snap1
live_snapshot_external u snap1
check "export" vs_export pair snap1 --to "$x" || bail_out "no export"
export=$VS_EXPORT
lose t u
vs -q collection-undefine pair
rm "$d"/t.* "$d"/u.* "$d"/base.* "$d"/data.*
trusted "$export"

# images: prints the files of the export's images with owners, permissions, times and content.
images()
{
    find "$export/layers" -type f -printf '%P %m %u %g %s %T@ %C@ %i\n' | sort
    find "$export/layers" -type f -exec sha1sum {} + | sort
}
before=$(images)
unchanged() { [ "$(images)" = "$before" ] || live_die "$(diff <(images) - <<<"$before")"; }
nothing_there()
{
    [ -z "$(live_virsh list --all --name | xargs)$(ls -A "$to")" ] ||
        live_die "there is: $(live_virsh list --all --name) $(ls -AR "$to")"
}


# --- a look at it, and what is refused
check "the plan is shown" eval 'vs import "$export" --to "$to" --in-place --dry-run \
    "${TRUST[@]}" >"$d/plan" 2>"$VS_ERR"'
like "$(<"$d/plan")" "domains/t/vdb.qcow2 +new, above '$export/layers/data-" "what is below it"
check "snapshots are not of that kind" vs_refused 4 "--in-place and --with-snapshots" \
    import "$export" --to "$to" --in-place --with-snapshots
check "nor is it only files" vs_refused 4 "--in-place and --no-define" \
    import "$export" --to "$to" --in-place --no-define
chmod 770 "$export/layers"
check "others could change what domains run on" vs_refused 32769 \
    "Others can change '$export/layers'.*without --in-place" \
    import "$export" --to "$to" --in-place "${TRUST[@]}"
chmod 700 "$export/layers"
ln -s "$x" "$d/link"

# From here on libvirt gives images to the user of QEMU.
[ "$(id -u)" -ne 0 ] || chgrp 12345 "$export"/layers/*
before=$(images)
sed -i 's/^dynamic_ownership.*/dynamic_ownership = 1/' "$LIVE_ROOT/etc/qemu.conf"
if [ "$(id -u)" -eq 0 ]; then
    sed -i 's/^user.*/user = "nobody"/; s/^group.*/group = "nogroup"/' "$LIVE_ROOT/etc/qemu.conf"
    chmod 711 "$d" "${d%/*}"
    check "who may not read the images is told of" vs_refused 32769 \
        "cannot read '$export/layers/.*setfacl" \
        import "$export" --to "$to" --in-place "${TRUST[@]}"
    sed -i 's/^user.*/user = "root"/; s/^group.*/group = "root"/' "$LIVE_ROOT/etc/qemu.conf"
else
    skip "who may not read the images is told of" "only root starts QEMU as another user"
fi
check "nothing was touched" nothing_there
check "nor the export" unchanged
check_fails "which is not protected yet" test -e "$export/protected"

# --- the import
check "import --in-place, by a symbolic link" vs_import "$d/link/pair/snap1" --to "$to" --in-place
is "$(vs_field '[.result, .collection, (.domains | map(.name) | join("+"))] | join(" ")')" \
    "0 pair t+u" "the result says so"
like "$(vs_field '.warnings[]')" "were not compared with their digests" "and what was not done"
check "only new images were written" [ "$(du -sk "$to" | cut -f 1)" -lt 1000 ]
is "$(find "$to" -name '*.qcow2' | wc -l)" 3 "one for each disk"
is "$(live_virsh dumpxml t | grep -c "<source file='$export/layers/")" 3 \
    "those below are the export's"
check "the export is protected from rules" test -e "$export/protected"
check "and is as it was" unchanged
check "it is sound" vs verify "$export"
check "QEMU finds the content" eval 'qemu-io -r -f qcow2 -c "read -P 5 0 3M" "$(image_of t vda)" |
    grep -q "^read 3145728"'
check "and the end of a raw one" eval 'qemu-io -r -f qcow2 -c "read -P 0 7M 1M" \
    "$(image_of t vdb)" | grep -q "^read 1048576"'
check "a domain starts" live_virsh start t
is "$(live_virsh domstate t)" running "and runs"
check "the export is as it was" unchanged
live_destroy t
check "also when it has ended" unchanged
qemu-io -f qcow2 -c "write -P 9 0 1M" "$(image_of t vda)" >/dev/null
check "what it writes goes above" unchanged
forget t u
vs -q collection-undefine pair

# --- from a file system that is read-only here
rm -f "$export/protected"
if [ "$(id -u)" -eq 0 ] && mount --bind "$x" "$x" 2>/dev/null; then
    at_exit eval 'umount -l "$x" 2>/dev/null'
    mount -o remount,ro,bind "$x"
    check "from a read-only mount" vs_import "$export" --to "$to" --in-place
    like "$(vs_field '.warnings[]')" "cannot be protected.*virtsnap export-protect" \
        "it is told that it is not protected"
    forget t u
    vs -q collection-undefine pair
    umount "$x"
    : >"$export/protected"
    mount --bind "$x" "$x" && mount -o remount,ro,bind "$x"
    check "one that is protected already" vs_import "$export" --to "$to" --in-place
    check "without a warning" [ -z "$(vs_field '.warnings[]' | grep export-protect)" ]
    forget t u
    vs -q collection-undefine pair
    umount "$x"
else
    skip "from a read-only mount" "nothing may be mounted here"
fi

# --- killed at one call after the other
can_inject || { skip "killed" "nothing can be injected here"; done_testing; }
with()
{
    {
        "$abs_top_builddir/tests/inject" "$1" \
            "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --in-place \
            "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR"
    } 2>"$d/shell"
}
for at in renameat2:1 renameat2:2 rename:2; do
    with "${at%:*}:signal=KILL:when=${at#*:}"
    is $? 137 "killed at $at"
    check "the next one makes it whole" vs_import "$export" --to "$to" --in-place
    is "$(live_virsh list --all --name | sort | xargs) $(find "$to" -name '.*' | wc -l)" "t u 0" \
        "and leaves nothing"
    forget t u
    vs -q collection-undefine pair
done
check "the export is as it was" unchanged

# --- failed or killed, it leaves the export as protected as it was
# tried HOW: an import that has protected the export, and then is killed or fails.
tried() { ! with "rename:$1:when=2"; }
rm "$export/protected"
check "killed when the export is protected" eval 'tried signal=KILL && [ -e "$export/protected" ]'
check "one that takes it back and fails" tried error=EIO
check "the export is not protected any more" [ ! -e "$export/protected" ]
check "killed once more" tried signal=KILL
check "the export is protected by somebody else, too" vs -q export-protect "$export"
check "and one that fails" tried error=EIO
check "it stays protected" test -e "$export/protected"
check "nothing is left" [ -z "$(live_virsh list --all --name | xargs)$(find "$to" -mindepth 2)" ]

# --- another export in its place, between the look at it and the domains
: >"$d/trace"
"$abs_top_builddir/tests/inject" -o "$d/trace" renameat2:signal=STOP:when=2 \
    "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --in-place "${TRUST[@]}" \
    >"$VS_OUT" 2>"$VS_ERR" &
traced=$!
live_wait "it has stopped" [ -s "$d/trace" ]
mv "$export" "$d/first"
cp -a "$d/first" "$export"
rm -f "$export/protected"
kill -CONT "$(head -n 1 "$d/trace")"
check_fails "the export is replaced while it is imported" wait $traced
like "$(vs_field .error.message)" "was replaced meanwhile" "which is told"
is "$(live_virsh list --all --name | xargs)$(find "$to" -mindepth 2)" "" "nothing is left"
check_fails "and the other one is not protected" test -e "$export/protected"

# --- files that are swapped when they have been looked at: what was checked is used, or nothing is
live_disk "$d/below.qcow2"
live_overlay "$d/below.qcow2" "$d/w.qcow2"
live_define w --uefi --disk "$d/w.qcow2"
cp "$LIVE_FIRMWARE_VARS" "$d/nvram/w_VARS.fd"
live_snapshot_external w s
echo '<exportsettings><digest>no</digest></exportsettings>' >"$d/plain.xml"
check "export of one with firmware variables, without digests" vs_export --domain w s --to "$x" \
    --settings "$d/plain.xml"
export=$VS_EXPORT
trusted "$export"
lose w
chmod -R u+w "$export"
layer=layers/$(cd "$export/layers" && echo w-*)
files=(domains/w/domain.xml domains/w/snapshot.xml domains/w/nvram.fd "$layer")
cp -a "$export" "$d/good"
# What somebody puts in their place, as long as what was there; the gate lets such XML pass.
evil=$d/evil
cp -a "$export" "$evil"
sed -i "s|\(<memory unit=.KiB.>\)[0-9]\{6\}<|\1424242<|" "$evil"/domains/w/*.xml
qemu-img create -q -f qcow2 -u -b /etc/shadow -F raw "$d/shadow.qcow2" 512K
dd if="$d/shadow.qcow2" of="$evil/domains/w/nvram.fd" conv=notrunc status=none
qemu-img rebase -u -f qcow2 -F raw -b /etc/shadow "$evil/$layer"
for file in "${files[@]}"; do
    check_fails "another $file" cmp -s "$evil/$file" "$export/$file"
    is "$(stat -c %s "$evil/$file")" "$(stat -c %s "$export/$file")" "of the same length"
done

# Two ways to swap a file of the export.
replace() { cp -a "$evil/$1" "$export/$1.new" && mv "$export/$1.new" "$export/$1"; }
overwrite() { dd if="$evil/$1" of="$export/$1" conv=notrunc status=none; }
# swapping HOW FILE...: an import that is stopped when all is planned, while these are swapped.
swapping()
{
    local status=0 traced file
    : >"$d/trace"
    "$abs_top_builddir/tests/inject" -o "$d/trace" mkdirat:signal=STOP:when=1 \
        "$abs_top_builddir/virtsnap" --json import "$export" --to "$to" --with-snapshots \
        "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR" &
    traced=$!
    live_wait "it has stopped" [ -s "$d/trace" ]
    for file in "${@:2}"; do "$1" "$file"; done
    kill -CONT "$(head -n 1 "$d/trace")"
    wait $traced || status=$?
    rm -r "$export"
    cp -a "$d/good" "$export"
    return $status
}
# as_checked: all that was imported is what was looked at.
as_checked()
{
    cmp "$to/w/s/domains/w/nvram.fd" "$export/domains/w/nvram.fd" &&
        vs_same_disk "$export/$layer" qcow2 "$(image_of w vda)" || return 1
    { live_virsh dumpxml w; live_virsh snapshot-dumpxml w s; } >"$d/defined"
    [ "$(grep -c '<memory ' "$d/defined")" -ge 2 ] && ! grep 424242 "$d/defined"
}
check "files are replaced by others meanwhile" swapping replace "${files[@]}"
check "those that were looked at are used" as_checked
forget w
check "their XML is overwritten meanwhile" swapping overwrite "${files[@]:0:2}"
check "what it was is used" as_checked
forget w
check_fails "the variables are overwritten meanwhile" swapping overwrite domains/w/nvram.fd
like "$(vs_field '.error | (.code | tostring) + " " + .message')" \
    "32802 .*nvram.fd' is a qcow2 image, and its domain says that it is none" "which is told"
check "nothing is left" nothing_there
check_fails "a layer is overwritten meanwhile" swapping overwrite "$layer"
like "$(vs_field '.error | (.code | tostring) + " " + .message')" \
    "32802 .*$layer' refers to '/etc/shadow' where the manifest says 'below-" "which is told"
check "nothing is left of that" nothing_there

done_testing

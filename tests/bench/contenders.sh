# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash disable=SC2034
#
# Who takes part in the bench. A contender is a line here and a function
# contend_NAME (with _ for each other sign), which leaves its result below
# $target. Given to it: $layers, all files of both domains' chains; $tops, the
# upper ones; $export, an export of them; $live, the running domain. What it
# needs before its time begins, and has to leave behind it, is done by
# prepare_NAME and end_NAME, where there are such. Those of a group do the same
# job, and `ours` is who the others are compared with. The nights of a running
# domain are in contenders-night.sh.

declare -A ours=([chain]=virtsnap [merge]=virtsnap-merge [compress]=virtsnap-zstd
    [verify]=virtsnap-verify [import]=virtsnap-import [live]=virtsnap-live
    [night]=virtsnap-night)
declare -A titles=([chain]="both domains, their layers as they are"
    [merge]="both domains, one image for each disk"
    [compress]="the same, compressed" [verify]="verifying an export"
    [import]="importing an export"
    [live]="one running domain, one image for its disk"
    [night]="a night of a running domain, 1 % of whose disk has changed")
groups=(chain merge compress verify import live night)
contenders=()
declare -A what needs

# contender GROUP NAME NEEDED-COMMANDS DESCRIPTION
contender() { contenders+=("$1 $2"); needs[$2]=$3 what[$2]=$4; }

contender chain writers "" "limit of the disk: 16 direct writers"
contender chain dd-write dd "one writer: dd oflag=direct"
contender chain dd-read dd "one reader: dd iflag=direct"
contender chain cp cp "cp --sparse=auto"
contender chain cp+fsverity "cp fsverity" "cp --sparse=auto; fsverity digest"
contender chain virtsnap virtsnap "virtsnap export"
contender chain virtsnap-plain virtsnap "virtsnap export, without digests"

contender merge writers-merge "" "limit of the disk: 16 direct writers, for both"
contender merge convert qemu-img "qemu-img convert"
contender merge convert-default+fsverity "qemu-img fsverity" "qemu-img convert; fsverity digest"
contender merge convert-w qemu-img "qemu-img convert -W -m 16"
contender merge convert-none qemu-img "qemu-img convert -W -m 16 -t none"
contender merge convert-direct qemu-img "qemu-img convert -W -m 16 -t none -T none"
contender merge convert+fsverity "qemu-img fsverity" \
    "qemu-img convert -W -m 16 -t none; fsverity digest"
contender merge nbdcopy "qemu-nbd nbdcopy" "nbdcopy from qemu-nbd, to raw"
contender merge virtsnap-merge virtsnap "virtsnap export --merge"
contender merge virtsnap-merge-plain virtsnap "virtsnap export --merge, without digests"

contender compress convert-zstd qemu-img "qemu-img convert -c -W -m 4, zstd"
contender compress virtsnap-zstd virtsnap "virtsnap export --merge --compress zstd"
contender compress virtsnap-zstd-plain virtsnap "the same, without digests"

contender verify sha256 openssl "limit of the processors: SHA-256 at 4 KiB"
contender verify sha256-one openssl "limit of one processor: SHA-256 at 4 KiB"
contender verify fsverity fsverity "fsverity digest"
contender verify virtsnap-verify virtsnap "virtsnap verify"

contender import writers-import "" "limit of the disk: 16 direct writers"
contender import sha256-import openssl "limit of the processors: SHA-256 at 4 KiB"
contender import cp-import cp "cp --reflink=never"
contender import cp-import+fsverity "cp fsverity" "cp --reflink=never; fsverity digest"
contender import virtnbdrestore "virtnbdbackup virtnbdrestore libvirtd" \
    "virtnbdrestore, of one image for each disk"
contender import virtsnap-import virtsnap "virtsnap import, files only"
contender import virtsnap-import-merged virtsnap "the same, of one image for each disk"
contender import virtsnap-import-in-place virtsnap "virtsnap import --in-place, defined"

contender live writers-live libvirtd "limit of the disk: 16 direct writers, for one"
contender live virtnbdbackup "virtnbdbackup libvirtd" "virtnbdbackup -l full"
contender live push libvirtd "libvirt backup, push mode"
contender live virtsnap-live libvirtd "virtsnap, the present state pulled"
contender live virtsnap-live-plain libvirtd "the same, without a digest"
contender live virtsnap-snapshot "virtsnap libvirtd" "virtsnap export --merge, of a snapshot"

# --- limits -------------------------------------------------------------------

# What is moved is data like ours: disks may know zeros.
# write_directly FILE...
write_directly()
{
    local file n=0
    for file; do
        dd if="$file" of="$target/$((n++))" bs=16M oflag=direct status=none || return 1
    done
}

contend_dd_write() { write_directly "${layers[@]}"; }

# writers FILE...: writes as much as the files hold.
writers()
{
    "$bench_tools/writers" 16 $(($(sample_allocated "$@") >> 20)) "$target/written"
}

contend_writers() { writers "${layers[@]}"; }
contend_writers_merge() { writers "$source"/{base,web,base,db}.qcow2; }
contend_writers_import() { writers "$export"/layers/*; }
contend_writers_live() { writers "$source"/{base,web}.qcow2; }

contend_dd_read()
{
    local file
    sample_cold "${layers[@]}"
    for file in "${layers[@]}"; do
        dd if="$file" of=/dev/null bs=16M iflag=direct status=none || return 1
    done
    moved=$(sample_allocated "${layers[@]}")
}

# sha256_seconds COUNT: prints how long that many processors would take to hash the layers.
sha256_seconds()
{
    local bytes
    bytes=$(sample_allocated "${layers[@]}")
    openssl speed -multi "$1" -seconds 1 -bytes 4096 -evp sha256 2>/dev/null |
        awk -v bytes="$bytes" 'tolower($1) == "sha256" { n = $2 * 1000 }
            END { if (!n) exit 1; printf "%.4f\n", bytes / n }'
}

contend_sha256()
{
    moved=$(sample_allocated "${layers[@]}")
    computed=$(sha256_seconds "$(nproc)")
}

contend_sha256_one()
{
    moved=$(sample_allocated "${layers[@]}")
    computed=$(sha256_seconds 1)
}

# --- peers --------------------------------------------------------------------

digests() { find "$1" -type f -exec fsverity digest --compact {} + >/dev/null; }

contend_cp() { cp --sparse=auto "${layers[@]}" "$target"; }

contend_cp_fsverity() { contend_cp && digests "$target"; }

# convert OPTION...: converts every disk, one after the other.
convert()
{
    local file
    for file in "${tops[@]}"; do
        qemu-img convert "$@" -f qcow2 -O qcow2 "$file" "$target/${file##*/}" || return 1
    done
}

contend_convert() { convert; }
contend_convert_default_fsverity() { convert && digests "$target"; }
contend_convert_w() { convert -W -m 16; }
contend_convert_none() { convert -W -m 16 -t none; }
contend_convert_direct() { convert -W -m 16 -t none -T none; }
contend_convert_fsverity() { contend_convert_none && digests "$target"; }
contend_convert_zstd() { convert -c -W -m 4 -o compression_type=zstd; }

contend_nbdcopy()
{
    local file
    for file in "${tops[@]}"; do
        nbdcopy -- [ qemu-nbd -r -f qcow2 --cache=none --aio=native "$file" ] \
            "$target/${file##*/}.raw" || return 1
    done
}

contend_fsverity()
{
    moved=$(sample_allocated "$export"/layers/*)
    digests "$export"
}

contend_sha256_import() { contend_sha256; }
contend_cp_import() { cp --reflink=never "$export"/layers/* "$target"; }
contend_cp_import_fsverity() { contend_cp_import && digests "$target"; }

# virtnbdbackup_of DOMAIN LEVEL DIRECTORY [OPTION]...
virtnbdbackup_of()
{
    "$bench_tools/measure" "$work/measured" virtnbdbackup -U "$LIVE_URI" -d "$1" -l "$2" \
        -o "$3" -f "$LIVE_DIR/vnb" --scratchdir "$work/scratch" --noprogress "${@:4}"
}

contend_virtnbdbackup() { virtnbdbackup_of live full "$target" -i vdb; }

# What virtnbdrestore restores is a backup of the same two disks, made once.
prepare_virtnbdrestore()
{
    local domain
    start_daemon && at_place daemon || return 1
    [ ! -e "$work/vnb" ] || return 0
    mkdir "$work/vnb" || return 1
    for domain in web db; do
        LIVE_BOOT=none live_define $domain --disk "$source/$domain.qcow2" &&
            virtnbdbackup_of $domain copy "$work/vnb/$domain" &&
            live_virsh undefine --domain $domain || return 1
    done
}

contend_virtnbdrestore()
{
    local domain
    for domain in web db; do
        virtnbdrestore -U "$LIVE_URI" -i "$work/vnb/$domain" -o "$target/$domain" \
            -f "$LIVE_DIR/vnb" -L "$LIVE_DIR/vnb.log" --noprogress || return 1
    done
}
end_virtnbdrestore() { at_place embed; }

contend_push()
{
    printf '<domainbackup mode="push"><disks><disk name="vda" backup="no"/>
        <disk name="vdb" type="file" backup="yes"><driver type="qcow2"/>
        <target file="%s"/></disk></disks></domainbackup>' "$target/vdb.qcow2" >"$LIVE_DIR/push.xml"
    live_virsh backup-begin --domain live --backupxml "$LIVE_DIR/push.xml" &&
        live_wait "the backup" push_ended &&
        push_state Completed --completed
}

push_ended() { push_state None; }

# push_state TYPE [OPTION]: prints the state of the job as virsh calls it. All of virsh's output is
# read, because virsh fails otherwise.
push_state()
{
    local info
    info=$(live_virsh domjobinfo --domain live "${@:2}") && [[ $info =~ Job\ type:\ +$1 ]]
}

# --- ours ---------------------------------------------------------------------

# ours_export ARGUMENT...
ours_export()
{
    "$bench_tools/measure" "$work/measured" "$bench_program" -c "$LIVE_URI" -q export \
        --to "$target" "$@"
}

contend_virtsnap() { ours_export --domain web --domain db snap1; }
contend_virtsnap_plain() { contend_virtsnap_with --settings "$work/plain.xml"; }
contend_virtsnap_with() { ours_export --domain web --domain db snap1 "$@"; }
contend_virtsnap_merge() { contend_virtsnap_with --merge; }
contend_virtsnap_merge_plain() { contend_virtsnap_with --merge --settings "$work/plain.xml"; }
contend_virtsnap_zstd() { contend_virtsnap_zstd_with; }
contend_virtsnap_zstd_with() { contend_virtsnap_with --merge --compress zstd "$@"; }
contend_virtsnap_zstd_plain() { contend_virtsnap_zstd_with --settings "$work/plain.xml"; }
# ours_import EXPORT ARGUMENT...: the serial consoles of these domains are files of the host.
ours_import()
{
    local domain
    local -a trust=()
    for domain in web db; do
        trust+=(--trust "$domain:devices/serial" --trust "$domain:devices/console")
    done
    "$bench_tools/measure" "$work/measured" "$bench_program" -c "$LIVE_URI" -q import "$1" \
        --to "$target" "${trust[@]}" "${@:2}"
}
contend_virtsnap_import() { ours_import "$export" --no-define; }

prepare_virtsnap_import_merged()
{
    [ -e "$work/merged" ] || "$bench_program" -c "$LIVE_URI" -q export --domain web \
        --domain db snap1 --merge --to "$work/merged"
    sample_warm "$work"/merged/db+web/snap1/layers/*
}
contend_virtsnap_import_merged() { ours_import "$work/merged/db+web/snap1" --no-define; }

contend_virtsnap_import_in_place()
{
    ours_import "$export" --in-place --suffix -again --new-uuid --mac new
}
end_virtsnap_import_in_place()
{
    local domain
    for domain in web-again db-again; do
        live_virsh undefine --domain $domain
    done
    "$bench_program" -q export-unprotect "$export"
}

contend_virtsnap_live() { contend_virtsnap_live_with; }
contend_virtsnap_live_with()
{
    ours_export --domain live --exclude live:vda --live=crash --scratch "$work/scratch" live "$@"
}
contend_virtsnap_live_plain() { contend_virtsnap_live_with --settings "$work/plain.xml"; }

contend_virtsnap_snapshot() { ours_export --domain live --exclude live:vda snap1 --merge; }

contend_virtsnap_verify()
{
    moved=$(sample_allocated "$export"/layers/*)
    "$bench_tools/measure" "$work/measured" "$bench_program" -q verify "$export"
}

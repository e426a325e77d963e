# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Checks that imported domains are as they were. Needs tests/live/export-lib.sh.

# trusted ARGUMENT...: sets TRUST to the options that trust the serial consoles of the guests in
# these tests: they are files of the host, which has to be allowed for each domain that is imported.
trusted()
{
    local previous= domain
    local -a all=()
    TRUST=()
    for argument; do
        [ "$previous" != --domain ] || all+=("$argument")
        previous=$argument
    done
    [ ${#all[@]} -gt 0 ] ||
        mapfile -t all < <(members_of "$1")
    for domain in "${all[@]}"; do
        TRUST+=(--trust "$domain:devices/serial" --trust "$domain:devices/console")
    done
}

# members_of EXPORT: prints the names of its domains, as far as XML does not escape them in the
# manifest.
members_of()
{
    if grep -q '^ *<domain name="[^"]*&' "$1/manifest.xml"; then
        vs export-info "$1" --json | jq -r '.domains[].name'
    else
        sed -n 's/^ *<domain name="\([^"]*\)".*/\1/p' "$1/manifest.xml"
    fi
}

# vs_import EXPORT ARGUMENT...: imports, and writes the JSON to VS_OUT.
vs_import()
{
    trusted "$@"
    vs import --json "$@" "${TRUST[@]}" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
}

# lose DOMAIN...: removes the domains and everything that libvirt has stored of them. An error of
# one virsh command does not stop the others.
lose()
{
    local domain script= said
    for domain in "$@"; do
        none_runs || live_off "$domain" || live_destroy "$domain" || return 1
        script+="$(live_words undefine --domain "$domain" --snapshots-metadata --managed-save \
            --keep-nvram); "
    done
    [ -n "$script" ] || return 0
    said=$(live_virsh_all "$script" 2>&1 >/dev/null) && [ -z "$said" ] || live_die "$said"
}

# none_runs: succeeds if libvirt has no state file of a running domain.
none_runs() { [ -d "$LIVE_ROOT/run/qemu" ] && [ -z "$(live_running_ids)" ]; }

# forget DOMAIN...: does the same, and removes everything that was imported into $to.
forget()
{
    lose "$@" && rm -r "${to:?}" && mkdir "$to"
}

# imported_nothing DIR: checks that DIR has no file of an import, and that there is no domain that
# was not there before.
imported_nothing() { [ -z "$(ls -A "$1")" ]; }

# image_of DOMAIN TARGET: prints the path of the image that an imported domain writes to.
image_of()
{
    jq -r --arg d "$1" --arg t "$2" \
        '.domains[] | select(.name == $d) | .disks[] | select(.target == $t) | .path' "$VS_OUT"
}

# images_sound DIR: checks with QEMU that every image is intact and every chain can be opened, which
# qemu-img check does first.
images_sound()
{
    local file
    while IFS= read -r -d '' file; do
        qemu-img check -q "$file" >/dev/null || live_die "$file is damaged" || return 1
    done < <(find "$1" -name '*.qcow2' -print0)
    [ -z "$(find "$1" -name '.*')" ] || live_die "something is left: $(find "$1" -name '.*')"
}

# fs_sound DOMAIN TARGET: checks the guest's file system after its journal was replayed.
fs_sound()
{
    local raw=$LIVE_DIR/fsck.raw status
    qemu-img convert -f "$(live_format "$(image_of "$1" "$2")")" -O raw "$(image_of "$1" "$2")" \
        "$raw" && e2fsck -fp "$raw" >/dev/null
    [ $? -le 1 ] && e2fsck -fn "$raw" >/dev/null
    status=$?
    rm -f "$raw"
    return $status
}

# goes_on DOMAIN NUMBER...: boots the domains and checks that their guests count on from these
# numbers.
goes_on()
{
    local -a domains=("$@")
    local i
    for ((i = 0; i < $#; i += 2)); do
        live_start "${domains[i]}" || return 1
    done
    for ((i = 0; i < $#; i += 2)); do
        live_wait_boot "${domains[i]}" &&
            live_wait_counter "${domains[i]}" "$((domains[i + 1] + 1))" || return 1
        [ "$(first_counter "${domains[i]}")" -ge "${domains[i + 1]}" ] ||
            live_die "${domains[i]} began at $(first_counter "${domains[i]}")" || return 1
    done
}

# same_console OLD NEW: has a domain that was given a new name write its console to the file of the
# old name.
same_console() { ln -sf "$(live_console "$1")" "$(live_console "$2")"; }

# first_counter DOMAIN: prints the first number that the guest wrote after its start.
first_counter()
{
    local line
    line=$(grep -aos '^counter [0-9]\{10\}' "$(live_console "$1")" | head -n 1)
    line=${line#counter }
    echo $((10#${line:-0}))
}

# same_content EXPORT DOMAIN OTHER-EXPORT OTHER-DOMAIN TARGET...: checks that guests see the same
# content on these disks.
same_content()
{
    local one other target
    for target in "${@:5}"; do
        one=$(vs_layer "$1" "$2" "$target")
        other=$(vs_layer "$3" "$4" "$target")
        qemu-img compare -f "$(live_format "$one")" -F "$(live_format "$other")" "$one" "$other" ||
            return 1
    done
}

# goes_on_without_boot DOMAIN NUMBER LEAST: starts the domain and checks that its guest counts on
# from its memory state, which was saved between LEAST and NUMBER, and prints no boot messages.
goes_on_without_boot()
{
    : >"$(live_console "$1")"
    live_virsh start --domain "$1" && still_counts "$@"
}

# still_counts DOMAIN NUMBER LEAST: does the same for a domain that already runs.
still_counts()
{
    local first
    live_wait_counter "$1" "$(($2 + 2))" || return 1
    ! live_ready "$1" || live_die "$1 has booted" || return 1
    first=$(first_counter "$1")
    [ "$first" -ge "$3" ] || live_die "$1 began at $first"
}

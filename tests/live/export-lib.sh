# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Exports in the live tests, and the proof of them by standard tools. Source
# lib.sh first and call vs_setup after live_setup.

vs_setup()
{
    export LIBVIRT_DEFAULT_URI=$LIVE_URI LC_ALL=C.UTF-8
    export VIRTSNAP_CONFIG_DIR=$LIVE_DIR/config VIRTSNAP_STATE_DIR=$LIVE_DIR/state
    unset XDG_CONFIG_HOME
    VS_OUT=$LIVE_DIR/vs.out
    VS_ERR=$LIVE_DIR/vs.err
}

# vs ARGUMENT...: runs virtsnap as a user would.
vs() { "$abs_top_builddir/virtsnap" "$@"; }

# vs_export ARGUMENT...: exports; sets VS_EXPORT to the path of the export, and writes the JSON to
# VS_OUT.
vs_export()
{
    vs export --json "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null || {
        cat "$VS_OUT" "$VS_ERR"
        return 1
    }
    VS_EXPORT=$(vs_field .export)
    [ -d "$VS_EXPORT" ] || live_die "no directory '$VS_EXPORT'"
}

# vs_refused CODE REGEX ARGUMENT...: checks that the command fails with this result code and a
# message that matches.
vs_refused()
{
    local code=$1 regex=$2 got message
    shift 2
    if vs --json "$@" >"$VS_OUT" 2>"$VS_ERR" </dev/null; then
        live_die "was done: $(cat "$VS_OUT")"
        return 1
    fi
    # A message without escapes is taken out of the JSON without starting a program.
    local error='^\{"error":\{"code":([0-9]+),"name":"[a-z-]+","message":"([^"\]*)"'
    if [[ $(<"$VS_OUT") =~ $error ]]; then
        got=${BASH_REMATCH[1]} message=${BASH_REMATCH[2]}
    else
        got=$(jq -r '.error | (.code | tostring) + "\n" + .message' "$VS_OUT")
        message=${got#*$'\n'} got=${got%%$'\n'*}
    fi
    [ "$got" = "$code" ] && [[ $message =~ $regex ]] ||
        live_die "refused with $got, '$message' $(cat "$VS_ERR")"
}

# vs_field JQ-EXPRESSION: prints a value of the last result. Simple expressions are evaluated
# without jq, because jq takes longer to start than everything else here.
vs_field()
{
    local text value
    text=$(<"$VS_OUT")
    case $1 in
    .error.code | .error.message)
        [[ $text = '{"error":{'* ]] && vs_value "${text#'{"error":'}" "${1##*.}" ;;
    '.warnings[]') vs_value "$text" warnings && [ "$value" = '[]' ] && return ;;
    '.warnings | length') vs_value "$text" warnings && [ "$value" = '[]' ] && value=0 ;;
    *) [[ $1 =~ ^\.[a-zA-Z]+$ ]] && vs_value "$text" "${1#.}" ;;
    esac || { jq -r "$1" "$VS_OUT"; return; }
    printf '%s\n' "$value"
}

# vs_value TEXT KEY: sets value to the value of KEY in a JSON object, if it is a number, a word, a
# text without special characters or an empty list. Fails if jq is needed.
vs_value()
{
    local before=${1%%"\"$2\":"*} after=${1#*"\"$2\":"} opened closed
    opened=${before//[!\{\[]/} closed=${before//[!\}\]]/}
    [ "$after" != "$1" ] && [[ $after != *"\"$2\":"* ]] &&
        [ $((${#opened} - ${#closed})) -eq 1 ] && [[ $before = '{'* ]] || return 1
    [[ $after =~ ^([0-9]+|true|false|\[\])[,\}] ]] || [[ $after =~ ^\"([^\"\\]*)\" ]] || return 1
    value=${BASH_REMATCH[1]}
}

# vs_layer EXPORT DOMAIN TARGET [SNAPSHOT]: prints the path of the disk's top layer. Names that
# XPath cannot quote are looked up with jq, which takes longer to start.
vs_layer()
{
    local snapshot='[1]' layer
    [[ $2${4-} != *\"* ]] || { vs_layer_of_any "$@"; return; }
    [ -z "${4-}" ] || snapshot="[@name=\"$4\"]"
    layer=$(xmllint --huge --xpath "string(/manifest/domains/domain[@name=\"$2\"]
        /snapshot$snapshot/disk[@target='$3']/@layer)" "$1/manifest.xml") && [ -n "$layer" ] &&
        printf '%s/%s\n' "$1" "$layer"
}

vs_layer_of_any()
{
    vs export-info "$1" --json | jq -r --arg d "$2" --arg t "$3" --arg s "${4-}" \
        --arg x "$1" '
        .domains[] | select(.name == $d) | .snapshots as $all | $all[]
        | select(if $s == "" then . == $all[0] else .name == $s end)
        | .disks[] | select(.target == $t) | $x + "/" + .layer'
}

# vs_recorded EXPORT DOMAIN TARGET: prints why the disk is recorded but not copied.
vs_recorded()
{
    vs export-info "$1" --json | jq -r --arg d "$2" --arg t "$3" '
        .domains[] | select(.name == $d) | .snapshots[0].disks[] | select(.target == $t)
        | .recorded'
}

# Digests of an export's files that fsverity has computed in this test and that were right.
declare -A vs_proved=()

# vs_sound EXPORT: checks everything about the export that can be checked, as far as possible with
# tools that are not ours. It is called so often that it starts few programs.
vs_sound()
{
    local said=$LIVE_DIR/sound.said
    vs verify --deep "$1" || return 1
    xmllint --noout --relaxng "$abs_top_srcdir/xml-schemas/manifest.rng" "$1/manifest.xml" \
        2>&1 || return 1
    vs_contents "$1" || return 1
    # The permissions are checked, and that no file of the export's work is left.
    find "$1" -type d ! -perm 0700 -o -type f -path '*/layers/*' ! -perm 0400 \
        -o -type f ! -path '*/layers/*' ! -perm 0600 >"$said"
    [ ! -s "$said" ] || live_die "open, or not as it should be: $(<"$said")" || return 1
    [ -z "$(find "${1%/*}" -name '.*' ! -path "${1%/*}")" ] || live_die "something is left"
}

# vs_contents EXPORT: checks the digests with the kernel's own tool, and that layers refer to each
# other. fsverity reads holes like data. A digest that it has computed in this test is not computed
# again: verify has just found that this file has the same digest, and so the same size and bytes.
vs_contents()
{
    local line unproved=$LIVE_DIR/digests.unproved
    local -A known=()
    vs_digests "$1" >"$LIVE_DIR/digests"
    [ -s "$LIVE_DIR/digests" ] || live_die "it has no files" || return 1
    while IFS= read -r line; do
        if [ -n "${vs_proved[${line%% *}]-}" ]; then
            known[${line#* }]=yes
        else
            printf '%s\n' "$line"
        fi
    done <"$LIVE_DIR/digests" >"$unproved"
    if [ -s "$unproved" ]; then
        (cd "$1" && sed 's/^[^ ]* //' "$unproved" | xargs -d '\n' fsverity digest) |
            diff "$unproved" - || live_die "fsverity says otherwise" || return 1
    fi
    vs_references "$1" || return 1
    while IFS= read -r line; do
        vs_proved[${line%% *}]=yes
    done <"$unproved"
}

# vs_digests EXPORT: prints "DIGEST PATH" of all files as the manifest has them.
vs_digests()
{
    sed -n 's/^ *<\(file\|layer\) path="\([^"&]*\)" .*digest="\([^"]*\)".*/\3 \2/p' \
        "$1/manifest.xml"
    # Paths in which XML escapes characters are decoded.
    ! grep -q '^ *<\(file\|layer\) path="[^"]*&' "$1/manifest.xml" ||
        vs export-info "$1" --json | jq -r '.files[] | select(.path | test("[&<>\"]")) |
            .digest + " " + .path'
}

# vs_references EXPORT: checks that the backing file of each layer is beside it and that its format
# is given. Layers that vs_contents has found right before are skipped.
vs_references()
{
    local file said=$LIVE_DIR/references
    for file in "$1"/layers/*.qcow2; do
        [ -e "$file" ] && [ -z "${known[${file#"$1/"}]-}" ] || continue
        qemu-img info "$file" >"$said" && awk '/^backing file format: / { formats++ }
            /^backing file: / { files++; sub(/^backing file: /, ""); sub(/ \(actual path: .*/, "")
                if (/\//) away = 1 }
            END { exit away || files != formats }' "$said" ||
            live_die "references: $(<"$said")" || return 1
    done
}

# vs_same_disk SOURCE FORMAT LAYER [SNAPSHOT]: succeeds if a guest sees the same content on both.
vs_same_disk()
{
    qemu-img compare -U -f "$2" -F "$(live_format "$3")" "$1" "$3"
}

# vs_same_bytes FILE FILE: compares like cmp, but does not read holes.
vs_same_bytes()
{
    [ "$(stat -c %s "$1")" = "$(stat -c %s "$2")" ] || live_die "$1 and $2 differ in size" ||
        return 1
    qemu-img compare -f raw -F raw "$1" "$2"
}

# vs_sources: prints what an export must not change: content, size and all time stamps of the
# images, including the time of the last access.
vs_sources()
{
    (cd "$LIVE_DIR" && find . -path ./r -prune -o -path ./x -prune -o -path ./config -prune -o \
        -type f \( -name '*.qcow2' -o -name '*.raw' -o -name '*.snap*' -o -name '*.iso' \
        -o -name '*.img' -o -name '*.mem' -o -name '*.fd' \) \
        -printf '%p %s %i %m %U %T@ %A@ %C@\n' | sort)
}

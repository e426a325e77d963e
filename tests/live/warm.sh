# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Guests that need not boot. An emulated processor takes seconds for the start of a kernel, and the
# tests start many guests that differ in nothing but their disks' files and their names. So one of
# each shape boots until it is about to look at its disks, and is saved; the others are that one,
# restored under their own names. Part of lib.sh.

# warm_shape DOMAIN: prints its XML without what a guest cannot see before it has looked at its
# disks. Fails for a domain that has to boot, because it has firmware of its own or a managed save
# image.
warm_shape()
{
    local said=$LIVE_DIR/warm-domain
    live_virsh_all "$(live_words dominfo --domain "$1"); $(live_words dumpxml --inactive \
        --domain "$1")" >"$said" && ! grep -q '^Managed save: *yes' "$said" &&
        sed -n '/^<domain /,$p' "$said" >"$LIVE_DIR/warm.xml" &&
        grep -q '<kernel>' "$LIVE_DIR/warm.xml" &&
        ! grep -qE "<nvram|device='(cdrom|floppy|lun)'|<snapshot|<source (pool|protocol)" \
            "$LIVE_DIR/warm.xml" || return 1
    warm_without_chains | sed -E -e '/<(name|uuid|kernel|initrd|source|shareable)\b/d' \
        -e '/<cmdline>/d' -e 's/<disk [^>]*>/<disk>/' \
        -e "s/(<driver name='qemu') type='[a-z0-9]*'/\1/" | warm_sorted
}

# warm_without_chains: prints the domain without the images below its top ones, as an imported
# domain is.
warm_without_chains()
{
    awk '/<backingStore\/>/ { next }
        /<backingStore/ { depth++ }
        depth { if (/<\/backingStore>/) depth--; next }
        { print }' "$LIVE_DIR/warm.xml"
}

# warm_sorted: prints a line for each device, in an order that does not depend on how the domain was
# defined.
warm_sorted()
{
    awk '/^    <[^\/]/ { if (line) print line; line = $0; next }
        /^     / || /^    </ { line = line $0; next }
        { if (line) print line; line = ""; print }' | sort
}

# warm_dir: prints the directory for this guest under this QEMU and this libvirt, and removes those
# for others.
warm_dir()
{
    local sum old
    sum=$( (cat "$LIVE_CACHE/guest.stamp" "$live_here/warm.sh" && echo "$LIVE_CMDLINE" &&
            stat -Lc %Z "$(command -v qemu-system-x86_64)" \
                /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so) | sha1sum)
    for old in "$LIVE_CACHE"/warm.*; do
        [ "$old" = "$LIVE_CACHE/warm.${sum:0:12}" ] || rm -rf "$old"
    done
    echo "$LIVE_CACHE/warm.${sum:0:12}"
}

# warm_image SHAPE: prints the path of the saved guest of that shape. It is made for the second
# domain that asks for it, and the first call fails.
warm_image()
{
    local dir key image
    dir=$(warm_dir)
    key=$(sha1sum <<<"$1")
    image=$dir/${key:0:12}
    mkdir -p "$dir"
    (
        flock 9
        [ ! -e "$image" ] || exit 0
        if [ -e "$image.asked" ]; then warm_make "$image"; else : >"$image.asked"; exit 1; fi
    ) 9>"$image.lock" && echo "$image"
}

# warm_make IMAGE: makes it from LIVE_DIR/warm.xml, with a libvirt of its own.
warm_make()
{
    local w=$LIVE_DIR/w n file
    (
        mkdir -p "$w" && LIVE_ROOT=$w/r LIVE_URI="qemu:///embed?root=$w/r"
        live_root "$LIVE_ROOT" || exit 1
        n=$(grep -c '<disk ' "$LIVE_DIR/warm.xml")
        for file in $(seq "$n"); do
            truncate -s 1M "$w/$file.raw"
        done
        warm_without_chains | awk -v w="$w" '/<uuid>/ { next }
            /<disk / { disk = 1; n++; sub(/type=.[a-z]*. /, "type=\x27file\x27 ") }
            disk && /<driver / { sub(/type=.[a-z0-9]*./, "type=\x27raw\x27") }
            disk && /<source / { print "<source file=\x27" w "/" n ".raw\x27/>"; next }
            /<\/disk>/ { disk = 0 }
            /<(serial|console) / { serial = 1 }
            serial && /<source / { print "<source path=\x27" w "/console\x27/>"; next }
            /<\/(serial|console)>/ { serial = 0 }
            /<channel / { channel = 1 }
            channel && /<source / { next }
            /<\/channel>/ { channel = 0 }
            { sub(/<name>.*<\/name>/, "<name>warm</name>"); sub(/<\/cmdline>/, " hold</cmdline>")
              print }' >"$w/warm.xml"
        live_virsh create --file "$w/warm.xml" >/dev/null &&
            live_wait "a guest to be copied boots" grep -aqs 'virtsnap-guest: held' "$w/console" &&
            live_virsh save --domain warm --file "$w/image" >/dev/null
    ) && mv "$w/image" "$1.new" && mv "$1.new" "$1"
}

# warm_start DOMAIN: restores the domain from a saved guest; fails if it has to boot.
warm_start()
{
    local shape image status=0
    [ "$(live_accel)" = qemu ] && [ "${LIVE_WARM:-yes}" = yes ] || return 1
    shape=$(warm_shape "$1") && image=$(warm_image "$shape") || return 1
    python3 "$live_here/save-image.py" "$image" "$LIVE_DIR/warm.xml" "$LIVE_DIR/warm.save" &&
        live_virsh_all "$(live_words restore --file "$LIVE_DIR/warm.save"); $(live_words send-key \
            --domain "$1" --codeset linux 28)" >/dev/null || status=1
    rm -f "$LIVE_DIR/warm.save" "$LIVE_DIR/warm.xml"
    return $status
}

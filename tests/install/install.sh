#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What `make install` puts where, and that it works from there.
. "$abs_top_srcdir/tests/tap.sh"

cd "$TEST_DIR" || bail_out "no place"
root=$TEST_DIR/root
check "make install into a directory" eval '
    make -s -C "$abs_top_builddir" install DESTDIR="$root" >install.log 2>&1 || {
        cat install.log; false; }' || bail_out "nothing is installed"
at() { find "$root" -path "*/$1"; } # what is installed as that
bin=$(at bin/virtsnap)
for file in bin/virtsnap 'lib*/libvirtsnap.so' 'pkgconfig/virtsnap.pc' \
    'man/man1/virtsnap.1' 'share/virtsnap/schemas/manifest.rng' \
    'share/virtsnap/schemas/collection.rng' 'completions/virtsnap' \
    'es/LC_MESSAGES/virtsnap.mo' 'include/virtsnap/virtsnap/virtsnap.h'; do
    check "$file is there" [ -n "$(at "$file")" ]
done
like "$("$bin" --version)" '^virtsnap [0-9.]+|^[0-9.]+' "the command runs"
VIRTSNAP_SCHEMA_DIR=$(dirname "$(at share/virtsnap/schemas/collection.rng)") \
    VIRTSNAP_CONFIG_DIR=$TEST_DIR/config \
    check "with the schemas that were installed" "$bin" collection-create-as shop --domain web

dir=$(sed -n 's|^\.IX Item "\(/.*\)/collections"|\1|p' "$(at man/man1/virtsnap.1)")
check "its page names the directory that it looks into ($dir)" \
    grep -aqF "${dir:-none}" "$(at libvirtsnap.so)"

# A program as anybody writes it.
cat >use.c <<'END'
#include <stdio.h>
#include <virtsnap/virtsnap.h>

int
main(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();

    if (!virt_snap_export_settings_set(settings, "intent", "merge", &error))
        return 1;
    if (virt_snap_export_settings_set(settings, "parallel", "1000", &error) ||
        virt_snap_error_result_code(error) != VIRT_SNAP_ERROR_INVALID_PARAMETER)
        return 2;
    return settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE ? 0 : 3;
}
END
lib=$(dirname "$(at libvirtsnap.so)")
pc() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@" virtsnap; }
compile()
{
    # shellcheck disable=SC2046
    ${CC:-cc} -Wall -Werror use.c -o use $(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags \
        glib-2.0 gio-2.0) $(pc --cflags | tr ' ' '\n' | grep virtsnap) $(pc --libs-only-L) \
        -lvirtsnap -lgio-2.0 -lgobject-2.0 -lglib-2.0
}
check "a program compiles with what pkg-config says" compile
case $(nm -D "$lib/libvirtsnap.so") in
*__asan*) skip "it runs" "the library has the address sanitizer, the program has not" ;;
*) check "it runs" env LD_LIBRARY_PATH="$lib" ./use ;;
esac
is "$(nm -D --defined-only "$lib/libvirtsnap.so" | awk '{ print $3 }' | sed 's/@.*//' |
    grep -v '^VIRTSNAP_' | sort | tr '\n' ' ')" \
    "$(grep -o 'virt_snap_[a-z_]*' "$abs_top_srcdir/src/libvirtsnap.syms" | sort | tr '\n' ' ')" \
    "the library shows what its list of symbols says, and nothing else"
headers=$(cat "$root"/*/*/include/virtsnap/*/*.h "$root"/*/include/virtsnap/*/*.h 2>/dev/null |
    grep -v 'static inline' | grep -o '\bvirt_snap_[a-z_]*(' | tr -d '(' | sort -u | tr '\n' ' ')
is "$headers" \
    "$(grep -o 'virt_snap_[a-z_]*' "$abs_top_srcdir/src/libvirtsnap.syms" | sort | tr '\n' ' ')" \
    "and the headers describe just these"
check "make uninstall" eval '
    make -s -C "$abs_top_builddir" uninstall DESTDIR="$root" >install.log 2>&1'
is "$(find "$root" -type f)" "" "leaves nothing"

done_testing

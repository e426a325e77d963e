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
lib=$(dirname "$(at libvirtsnap.so)")
pc() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@" virtsnap; }
compile()
{
    # shellcheck disable=SC2046
    ${CC:-cc} -Wall -Werror "$abs_top_srcdir/examples/export.c" -o use \
        $(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags gio-2.0) \
        $(pc --cflags | tr ' ' '\n' | grep virtsnap) $(pc --libs-only-L) \
        -lvirtsnap -lgio-2.0 -lgobject-2.0 -lglib-2.0
}
check "a program compiles with what pkg-config says" compile
case $(nm -D "$lib/libvirtsnap.so") in
*__asan*) skip "it runs" "the library has the address sanitizer, the program has not" ;;
*)
    use() { LD_LIBRARY_PATH=$lib VIRTSNAP_CONFIG_DIR=$PWD/config ./use "$@" 2>use.err; }
    is "$(use '' nobody night out; echo $?)" 1 "it runs"
    like "$(cat use.err)" "^error 32779 \(not-found\): .*'nobody'" "and says what is wrong"
    ;;
esac
exported=$(grep -o 'virt_snap_[a-z_]*' "$abs_top_srcdir/src/libvirtsnap.syms" | sort)
is "$(nm -D --defined-only "$lib/libvirtsnap.so" | awk '{ print $3 }' | sed 's/@.*//' |
    grep -v '^VIRTSNAP_' | sort)" "$exported" \
    "the library shows what its list of symbols says, and nothing else"
# Comments apart; G_DECLARE_FINAL_TYPE() declares the function that returns the type.
headers=$(find "$root" -path '*/include/virtsnap/*.h' -exec cat {} + |
    sed -E '/^ *(\/\*|\*)/d; s/G_DECLARE_FINAL_TYPE\(\w+, (\w+),.*/\1_get_type(/')
is "$(grep -o '\bvirt_snap_[a-z_]*(' <<<"$headers" | tr -d '(' | sort -u)" "$exported" \
    "the headers describe just these"
is "$(grep -E '^ +[A-Za-z ]+\*?[a-z_]+(\[.*\])?;' <<<"$headers")" "" "and no structs inside"
gir=$(at share/gir-1.0/VirtSnap-1.0.gir)
if grep -q '^HAVE_INTROSPECTION_TRUE = #' "$abs_top_builddir/Makefile"; then
    skip "and so does the gir" "built without introspection"
else
    # xmllint would need the namespaces; a function stands on one line.
    is "$(grep -oE '(c:identifier|glib:get-type)="virt_snap_[a-z_]*"' "$gir" | cut -d'"' -f2 |
        sort -u)" "$exported" "and so does the gir"
    check "the typelib is there" [ -n "$(at girepository-1.0/VirtSnap-1.0.typelib)" ]
    is "$(GI_TYPELIB_PATH=$lib/girepository-1.0 LD_LIBRARY_PATH=$lib /usr/bin/python3 -c '
import gi
gi.require_version("VirtSnap", "1.0")
from gi.repository import VirtSnap
print(VirtSnap.Service(uri="test:///default").props.uri)' 2>&1)" "test:///default" \
        "and works in Python"
fi
if grep -q '^HAVE_GI_DOCGEN_TRUE = #' "$abs_top_builddir/Makefile"; then
    skip "its reference is there" "built without gi-docgen"
else
    check "its reference is there" [ -n "$(at doc/virtsnap/api/method.Service.export.html)" ]
fi
check "make uninstall" eval '
    make -s -C "$abs_top_builddir" uninstall DESTDIR="$root" >install.log 2>&1'
is "$(find "$root" -type f)" "" "leaves nothing"

done_testing

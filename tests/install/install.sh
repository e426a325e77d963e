#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Where `make install` puts files, and that the programs work from there.
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
    'es/LC_MESSAGES/virtsnap.mo' 'include/virtsnap/virtsnap.h'; do
    check "$file is there" [ -n "$(at "$file")" ]
done
like "$("$bin" --version)" '^virtsnap [0-9.]+|^[0-9.]+' "the command runs"
VIRTSNAP_SCHEMA_DIR=$(dirname "$(at share/virtsnap/schemas/collection.rng)") \
    VIRTSNAP_CONFIG_DIR=$TEST_DIR/config \
    check "with the schemas that were installed" "$bin" collection-create-as shop --domain web

dir=$(sed -n 's|^\.IX Item "\(/.*\)/collections"|\1|p' "$(at man/man1/virtsnap.1)")
check "its page names the directory that it looks into ($dir)" \
    grep -aqF "${dir:-none}" "$(at libvirtsnap.so)"

# --- programs as anybody writes them -----------------------------------------

lib=$(dirname "$(at libvirtsnap.so)")
# flags OPTION...: prints the answer of pkg-config. The paths of the library in it are below $root,
# those of the libraries that it needs are not.
flags()
{
    local flag
    for flag in $(PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
        PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
        pkg-config "$@" virtsnap); do
        case $flag in
        -[IL]"$root"*) [ -e "${flag#-[IL]}" ] || flag=${flag/"$root"/} ;;
        esac
        printf '%s\n' "$flag"
    done
}
mapfile -t cflags < <(flags --cflags)
mapfile -t libs < <(flags --libs)
# compile COMPILER [OPTION]...: compiles a program that finds files only in the directories of the
# pkg-config file.
compile()
{
    "$@" -Wall -Wextra -Werror -Wno-unused-parameter "${cflags[@]}"
}
includes=$(dirname "$(dirname "$(at include/virtsnap/virtsnap.h)")")
is "$(cd "$includes" && find . -type d | sort | xargs)" ". ./virtsnap" \
    "headers are in one folder"
is "$(cd "$includes" && grep -rnE '^ *# *include +"|^ *# *include +<[^>]*/[^>]*>' . |
    grep -vE '<(virtsnap|gio)/[a-z-]+\.h>')" "" "and include each other by it"
mapfile -t public < <(cd "$includes" && find virtsnap -name '*.h' | sort)
alone() # alone COMPILER [OPTION]...: each header compiles by itself
{
    local header
    for header in "${public[@]}"; do
        printf '#include <%s>\n' "$header" >alone.c
        compile "$@" -fsyntax-only alone.c || { echo "$header"; return 1; }
    done
}
together() # together COMPILER [OPTION]...: all headers compile
{
    printf '#include <%s>\n' "${public[@]}" >together.c
    compile "$@" -fsyntax-only together.c
}
check "there are headers" [ ${#public[@]} -gt 5 ]
check "each compiles alone" alone "${CC:-cc}"
check "as strict C99" together "${CC:-cc}" -std=c99 -pedantic-errors
if command -v c++ >/dev/null; then
    check "as C++" together c++ -x c++ -std=c++11 -pedantic-errors
else
    skip "as C++" "there is no compiler for it"
fi
printf '#include "util/error.h"\n' >alone.c
check_fails "what is inside is not found by its inner name" \
    compile "${CC:-cc}" -fsyntax-only alone.c

mkdir examples && cp "$abs_top_srcdir"/examples/*.* examples
for example in export import snapshot verify; do
    check "the example of $example compiles with what pkg-config says" eval '
        compile "${CC:-cc}" "examples/$example.c" -o "$example" "${libs[@]}"'
done
# example NAME ARGUMENT...: runs an example and prints its result.
example()
{
    LD_LIBRARY_PATH=$lib VIRTSNAP_CONFIG_DIR=$PWD/config "./$1" "${@:2}" 2>example.err
    echo $?
}
case $(nm -D "$lib/libvirtsnap.so") in
*__asan*) skip "it runs" "the library has the address sanitizer, the program has not" ;;
*)
    is "$(example export '' nobody night out)" 1 "the export runs"
    like "$(cat example.err)" "^error 32779 \(not-found\): .*'nobody'" "and says what is wrong"
    is "$(example import test:///default "$PWD/none" "$PWD/new")" 1 "the import runs"
    like "$(cat example.err)" "^error 32779 \(not-found\): .*none" "and says what is wrong"
    is "$(example snapshot test:///default nobody night)" 1 "the snapshot runs"
    like "$(cat example.err)" "^error 32779 \(not-found\): .*'nobody'" "and says what is wrong"
    is "$(example verify test:///default "$PWD/none")" 1 "the verification runs"
    like "$(cat example.err)" "^error 32779 \(not-found\): .*none" "and says what is wrong"
    ;;
esac
exported=$(grep -o 'virt_snap_[a-z_]*' "$abs_top_srcdir/src/libvirtsnap.syms" | sort)
# Comments are ignored; G_DECLARE_FINAL_TYPE() declares the function that returns the type.
headers=$(find "$root" -path '*/include/virtsnap/*.h' -exec cat {} + |
    sed -E '/^ *(\/\*|\*)/d; s/G_DECLARE_FINAL_TYPE\(\w+, (\w+),.*/\1_get_type(/')
is "$(grep -o '\bvirt_snap_[a-z_]*(' <<<"$headers" | tr -d '(' | sort -u)" "$exported" \
    "the headers describe just these"
is "$(grep -E '^ +[A-Za-z ]+\*?[a-z_]+(\[.*\])?;' <<<"$headers")" "" "and no structs inside"
gir=$(at share/gir-1.0/VirtSnap-1.0.gir)
if grep -q '^HAVE_INTROSPECTION_TRUE = #' "$abs_top_builddir/Makefile"; then
    skip "and so does the gir" "built without introspection"
else
    # xmllint would need the namespaces, so grep is used; a function stands on one line.
    is "$(grep -oE '(c:identifier|glib:get-type)="virt_snap_[a-z_]*"' "$gir" | cut -d'"' -f2 |
        sort -u)" "$exported" "and so does the gir"
    check "the typelib is there" [ -n "$(at girepository-1.0/VirtSnap-1.0.typelib)" ]
    python()
    {
        GI_TYPELIB_PATH=$lib/girepository-1.0 LD_LIBRARY_PATH=$lib \
            VIRTSNAP_CONFIG_DIR=$PWD/config /usr/bin/python3 "$@" 2>&1
    }
    is "$(python -c '
import gi
gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap
error = GLib.Error.new_literal(VirtSnap.error_quark(), "x", VirtSnap.Error.NOT_FOUND)
print(VirtSnap.error_is(error, [VirtSnap.Error.CORRUPT, VirtSnap.Error.NOT_FOUND]),
      VirtSnap.error_is(error, [VirtSnap.Error.CORRUPT]),
      VirtSnap.Service(uri="test:///default").props.uri)')" "True False test:///default" \
        "and works in Python"
    like "$(python examples/export.py test:///default pair night "$PWD/out" test)" \
        "^snapshots:.*error [0-9]+ \([a-z-]+\): .*night" "the example of export too"
    like "$(python examples/import.py test:///default "$PWD/none" "$PWD/new" .new)" \
        "^error 32779 \(not-found\): .*none" "that of import"
    like "$(python examples/snapshot.py test:///default nobody night)" \
        "^error 32779 \(not-found\): .*'nobody'" "that of snapshot"
    like "$(python examples/verify.py test:///default "$PWD/none")" \
        "^error 32779 \(not-found\): .*none" "and that of verify"
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

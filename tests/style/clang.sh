#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# clang has nothing to say of any source, with the warnings of --enable-werror: the build has shown
# that of gcc. The sources are only read, which takes a quarter of the time with the large headers
# compiled before, and still longer than the check has: `check --sanitized` does it.
. "$abs_top_srcdir/tests/style/lib.sh"
command -v clang >/dev/null || skip_all "clang is not installed"

makefile=$abs_top_builddir/Makefile
# variable NAME: prints its value in the Makefile.
variable() { sed -n "s/^$1 = //p" "$makefile"; }
read -ra flags <<<"$(variable VIRTSNAP_CFLAGS) $(variable POLKIT_CFLAGS) $(
    variable INTROSPECTION_CFLAGS) $(variable VIRTSNAP_WARNINGS)"
flags+=(-Werror -Wno-missing-field-initializers -DHAVE_CONFIG_H -std=gnu11 -pthread
    -I"$abs_top_builddir" -I"$abs_top_builddir/src" -I"$abs_top_builddir/include" -Isrc -I.
    -DG_LOG_DOMAIN='"virtsnap"')
for name in LIBEXECDIR LOCALEDIR PKGSTATEDIR PKGSYSCONFDIR SCHEMADIR; do
    flags+=("-D$name=\"/somewhere\"")
done

check "headers that all use" clang "${flags[@]}" -x c-header src/util/precompiled.h \
    -o "$TEST_DIR/headers" || done_testing
said() { clang "${flags[@]}" -fsyntax-only "$@" 2>&1; }
with_headers() { said -include-pch "$TEST_DIR/headers" "$@"; }

printf '%s\n' 'static int' 'unused(unsigned n)' '{' '    return n >= 0;' '}' >"$TEST_DIR/wrong.c"
like "$(with_headers "$TEST_DIR/wrong.c")" "Wunused-function" "what is wrong is told"

mapfile -t code < <(sources '*.c' | xargs grep -l '^#include <config.h>')
check "there is code to look at" test ${#code[@]} -gt 300
printf '%s\0' "${code[@]}" |
    xargs -0 -n 32 -P "$(nproc)" "$BASH" -c "$(declare -p flags TEST_DIR)
        $(declare -f said with_headers)"'; with_headers "$@"' said |
    none "no warning" "mend what it is about"

# What is not of the programs: examples, once the headers of the library are there, and the guest.
others=('*.c')
[ -e "$abs_top_builddir/include/virtsnap/virtsnap.h" ] || others=('tests/live/*.c')
sources "${others[@]}" | xargs grep -L '^#include <config.h>' |
    xargs clang "${flags[@]}" -UHAVE_CONFIG_H -fsyntax-only 2>&1 |
    none "nor in others" "mend what it is about"

done_testing

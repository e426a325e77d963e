#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# configure reports which library is too old, and which version is needed.
. "$abs_top_srcdir/tests/tap.sh"
requires pkg-config

mkdir "$TEST_DIR/pc" "$TEST_DIR/build"
export PKG_CONFIG_PATH=$TEST_DIR/pc CONFIG_SHELL=/bin/sh
# What this build found out about the compiler is so for these, too; not what pkg-config said.
sed -n '/^## Cache variables/,/^## Output variables/p' "$abs_top_builddir/config.log" |
    grep -E '^(ac|am|gl|gt|lt)_cv_' | grep -v '^ac_cv_env_' >"$TEST_DIR/known"

# old_library NAME VERSION: has pkg-config find an old version first.
old_library()
{
    rm -f "$TEST_DIR/pc"/*
    printf 'Name: %s\nDescription: an old one\nVersion: %s\n' "$1" "$2" >"$TEST_DIR/pc/$1.pc"
}

for library in libvirt:8.0.0 gio-unix-2.0:2.72.0 libxml-2.0:2.8.0; do
    name=${library%:*}
    old_library "$name" "${library#*:}"
    check_fails "configure refuses $library" eval 'cd "$TEST_DIR/build" &&
        /bin/sh "$abs_top_srcdir/configure" -q --cache-file="$TEST_DIR/known" \
            >"$TEST_DIR/said" 2>&1'
    like "$(<"$TEST_DIR/said")" "$name.*${library#*:}" "and names it"
    like "$(<"$TEST_DIR/said")" "needs libvirt 9.0, GLib 2.74 and libxml2 2.9" "and what is needed"
done

done_testing

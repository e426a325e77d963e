#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The library exports the symbols of its list, with the versions in that list, and released versions
# do not change.
. "$abs_top_srcdir/tests/tap.sh"
requires nm sha256sum

list=$abs_top_srcdir/src/libvirtsnap.syms
released=$abs_top_srcdir/src/libvirtsnap.released
library=$abs_top_builddir/.libs/libvirtsnap.so

# symbols LIST: prints "SYMBOL@@NODE" for each symbol of a version script.
symbols()
{
    awk '/^[A-Z].*\{/ { node = $1 } /^ *virt_snap_[a-z_]*;/ { sub(";", "", $1); print $1 "@@" node }
        ' "$1" | sort
}

is "$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort)" "$(symbols "$list")" \
    "the library exports the symbols of its list, with their versions, and nothing else"
is "$(symbols "$list" | sed 's/@.*//' | uniq -d)" "" "no symbol is in two nodes"
is "$(sed -nE 's/^ +(virt_snap_[a-z_]*);/\1/p' "$list" | LC_ALL=C sort -c 2>&1)" "" \
    "the symbols of the list are sorted"

# --- nodes that have been released -------------------------------------------

# nodes LIST: prints the nodes of a version script, the oldest first.
nodes() { sed -nE 's/^([A-Z][A-Z_]*_[0-9.]+) \{.*/\1/p' "$1" | sort -V; }
# digest LIST NODE: prints a digest of the names in a node and of the node on which it is based.
digest()
{
    sed -nE "/^$2 \\{/,/^\\}/p" "$1" | tr -d '[:blank:]' | grep -vE '^(#|$)' |
        sha256sum | cut -d' ' -f1
}
# changed LIST: prints the released nodes that differ from their release.
changed()
{
    local node wanted
    while read -r node wanted; do
        [[ $node == '#'* || -z $node ]] || [ "$(digest "$1" "$node")" = "$wanted" ] ||
            echo "$node has changed, or is gone: its sha256 was $wanted"
    done
}
# unlocked LIST VERSION: prints the nodes of versions before VERSION that are in no list of released
# nodes (standard input).
unlocked()
{
    local locked node
    locked=$(cat)
    for node in $(nodes "$1"); do
        [ "${node##*_}" = "${2%.*}" ] || grep -q "^$node " <<<"$locked" || echo "$node"
    done
}
version=$(sed -nE 's/^AC_INIT\(\[virtsnap\], \[([0-9.]+)\].*/\1/p' "$abs_top_srcdir/configure.ac")
check "there is a node for this version ($version)" \
    grep -q "^VIRTSNAP_${version%.*} {" "$list"
is "$(changed "$list" <"$released")" "" "what has been released has not changed"
is "$(unlocked "$list" "$version" <"$released")" "" \
    "all nodes but that of this version are locked in src/libvirtsnap.released"

# The same list, released and then changed.
cd "$TEST_DIR" || bail_out "no place"
printf 'OLD_0.1 {\n    global:\n        virt_snap_a;\n};\nOLD_0.2 {\n} OLD_0.1;\n' >old.syms
echo "OLD_0.1 $(digest old.syms OLD_0.1)" >old.released
is "$(changed old.syms <old.released)" "" "a node that is as it was released"
is "$(unlocked old.syms 0.2.0 <old.released)" "" "and nothing has to be locked"
is "$(unlocked old.syms 0.3.0 <old.released)" "OLD_0.2" "until the next version is begun"
sed 's/_a;/_a; virt_snap_b;/' old.syms >new.syms
like "$(changed new.syms <old.released)" "^OLD_0.1 has changed" "one that got a symbol"
sed '/_a;/d' old.syms >new.syms
like "$(changed new.syms <old.released)" "^OLD_0.1 has changed" "one that lost its symbol"
sed '1,4d' old.syms >new.syms
like "$(changed new.syms <old.released)" "^OLD_0.1 has changed" "one that is gone"

done_testing

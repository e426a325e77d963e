#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The schemas agree with the parsers. The unit tests give each corpus to its parser, and this test
# gives them to xmllint. In tests/data/NAME, a document in valid/ is accepted by both and one in
# invalid/ by neither. One in refused/ is refused by the parser for a reason that a schema cannot
# express, so any answer of the schema is right.
. "$abs_top_srcdir/tests/tap.sh"

data=$abs_top_srcdir/tests/data
schemas=$abs_top_srcdir/xml-schemas

valid() { xmllint --nonet --noout --relaxng "$schemas/$1.rng" "$2"; }

# What the corpus of collections has beside it: members twice, names too long
# in bytes, control characters, an encoding that is not Unicode's.
beyond_schema=" collection-twice.xml delete-in-domain.xml doctype.xml domain-twice.xml
    latin1.xml line-end-in-name.xml long-name-bytes.xml tab-in-domain.xml "

# agree CORPUS SCHEMA
agree()
{
    local file n=0
    for file in "$data/$1"/valid/*; do
        check "$1: the schema takes ${file##*/}" valid "$2" "$file"
        n=$((n + 1))
    done
    for file in "$data/$1"/invalid/*; do
        n=$((n + 1))
        if [[ $1 == collection && " ${beyond_schema//$'\n'/ } " == *" ${file##*/} "* ]]; then
            check "$1: no schema can refuse ${file##*/}" valid "$2" "$file"
        else
            check_fails "$1: the schema refuses ${file##*/}" valid "$2" "$file"
        fi
    done
    check "$1: there is a corpus" test "$n" -gt 10
}

if ! command -v xmllint >/dev/null; then
    skip "schemas" "xmllint is missing (package libxml2-utils)"
    done_testing
    exit
fi

# Each schema is valid itself, and has a corpus or is included by a schema that has one.
for schema in "$schemas"/*.rng; do
    name=${schema##*/}
    check "$name can be loaded" xmllint --noout "$schema"
    case $name in
    common.rng) ;;
    exportsettings.rng) agree settings exportsettings ;;
    manifest.rng) agree manifest manifest ;;
    *) check "$name has a corpus of its own" test -d "$data/${name%.rng}/valid" &&
        agree "${name%.rng}" "${name%.rng}" ;;
    esac
done


done_testing

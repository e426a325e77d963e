#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# usage: bus-page.sh INTRODUCTION ERROR-TABLE INTERFACES-XML
#
# Prints the page org.virtsnap1(5) as reStructuredText: the introduction, with
# the names and codes of the errors from their table, then what the XML says of
# each interface.
set -eu
codegen=${GDBUS_CODEGEN:-gdbus-codegen}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The numbers stand in the header's enum, the names in the table, which breaks long lines.
errors()
{
    awk '/^ *VIRT_SNAP_ERROR_[A-Z_]+ = / { sub(/,/, ""); code[$1] = $3 }
         match($0, /VIRT_SNAP_ERROR_[A-Z_]+/) { last = substr($0, RSTART, RLENGTH) }
         match($0, /"org\.virtsnap1\.Error\.[A-Za-z]+/) {
             printf "%s\n    %s\n\n", substr($0, RSTART + 1, RLENGTH - 1), code[last]
         }' "$1" "$2"
}

# gdbus-codegen takes one line for what a parameter is, and all that follows for the text.
one_line_each()
{
    awk '{ text = $0; sub(/^ +/, "", text) }
         open && text != "" && text !~ /^(@|-->)/ { printf " %s", text; next }
         open { print ""; open = 0 }
         text ~ /^@/ { printf "%s", $0; open = 1; next }
         { print }' "$1"
}

# The generated headings have overlines, and levels of their own.
headings()
{
    awk '/^\.\. / { next }
         /^[=-]+$/ { mark = substr($0, 1, 1); getline name; getline
             if (name != "Description") {
                 line = name; gsub(/./, mark, line); printf "\n%s\n%s\n", name, line
             }
             next }
         { print }' "$1"
}

one_line_each "$3" >"$scratch/interfaces.xml"
"$codegen" --generate-rst "$scratch/page" "$scratch/interfaces.xml"
errors "${2%.c}.h" "$2" >"$scratch/errors"
sed -e "/^@errors@/{
r $scratch/errors
d
}" "$1"
for interface in CollectionSnapshotService CollectionManagementService Collection Job; do
    headings "$scratch/page-org.virtsnap1.$interface.rst"
done

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

"$codegen" --generate-rst "$scratch/page" "$3"
errors "${2%.c}.h" "$2" >"$scratch/errors"
sed -e "/^@errors@/{
r $scratch/errors
d
}" "$1"
for interface in CollectionSnapshotService CollectionManagementService Collection Job; do
    headings "$scratch/page-org.virtsnap1.$interface.rst"
done

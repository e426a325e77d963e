#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# What <Tab> does. bash's own variables are set as readline sets them.
. "$abs_top_srcdir/tests/cli/lib.sh"
# shellcheck source=src/cli/virtsnap.bash
. "$abs_top_srcdir/src/cli/virtsnap.bash"

# The builtin compopt only works inside a real completion.
compopt() { compopts+=("$*"); }

# tab LINE WORD...: completes LINE, which bash splits into the WORDs.
tab()
{
    COMP_LINE=$1 COMP_POINT=${#1}
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    compopts=()
    _virtsnap
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' ')
}

tab 'virtsnap ver' virtsnap ver
is "$got" "verify version" "commands"
tab 'virtsnap ' virtsnap ''
is "$(tr ' ' '\n' <<<"$got")" "$(commands | sort)" "all commands"
tab 'virtsnap complet' virtsnap complet
is "$got" "" "but not the hidden one"
tab 'virtsnap -q --json ver' virtsnap -q --json ver
is "$got" "verify version" "commands behind options"
tab 'virtsnap -c uri ver' virtsnap -c uri ver
is "$got" "verify version" "commands behind an option with a value"
tab 'virtsnap -c ver' virtsnap -c ver
is "$got" "" "but not for the value"
tab 'virtsnap --v' virtsnap --v
is "$got" "--version" "options before the command"
tab 'virtsnap verify --d' virtsnap verify --d
is "$got" "--debug --deep" "options of the command and of all"
tab 'virtsnap verify -- --d' virtsnap verify -- --d
is "$got ${compopts[*]}" " -o dirnames" "behind -- there are no options"
tab 'virtsnap export --snapshots ' virtsnap export --snapshots ''
is "$got" "all none one" "values of an option"
tab 'virtsnap export --snapshots=' virtsnap export --snapshots =
is "$got" "all none one" "values behind an ="
tab 'virtsnap export --snapshots=a' virtsnap export --snapshots = a
is "$got" "all" "the rest of a value behind an ="
tab 'virtsnap export --progress "j' virtsnap export --progress '"j'
is "$got" "json" "a value in an open quote"
tab 'virtsnap export --merge=' virtsnap export --merge =
is "$got" "" "a flag has no values"
tab 'virtsnap export --to ' virtsnap export --to ''
is "$got ${compopts[*]}" " -o dirnames" "directories"
tab 'virtsnap collection-define ' virtsnap collection-define ''
is "$got ${compopts[*]}" " -o default" "files"
tab 'virtsnap export --base ' virtsnap export --base ''
is "$got ${compopts[*]}" "latest -o plusdirs" "a word, or directories"
tab 'virtsnap export --base=x/' virtsnap export --base = x/
is "$got ${compopts[*]}" " -o dirnames" "and only those, if the word is none of them"
tab 'virtsnap export-run ' virtsnap export-run ''
is "$got" "" "no nights"
mkdir -p "$VIRTSNAP_CONFIG_DIR/export.d"
touch "$VIRTSNAP_CONFIG_DIR"/export.d/{shop.conf,farm.conf,.hidden.conf,shop.conf~}
tab 'virtsnap export-run ' virtsnap export-run ''
is "$got" "farm shop" "the nights that are configured"
tab 'virtsnap help exp' virtsnap help exp
is "$got" "export export-info export-list export-protect export-prune export-run export-unprotect" \
    "commands as arguments"
tab 'virtsnap nonsense x' virtsnap nonsense x
is "$got" "" "an unknown command has nothing"
tab "virtsnap -c qemu:///system ver" virtsnap -c qemu : ///system ver
is "$got" "verify version" "a colon does not end a word"

COMP_LINE='virtsnap ver --json' COMP_POINT=12 COMP_WORDS=(virtsnap ver --json) COMP_CWORD=1
_virtsnap
is "$(printf '%s\n' "${COMPREPLY[@]}" | paste -sd' ')" "verify version" "in the middle of a line"

# Completion never runs anything that is on the line.
tab "virtsnap help \$(touch $TEST_DIR/ran)" virtsnap help "\$(touch $TEST_DIR/ran)"
tab "virtsnap help \`touch $TEST_DIR/ran\` " virtsnap help "\`touch $TEST_DIR/ran\`" ''
check_fails "completion runs nothing" test -e "$TEST_DIR/ran"

# --- names ------------------------------------------------------------------

# domain NAME UUID SNAPSHOT...: prints a domain for libvirt's test driver.
domain()
{
    local inside="<name>$1</name><uuid>$2</uuid><memory>8192</memory><os><type>hvm</type></os>"
    echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>$inside"
    shift 2
    for snapshot; do
        echo "<test:domainsnapshot><name>$snapshot</name><state>running</state><active>0</active>
            <creationTime>1</creationTime><domain type='test'>$inside</domain>
            </test:domainsnapshot>"
    done
    echo "</domain>"
}

host=test://$TEST_DIR/host.xml
{
    echo "<node>"
    domain web ef861801-45b9-11cb-88e3-afbfe5370491 first second only-web
    domain "two words" ef861801-45b9-11cb-88e3-afbfe5370492 second "the first" first
    domain bare ef861801-45b9-11cb-88e3-afbfe5370493
    pool() { echo "<pool type='$2'><name>$1</name>$3<target><path>$4</path></target></pool>"; }
    pool images dir "" /images
    pool "more images" dir "" /more
    pool far iscsi "<source><host name='h'/><device path='iqn.2026-01.x'/></source>" /dev/disk
    echo "</node>"
} >"$TEST_DIR/host.xml"

tab 'virtsnap collection-dumpxml ' virtsnap collection-dumpxml ''
is "$got" "" "no collections"
virtsnap -q collection-create-as shop --domain web --domain "two words"
virtsnap -q collection-create-as "sh<o>p's" --domain web --domain gone
virtsnap -q collection-create-as -- -odd-
tab 'virtsnap collection-dumpxml sh' virtsnap collection-dumpxml sh
is "$got" "sh\\<o\\>p\\'s shop" "collections"
tab 'virtsnap collection-dumpxml "sh' virtsnap collection-dumpxml '"sh'
is "$got" "sh<o>p's shop" "collections in an open quote"
tab 'virtsnap collection-dumpxml -- -' virtsnap collection-dumpxml -- -
is "$got" "-odd-" "a collection that looks like an option"
tab 'virtsnap collection-rename shop ' virtsnap collection-rename shop ''
is "$got" "" "a new name is the user's"
tab 'virtsnap collection-add x --collection=sho' virtsnap collection-add x --collection = sho
is "$got" "shop" "collections as values"

tab "virtsnap -c $host collection-add x --domain " \
    virtsnap -c test : "${host#test:}" collection-add x --domain ''
is "$got" "bare two\\ words web" "domains of the connection on the line"
tab "virtsnap collection-add x --connect=$host --domain w" \
    virtsnap collection-add x --connect = test : "${host#test:}" --domain w
is "$got" "web" "which may stand behind the command"
tab "virtsnap -qc$host collection-add x --domain=b" \
    virtsnap -qctest : "${host#test:}" collection-add x --domain = b
is "$got" "bare" "or right behind its letter"
tab "virtsnap -c nothing:///x collection-add x --domain " \
    virtsnap -c nothing : ///x collection-add x --domain ''
is "$got" "" "no connection, no domains"

tab "virtsnap -c $host import x --pool " \
    virtsnap -c test : "${host#test:}" import x --pool ''
is "$got" "images more\\ images" "pools into which can be imported"
tab "virtsnap -c $host import x --pool=i" \
    virtsnap -c test : "${host#test:}" import x --pool = i
is "$got" "images" "by their beginning"
tab "virtsnap -c nothing:///x import x --pool " virtsnap -c nothing : ///x import x --pool ''
is "$got" "" "no connection, no pools"

# names NAME...: checks what "virtsnap complete" offers on the host for the words.
names() { got=$(virtsnap complete -- -c "$host" "$@" 2>&1 | tail -n +2 | sort | paste -sd,); }
names export shop ''
is "$got" "first,second" "snapshots that all members have"
names snapshot-info shop f
is "$got" "first" "for other commands as well"
names export --domain web ''
is "$got" "first,only-web,second" "snapshots of a domain"
names export --domain web --domain "two\\ words" --to /x s
is "$got" "second" "snapshots that all domains have"
names export --domain=web --domain bare ''
is "$got" "" "or none"
names export ''
is "$got" "-odd-,sh<o>p's,shop" "without domains a collection comes first"
names export "\"sh<o>p's\"" ''
is "$got" "" "no snapshots if a member is gone"
names export nothing ''
is "$got" "" "no snapshots of what is no collection"
run virtsnap complete -- -c nothing:///x export shop ''
is "$out$err" "words" "no snapshots without a connection, and no complaint"
echo nonsense >"$VIRTSNAP_CONFIG_DIR/collections/shop.xml"
run virtsnap complete -- export sho
is "$out$err" "words" "a damaged collection is not offered, without complaint"

# "virtsnap complete" answers to every beginning of every line.
everywhere=$(options_of virtsnap)
for command in $(commands); do
    run virtsnap complete -- "$command" --
    like "$out" $'^words\n.*--json' "the options of $command"
    is "$err" "" "and no complaint"
    is "$(tail -n +2 <<<"$out" | sort)" \
        "$({ echo "$everywhere"; options_of virtsnap "$command"; } | sort -u)" \
        "they are those of its help"
done
run virtsnap complete --
ends_with 0 "no word at all"

done_testing

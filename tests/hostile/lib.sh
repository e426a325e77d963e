# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# An export of one disk with its base, of libvirt's test driver, that is spoiled time and again, and
# what looks on when it is read. Source it first.

# shellcheck source=tests/tap.sh
. "$abs_top_srcdir/tests/tap.sh"
# shellcheck source=tests/test-host.sh
. "$abs_top_srcdir/tests/test-host.sh"
export LC_ALL=C.UTF-8
requires virtsnap jq qemu-img fsverity

good=$TEST_DIR/good
e=$TEST_DIR/e
said=$TEST_DIR/said
outside=$TEST_DIR/outside # what no export has a business with

# make_good: makes the export.
make_good()
{
    test_host "$TEST_DIR"
    check "an export to spoil" virtsnap -c "$TEST_HOST" export --domain web s \
        --to "$good" --no-subdirectory || bail_out "nothing to spoil"
    chmod -R u+w "$good"
    web=layers/$(basename "$good"/layers/web-*)
    base=layers/$(basename "$good"/layers/base-*)
}

# make_outside: makes what no export has a business with.
make_outside()
{
    mkdir "$outside"
    echo secret >"$outside/secret"
    qemu-img create -q -f qcow2 "$outside/image.qcow2" 4M
    mkfifo "$outside/fifo"
}

# --- spoiling

fresh() { rm -rf "$e"; cp -a "$good" "$e"; }

# edit SED-SCRIPT: edits the manifest; a script that changes nothing is a mistake in the test.
edit()
{
    local before after
    before=$(<"$e/manifest.xml") after=$(sed "$1" "$e/manifest.xml")
    [ "$before" != "$after" ] || bail_out "nothing to edit: $1"
    printf '%s\n' "$after" >"$e/manifest.xml"
}

# resign FILE: has the manifest agree with the present content of the file.
resign()
{
    local digest
    digest=$(fsverity digest "$e/$1")
    edit "\\|path=\"$1\"| { s|bytes=\"[0-9]*\"|bytes=\"$(stat -c %s "$e/$1")\"|
        s|digest=\"[^\"]*\"|digest=\"${digest%% *}\"| }
        /<nodes>/d"
}

rebase() { qemu-img rebase -u -f qcow2 "$@" "$e/$web" && resign "$web"; }

# --- looking on

# start_watch [FILE]...: from here on it is seen who opens one of these, or what is outside.
start_watch()
{
    coproc watcher { exec "$abs_top_builddir/tests/hostile/opens" "$outside" "$@"; }
    watched cat "$outside/secret"
    is $? 98 "who opens what is outside is seen"
    watched ls "$outside"
    is $? 98 "and who looks at what there is"
}

# since: sets opened to what was opened since the last time.
since()
{
    echo >&"${watcher[1]}"
    IFS= read -r opened <&"${watcher[0]}"
}

# watched COMMAND...: runs COMMAND and returns its status. It must end by itself, must not be
# killed, and must not open anything outside. What it did open of what is watched is in opened; what
# it reads on its standard input is in the file input.
input=/dev/null
watched()
{
    local status=0
    since || return 97
    "$@" >"$said" 2>&1 <"$input" || status=$?
    if [ "$status" -gt 2 ]; then
        echo "status $status"
        return 99
    fi
    since || return 97
    [[ $opened != *"$outside"* ]] || return 98
    return "$status"
}

# error_of: sets code and text to those of the error. A message without escapes is read without
# starting a program.
error_of()
{
    local error='^\{"error":\{"code":([0-9]+),"name":"[a-z-]+","message":"([^"\]*)"\}\}$'
    local output
    output=$(<"$said")
    if [[ $output =~ $error ]]; then
        code=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
    else
        code=$(jq -r .error.code "$said") text=$(jq -r .error.message "$said")
    fi
}

# empty DIRECTORY: checks that there is nothing in it.
empty()
{
    ! compgen -G "$1/*" && ! compgen -G "$1/.[!.]*" && ! compgen -G "$1/..?*"
}

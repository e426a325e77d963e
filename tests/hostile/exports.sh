#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports that somebody made to harm those who read them: they get a clear error with the right
# code, soon, and nothing outside of the export is opened.
. "$abs_top_srcdir/tests/hostile/lib.sh"
requires xmllint
make_good
make_outside
start_watch
check "the export is sound" virtsnap verify --deep "$good"

# --- looking at them

look() { watched virtsnap "$@"; }

# looks COMMAND...: one virtsnap runs all of these, each a line as for its shell. Most of the time
# that a command takes is that of its start.
looks()
{
    printf '%s\n' "$@" >"$TEST_DIR/commands"
    input=$TEST_DIR/commands look
}

# clean: checks that the output is text without control characters other than line feeds.
clean()
{
    iconv -f UTF-8 -t UTF-8 <"$said" >/dev/null && ! grep -q '[[:cntrl:]]' "$said"
}

# found REGEX: checks that verify names the problem, in text and in JSON.
found()
{
    local all
    looks "verify '$e'" "--json verify --deep '$e'"
    [ $? -eq 1 ] && mapfile -t all <"$said" && [ ${#all[@]} -gt 1 ] ||
        { cat -v "$said"; return 1; }
    printf '%s\n' "${all[@]:0:${#all[@]}-1}" >"$said"
    clean && [[ ${all[-2]} == *"is damaged"* ]] || { cat -v "$said"; return 1; }
    printf '%s\n' "${all[-1]}" >"$said"
    says_problem "$1" || { cat "$said"; return 1; }
}

# says_problem REGEX: checks that the JSON says that the export is not sound, and why.
says_problem()
{
    local text
    text=$(<"$said")
    # If the JSON has the text without escapes, no program is started.
    if [[ $text != *\\* ]]; then
        [[ $text = '{"ok":false,'* && ${text//'","what":"'/: } =~ $1 ]]
        return
    fi
    jq -e --arg why "$1" '.ok == false and
        ([.problems[] | .file + ": " + .what] | join(" ") | gsub("\n"; " ") | test($why))' \
        "$said" >/dev/null
}

# all_say CODE REGEX: checks the JSON of three commands that "refused" ran: the export is not sound,
# its information is this error, and the list has the problem.
all_say()
{
    local verify info list
    verify=$(<"$said") info=$(<"$said.info") list=$(<"$said.list")
    if [[ $verify$info$list != *\\* ]]; then
        says_problem "manifest.xml: .*($2)" &&
            [[ $info =~ ^'{"error":{"code":'$1',"name":"'[a-z-]+'","message":"'[^\"]*($2) ]] &&
            [[ $list =~ ^'{"exports":['.*'"problem":"'[^\"]*($2) ]]
        return
    fi
    jq -es --argjson code "$1" --arg why "$2" '.[0].ok == false and
        ([.[0].problems[] | .file + ": " + .what] | join(" ") | gsub("\n"; " ") |
            test("manifest.xml: .*" + $why)) and
        .[1].error.code == $code and
        ([.[1].error.message, .[2].exports[].problem | gsub("\n"; " ")] | all(test($why)))' \
        "$said" "$said.info" "$said.list" >/dev/null
}

# listed: checks that commands which only read the manifest succeed in spite of the problem.
listed()
{
    look export-info "$e" && clean && look export-info --json "$e" && jq -e . "$said" >/dev/null &&
        look export-list "$e" && clean && look export-list --json "$e" &&
        jq -e '.exports[0].snapshot' "$said" >/dev/null || { cat -v "$said"; return 1; }
}

# refused CODE REGEX: checks that every command refuses this manifest and says why, as JSON and as
# text. How the commands print does not depend on the problem, so with texts=no only JSON is
# checked.
texts=
refused()
{
    local all
    looks "--json export-info '$e'" "--json export-list '$TEST_DIR/e'" \
        "--json verify --deep '$e'"
    [ $? -eq 1 ] && mapfile -t all <"$said" && [ ${#all[@]} -eq 3 ] || { cat "$said"; return 1; }
    printf '%s\n' "${all[0]}" >"$said.info"
    printf '%s\n' "${all[1]}" >"$said.list"
    printf '%s\n' "${all[2]}" >"$said"
    all_say "$1" "$2" || { cat "$said"*; return 1; }
    [ "$texts" != no ] || return 0
    look verify "$e"
    [ $? -eq 1 ] && clean || return 1
    look export-info "$e"
    [ $? -eq 1 ] && clean || return 1
    look export-list "$e" && clean
}

# --- paths that lead out
texts=no
for path in "../../../outside/secret" "$outside/secret" "layers/../../outside/secret" \
    "./settings.xml" "layers//x" "."; do
    fresh; edit "s|path=\"settings.xml\"|path=\"$path\"|"
    check "a file at $path" refused 32802 'Element file failed|path'
    fresh; edit "s|path=\"$base\"|path=\"$path\"|"
    check "a layer at $path" refused 32802 'Element layer failed|path'
done
texts=
fresh; edit "s|directory=\"domains/web\"|directory=\"../outside\"|"
check "a domain in ../outside" refused 32802 'line 7: Element domain failed'
fresh; edit "s|backing=\"[^\"]*\"|backing=\"layers/../../outside/image.qcow2\"|"
check "a backing layer outside" refused 32802 backing

fresh; ln -sf "$outside/secret" "$e/settings.xml"
check "a symbolic link" found 'settings.xml: '
fresh; rm "$e/$base"; ln -s ../../outside/image.qcow2 "$e/$base"
check "a relative one for a layer" found "$base: "
fresh; mv "$e/layers" "$outside/layers"; ln -s "$outside/layers" "$e/layers"
check "one for all layers" found "$base: "
rm -rf "$outside/layers"
fresh; mv "$e/domains" "$e/moved"; ln -s moved "$e/domains"
check "one that stays inside" found 'domains/web/domain.xml: '
fresh; mv "$e/manifest.xml" "$outside/"; ln -s "$outside/manifest.xml" "$e/"
check "one for the manifest" refused 32802 'manifest.xml'
rm "$outside/manifest.xml"
fresh; ln -f "$outside/secret" "$e/settings.xml"
check "a hard link to another file" found 'settings.xml: has 7 bytes'

# --- no files
for file in settings.xml "$web" domains/web/domain.xml; do
    fresh; rm "$e/$file"; mkfifo "$e/$file"
    check "a FIFO for $file" found "$file: is not a regular file"
    fresh; rm "$e/$file"; mkdir "$e/$file"
    check "a directory for $file" found "$file: is not a regular file"
done
fresh; rm "$e/$web"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$e/$web" \
    2>/dev/null && check "a socket for a layer" found "$web: "
fresh; rm "$e/manifest.xml"; mkfifo "$e/manifest.xml"
check "a FIFO for the manifest" refused 32802 'not a regular file'
fresh; rm "$e/manifest.xml"; mkdir "$e/manifest.xml"
check "a directory for the manifest" refused 32802 'not a regular file'
if [ "$(id -u)" -eq 0 ] && mknod "$outside/device" c 1 5 2>/dev/null; then
    fresh; rm "$e/$web"; cp -a "$outside/device" "$e/$web"
    check "a device for a layer" found "$web: is not a regular file"
fi
fresh; mkdir -p "$e/layers/a/b"; mkfifo "$e/layers/a/fifo"; : >"$e/unknown"
check "files that nobody knows" found 'unknown: is not in the manifest'
check "and directories" found 'layers/a: is a directory that the manifest does not know'
fresh; mkdir -p "$e/domains/web/$(printf 'd/%.0s' {1..600})"
check "a deep tree" found 'domains/web/d: is a directory'

# --- manifests of all sizes
texts=no
fresh; truncate -s 300M "$e/manifest.xml"
check "a manifest of 300 MB" refused 32802 'larger than'
fresh; truncate -s 255M "$e/manifest.xml"
check "255 MB of nothing" refused 32802 'manifest.xml'
fresh; : >"$e/manifest.xml"
check "an empty one" refused 32802 'empty'

# grown COUNT TEXT: inserts TEXT so many times before the end of the files; & in TEXT is the number.
grown()
{
    fresh
    {
        sed '/<\/files>/,$d' "$good/manifest.xml"
        seq "$1" | sed "s|.*|$2|"
        sed -n '/<\/files>/,$p' "$good/manifest.xml"
    } >"$e/manifest.xml"
}
grown 600000 '<file path="f&" role="domain" bytes="1"/>'
check "600000 files" refused 32802 'too many elements'
grown 1000 '<file path="f&" role="domain" bytes="1"/>'
check "1000 that are not there" found 'f1000: is missing'
check "can be listed" listed
fresh; { echo '<manifest '; seq 200000 | sed 's|.*|a&=""|'; echo '/>'; } >"$e/manifest.xml"
check "an element with 200000 attributes" refused 32802 'too many attributes'
grown 1 "$(printf '<a>%.0s' {1..5000})$(printf '</a>%.0s' {1..5000})"
check "5000 elements, each in the other" refused 32802 'nested too deeply'
grown 1 "$(printf '<a xmlns:n%s="u">' {1..3000})"
check "3000 namespaces, each in the other" refused 32802 'too many namespaces'
fresh; edit '1a <!DOCTYPE manifest [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
check "a document type" refused 32802 'DOCTYPE'
large=9223372036854775807 # the largest offset
fresh; edit '/<nodes>/d'; edit "s|bytes=\"[0-9]*\"|bytes=\"$large\"|"
check "files of 8 EiB" found "where the manifest says $large"
check "can be listed" listed
fresh; edit "s|capacity=\"[0-9]*\"|capacity=\"$large\"|"
check "disks of 8 EiB" found "$web: is a disk of 4194304 bytes"
for large in 9223372036854775808 18446744073709551615; do
    fresh; edit "s|bytes=\"[0-9]*\"|bytes=\"$large\"|"
    check "files of $large bytes" refused 32802 "is larger than any file"
    fresh; edit "s|capacity=\"[0-9]*\"|capacity=\"$large\"|"
    check "disks of $large bytes" refused 32802 "is larger than any file"
done

# --- digests and what belongs together
texts=
fresh; edit "\\|path=\"$web\"|s|sha256:....|sha256:0000|"
check "a digest that its nodes do not make" refused 32802 'nodes'
fresh; edit '/<nodes>/d'; edit "\\|path=\"$web\"|s|sha256:....|sha256:0000|"
check "a wrong digest" found "$web: has another digest"
fresh; edit "s|path=\"settings.xml\"|path=\"$web\"|"
check "a file that is named twice" refused 32802 'twice'
fresh; edit "s|path=\"$web\"\\(.*\\) backing=\"[^\"]*\"|path=\"$web\"\\1 backing=\"$web\"|"
check "a layer on itself" refused 32802 "$web"
fresh; edit "s|layer=\"$web\"|layer=\"layers/none.qcow2\"|"
check "a disk without its layer" refused 32802 'layers/none.qcow2'
fresh; edit "s|path=\"domains/web/domain.xml\"|path=\"domains/web/other.xml\"|"
check "a domain without its file" refused 32802 'domains/web/domain.xml'

# --- images: the manifest is in order, the header is not
for name in "$outside/image.qcow2" "../../outside/image.qcow2" \
    "$outside/fifo" "../$base" "./${base#layers/}"; do
    fresh; rebase -F qcow2 -b "$name"
    check "a header that names $name" found "$web: .*refers to '"
done
for name in 'json:{"driver":"null-co"}' 'nbd:unix:/nowhere' "fat:$outside" \
    "file:$outside/image.qcow2" 'http://localhost/x'; do
    fresh; rebase -F raw -b "$name"
    check "a header that names $name" found "$web: .*${name%%:*}:"
done
fresh; rebase -F raw -b "${base#layers/}"
check "another format than the manifest's" found "$web: says that .* 'raw'"
fresh; rebase -b ''
check "no backing file where the manifest has one" found "$web: refers to '' "
fresh; rm "$e/$web"
qemu-img create -q -f qcow2 -o data_file="$outside/data" "$e/$web" 4M; resign "$web"
check "a data file" found "$web: .*data"
fresh; echo nonsense >"$e/$web"; resign "$web"
check "no image at all" found "$web: .*qcow2"
mkdir "$TEST_DIR/bad"
for image in "$abs_top_srcdir"/tests/data/qcow2/invalid/*.qcow2; do
    fresh; cp "$image" "$e/$web"; resign "$web"
    mv "$e" "$TEST_DIR/bad/${image##*/}"
done
looks "$(printf -- '--json verify %q\n' "$TEST_DIR"/bad/*)"
is "$(grep -c "\"file\":\"$web\",\"what\"" "$said") $(wc -l <"$said")" \
    "$(find "$abs_top_srcdir/tests/data/qcow2/invalid" -name '*.qcow2' | wc -l | sed 's/.*/& &/')" \
    "every image of the corpus of bad headers"

# --- names that would do something to a terminal
fresh
: >"$e"/$'\e]0;title\a'; : >"$e"/$'two\nlines'; : >"$e/layers"/$'\xff\xfe'
: >"$e"/$'\u202egnp.exe'; : >"$e/-rf"
check "names of files" found 'lines: is not in the manifest'
like "$(jq -r '.problems[].file' "$said")" $'two\nlines' "JSON has them as they are"
fresh
edit "s|<snapshot>s<|<snapshot>s\&#155;2J\&#10;x\&#x202e;<|
      s|target=\"vda\"|target=\"\&#155;31m\&#9;\"|
      s|host=\"[^\"]*\"|host=\"\&#10;Warning: \&#133;\"|
      s|</files>|</files><warning>\&#10;\&#155;1m</warning>|"
check "names in the manifest" listed
fresh; edit "s|path=\"settings.xml\"|path=\"\&#10;\&#155;2J\"|"
check "a path with them" found '2J: is missing'
check "listed" listed
fresh; edit "s|kind=\"external\"|kind=\"\&#155;2J\&#10;x\"|"
check "in what the schema complains of" refused 32802 'manifest.xml'
fresh; mv "$e" "$TEST_DIR"/$'e\e[2J\nx'; e=$TEST_DIR/$'e\e[2J\nx'; : >"$e/manifest.xml"
check "in the name of the export itself" eval '
    ! look export-info "$e" && clean && look export-list "$e" && clean &&
    ! look verify "$e" && clean'

done_testing

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports that somebody made to harm those who import them: the error is clear and has the right
# code, nothing outside of the export is opened, and nothing is changed.
. "$abs_top_srcdir/tests/hostile/lib.sh"
make_good
make_outside
# One of our own, so that it is seen when virtsnap has it look at anything.
mkdir "$TEST_DIR/bin"
cp "$(command -v qemu-img)" "$TEST_DIR/bin"
PATH=$TEST_DIR/bin:$PATH
start_watch "$TEST_DIR/bin/qemu-img"
watched qemu-img --version
like "$opened" "bin/qemu-img" "who starts qemu-img is seen"
to=$TEST_DIR/to
mkdir "$to"

# refused CODE REGEX [OPTION]...: checks that the import ends soon with this result, and that
# nothing is left.
refused()
{
    local code text opened
    watched virtsnap -c "$TEST_HOST" --json import "$e" --to "$to" "${@:3}"
    [ $? -eq 1 ] || { cat -v "$said"; return 1; }
    error_of
    [[ $code == "$1" && $text =~ $2 ]] || { cat -v "$said"; return 1; }
    [ -z "$opened" ] || { echo "opened: $opened"; return 1; }
    empty "$to" || { ls -AR "$to"; return 1; }
}

# --- paths
for path in "../../../outside/secret" "$outside/secret" "layers/../../outside/secret" \
    "./settings.xml" "layers//x" "."; do
    fresh; edit "s|path=\"settings.xml\"|path=\"$path\"|"
    check "a file at $path" refused 32802 'path|file'
    fresh; edit "s|path=\"$base\"|path=\"$path\"|"
    check "a layer at $path" refused 32802 'path|layer'
done
fresh; edit "s|directory=\"domains/web\"|directory=\"../outside\"|"
check "a domain in ../outside" refused 32802 domain
fresh; edit "s|backing=\"[^\"]*\"|backing=\"layers/../../outside/image.qcow2\"|"
check "a backing layer outside" refused 32802 backing

# --- what is no file of the export
for file in settings.xml "$web" domains/web/domain.xml; do
    fresh; ln -sf "$outside/secret" "$e/$file"
    check "a symbolic link for $file" refused 32802 "Cannot open '$file': .*symbolic links"
    fresh; rm "$e/$file"; mkfifo "$e/$file"
    check "a FIFO for $file" refused 32802 "$file' is not a regular file"
    fresh; rm "$e/$file"; mkdir "$e/$file"
    check "a directory for $file" refused 32802 "$file'"
    fresh; rm "$e/$file"
    check "no $file" refused 32802 "$file' is missing"
    fresh; truncate -s +1 "$e/$file"
    check "one byte more of $file" refused 32802 "$file' has .* bytes"
done
for file in "$base" domains/web/snapshot.xml; do
    fresh; ln -sf "$outside/secret" "$e/$file"
    check "a symbolic link for $file" refused 32802 "Cannot open '$file': .*symbolic links"
done
fresh; ln -sf "$outside/secret" "$e/manifest.xml"
check "a symbolic link for the manifest" refused 32802 "Cannot open '$e/manifest.xml': .*symbolic"
for directory in layers domains domains/web; do
    fresh; mv "$e/$directory" "$outside/moved"; ln -s "$outside/moved" "$e/$directory"
    check "a symbolic link for $directory" refused 32802 "'$directory' is not in the manifest"
    rm -rf "$outside/moved"
done
fresh; ln -f "$outside/secret" "$e/settings.xml"
check "a hard link to another file" refused 32802 'settings.xml'
if [ "$(id -u)" -eq 0 ] && mknod "$outside/device" c 1 5 2>/dev/null; then
    fresh; rm "$e/$web"; ln "$outside/device" "$e/$web"
    check "a hard link to a device" refused 32802 "$web' is not a regular file"
fi
fresh; : >"$e/unknown"
check "a file that nobody knows" refused 32802 "unknown' is not in the manifest"
fresh; cp "$e/$web" "$e/layers/surplus.qcow2"
check "a layer that nobody knows" refused 32802 "layers/surplus.qcow2' is not in the manifest"
fresh; mkdir "$e/layers/a"
check "a directory that nobody knows" refused 32802 'layers/a'

# --- lies of the manifest
fresh; truncate -s 300M "$e/manifest.xml"
check "a manifest of 300 MB" refused 32802 'larger than'
fresh; edit "\\|path=\"$web\"|s|sha256:....|sha256:0000|"
check "a digest that its nodes do not make" refused 32802 'nodes'
fresh
edit "\\|path=\"$web\"|,/<nodes>/{ s| digest=\"[^\"]*\"||; s|<nodes>.*</nodes>|<nodes/>| }"
check "no node of a segment, and no digest of the whole" refused 32802 "nodes of '$web'"
fresh; edit "\\|path=\"$base\"|s| bytes=\"[0-9]*\"| bytes=\"18446744073709551615\"|"
check "a layer larger than any file" refused 32802 "$base' that it is larger than any file"
fresh; edit "s|path=\"settings.xml\"|path=\"$web\"|"
check "a file that is named twice" refused 32802 'twice'
fresh; edit "s|path=\"$web\"\\(.*\\) backing=\"[^\"]*\"|path=\"$web\"\\1 backing=\"$web\"|"
check "a layer on itself" refused 32802 "$web"
fresh; edit "s|layer=\"$web\"|layer=\"layers/none.qcow2\"|"
check "a disk without its layer" refused 32802 'layers/none.qcow2'
fresh; edit "s|path=\"$web\"\\(.*\\) backing=\"[^\"]*\"|path=\"$web\"\\1|"
check "a layer whose backing layer is kept quiet" refused 32802 "$web' refers to"
fresh; edit "s|capacity=\"[0-9]*\"|capacity=\"8388608\"|"
check "a disk of another size" refused 32802 "is a disk of 4194304 bytes"
fresh; sed -i 's|<name>|<name>x|' "$e/domains/web/domain.xml"
edit "\\|path=\"domains/web/domain.xml\"|s|bytes=\"[0-9]*\"|bytes=\"$(
    stat -c %s "$e/domains/web/domain.xml")\"|"
check "another domain than its digest says" refused 32802 "domain.xml' has another digest"
fresh; echo '<domain' >"$e/domains/web/domain.xml"; resign domains/web/domain.xml
check "a domain that is no XML" refused 32802 'domain.xml'
fresh; printf '<domain>\0</domain>' >"$e/domains/web/domain.xml"; resign domains/web/domain.xml
check "a domain that is no text" refused 32802 "domain.xml' is no text"
fresh; { printf '<domain>'; head -c 20000000 /dev/zero | tr '\0' ' '; } \
    >"$e/domains/web/domain.xml"
resign domains/web/domain.xml
check "a domain of 20 MB" refused 32802 'larger than any text'

# --- the manifest and what it describes: verify says the same
# differs REGEX: checks that the export is refused, and that verify tells of that.
differs()
{
    refused 32802 "$1" || return 1
    ! virtsnap --json verify "$e" >"$said" || { echo "verify finds it good"; return 1; }
    [[ $(<"$said") =~ $1 ]] || { cat "$said"; return 1; }
}
fresh; edit '/<domain name=/s|uuid="e|uuid="f|'
check "another UUID than its XML has" differs "domain.xml.*has the UUID ef86.* says ff86"
fresh; edit 's|target="vda"|target="vdz"|'
check "another disk than its XML has" differs "domain.xml.*has no disk 'vdz'"
fresh; edit 's|<disk target="vda".*|&&|'
check "a disk that is named twice" differs "the disk 'vda' twice"
fresh; edit "/<disk target=\"vda\"/d"
check "a disk that is kept quiet" differs "is needed by no disk"
fresh; edit "s|layer=\"$web\"|layer=\"$base\"|"
check "a disk with the layer of another" differs "$web.*is needed by no disk"
fresh; qemu-img create -q -f raw "$e/layers/more.raw" 1M
edit "s|^\( *\)\(<layer path=\"$web\"\)|\1<layer path=\"layers/more.raw\" bytes=\"1048576\" \
format=\"raw\" capacity=\"2097152\" source=\"/x\"/>\n\1\2|"
check "a raw image of another size" differs "more.raw.*is a disk of 1048576 bytes"

fresh; edit "s|path=\"$base\"|& backing=\"$web\"|"
check "layers in a circle" refused 32802 'layers/'
upper=layers/$(tr a-z A-Z <<<"${web#layers/}")
fresh; edit "s|$web|$upper|g"
check "a name that is another only where case does not matter" refused 32802 \
    "is not in the manifest"
# long BYTES: prints a text of that length that repeats one letter.
long() { head -c "$1" /dev/zero | tr '\0' x; }
for place in 'domain name' 'disk target' 'file path' 'snapshot name' 'layer source'; do
    fresh
    element=${place% *} name=${place#* }
    edit "1,/<$element .*$name=\"/s|<\\($element .*\\)$name=\"[^\"]*\"|<\\1$name=\"@@\"|"
    manifest=$(<"$e/manifest.xml")
    { printf '%s' "${manifest%%@@*}"; long 10000000; printf '%s\n' "${manifest#*@@}"; } \
        >"$e/manifest.xml"
    check "a manifest with 10 MB as $place" test "$(stat -c %s "$e/manifest.xml")" -gt 10000000
    check "is refused" refused 32802 "manifest.xml: line [0-9]+: Element $element failed to"
done
fresh
{ sed '/<files>/q' "$e/manifest.xml"
  awk 'BEGIN { for (i = 0; i < 1000000; i++)
      print "<file path=\"f" i "\" role=\"settings\" bytes=\"1\"/>" }'
  sed '1,/<files>/d' "$e/manifest.xml"; } >"$TEST_DIR/many"
mv "$TEST_DIR/many" "$e/manifest.xml"
check "a manifest of a million files" refused 32802 \
    "manifest.xml: it has too many elements or attributes"

# --- what lies where the import goes, as on a medium that somebody has prepared
# planted FILE: checks that FILE is not taken for virtsnap's own, and that all is as it was.
planted()
{
    local code text opened before
    before=$(find "$to" "$outside" | sort)
    watched virtsnap -c "$TEST_HOST" --json import "$e" --to "$to"
    [ $? -eq 1 ] || { cat -v "$said"; return 1; }
    error_of
    [[ $code == 32769 && $text == *"'$1' was not written by"* ]] || { cat -v "$said"; return 1; }
    [ -z "$opened" ] || { echo "opened: $opened"; return 1; }
    diff <(find "$to" "$outside" | sort) - <<<"$before"
}
fresh
mkdir -p "$to/web/.s.partial"
echo "<import device='0' inode='0'><domain uuid='ef861801-45b9-11cb-88e3-afbfe5370492' \
tpm='$outside'>x</domain><files/></import>" >"$to/web/.s.import"
check "a record of what is to be taken back" planted .s.import
echo "virtsnap record ef861801-45b9-11cb-88e3-afbfe5370492" >"$to/web/.s.import"
check "a mark of a record that this host has not" planted .s.import
rm "$to/web/.s.import"
(cd "$outside" && stat -c "<volumes version='1' pool='p'>
<volume bytes='%s' device='%d' inode='%i'>$PWD/%n</volume></volumes>" secret) \
    >"$to/web/.s.partial/volumes"
check "a record of volumes" planted volumes
rm -r "$to/web"

# --- images: the manifest is in order, the header is not
for name in "$outside/image.qcow2" "../../outside/image.qcow2" "$outside/fifo" "../$base" \
    "./${base#layers/}"; do
    fresh; rebase -F qcow2 -b "$name"
    check "a header that names $name" refused 32802 "$web' refers to '"
done
for name in 'json:{"driver":"null-co"}' 'nbd:unix:/nowhere' "fat:$outside" \
    "file:$outside/image.qcow2" 'http://localhost/x'; do
    fresh; rebase -F raw -b "$name"
    check "a header that names $name" refused 32802 "$web' refers to '"
done
fresh; rebase -F raw -b "${base#layers/}"
check "another format than the manifest's" refused 32802 "$web' says that .* 'raw'"
fresh; rebase -b ''
check "no backing file where the manifest has one" refused 32802 "$web' refers to '' "
fresh; rm "$e/$web"
qemu-img create -q -f qcow2 -o data_file="$outside/data" "$e/$web" 4M; resign "$web"
check "a data file" refused 1 "$web' keeps its data in another file"
fresh; echo nonsense >"$e/$web"; resign "$web"
check "no image at all" refused 32802 "$web' is no sound qcow2 image: "
# put OFFSET HEX: writes bytes into the header of the top layer.
put() { printf '%b' "$2" | dd of="$e/$web" bs=1 seek="$1" conv=notrunc status=none; resign "$web"; }
fresh; put 40 '\x00\x00\x00\x40\x00\x00\x00\x00'
check "an L1 table beyond the file" refused 32802 "L1 table lies beyond"
fresh; put 48 '\x00\x00\x00\x40\x00\x00\x00\x00'
check "reference counts beyond the file" refused 32802 "reference counts lies beyond"
fresh; put 32 '\x00\x00\x00\x01'
check "encryption that nobody uses any more" refused 1 "$web' has features .*, encryption 1"
fresh; put 72 '\x00\x00\x00\x00\x00\x00\x01\x00'
check "features that nobody knows" refused 1 "$web' has features .*0x100, encryption 0"
fresh; put 72 '\x00\x00\x00\x00\x00\x00\x00\x10'; put 20 '\x00\x00\x00\x0c'
check "extended L2 entries in clusters that are too small" refused 32802 \
    "$web' is no sound qcow2 image: its clusters are too small for subclusters"
n=0
for image in "$abs_top_srcdir"/tests/data/qcow2/invalid/*.qcow2; do
    fresh; cp "$image" "$e/$web"; resign "$web"
    virtsnap -c "$TEST_HOST" --json import "$e" --to "$to" >"$said" 2>&1
    error_of
    if [[ $text == *"$web"* ]]; then
        n=$((n + 1))
    else
        echo "# $image: $(cat "$said")"
    fi
done
is "$n" "$(find "$abs_top_srcdir/tests/data/qcow2/invalid" -name '*.qcow2' | wc -l)" \
    "every image of the corpus of bad headers"
is "$(ls -A "$to")" "" "nothing was written by any of them"

done_testing

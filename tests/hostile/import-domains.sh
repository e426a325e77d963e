#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Exports whose domains would get something of the host that they are imported to: each element is
# refused by name, and accepted if the user trusts it by that name; nothing is written.
. "$abs_top_srcdir/tests/hostile/lib.sh"
make_good
to=$TEST_DIR/to
mkdir "$to"

# import ARGUMENT...: imports the changed export under a name that is free.
import()
{
    virtsnap -c "$TEST_HOST" --json import "$e" --to "$to" --rename web=new --new-uuid "$@" \
        >"$said" 2>&1 </dev/null
}

# refused CODE REGEX [ARGUMENT]...: checks that the import is refused with this error, and that
# nothing is written.
refused()
{
    local code text
    import "${@:3}"
    [ $? -eq 1 ] && error_of && [[ $code == "$1" && $text =~ $2 ]] &&
        empty "$to" ||
        { cat -v "$said"; ls -AR "$to"; return 1; }
}

# domain PLACE XML: makes the export of an ordinary domain that also has XML in its <PLACE>.
domain()
{
    local xml="<domain type='qemu'><name>web</name><uuid>ef861801-45b9-11cb-88e3-afbfe5370491</uuid>
<memory>8192</memory><os><type>hvm</type></os><devices><disk type='file' device='disk'>
<driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/>
<target dev='vda' bus='virtio'/></disk></devices></domain>"
    fresh
    [ $# -eq 0 ] || xml=${xml/"</$1>"/"$2</$1>"}
    printf '%s\n' "$xml" >"$e/domains/web/domain.xml"
    resign domains/web/domain.xml
}

# trusts WORD: checks that the same import is not refused for that reason any more.
trusts()
{
    import --dry-run --trust "$1"
    [[ $(<"$said") != *"lets it pass"* ]] || { cat "$said"; return 1; }
}

# gate PLACE XML PATH: checks that the element is refused by this name, and accepted if it is
# trusted by it.
gate()
{
    local regex=${3//[/\\[}
    domain "$1" "$2"
    check "$3: $2" refused 32769 "'$regex' .*--trust 'web:$regex'"
    check "$3 where it is trusted" trusts "web:$3"
}

domain
check "an ordinary domain passes" import --dry-run

# --- a disk that others write to, too
# shares NAME: the domain NAME of the export has <shareable/>.
shares()
{
    sed -i "s|<target dev='vda'|<shareable/>&|" "$e/domains/$1/domain.xml"
    resign "domains/$1/domain.xml"
}
domain
shares web
check "a shared disk passes" import --dry-run
like "$(jq -r '.warnings[]' "$said")" "'new': the disk 'vda' was shared .* not any more" \
    "it is told that it is not shared any more"
domain
mkdir "$e/domains/two"
sed 's|>web<|>two<|; s|>ef86|>ff86|' "$e/domains/web/domain.xml" >"$e/domains/two/domain.xml"
two=$(sed -n '/<domain name=/,/<\/domain>/p' "$e/manifest.xml" |
    sed 's|name="web"|name="two"|; s|domains/web|domains/two|; s|uuid="ef86|uuid="ff86|')
edit "s|</domains>|${two//$'\n'/\\n}\n&|
    s|<files>|&<file path=\"domains/two/domain.xml\" role=\"domain\" bytes=\"0\" digest=\"\"/>|"
resign domains/two/domain.xml
check "two domains on one image, which they do not share" import --dry-run
shares two
shares web
check "nor may they any more" refused 1 "'vda' is shared with another domain .*--domain"
check "but one of them may have it" import --dry-run --domain web

# --- what a domain has
gate devices '<emulator>/tmp/evil</emulator>' devices/emulator
gate domain "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/>" \
    qemu:commandline
gate domain "<q:override xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/>" qemu:override
gate devices "<hostdev mode='subsystem' type='pci'/>" devices/hostdev
gate devices "<filesystem type='mount'><source dir='/'/><target dir='h'/></filesystem>" \
    devices/filesystem
gate os '<kernel>/boot/vmlinuz</kernel>' os/kernel
gate os '<initrd>/etc/shadow</initrd>' os/initrd
gate os '<dtb>/etc/shadow</dtb>' os/dtb
gate os "<loader readonly='yes' type='pflash'>/tmp/x.fd</loader>" os/loader
gate os "<loader readonly='no' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>" os/loader
gate os "<nvram template='/etc/shadow'>/x</nvram>" os/nvram/@template
gate domain "<seclabel type='none'/>" seclabel
gate devices "<shmem name='x'/>" devices/shmem
for type in file pipe dev tcp udp unix; do
    gate devices "<serial type='$type'/>" devices/serial
    gate devices "<console type='$type'/>" devices/console
    gate devices "<parallel type='$type'/>" devices/parallel
done
gate devices "<rng model='virtio'><backend model='egd' type='tcp'/></rng>" devices/rng/backend
gate devices "<rng model='virtio'><backend model='random'>/dev/sda</backend></rng>" \
    devices/rng/backend
gate devices "<tpm><backend type='passthrough'/></tpm>" devices/tpm/backend
gate devices "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>" devices/tpm
gate domain "<cputune><vcpusched vcpus='0' scheduler='fifo' priority='99'/></cputune>" \
    cputune/vcpusched
gate domain "<on_crash>coredump-restart</on_crash>" on_crash
gate devices "<watchdog model='i6300esb' action='dump'/>" devices/watchdog/@action
gate devices "<interface type='vhostuser'/>" devices/interface
gate devices "<interface type='direct'/>" devices/interface
gate devices "<interface type='user'/>" devices/interface
gate devices "<interface type='bridge'><script path='/x'/></interface>" devices/interface/script
gate domain '<iothreads>4000000000</iothreads>' iothreads
gate domain "<memoryBacking><source type='file'/></memoryBacking>" memoryBacking/source
gate domain "<launchSecurity type='sev'/>" launchSecurity
gate domain "<sysinfo type='fwcfg'><entry name='x' file='/etc/shadow'/></sysinfo>" \
    sysinfo/entry/@file
gate domain "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/shadow'/>" \
    xi:include
gate devices "<disk device='disk'><source file='/etc/shadow'/><target dev='vdb'/></disk>" \
    'devices/disk[2]/source'
# Of two, libvirt takes the variables of the second.
gate domain "<os><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>
<nvram>/etc/shadow</nvram></os>" 'os[2]'
check "where it is trusted, what is in it is not" refused 32769 "'<nvram>/etc/shadow</nvram>'" \
    --trust 'os[2]'
gate devices "<disk device='disk'><target dev='sda'/><target dev='vda'/></disk>" \
    'devices/disk[2]/target[2]'
domain
{
    sed 's|</domain>||' "$e/domains/web/domain.xml"
    echo '<iothreadids>'
    seq 100000 | sed "s|.*|<iothread id='&'/>|"
    echo '</iothreadids></domain>'
} >"$e/many.xml"
mv "$e/many.xml" "$e/domains/web/domain.xml"; resign domains/web/domain.xml
check "a hundred thousand threads" refused 32769 "'iothreadids' .*1024"
domain
{
    echo "<domain type='qemu'><name>web</name>
<devices><disk device='disk'><target dev='vda'/></disk></devices><metadata><m xmlns='urn:m'>"
    head -c 300000 /dev/zero | tr '\0' x
    echo '</m></metadata></domain>'
} >"$e/domains/web/domain.xml"
resign domains/web/domain.xml
check "metadata without end" refused 32769 "'metadata' .*256 KiB"
domain devices '<hostdev/><shmem/>'
check "all of it is in one answer" refused 32769 'devices/hostdev.*devices/shmem'
check "trust in one is not trust in the other" refused 32769 'devices/shmem' \
    --trust devices/hostdev
check "what is not there cannot be trusted" refused 4 "nothing" --trust nothing

# --- the state of its TPM
# state NAME BYTES [XML]: the export of a domain with a TPM has this file of its state, too.
state()
{
    domain devices "<tpm><backend type='emulator' version='2.0'>${3-}</backend></tpm>"
    mkdir -p "$e/domains/web/tpm"
    head -c "$2" /dev/urandom >"$e/domains/web/tpm/$1"
    enter tpm "tpm/$1"
}

# enter ROLE NAME: the manifest has that file.
enter()
{
    local file="<file path=\"domains/web/$2\" bytes=\"0\" role=\"$1\" digest=\"\"/>"
    sed -i "s|</files>|$file\n&|" "$e/manifest.xml"
    resign "domains/web/$2"
}
state tpm2-00.permall 100
check "a state passes" import --dry-run --no-define
# What this host can emulate depends on libvirt's version, and is no part of this.
check "and is not put where nobody knows of" refused 1 "Where the host keeps" --force-host
state tpm2-00.permall 100 "<source type='dir' path='/etc'/>"
check "where it was is not asked" import --dry-run --no-define
domain devices "<tpm><backend type='emulator'><source type='dir' path='/etc'/></backend></tpm>"
check "but where there is none" refused 32769 devices/tpm/backend/source
state tpm2-00.volatilestate 100
check "a state without what it keeps" refused 32769 "'devices/tpm' "
for name in evil tpm2-00.permall.x tpm2-01.permall; do
    state "$name" 100
    check "a file that no TPM has: $name" refused 32802 "tpm/$name' is no state of the domain's TPM"
done
state tpm-00.permall 100
check "the state of another TPM" refused 32802 "another version of TPM"
state tpm2-00.permall 2000000
check "2 MB of state" refused 32802 "larger than any"
state tpm2-00.permall 0
check "no state at all" refused 32802 "empty"
state tpm2-00.permall 100
mkdir "$e/domains/web/tpm/sub"; cp "$e"/domains/web/tpm/tpm2* "$e/domains/web/tpm/sub"
enter tpm tpm/sub/tpm2-00.permall
check "a state below" refused 32802 "tpm/sub/tpm2-00.permall' is no state"
state tpm2-00.permall 100
ln -sf /etc/passwd "$e/domains/web/tpm/tpm2-00.permall"
check "a symbolic link" refused 32802 "Cannot open '.*/tpm2-00.permall': .*symbolic links"

# --- the variables of its firmware
# variables FORMAT OPTION...: the export of a domain that has them in this format; they are what
# qemu-img makes with these options.
variables()
{
    domain os "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>
<nvram ${1:+format='$1'}>/x</nvram>"
    qemu-img create -q "${@:2}" "$e/domains/web/nvram.fd" 512K >"$said"
    enter nvram nvram.fd
}
for format in '' raw qcow2; do
    variables "$format" -f "${format:-raw}"
    check "variables: '$format'" import --dry-run
done
variables raw -f raw
sed -i "s|<nvram |&template='/etc/shadow' |" "$e/domains/web/domain.xml"
resign domains/web/domain.xml
check "the template of variables that the export has" \
    refused 32769 "os/nvram/@template.*/etc/shadow"
for name in nbd:unix:/nowhere /etc/shadow "json:{'driver':'null-co'}"; do
    variables qcow2 -f qcow2 -u -b "$name" -F raw
    check "variables above $name" refused 32802 "nvram.fd' refers to '${name%%[{]*}"
done
check "nor are they tried" eval '! virtsnap -c "$TEST_HOST" verify --boot "$e" >"$said" 2>&1 &&
    grep -q "nvram.fd. refers to" "$said"'
variables qcow2 -f qcow2 -o data_file="$TEST_DIR/data"
check "variables with a data file" refused 1 "nvram.fd' keeps its data in another file"
variables '' -f raw
ln -sf /etc/passwd "$e/domains/web/nvram.fd"
check "a symbolic link for them" refused 32802 "Cannot open '.*/nvram.fd': .*symbolic links"
variables qcow2 -f raw
check "variables that are no qcow2 image" refused 32802 "nvram.fd"
for format in '' raw; do
    variables "$format" -f qcow2 -u -b /etc/shadow -F raw
    check "a qcow2 image as variables: '$format'" refused 32802 "nvram.fd' is a qcow2 image"
done
variables vmdk -f vmdk
check "variables of another format" refused 32769 "'os/nvram/@format'"
check "and where that is trusted" refused 1 "nvram.fd' has the format 'vmdk'" \
    --trust os/nvram/@format
domain os "<loader readonly='no' type='pflash' format='qcow2'>/x</loader>"
qemu-img create -q -f qcow2 -u -b /etc/shadow -F raw "$e/domains/web/loader.fd" 512K
enter loader loader.fd
check "a flash with both, above another" refused 32802 "loader.fd' refers to '/etc/shadow'"

# --- what its snapshots have
# snapshot SED-SCRIPT PATH [VALUE]: refused by this name, where the snapshots are asked for.
snapshot()
{
    domain
    sed -i "$1" "$e/domains/web/snapshot.xml"; resign domains/web/snapshot.xml
    check "in a snapshot: $2" refused 32769 "'${2//[/\\[}'" --with-snapshots
    check "and not otherwise" import --dry-run
}
snapshot "s|</devices>|<hostdev mode='subsystem' type='pci'/>&|" devices/hostdev
snapshot "s|</devices>|<serial type='pipe'/>&|" devices/serial
snapshot "s|</domain>|<seclabel type='none'/>&|" seclabel
snapshot "s|</domainsnapshot>|<evil/>&|" domainsnapshot/evil
snapshot "s|</domain>|<os><nvram>/etc/shadow</nvram></os>&|" 'os[2]'
# older [SED-SCRIPT [SED-SCRIPT]]: an export with an older snapshot, of which these scripts change
# the XML and that in its memory state. In the manifest it has no vdb, and the present state has.
older()
{
    local entry='<file path="domains/web/snapshots/@" bytes="0" role="%s" digest=""/>'
    local d=$e/domains/web/snapshots xml
    domain
    edit "s|<disk target=\"vda\".*|&<disk target=\"vdb\" device=\"cdrom\" snapshot=\"no\" \
recorded=\"empty\"/>|
        s|</domain>|<snapshot name=\"old\" kind=\"external\" creationTime=\"1\" \
consistency=\"memory\" memory=\"yes\"><disk target=\"vda\" device=\"disk\" \
snapshot=\"external\" layer=\"$base\"/></snapshot>&|
        s|</files>|${entry/@/0001-old.xml}\n${entry/@/old.save}\n&|
        s|%s|snapshot|; s|%s|memory|"
    mkdir "$d"
    sed "s|<name>s<|<name>old<|; ${1-}" "$e/domains/web/snapshot.xml" >"$d/0001-old.xml"
    xml=$(sed "${2-}" "$e/domains/web/domain.xml")
    { printf 'LibvirtQemudSave\2\0\0\0\0\100\0\0'
      head -c 68 /dev/zero
      printf %s "$xml"
      head -c $((16384 - ${#xml})) /dev/zero
      echo state; } >"$d/old.save"
    resign domains/web/snapshots/0001-old.xml; resign domains/web/snapshots/old.save
}
more="<disk type='block' device='disk'><source dev='/dev/sda'/><target dev='vdb'/></disk>"
older
check "an older snapshot" import --dry-run --with-snapshots --trust domain/@type
older "s|</devices>|$more&|"
check "with a disk that is none of its own" refused 32769 \
    "snapshots/0001-old.xml.: 'devices/disk\[2\]/source' .*/dev/sda" --with-snapshots
older "" "s|</devices>|$more&|"
check "with such a disk in its memory state" refused 32769 \
    "snapshots/old.save.: 'devices/disk\[2\]/source' .*/dev/sda" --with-snapshots
older
ln -sf /etc/passwd "$e/domains/web/snapshots/old.save"
check "a symbolic link for a memory state" refused 32802 "Cannot open '.*/old.save': .*symbolic" \
    --with-snapshots
domain
sed -i '1i <!DOCTYPE domain [<!ENTITY x SYSTEM "file:///etc/passwd">]>' \
    "$e/domains/web/domain.xml"
resign domains/web/domain.xml
check "a document type" refused 32802 "a document type declaration .* is not allowed"

# --- more than the memory of the host has room for
# many N: prints a document of N elements.
many() { printf '<domain>'; yes '<a></a>' | head -n "$1" | tr -d '\n'; printf '</domain>'; }
domain
many 1500000 >"$e/domains/web/domain.xml"; resign domains/web/domain.xml
check "a million elements" refused 32802 "domain.xml.*too many elements"
domain
snapshots=$e/domains/web/snapshots
mkdir "$snapshots"
many 125000 >"$snapshots/0001-n1.xml"
entry="role=\"snapshot\" bytes=\"$(stat -c %s "$snapshots/0001-n1.xml")\" digest=\"$(
    fsverity digest --compact "$snapshots/0001-n1.xml" | sed 's/^/sha256:/')\"/>"
all= files=
for i in {1..20}; do
    all+="<snapshot name=\"n$i\" kind=\"external\" creationTime=\"$i\" consistency=\"offline\""
    all+=" memory=\"no\"/>"
    printf -v file 'snapshots/%04u-n%u.xml' "$i" "$i"
    files+="<file path=\"domains/web/$file\" $entry"
    [ "$i" -eq 1 ] || ln "$snapshots/0001-n1.xml" "$e/domains/web/$file"
done
edit "s|</domain>|$all&|;s|</files>|$files&|"
check "twenty snapshots, each of 125000 elements" refused 1 \
    "0017-n17.xml': with it .* more than 1\.0.*GiB" --with-snapshots

done_testing

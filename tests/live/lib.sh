# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# Real domains for tests and for the demonstration: QEMU guests (see
# guest-init) under libvirt's embedded driver, which needs no daemon. Needs
# tests/tap.sh for at_exit. In short:
#   live_setup                     sets LIVE_DIR and LIVE_URI, cleans up at exit
#   live_disk "$LIVE_DIR/base.qcow2"
#   live_overlay "$LIVE_DIR/base.qcow2" "$LIVE_DIR/a.qcow2"
#   live_define a --disk "$LIVE_DIR/a.qcow2"
#   live_boot a; live_wait_counter a +5
#   live_snapshot_external a snap1
# Only one process at a time can use an embedded root: each call here opens
# and closes a connection of its own (25 ms); domains run on in between.
# live_setup may keep the script, and what it starts, on one processor: see live_pin.

live_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# These are kept between tests and runs: the guest, and what libvirt found out about QEMU.
: "${LIVE_CACHE:=${abs_top_builddir:-$live_here/../..}/tests/live/cache}"
# Without these parameters an emulated guest takes 40 % of its boot time for self-tests, tracing,
# certificates, the patching of locks and much else that no test needs.
LIVE_CMDLINE="console=ttyS0 quiet panic=-1 mitigations=off noreplace-smp cryptomgr.notests"
LIVE_CMDLINE+=" no_timer_check lpj=4000000 ipv6.disable=1 apparmor=0 audit=0 lsm="
LIVE_CMDLINE+=" initcall_blacklist=init_kprobe_trace,load_system_certificate_list,slab_sysfs_init"
LIVE_CMDLINE+=",cubictcp_register,btf_vmlinux_init,crypto_kdf108_init,init_blk_tracer,msr_init"
LIVE_CMDLINE+=",snapshot_device_init,amd_uncore_init,pid_namespaces_init,perf_event_sysfs_init"
LIVE_FIRMWARE=/usr/share/OVMF/OVMF_CODE_4M.fd
LIVE_FIRMWARE_VARS=/usr/share/OVMF/OVMF_VARS_4M.fd
# shellcheck source=tests/live/warm.sh
. "$live_here/warm.sh"
# shellcheck source=tests/live/libvirtd.sh
. "$live_here/libvirtd.sh"
# shellcheck source=tests/live/talk.sh
. "$live_here/talk.sh"
# An emulated guest on a busy machine is slow, so the limit is far above what a start takes.
: "${LIVE_TIMEOUT:=900}"

PATH=$PATH:/usr/sbin:/sbin

live_die() { echo "live: $*" >&2; return 1; }

# live_wait WHAT COMMAND...: runs COMMAND until it succeeds.
live_wait()
{
    local what=$1 end=$((SECONDS + LIVE_TIMEOUT))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || live_die "gave up after $LIVE_TIMEOUT s: $what" || return 1
        live_pause
    done
}

# live_pause: waits for a tenth of a second without starting a process, by reading from a pipe to
# which nobody ever writes.
live_pause()
{
    [ -n "${live_never-}" ] || exec {live_never}<> <(:)
    read -rt 0.1 -u "$live_never" || :
}

# live_requires: skips the whole test where guests cannot run.
live_requires()
{
    requires virsh qemu-system-x86_64 qemu-img qemu-ga busybox cpio modprobe debugfs mkfs.ext4 \
        flock "$LIVE_FIRMWARE" /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so
    ls /boot/vmlinuz-*-cloud-amd64 >/dev/null 2>&1 || skip_all "linux-image-cloud-amd64 is missing"
}

# --- a place to live in -----------------------------------------------------

# live_setup [DIR]: an empty libvirt host of our own below DIR, which must be
# short (paths of sockets); without DIR a new directory, removed at exit.
live_setup()
{
    live_place "$@" || return 1
    LIVE_ROOT=$LIVE_DIR/r
    LIVE_URI="qemu:///embed?root=$LIVE_ROOT"
    live_pin
    live_root "$LIVE_ROOT"
}

# live_host [DIR]: the same with a libvirtd, as everybody has it, where we can have one of our own.
# Whoever opens the embedded driver reads all that libvirt knows of processors and of QEMU, and so
# virsh and virtsnap take two times as long as they do with a libvirtd. What is mounted after this
# the libvirtd does not see.
live_host()
{
    if live_libvirtd_possible; then live_libvirtd_setup "$@"; else live_setup "$@"; fi
}

# live_pin: this script and all that it starts stay on one processor, the one on which the fewest
# other scripts are. On many of Intel's, libvirt takes what it knows about QEMU for outdated when a
# process runs on another processor than the one before it, and then asks QEMU for 8 s. Guests are
# free of it, because libvirt gives them all processors. LIVE_PIN=no for who measures, yes for who
# wants it anywhere.
live_pin()
{
    local round cpu cpus
    case ${LIVE_PIN-} in yes) ;; no) return 0 ;; *) live_differ || return 0 ;; esac
    cpus=$(live_processors) || return 0
    # Each processor gets a second script only when all have one, and so on.
    for round in {1..9}; do
        for cpu in $cpus; do
            exec {live_pinned}>"$LIVE_CACHE/processor.$cpu.$round"
            flock -n "$live_pinned" && break 2
            exec {live_pinned}>&-
        done
    done
    taskset -cp "$cpu" $$ >/dev/null
}

# live_differ: succeeds if libvirt may take one processor of this machine for that of another
# machine.
live_differ() { grep -q '^vendor_id.*GenuineIntel' /proc/cpuinfo; }

# live_processors [PID]: prints the numbers of the processors that a process, or else this script,
# may use.
live_processors()
{
    taskset -cp "${1:-$$}" 2>/dev/null | sed 's/.*: //' | tr , '\n' |
        awk -F- '/^[0-9]/ { for (n = $1; n <= ($2 == "" ? $1 : $2); n++) print n }'
}

# live_place [DIR]: does the part of the setup that does not depend on the kind of libvirt.
live_place()
{
    if [ $# -gt 0 ]; then
        mkdir -p "$1" && LIVE_DIR=$(cd "$1" && pwd) || return 1
    else
        LIVE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/XXXX") || return 1
        at_exit rm -rf "$LIVE_DIR"
    fi
    at_exit live_cleanup
    mkdir -p "$LIVE_CACHE" "$LIVE_DIR/console" &&
        "$live_here/make-guest.sh" "$LIVE_CACHE" && live_accel >/dev/null
}

# live_root ROOT: makes the root of an embedded driver. libvirt takes 4 to 8 seconds to find out
# what QEMU can do, so a copy of its answers is used; libvirt accepts the copy as long as both
# programs and the processor stay the same.
live_root()
{
    local known
    known=$LIVE_CACHE/capabilities.$(live_known_by | paste -sd-)
    live_qemu_conf "$1/etc" && mkdir -p "$1/cache/qemu" || return 1
    (
        flock 9
        if [ ! -d "$known" ]; then
            # libvirt also asks the QEMU for i386 if a program wants to know everything that the
            # host can do.
            command virsh -q -c "qemu:///embed?root=$1" 'capabilities; domcapabilities' \
                >/dev/null || exit 1
            cp -r "$1/cache/qemu/capabilities" "$known.new" &&
                live_few_questions "$known.new"/*.xml && mv "$known.new" "$known"
        else
            cp -r "$known" "$1/cache/qemu/capabilities"
        fi
    ) 9>"$LIVE_CACHE/capabilities.lock"
}

# live_known_by [FILE]...: prints what the answers of QEMU depend on.
live_known_by()
{
    stat -Lc %Z "$(command -v qemu-system-x86_64)" \
        /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so "$@"
    ! live_differ || live_processors
}

# live_few_questions CAPABILITIES.xml...: shortens what libvirt knows about QEMU. If QEMU can say
# which features of a processor it lacks, libvirt asks for each of 400 features separately whenever
# a domain starts, and QEMU reads the questions byte by byte: 0.7 s of processor time. Without that
# ability libvirt asks for all features at once. The reasons why models of processors are not
# available here are removed, too, because no process needs to read them.
live_few_questions()
{
    sed -i -e "/<flag name='cpu-unavailable-features'/d" -e '/<blocker /d' "$@"
}

# There is no virtlogd, libvirt switches to no other user and changes no owners, and it uses neither
# control groups nor namespaces, which containers often refuse.
live_qemu_conf()
{
    mkdir -p "$1" || return 1
    printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' \
        'security_default_confined = 0' 'dynamic_ownership = 0' \
        'user = "root"' 'group = "root"' 'cgroup_controllers = [ ]' 'namespaces = [ ]' \
        >"$1/qemu.conf"
}

# live_accel: prints kvm or qemu. It is found out by running the guest, because /dev/kvm may exist
# and yet not work. Both are started, and the one that is ready first is used: a processor that
# works is always faster than an emulated one. This is done once after each boot of the machine.
live_accel()
{
    local key answer
    read -r key </proc/sys/kernel/random/boot_id
    read -r answer 2>/dev/null <"$LIVE_CACHE/accel.$key" && echo "$answer" && return
    (
        flock 9
        read -r answer 2>/dev/null <"$LIVE_CACHE/accel.$key" && echo "$answer" && exit
        answer=qemu
        [ ! -w /dev/kvm ] || answer=$(live_accel_race)
        rm -f "$LIVE_CACHE"/accel.*
        echo "$answer" >"$LIVE_CACHE/accel.$key"
        echo "$answer"
    ) 9>"$LIVE_CACHE/accelerator.lock"
}

live_accel_race()
{
    local accel answer= log=$LIVE_DIR/console/accel end=$((SECONDS + LIVE_TIMEOUT))
    local -A pid
    for accel in kvm tcg; do
        : >"$log.$accel"
        qemu-system-x86_64 -accel $accel -m 128 -nodefaults -display none \
            -serial "file:$log.$accel" -kernel "$LIVE_CACHE/kernel" -no-reboot \
            -initrd "$LIVE_CACHE/initrd" -append 'console=ttyS0' >/dev/null 2>&1 &
        pid[$accel]=$!
    done
    while [ -z "$answer" ] && kill -0 "${pid[tcg]}" 2>/dev/null && [ $SECONDS -lt $end ]; do
        ! grep -q 'virtsnap-guest: ready' "$log.tcg" || answer=qemu
        ! grep -q 'virtsnap-guest: ready' "$log.kvm" || answer=kvm
        sleep 0.1
    done
    kill -9 "${pid[@]}" 2>/dev/null
    wait "${pid[@]}" 2>/dev/null
    echo "${answer:-qemu}"
}

# live_processes: prints the ids of the processes that name LIVE_DIR, and so belong to this test,
# except that of the process that looks for them.
live_processes()
{
    grep -alsFf - /proc/[0-9]*/cmdline <<<"$LIVE_DIR/" | sed 's,[^0-9],,g'
}

# live_cleanup: leaves nothing running, whatever happened before. libvirt is not used, because it
# may be what failed: QEMU is killed and its disks are thrown away.
live_cleanup()
{
    local pid
    for pid in $(live_processes); do
        kill -9 "$pid" 2>/dev/null
    done
    live_wait "processes of $LIVE_DIR end" live_gone
}

live_gone() { [ -z "$(live_processes)" ]; }

# live_catches PID: succeeds once the process handles SIGINT itself. A process that a script starts
# in the background ignores SIGINT until then; but before it executes its program, it is a copy of
# this shell, whose handler does not count.
live_catches()
{
    local caught
    ! [ "/proc/$1/exe" -ef "/proc/$$/exe" ] || return 1
    caught=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null)
    [ $((0x${caught:-0} & 2)) -ne 0 ]
}

# live_catches_stop PID: does the same for Ctrl-Z (SIGTSTP).
live_catches_stop()
{
    local caught
    ! [ "/proc/$1/exe" -ef "/proc/$$/exe" ] || return 1
    caught=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null)
    [ $((0x${caught:-0} & 0x80000)) -ne 0 ]
}

# live_stopped PID: succeeds if the process is stopped, as by Ctrl-Z.
live_stopped() { grep -qs '^State:.T' "/proc/$1/status"; }

# live_wrote PID BYTES: succeeds if the process has written that many bytes, for example to a layer
# that it copies.
live_wrote()
{
    local bytes
    bytes=$(awk '/^wchar/ { print $2 }' "/proc/$1/io" 2>/dev/null)
    [ "${bytes:-0}" -ge "$2" ]
}

# live_hold IMAGE: starts a process that has the image open for writing until live_let_go, and waits
# until it holds the lock. Nobody may try the lock meanwhile, because that would keep the process
# from taking it.
live_hold()
{
    coproc LIVE_HOLDER { exec qemu-io -f qcow2 "$1" 2>&1; }
    LIVE_HOLDER_IN=${LIVE_HOLDER[1]}
    echo 'read 0 512' >&"$LIVE_HOLDER_IN"
    read -r _ <&"${LIVE_HOLDER[0]}"
}

live_let_go()
{
    local pid=$LIVE_HOLDER_PID
    echo quit >&"$LIVE_HOLDER_IN"
    wait "$pid"
}

# live_virsh COMMAND [ARGUMENT]...: runs one command of virsh.
live_virsh() { live_virsh_all "$(live_words "$@")"; }

# live_virsh_all SCRIPT: runs several commands in one process, each of them made by live_words.
live_virsh_all()
{
    if talk_begin "$1"; then
        talk "$1"
    else
        LIBVIRT_LOG_OUTPUTS="3:file:$LIVE_DIR/virsh.log" \
            command virsh -q -c "$LIVE_URI" "$(live_script)$1"
    fi
}

# live_script COMMAND [ARGUMENT]...: prints a script for virsh. A process that exits while the
# embedded driver still reconnects to running domains kills these domains, or crashes. iothreadinfo
# waits for the reconnection and prints nothing with -q, so the script has one for each running
# domain before the command.
live_script()
{
    local id script=
    for id in $([[ $LIVE_URI != *embed* ]] || live_running_ids); do
        script+="iothreadinfo $id; "
    done
    printf '%s' "$script$(live_words "$@")"
}

# live_words COMMAND [ARGUMENT]...: quotes a command for a script of virsh.
live_words()
{
    local word script=
    for word in "$@"; do
        script+="'${word//\'/\'\\\'\'}' "
    done
    printf '%s' "$script"
}

live_running_ids()
{
    set -- "$LIVE_ROOT"/run/qemu/*.xml
    [ ! -e "$1" ] || sed -n "s/^ *<domain type='[a-z]*' id='\([0-9]*\)'.*/\1/p" "$@" 2>/dev/null
}

# --- disks ------------------------------------------------------------------

# live_disk FILE.raw|FILE.qcow2 [MIB [FILL_MIB]]: makes a base image for a guest.
live_disk()
{
    DISK_MIB=${2:-64} FILL_MIB=${3:-0} "$live_here/make-guest.sh" "$LIVE_CACHE" "$1"
}

# live_overlay BASE OVERLAY: makes an overlay; the format of BASE follows from its name.
live_overlay()
{
    qemu-img create -q -f qcow2 -F "$(live_format "$1")" -b "$1" "$2"
}

live_format()
{
    case $1 in
    /dev/*)
        if [ "$(head -c 3 "$1" | tr -d '\0')" = QFI ]; then echo qcow2; else echo raw; fi
        ;;
    *.raw | *.img | *.iso) echo raw ;;
    *) echo qcow2 ;;
    esac
}

# live_file_of IMAGE FILE: prints a file of the guest's disk, with standard tools only. The formats
# in a chain are taken from the headers, because tests make these images themselves.
live_file_of()
{
    local tmp
    tmp=$(mktemp "$LIVE_DIR/raw.XXXXXX") || return 1
    qemu-img convert -f "$(live_format "$1")" -O raw "$1" "$tmp" &&
        debugfs -R "cat $2" "$tmp" 2>/dev/null
    rm -f "$tmp"
}

# live_counter_of IMAGE: prints the number that the guest had written. IMAGE must be frozen or its
# domain shut off, because QEMU's lock keeps all others from the active image.
live_counter_of()
{
    local text
    text=$(live_file_of "$1" /counter)
    [[ $text =~ ^[0-9]{10}$ ]] || live_die "no counter in $1: '$text'" || return 1
    echo $((10#$text))
}

# live_consistent IMAGE: checks that the ring and the counter are of one instant: slot i holds the
# last number with that remainder, or the next one is being written.
live_consistent()
{
    local n
    n=$(live_counter_of "$1") || return 1
    live_file_of "$1" /ring | tr -s '\n' | awk -v n="$n" '
        NF { v = $1 + 0; seen++; if (v > n + 1 || v <= n - 64) bad = bad " " v
             if (slot[v % 64]++) bad = bad " " v }
        END { want = n < 64 ? n : 64
              if (seen < want || seen > want + 1) bad = bad " seen:" seen
              if (bad != "") { print "counter " n ", ring:" bad; exit 1 } }'
}

# --- domains ----------------------------------------------------------------

live_escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g' <<<"$1"; }

# live_drive DEVICE TARGET BUS FILE|BLOCK-DEVICE [EXTRA-XML [DISK-ATTRIBUTE]]
live_drive()
{
    local format type=file at=file
    format=$(live_format "$4")
    [ ! -b "$4" ] || { type=block at=dev; }
    printf '<disk type="%s" device="%s" %s>' $type "$1" "${6-}"
    printf '<driver name="qemu" type="%s"/>' "$format"
    [ -z "$4" ] || printf '<source %s="%s"/>' $at "$(live_escape "$4")"
    printf '<target dev="%s" bus="%s"/>%s</disk>\n' "$2" "$3" "${5-}"
}

# live_drives OPTION FILE...: see live_define.
live_drives()
{
    local letters=abcdefghijklmnop v=0 c=0 f=0 cdbus=ide cdname=hd
    [ "$uefi" = no ] || { cdbus=sata cdname=sd; }
    while [ $# -ge 2 ]; do
        case $1 in
        --disk) live_drive disk "vd${letters:v++:1}" virtio "$2" ;;
        --readonly) live_drive disk "vd${letters:v++:1}" virtio "$2" '<readonly/>' ;;
        --no-snapshot) live_drive disk "vd${letters:v++:1}" virtio "$2" '' 'snapshot="no"' ;;
        --internal) live_drive disk "vd${letters:v++:1}" virtio "$2" '' 'snapshot="internal"' ;;
        --cdrom) live_drive cdrom "$cdname${letters:c++:1}" $cdbus "$2" '<readonly/>' ;;
        --floppy) live_drive floppy "fd${letters:f++:1}" fdc "$2" ;;
        *) live_die "live_define: what is $1?" || return 1 ;;
        esac
        shift 2
    done
    [ $# -eq 0 ] || live_die "live_define: $1 lacks its file"
}

# live_firmware DOMAIN: direct kernel boot works through UEFI too.
live_firmware()
{
    printf '<loader readonly="yes" type="pflash">%s</loader>\n' "$LIVE_FIRMWARE"
    printf '<nvram template="%s">%s</nvram>\n' "$LIVE_FIRMWARE_VARS" \
        "$(live_escape "$LIVE_DIR/nvram/$1_VARS.fd")"
    mkdir -p "$LIVE_DIR/nvram"
}

# live_define DOMAIN [--uefi] [OPTION FILE]...: OPTION is --disk, --readonly,
# --no-snapshot (a disk with snapshot='no'), --internal (snapshot='internal'),
# --cdrom or --floppy; an empty FILE is an empty drive. The format follows from
# the file's name. Any name that libvirt takes will do for DOMAIN.
live_define()
{
    local xml status=0
    xml=$(mktemp "$LIVE_DIR/define.XXXXXX") || return 1
    live_domain_xml "$@" >"$xml" && live_virsh define --file "$xml" || status=1
    rm -f "$xml"
    return $status
}

# live_domain_xml, with the arguments of live_define: just the XML. LIVE_BOOT is a directory with
# copies of the kernel and the initrd, if they are to lie elsewhere than the cache, or "none" for
# domains that boot nothing, where the bytes of an export are counted.
live_domain_xml()
{
    local name=$1 uefi=no machine=pc memory=128 boot=${LIVE_BOOT:-$LIVE_CACHE}
    shift
    [ "${1-}" != --uefi ] || { uefi=yes machine=q35 memory=192; shift; }
    printf '<domain type="%s">\n<name>%s</name>\n' "$(live_accel)" "$(live_escape "$name")"
    printf '<memory unit="MiB">%d</memory>\n<features><acpi/></features>\n' $memory
    printf '<os>\n<type arch="x86_64" machine="%s">hvm</type>\n' $machine
    [ $uefi = no ] || live_firmware "$name"
    [ "$boot" = none ] ||
        printf '<kernel>%s</kernel>\n<initrd>%s</initrd>\n<cmdline>%s</cmdline>\n' \
            "$boot/kernel" "$boot/initrd" "$LIVE_CMDLINE"
    printf '</os>\n<devices>\n'
    live_drives "$@" || return 1
    printf '<serial type="file"><source path="%s"/></serial>\n' \
        "$(live_escape "$(live_console "$name")")"
    printf '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>\n'
    printf '<memballoon model="none"/>\n</devices>\n</domain>\n'
}

# live_console DOMAIN: prints the path of the file with the guest's output.
live_console() { echo "$LIVE_DIR/console/$1.log"; }

# live_start DOMAIN: starts the domain and does not wait for the guest.
live_start()
{
    : >"$(live_console "$1")"
    { [ "${LIVE_BOOT-}" != none ] && warm_start "$1" 2>>"$LIVE_DIR/virsh.log"; } ||
        live_virsh start --domain "$1"
}

live_ready() { grep -aqs 'virtsnap-guest: ready' "$(live_console "$1")"; }

# live_boot DOMAIN...: starts all domains, then waits until each guest writes.
live_boot()
{
    local domain
    for domain in "$@"; do
        live_start "$domain" || return 1
    done
    live_wait_boot "$@"
}

live_wait_boot()
{
    local domain
    for domain in "$@"; do
        live_wait "$domain boots" live_ready "$domain" &&
            live_wait_counter "$domain" 1 || return 1
    done
}

# live_counter DOMAIN: prints what the guest has written last, 0 if it has written nothing.
live_counter()
{
    local lines=() i
    mapfile -t lines 2>/dev/null <"$LIVE_DIR/console/$1.log"
    for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
        [[ ${lines[i]} =~ ^counter\ ([0-9]{10}) ]] || continue
        echo $((10#${BASH_REMATCH[1]}))
        return
    done
    echo 0
}

live_reached() { [ "$(live_counter "$1")" -ge "$2" ]; }

# live_wait_counter DOMAIN N|+N: waits until the guest has written N, or N more.
live_wait_counter()
{
    local n=$2
    [ "${n#+}" = "$n" ] || n=$(($(live_counter "$1") + ${n#+}))
    live_wait "$1 writes $n" live_reached "$1" "$n"
}

live_agent() { live_virsh qemu-agent-command --domain "$1" "$2"; }

live_agent_answers() { live_agent "$1" '{"execute":"guest-ping"}' >/dev/null 2>&1; }

# live_wait_agent DOMAIN: waits for the agent, which a new connection needs a moment to find.
live_wait_agent() { live_wait "the agent of $1 answers" live_agent_answers "$1"; }

live_off() { [ "$(live_virsh domstate --domain "$1" 2>/dev/null)" = "shut off" ]; }

# live_shutdown DOMAIN...: shuts the domains down in an orderly way, by their guests.
live_shutdown()
{
    local domain
    for domain in "$@"; do
        live_virsh shutdown --domain "$domain" --mode acpi || return 1
    done
    for domain in "$@"; do
        live_wait "$domain shuts down" live_off "$domain" || return 1
    done
}

# live_destroy DOMAIN: ends the domain without its guest. While libvirt waits for the end of QEMU it
# may notice that QEMU has exited, and then reports that the domain was not running.
live_destroy()
{
    local said
    said=$(live_virsh destroy --domain "$1" 2>&1) || live_off "$1" || live_die "$said"
}

# --- snapshots --------------------------------------------------------------

# live_snapshot_external DOMAIN SNAPSHOT [--memspec FILE] [VIRSH-OPTION]...
live_snapshot_external()
{
    local domain=$1 snapshot=$2
    shift 2
    if [ "${1-}" = --memspec ]; then
        set -- --memspec "file=$2,snapshot=external" "${@:3}"
    else
        set -- --disk-only "$@"
    fi
    live_virsh snapshot-create-as --domain "$domain" --name "$snapshot" --atomic "$@"
}

# live_snapshot_internal DOMAIN SNAPSHOT [VIRSH-OPTION]...
live_snapshot_internal()
{
    live_virsh snapshot-create-as --domain "$1" --name "$2" "${@:3}"
}

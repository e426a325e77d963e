/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/gate-rows.h"

/* Options of virtio devices. */
#define VIRTIO "iommu ats packed page_per_vq"

/* Where the device is for its guest, or what QEMU needs to name it. */
#define ADDRESS                                                                                    \
    "type domain bus slot function multifunction controller:few target:number unit:number port "   \
    "reg cssid ssid devno iobase irq base"

/* Serial lines, by type: what goes to a file, a socket, a device or the network of this host is
 * refused. */
#define CHARACTER(DEVICE, TYPES)                                                                   \
    {"devices/" DEVICE "+", "type!=" TYPES " tty~pts", NULL},                                      \
        {"devices/" DEVICE "/source", "path~pts channel", NULL},                                   \
        {"devices/" DEVICE "/source/clipboard", "copypaste", NULL},                                \
        {"devices/" DEVICE "/source/mouse", "mode", NULL},                                         \
        {"devices/" DEVICE "/protocol", "type:=raw", NULL},                                        \
        {"devices/" DEVICE "/target", "type port", NULL},                                          \
        {"devices/" DEVICE "/target/model", "name", NULL}

#define AUDIO(WAY)                                                                                 \
    {"devices/audio/" WAY,                                                                         \
     "mixingEngine fixedSettings voices:few bufferLength:number latency:number name streamName",   \
     NULL},                                                                                        \
        {"devices/audio/" WAY "/settings", "frequency:number channels:few format", NULL}

#define RATE(NAME) {"devices/disk/iotune/" NAME, NULL, "number"}
#define RATES(NAME)                                                                                \
    RATE("total_" NAME), RATE("read_" NAME), RATE("write_" NAME), RATE("total_" NAME "_max"),      \
        RATE("read_" NAME "_max"), RATE("write_" NAME "_max"), RATE("total_" NAME "_max_length"),  \
        RATE("read_" NAME "_max_length"), RATE("write_" NAME "_max_length")

/* Left out on purpose: <hostdev>, <filesystem>, <shmem>, <lease>, <pstore>, the <mirror> of a block
 * job, <backenddomain>. */
const GateRow gate_rows_devices[] = {
    {"devices", NULL, NULL},
    {"devices/emulator", NULL, "emulator"},

    /* --- what every device may have --- */
    {"devices/*/alias", "name", NULL},
    {"devices/*/address", ADDRESS, NULL},
    {"devices/*/address/zpci", "uid fid", NULL},
    {"devices/*/acpi", "index:number", NULL},
    {"devices/*/driver", VIRTIO, NULL},
    {"devices/*/boot", "order:few loadparm", NULL},
    {"devices/*/rom", "bar enabled", NULL},

    /* --- disks --- */
    {"devices/disk+",
     "type!=file|block|network|volume|dir device!=disk|cdrom|floppy model snapshot", NULL},
    {"devices/disk/driver",
     "name type cache error_policy rerror_policy io ioeventfd event_idx copy_on_read discard "
     "discard_no_unref iothread:number detect_zeroes queues:few queue_size:few " VIRTIO,
     NULL},
    {"devices/disk/driver/metadata_cache", NULL, NULL},
    {"devices/disk/driver/metadata_cache/max_size", "unit", "number"},
    {"devices/disk/driver/iothreads", NULL, NULL},
    {"devices/disk/driver/iothreads/iothread+", "id:number", NULL},
    {"devices/disk/driver/iothreads/iothread/queue+", "id:few", NULL},
    {"devices/disk/driver/statistics", NULL, NULL},
    {"devices/disk/driver/statistics/statistic+", "interval:number", NULL},
    {"devices/disk/driver/statistics/latency_histogram+", "type", NULL},
    {"devices/disk/driver/statistics/latency_histogram/bin+", "start:number", NULL},
    {"devices/disk/source", NULL, GATE_IMAGE},
    {"devices/disk/backingStore", NULL, GATE_IMAGE},
    {"devices/disk/target", "dev bus tray removable rotation_rate:number dpofua", NULL},
    {"devices/disk/iotune", NULL, NULL},
    RATES("bytes_sec"),
    RATES("iops_sec"),
    RATE("size_iops_sec"),
    {"devices/disk/iotune/group_name", NULL, "word"},
    {"devices/disk/throttlefilters", NULL, NULL},
    {"devices/disk/throttlefilters/throttlefilter+", "group", NULL},
    {"devices/disk/geometry", "cyls:number heads:number secs:number trans", NULL},
    {"devices/disk/blockio",
     "logical_block_size:number physical_block_size:number discard_granularity:number", NULL},
    {"devices/disk/serial", NULL, "text"},
    {"devices/disk/wwn", NULL, "word"},
    {"devices/disk/vendor", NULL, "text"},
    {"devices/disk/product", NULL, "text"},
    {"devices/disk/readonly", NULL, NULL},
    {"devices/disk/shareable", NULL, NULL},
    {"devices/disk/transient", "shareBacking", NULL},
    {"devices/disk/privateData", NULL, GATE_REMOVED},

    /* --- controllers and busses --- */
    {"devices/controller+", "type index:few model ports:few vectors:few", NULL},
    {"devices/controller/driver",
     "queues:few cmd_per_lun:number max_sectors:number ioeventfd iothread:number " VIRTIO, NULL},
    {"devices/controller/driver/iothreads", NULL, NULL},
    {"devices/controller/driver/iothreads/iothread+", "id:number", NULL},
    {"devices/controller/driver/iothreads/iothread/queue+", "id:few", NULL},
    {"devices/controller/model", "name", NULL},
    {"devices/controller/target", "chassisNr chassis port busNr index hotplug memReserve:number",
     NULL},
    {"devices/controller/target/node", NULL, "few"},
    {"devices/controller/master", "startport:few", NULL},
    {"devices/controller/pcihole64", "unit", "number"},
    {"devices/hub+", "type", NULL},
    {"devices/iommu+", "model", NULL},
    {"devices/iommu/driver", "intremap caching_mode eim iotlb aw_bits dma_translation xtsup "
                             "passthrough",
     NULL},

    /* --- network cards. Their networks and bridges are compared with those of this host --- */
    {"devices/interface+",
     "type!card managed trustGuestRxFilters:=no", NULL},
    {"devices/interface/mac", "address:mac type check", NULL},
    {"devices/interface/source",
     "network bridge name portgroup portid~ macTableManager", NULL},
    {"devices/interface/target", "dev managed", GATE_REMOVED},
    {"devices/interface/guest", "dev actual~", NULL},
    {"devices/interface/model", "type", NULL},
    {"devices/interface/driver",
     "name:=vhost|qemu txmode ioeventfd event_idx queues:few rx_queue_size:few tx_queue_size:few "
     "rss rss_hash_report " VIRTIO,
     NULL},
    {"devices/interface/driver/host", "csum gso tso4 tso6 ecn ufo mrg_rxbuf", NULL},
    {"devices/interface/driver/guest", "csum tso4 tso6 ecn ufo", NULL},
    {"devices/interface/backend", "type:=default|passt tap:=/dev/net/tun vhost:=/dev/vhost-net",
     NULL},
    {"devices/interface/link", "state", NULL},
    {"devices/interface/mtu", "size:number", NULL},
    {"devices/interface/coalesce", NULL, NULL},
    {"devices/interface/coalesce/rx", NULL, NULL},
    {"devices/interface/coalesce/rx/frames", "max:number", NULL},
    {"devices/interface/bandwidth", "classID~", NULL},
    {"devices/interface/bandwidth/inbound",
     "average:number peak:number burst:number floor:number", NULL},
    {"devices/interface/bandwidth/outbound", "average:number peak:number burst:number", NULL},
    {"devices/interface/tune", NULL, NULL},
    {"devices/interface/tune/sndbuf", NULL, "number"},
    {"devices/interface/filterref", "filter", NULL},
    {"devices/interface/filterref/parameter+", "name value", NULL},
    {"devices/interface/virtualport", "type", NULL},
    {"devices/interface/virtualport/parameters",
     "managerid typeid typeidversion instanceid profileid interfaceid", NULL},
    {"devices/interface/vlan", "trunk", NULL},
    {"devices/interface/vlan/tag+", "id:few nativeMode", NULL},
    {"devices/interface/port", "isolated", NULL},
    {"devices/interface/teaming", "type persistent", NULL},
    {"devices/interface/ip+", "address family prefix:few peer", NULL},
    {"devices/interface/route+", "family address netmask prefix:few gateway metric:number", NULL},

    /* --- serial lines and channels --- */
    CHARACTER("serial", "pty|null|vc|spiceport|dbus"),
    CHARACTER("parallel", "pty|null|vc|spiceport|dbus"),
    CHARACTER("console", "pty|null|vc|spiceport|dbus"),
    {"devices/channel+", "type!=pty|null|unix|spicevmc|spiceport|dbus|qemu-vdagent", NULL},
    {"devices/channel/source", "path~channel mode:=bind channel", NULL},
    {"devices/channel/source/clipboard", "copypaste", NULL},
    {"devices/channel/source/mouse", "mode", NULL},
    {"devices/channel/source/seclabel+", "model relabel labelskip", GATE_REMOVED},
    {"devices/channel/protocol", "type:=raw", NULL},
    {"devices/channel/target", "type!=virtio name state~", NULL},
    {"devices/redirdev+", "bus type!=spicevmc", NULL},
    {"devices/redirdev/protocol", "type:=raw", NULL},
    {"devices/redirfilter", NULL, NULL},
    {"devices/redirfilter/usbdev+", "class vendor product version allow", NULL},
    {"devices/smartcard+", "mode!=passthrough type!=spicevmc", NULL},
    {"devices/smartcard/protocol", "type:=raw", NULL},

    /* --- screens, keys and sound --- */
    {"devices/graphics+",
     "type!=vnc|spice|sdl|dbus|egl-headless port:number tlsPort:number autoport websocket:number "
     "listen passwd:text passwdValidTo connected keymap sharePolicy powerControl defaultMode "
     "display~ xauth~ fullscreen p2p address~ socket~channel multiUser replaceUser",
     NULL},
    {"devices/graphics/listen+", "type address network socket~channel fromConfig~", NULL},
    {"devices/graphics/channel+", "name mode", NULL},
    {"devices/graphics/audio", "id:few", NULL},
    {"devices/graphics/clipboard", "copypaste", NULL},
    {"devices/graphics/filetransfer", "enable", NULL},
    {"devices/graphics/gl", "enable rendernode~rendernode", NULL},
    {"devices/graphics/image", "compression", NULL},
    {"devices/graphics/jpeg", "compression", NULL},
    {"devices/graphics/zlib", "compression", NULL},
    {"devices/graphics/playback", "compression", NULL},
    {"devices/graphics/streaming", "mode", NULL},
    {"devices/graphics/mouse", "mode", NULL},
    {"devices/video+", NULL, NULL},
    {"devices/video/driver", "name!=qemu vgaconf " VIRTIO, NULL},
    {"devices/video/model",
     "type ram:number vram:number vram64:number vgamem:number heads:few primary blob edid", NULL},
    {"devices/video/model/acceleration", "accel2d accel3d rendernode~rendernode", NULL},
    {"devices/video/model/resolution", "x:number y:number", NULL},
    {"devices/input+", "type!=tablet|mouse|keyboard bus model", NULL},
    {"devices/sound+", "model multichannel streams:few", NULL},
    {"devices/sound/codec+", "type", NULL},
    {"devices/sound/audio", "id:few", NULL},
    {"devices/audio+", "id:few type!=none|spice|dbus|sdl|pulseaudio|pipewire timerPeriod:number",
     NULL},
    AUDIO("input"),
    AUDIO("output"),

    /* --- the rest --- */
    /* As on_crash: a dump at each time that the guest lets it run out. */
    {"devices/watchdog+", "model action:=reset|shutdown|poweroff|pause|none|inject-nmi", NULL},
    {"devices/memballoon", "model autodeflate freePageReporting", NULL},
    {"devices/memballoon/stats", "period:number", NULL},
    {"devices/rng+", "model", NULL},
    {"devices/rng/rate", "bytes:number period:number", NULL},
    {"devices/rng/backend", "model!=random|builtin", "random"},
    {"devices/tpm", "model", NULL},
    {"devices/tpm/backend", "type!=emulator version persistent_state debug:few", NULL},
    {"devices/tpm/backend/active_pcr_banks", NULL, NULL},
    {"devices/tpm/backend/active_pcr_banks/sha1", NULL, NULL},
    {"devices/tpm/backend/active_pcr_banks/sha256", NULL, NULL},
    {"devices/tpm/backend/active_pcr_banks/sha384", NULL, NULL},
    {"devices/tpm/backend/active_pcr_banks/sha512", NULL, NULL},
    {"devices/tpm/backend/profile", "name source removeDisabled", NULL},
    {"devices/panic+", "model", NULL},
    {"devices/vsock", "model", NULL},
    {"devices/vsock/cid", "auto address:number", NULL},
    {"devices/crypto+", "model type", NULL},
    {"devices/crypto/backend", "model!=builtin queues:few", NULL},
    {"devices/nvram", NULL, NULL},
    {"devices/memory+", "model!=dimm|virtio-mem access discard", NULL},
    {"devices/memory/uuid", NULL, "word"},
    {"devices/memory/source", NULL, NULL},
    {"devices/memory/source/nodemask", NULL, "set"},
    {"devices/memory/source/pagesize", "unit", "number"},
    {"devices/memory/target", "dynamicMemslots", NULL},
    {"devices/memory/target/size", "unit", "number"},
    {"devices/memory/target/node", NULL, "few"},
    {"devices/memory/target/block", "unit", "number"},
    {"devices/memory/target/requested", "unit", "number"},
    {"devices/memory/target/current", "unit", "number"},
    {"devices/memory/target/address", "base", NULL},

    {NULL, NULL, NULL},
};

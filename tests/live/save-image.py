#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# save-image.py IMAGE XML NEW: a domain that libvirt has saved, as another one. The header is 92
# bytes: 16 of magic, then numbers of 32 bits: version, length of the texts, whether it ran, the
# compression, where the second text begins. Both texts end with a zero; then comes QEMU's part.
import struct
import sys

with open(sys.argv[1], "rb") as image, open(sys.argv[2], "rb") as xml:
    header = image.read(92)
    _, length, _, _, at = struct.unpack_from("=5I", header, 16)
    texts = image.read(length)
    # A second text is there if its place is.
    second = texts[at:].split(b"\0", 1)[0] + b"\0" if at else b""
    first = xml.read().strip() + b"\n\0"
    length = struct.pack("=I", len(first) + len(second))
    at = struct.pack("=I", len(first) if second else 0)
    with open(sys.argv[3], "wb") as new:
        new.write(header[:20] + length + header[24:32] + at + header[36:])
        new.write(first + second)
        while data := image.read(1 << 20):
            new.write(data)

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""usage: fake-journal.py COMMAND...

Stands in for systemd's journal, in a namespace of mounts of its own: runs COMMAND with standard
error going to it, and prints the messages that it was sent in its native protocol, a JSON object a
line."""

import json
import os
import socket
import subprocess
import sys

FOLDER = '/run/systemd/journal'


def listener(name, kind):
    one = socket.socket(socket.AF_UNIX, kind)
    one.bind(os.path.join(FOLDER, name))
    return one


def fields(data):
    """KEY=VALUE, or KEY, the length as a number of 8 bytes, and VALUE, each with a line's end."""
    found = {}
    while data:
        line, data = data.split(b'\n', 1)
        if b'=' in line:
            key, value = line.split(b'=', 1)
        else:
            size = int.from_bytes(data[:8], 'little')
            key, value, data = line, data[8:8 + size], data[9 + size:]
        found[key.decode()] = value.decode()
    return found


os.makedirs('/run/systemd', exist_ok=True)
subprocess.run(['mount', '-t', 'tmpfs', 'none', '/run/systemd'], check=True)
os.mkdir(FOLDER)
native = listener('socket', socket.SOCK_DGRAM)
stream = listener('stdout', socket.SOCK_STREAM)
stream.listen()
error = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
error.connect(os.path.join(FOLDER, 'stdout'))
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=error).returncode
native.setblocking(False)
while True:
    try:
        print(json.dumps(fields(native.recv(1 << 20))))
    except BlockingIOError:
        break
sys.exit(status)

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""usage: relay.py SOCKET [tcp PORT-FILE | unix PATH]

Passes on what it gets, as ssh does, to the unix socket SOCKET and back: from its standard input,
or from who connects to a port of its own choice, or to the unix socket PATH."""

import os
import socket
import sys
import threading


def copy(source, target):
    try:
        while data := os.read(source, 65536):
            while data:
                data = data[os.write(target, data):]
    except OSError:
        pass


def relay(there, back, to):
    with socket.socket(socket.AF_UNIX) as inner:
        inner.connect(to)
        threading.Thread(target=copy, args=(there, inner.fileno()), daemon=True).start()
        copy(inner.fileno(), back)


def serve(listener, to):
    listener.listen()
    while True:
        outer = listener.accept()[0]
        threading.Thread(target=lambda: relay(outer.fileno(), outer.fileno(), to) or outer.close(),
                         daemon=True).start()


def main(to, kind=None, where=None):
    if kind == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        with open(where + ".new", "w", encoding="ascii") as file:
            file.write(str(listener.getsockname()[1]))
        os.rename(where + ".new", where)
        serve(listener, to)
    elif kind == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(where)
        serve(listener, to)
    else:
        relay(0, 1, to)


main(*sys.argv[1:])

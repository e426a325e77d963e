#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""usage: on-terminal.py COMMAND... <DIALOGUE

Runs COMMAND on a terminal of its own and holds a dialogue with it. A line "> TEXT" types TEXT,
with Python's escapes; "< REGEX" waits until REGEX comes, after what was waited for before;
"= STATUS" at the end waits for that exit status; "? keys" waits until the terminal gives single keys
without an echo, "? lines" until it does not; "! SIGNAL" sends a signal to COMMAND. Prints all that was seen when one does not come.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = int(os.environ.get("PATIENCE", 20))  # seconds
ESCAPES = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]|\x07|\r(?=\n)")


class Terminal:
    def __init__(self, command):
        self.seen = self.rest = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))

    def read(self, end):
        """Takes in what comes; False at its end or when it is too late."""
        if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the last one has closed the terminal
            return False
        self.rest += data.decode(errors="replace")
        return bool(data)

    def expect(self, regex):
        end = time.monotonic() + PATIENCE
        while True:
            text = ESCAPES.sub("", self.rest)
            found = re.search(regex, text)
            if found:
                self.seen += text[: found.end()]
                self.rest = text[found.end():]
                return
            if not self.read(end):
                sys.exit(f"{self.seen}>>>{text}<<<\nthis never came: {regex}")

    def settles(self, mode):
        """Waits until its settings are those of mode."""
        end = time.monotonic() + PATIENCE
        while True:
            flags = termios.tcgetattr(self.fd)[3] & (termios.ICANON | termios.ECHO)
            if bool(flags) != (mode == "keys") and flags in (0, termios.ICANON | termios.ECHO):
                return
            if time.monotonic() > end:
                sys.exit(f"{self.seen}{self.rest}\nthe terminal never had {mode}")
            self.read(time.monotonic() + 0.05)

    def ends(self, status):
        while self.read(time.monotonic() + PATIENCE):
            pass
        got = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if got != status:
            sys.exit(f"{self.seen}{self.rest}\nexit status {got}, wanted {status}")


def main():
    terminal = Terminal(sys.argv[1:])
    for line in sys.stdin.read().splitlines():
        kind, text = line[:1], line[2:]
        if kind == ">":
            os.write(terminal.fd, text.encode().decode("unicode_escape").encode("latin-1"))
        elif kind == "<":
            terminal.expect(text)
        elif kind == "?":
            terminal.settles(text)
        elif kind == "!":
            os.kill(terminal.pid, signal.Signals["SIG" + text])
        elif kind == "=":
            terminal.ends(int(text))


main()

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""Makes the domains of an export again, under names of their own, and starts them.

usage: import.py URI EXPORT DIRECTORY SUFFIX
"""
import sys
from xml.sax.saxutils import escape

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap  # noqa: E402


def settings(suffix):
    """As importsettings.rng has it; what is not named is as it was."""
    return (
        "<importsettings>"
        f"<suffix>{escape(suffix)}</suffix><newUuid>yes</newUuid><mac>new</mac>"
        "<start>yes</start></importsettings>"
    )


def follow(job):
    """Runs a main loop until the job is over, and shows how far it is."""
    loop = GLib.MainLoop()
    job.connect("notify::percent", lambda job, _: print(f"{job.props.percent} %"))
    job.connect("completed", lambda _, error: loop.quit())
    loop.run()
    if job.props.error:
        raise job.props.error


def main(uri, export, directory, suffix):
    service = VirtSnap.Service(uri=uri)
    try:
        job = service.import_(export, directory, settings(suffix))
        follow(job)
    except GLib.Error as error:
        if not error.matches(VirtSnap.error_quark(), error.code):
            raise
        name = VirtSnap.error_result_name(error.code)
        print(f"error {error.code} ({name}): {error.message}", file=sys.stderr)
        return 1
    print("imported into", job.dup_report().get_directory())
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

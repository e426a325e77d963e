#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""Takes a snapshot of all domains of a collection at one moment, and removes it again.

usage: snapshot.py URI COLLECTION SNAPSHOT
"""
import sys

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap  # noqa: E402

# As Hyper-V calls it: the disks only.
RECOVERY = 2
# As snapshotsettings.rng has it: without a guest agent, what the disks have at that moment.
SETTINGS = "<snapshotsettings><consistency>crash</consistency></snapshotsettings>"


def follow(job):
    """Runs a main loop until the job is over."""
    loop = GLib.MainLoop()
    job.connect("completed", lambda _, error: loop.quit())
    loop.run()
    if job.props.error:
        raise job.props.error
    for warning in job.dup_warnings():
        print("warning:", warning, file=sys.stderr)


def main(uri, collection, snapshot):
    service = VirtSnap.Service(uri=uri)
    try:
        follow(service.create_snapshot(collection, snapshot, SETTINGS, RECOVERY))
        print("snapshots:", *service.list_snapshots(collection))
        follow(service.delete_snapshot(collection, snapshot, False))
        print("snapshots:", *service.list_snapshots(collection))
    except GLib.Error as error:
        if not error.matches(VirtSnap.error_quark(), error.code):
            raise
        name = VirtSnap.error_result_name(error.code)
        print(f"error {error.code} ({name}): {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""Verifies an export as a job, whose progress is shown; with SECONDS also that its domains boot.

usage: verify.py URI EXPORT [SECONDS]
"""
import sys

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap  # noqa: E402


def options(seconds):
    """As VerifyExport has them; what is not named has its default."""
    chosen = {"deep": GLib.Variant("b", True)}
    if seconds:
        chosen["boot"] = GLib.Variant("b", True)
        chosen["timeout"] = GLib.Variant("u", int(seconds))
    return GLib.Variant("a{sv}", chosen)


def follow(job):
    """Runs a main loop until the job is over, and shows how far it is."""
    loop = GLib.MainLoop()
    job.connect("notify::percent", lambda job, _: print(f"{job.props.percent} %"))
    job.connect("completed", lambda _, error: loop.quit())
    loop.run()


def show(found):
    for problem in found["problems"]:
        print(f"{problem['file']}: {problem['what']}")
    for domain in found.get("domains", []):
        print(domain["name"], "boots" if domain["booted"] else f"does not boot: {domain['why']}")
    for warning in found.get("warnings", []):
        print(f"warning: {warning}")
    if found["ok"]:
        print(f"verified: {found['files']} files, {found['bytes']} bytes")


def main(uri, export, seconds=None):
    service = VirtSnap.Service(uri=uri)
    try:
        job = service.verify_export(export, options(seconds))
        follow(job)
        # A job that has found something wrong fails, and has findings even so; one that could not
        # verify the export has none.
        found = job.dup_findings()
        if found:
            show(found.unpack())
        if job.props.error:
            raise job.props.error
    except GLib.Error as error:
        if not error.matches(VirtSnap.error_quark(), error.code):
            raise
        name = VirtSnap.error_result_name(error.code)
        print(f"error {error.code} ({name}): {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

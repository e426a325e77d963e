#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""Defines a collection of domains, exports a snapshot of it, and verifies the export.

usage: export.py URI COLLECTION SNAPSHOT DIRECTORY DOMAIN...
"""
import sys

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap  # noqa: E402


def define(name, domains):
    """Stores the collection, in the place of one that has the name already."""
    collection = VirtSnap.Collection.new(name)
    for domain in domains:
        collection.add(VirtSnap.Member.DOMAIN, domain)
    VirtSnap.CollectionStore.new(None).define(collection)
    return collection


def follow(job):
    """Runs a main loop until the job is over, and shows how far it is."""
    loop = GLib.MainLoop()
    job.connect("notify::percent", lambda job, _: print(f"{job.props.percent} %"))
    job.connect("state-changed", lambda _, state: print(f"state: {state.value_nick}"))
    job.connect("completed", lambda _, error: loop.quit())
    loop.run()
    if job.props.error:
        raise job.props.error


def verify(service, directory):
    """Reads the export again, without blocking the main loop."""
    loop = GLib.MainLoop()
    found = []

    def done(service, result):
        found.append(result)
        loop.quit()

    service.verify_async(directory, False, None, done)
    loop.run()
    return service.verify_finish(found[0])


def main(uri, collection, snapshot, directory, *domains):
    service = VirtSnap.Service(uri=uri)
    settings = VirtSnap.ExportSettings.new()
    settings.set("intent", "preserve-chain")
    try:
        define(collection, domains)
        print("snapshots:", *service.list_snapshots(collection))
        job = service.export(collection, snapshot, directory, settings)
        follow(job)
        result = verify(service, job.dup_report().get_directory())
    except GLib.Error as error:
        if not error.matches(VirtSnap.error_quark(), error.code):
            raise
        name = VirtSnap.error_result_name(error.code)
        print(f"error {error.code} ({name}): {error.message}", file=sys.stderr)
        return 1
    for problem in result.get_problems():
        print(f"{problem.get_file()}: {problem.get_what()}")
    print(f"verified: {result.get_files()} files, {result.get_bytes()} bytes")
    return 0 if result.get_ok() else 1


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

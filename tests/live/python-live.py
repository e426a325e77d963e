# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""Live exports, bases and reference points by the library; for python.sh, which has the domains:
"one" is of a running one, "pair" of that and of one that is shut off.

usage: python-live.py URI DIRECTORY
"""
import os
import sys

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import GLib, VirtSnap  # noqa: E402

uri, directory = sys.argv[1:]
service = VirtSnap.Service.new(uri)
State = VirtSnap.JobState
RECOVERY = 2
failed = False


def check(what, good):
    global failed
    failed = failed or not good
    print("ok" if good else "not ok", what, flush=True)


def done(what, job, state=State.COMPLETED):
    """Waits for a job, whose warnings are returned."""
    try:
        job.wait(None)
    except GLib.Error as error:
        print(error, file=sys.stderr)
    check(what, job.props.state == state)
    for warning in job.dup_warnings():
        print(warning, file=sys.stderr)
    return job.dup_warnings()


def refused(what, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        check(what, error.matches(VirtSnap.error_quark(), VirtSnap.Error.NOT_FOUND))
    else:
        check(what, False)


def layers(export):
    return {name: os.stat(os.path.join(export, "layers", name)).st_ino
            for name in os.listdir(os.path.join(export, "layers"))}


# Live, with a reference point by itself; the next one has that as its base.
settings = VirtSnap.ExportSettings.parse(
    b"<exportsettings><base>latest</base><live>crash-consistent</live></exportsettings>")
check("a live export's settings", settings.dup_values("live") == ["crash-consistent"])
job = service.export("pair", "first", directory, settings)
warnings = done("a live export", job, State.COMPLETED_WITH_WARNINGS)
check("it is told that it has no base", len(warnings) == 1)
first = job.dup_report()
check("it has none", first.get_base() is None)
check("it is whole", service.verify(first.get_directory(), True, None).get_ok())
points = service.list_reference_points("one")
check("it has made a reference point", len(points) == 1 and points[0].startswith("export-"))

settings.set("base", first.get_directory())
settings.set("strict", "yes")
job = service.export("pair", "next", directory, settings)
check("one on that base", done("has nothing to warn of", job) == [])
report = job.dup_report()
check("it says so", report.get_base() == first.get_directory())
there = layers(report.get_directory())
check("and has its layers", there and there.items() <= layers(first.get_directory()).items())
check("it is whole", service.verify(report.get_directory(), True, None).get_ok())
check("the reference point is another one",
      len(service.list_reference_points("one")) == 1
      and service.list_reference_points("one") != points)

# Reference points that are made, converted and deleted; what would be done is told before.
points = service.list_reference_points("one")
plan = service.plan_create_reference_point("one", "made").unpack()
check("one would follow a disk", plan["referencePoint"] == "made"
      and [(m["domain"], m["disks"]) for m in plan["members"]] == [("left", ["vda"])])
done("a reference point is made", service.create_reference_point("one", "made"))
check("and is there", service.list_reference_points("one") == sorted(points + ["made"]))
there = service.get_reference_points("one").unpack()
check("with all about them", [p["name"] for p in there] == sorted(points + ["made"])
      and [(p["whole"], p["members"][0]["state"]) for p in there] == [(True, "whole")] * 2
      and [p["export-state"] for p in there if "export" in p] == ["found"])
with_point = ("<snapshotsettings><consistency>crash</consistency>"
              "<referencePoint>yes</referencePoint></snapshotsettings>")
plan = service.plan_create_snapshot("one", "kept", with_point, RECOVERY).unpack()
check("a snapshot would follow a disk", plan["snapshot"] == "kept"
      and plan["members"][0]["asked"] == "crash" and plan["members"][0]["disks"][0]["followed"])
refused("none of which nothing is known", service.plan_delete_snapshot, "one", "kept", False)
done("a snapshot with one", service.create_snapshot("one", "kept", with_point, RECOVERY))
check("is a snapshot", "kept" in service.list_snapshots("one"))
plan = service.plan_delete_snapshot("one", "kept", False).unpack()
check("it would be merged", plan["members"][0]["disks"][0]["method"] == "active-commit"
      and "referencePoint" not in plan)
plan = service.plan_apply_snapshot("one", "kept", False, False, True).unpack()
check("or gone back to", plan["before"] == "before-kept"
      and plan["members"][0]["disks"][0]["target"] == "vda")
answers = []
service.plan_convert_to_reference_point_async("one", "kept", None,
                                              lambda *got: answers.append(got[1]))
while not answers:
    GLib.MainContext.default().iteration(True)
plan = service.plan_convert_to_reference_point_finish(answers[0]).unpack()
check("or converted, which is told later", plan["referencePoint"] == "kept"
      and plan["members"][0]["disks"][0]["method"] == "active-commit")
check("nothing of that was done", "kept" in service.list_snapshots("one")
      and "kept" in service.list_reference_points("one"))
done("it is converted", service.convert_to_reference_point("one", "kept"))
check("and is none any more", "kept" not in service.list_snapshots("one"))
check("but a reference point", "kept" in service.list_reference_points("one"))
plan = service.plan_delete_reference_point("one", "made").unpack()
check("a plan to delete one", [m["domain"] for m in plan["members"]] == ["left"]
      and "disks" not in plan["members"][0])
check("a domain of no export", service.plan_detach_import("left").unpack()
      == {"domain": "left", "disks": []})
for name in ["made", "kept"] + points:
    done(f"'{name.split('-')[0]}' is deleted", service.delete_reference_point("one", name))
check("none is left", service.list_reference_points("one") == [])
sys.exit(failed)

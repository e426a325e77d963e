# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
"""What examples/export.py does not use of the library; for python.sh, which has the domains.

usage: python.py URI DIRECTORY
"""
import sys
import threading

import gi

gi.require_version("VirtSnap", "1.0")
from gi.repository import Gio, GLib, VirtSnap  # noqa: E402

uri, directory = sys.argv[1:]
service = VirtSnap.Service.new(uri)
State, Request = VirtSnap.JobState, VirtSnap.JobRequest
failed = False


def check(what, good):
    global failed
    failed = failed or not good
    print("ok" if good else "not ok", what, flush=True)


def refused(what, code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        quark = VirtSnap.error_quark() if code in list(map(int, codes)) else Gio.io_error_quark()
        check(what, error.matches(quark, code))
        print(error, file=sys.stderr)
    else:
        check(what, False)


codes = [v for k, v in vars(VirtSnap.Error).items() if k.isupper()]


def run(until, seconds=20):
    """The main loop, until something is so."""
    late = []
    timer = GLib.timeout_add_seconds(seconds, late.append, True)
    while not until() and not late:
        GLib.MainContext.default().iteration(True)
    if not late:
        GLib.source_remove(timer)
    return not late


# Collections and settings are values.
shop = VirtSnap.Collection.new("shop")
shop.add(VirtSnap.Member.DOMAIN, "left")
check("a collection's members", shop.dup_members(VirtSnap.Member.DOMAIN) == ["left"])
again = VirtSnap.Collection.parse(shop.format().encode())
check("a collection is read from its text", again.get_name() == "shop")
store = VirtSnap.CollectionStore.new(None)
store.define(shop)
names = sorted(c.get_name() for c in store.list()[0])
check("a store lists collections", names == ["pair", "shop"])
check("a store resolves", store.resolve("pair") == ["left", "right"])
refused("a member twice", VirtSnap.Error.ALREADY_EXISTS, shop.add, VirtSnap.Member.DOMAIN, "left")
settings = VirtSnap.ExportSettings.new()
check("a setting's default", settings.dup_values("intent") == ["preserve-chain"])
settings.set("exclude", "left:vdb")
settings.set("exclude", "right:vdb")
check("a setting with several", settings.dup_values("exclude") == ["left:vdb", "right:vdb"])
refused("a wrong setting", VirtSnap.Error.INVALID_PARAMETER, settings.set, "intent", "maybe")

# What is wrong with the parameters is said at once.
refused("no such collection", VirtSnap.Error.NOT_FOUND,
        service.export, "nobody", "night", directory, None)
missing = VirtSnap.Service.new("nowhere:///")
refused("no such hypervisor", VirtSnap.Error.SYSTEM_NOT_AVAILABLE,
        missing.list_snapshots, "pair")
check("the service has its uri", missing.props.uri == "nowhere:///" == missing.get_uri())

# A damaged export.
result = service.verify(directory + "/pair/night", False, None)
problems = [(p.get_file(), p.get_what()) for p in result.get_problems()]
check("a damaged file is found", not result.get_ok() and len(problems) == 1
      and problems[0][0] == "domains/left/domain.xml")
del result
job = service.verify_export(directory + "/pair/night", None)
refused("a job that verifies it fails", VirtSnap.Error.CORRUPT, job.wait, None)
found = job.dup_findings().unpack()
check("and has found it, too", not found["ok"] and found["files"] > 5
      and [(p["file"], p["what"]) for p in found["problems"]] == problems)
job = service.verify_export(directory + "/pair/none", GLib.Variant(
    "a{sv}", {"deep": GLib.Variant("b", True)}))
refused("one of nothing finds nothing", VirtSnap.Error.NOT_FOUND, job.wait, None)
check("which is told apart", job.dup_findings() is None)
refused("an option that there is not", VirtSnap.Error.INVALID_PARAMETER, service.verify_export,
        directory, GLib.Variant("a{sv}", {"deeper": GLib.Variant("b", True)}))
del job
cancelled = Gio.Cancellable()
cancelled.cancel()
refused("a verify that is cancelled", int(Gio.IOErrorEnum.CANCELLED),
        service.verify, directory + "/pair/night", False, cancelled)

# A job that is slowed down, suspended, let go on, terminated and gone on with.
slow = VirtSnap.ExportSettings.parse(
    b"<exportsettings><bandwidth>4194304</bandwidth></exportsettings>")
job = service.export_domains(["left", "right"], "night", directory, slow)
states, threads, ended = [], set(), []


def on_state(job, state):
    states.append(state)
    threads.add(threading.current_thread())


job.connect("state-changed", on_state)
job.connect("notify::cur", lambda *_: threads.add(threading.current_thread()))
job.connect("completed", lambda job, error: ended.append(error))
check("a job runs", run(lambda: job.props.cur > 0 and State.RUNNING in states))
check("its figures", job.props.cur < job.props.end and job.props.bandwidth == 4194304
      and 0 <= job.props.percent < 100 and job.props.id.startswith("virtsnap:"))
job.request_state_change(Request.SUSPEND)
check("it is suspended", run(lambda: State.SUSPENDED in states))
refused("what cannot follow", VirtSnap.Error.INVALID_STATE,
        job.request_state_change, Request.SUSPEND)
soon = Gio.Cancellable()
GLib.timeout_add(100, soon.cancel)
waits = []
job.wait_async(soon, lambda job, result: waits.append(result))
check("a wait ends when it is cancelled", run(lambda: waits))
refused("which it says", int(Gio.IOErrorEnum.CANCELLED), job.wait_finish, waits[0])
soon = Gio.Cancellable()
threading.Timer(0.1, soon.cancel).start()
refused("also one that blocks", int(Gio.IOErrorEnum.CANCELLED), job.wait, soon)
job.request_state_change(Request.START)
job.request_state_change(Request.TERMINATE)
check("it is terminated", run(lambda: ended) and job.props.state == State.TERMINATED)
check("with an error", ended[0].matches(VirtSnap.error_quark(), VirtSnap.Error.INTERRUPTED)
      and job.get_error().code == job.props.error.code == VirtSnap.Error.INTERRUPTED)
refused("which a wait says", VirtSnap.Error.INTERRUPTED, job.wait, None)
ended.clear()
waits.clear()
job.request_state_change(Request.START)
job.props.bandwidth = 0
job.wait_async(None, lambda job, result: waits.append(job.wait_finish(result)))
check("it is gone on with", run(lambda: ended) and ended == [None]
      and job.props.state == State.COMPLETED and job.props.error is None)
check("and who waits is told", run(lambda: waits) and waits == [True] and job.wait(None))
check("all comes in the main thread", threads == {threading.main_thread()})
check("the states in order", states[-4:] == [State.NEW, State.STARTING, State.RUNNING,
                                             State.COMPLETED])
report = job.dup_report()
check("the report", len(report.dup_domains()) == 2 == len(report.dup_disks())
      and service.verify(report.get_directory(), False, None).get_ok())

# One that is killed, by somebody who does not look at it any more.
job = service.export_domains(["left"], "night", directory, slow)
job.request_state_change(Request.KILL)
refused("a job that is killed", VirtSnap.Error.CANCELLED, job.wait, None)
check("is so", job.props.state == State.KILLED)
del job
run(lambda: True)

# Back to a snapshot.
snapshots = service.list_snapshots("pair")
job = service.apply_snapshot("pair", "night", True, False, False)
check("domains go back to a snapshot", job.wait(None) and job.props.state == State.COMPLETED)
check("and what there was is no set", service.list_snapshots("pair") == snapshots)
refused("to be started and paused", VirtSnap.Error.INVALID_PARAMETER,
        service.apply_snapshot, "pair", "night", False, True, True)
sys.exit(failed)

"""Runs CPython's own tests of select over CPython's select (the control) and over Sluice, and judges
the difference; then over a Sluice whose answers are wrong, which must be noticed.

cpython_suites.py JAVA_HOME CLASS_PATH
"""
import collections
import pathlib
import subprocess
import sys
import tempfile

MODULES = "test_select", "test_poll", "test_epoll", "test_selectors"
SECONDS_MAX = 90
HERE = pathlib.Path(__file__).resolve().parent

Run = collections.namedtuple("Run", "module kind process folder")
Result = collections.namedtuple("Result", "outcomes calls log")


def start(module, kind):
    folder = tempfile.TemporaryDirectory(prefix="sluice-foreign-")  # the tests write files
    log = open(folder.name + "/log", "wb")
    command = [sys.executable, "-B", HERE / "run_suite.py", kind, module, folder.name + "/results"]
    process = subprocess.Popen(
        command + sys.argv[1:], cwd=folder.name, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return Run(module, kind, process, folder)


def finish(run):
    note = ""
    try:
        run.process.wait(SECONDS_MAX)
    except subprocess.TimeoutExpired:
        run.process.kill()
        note = f"killed after {SECONDS_MAX} s\n"
        run.process.wait()
    folder = pathlib.Path(run.folder.name)
    log = (folder / "log").read_text("utf-8", "replace") + note
    outcomes, calls = {}, (0, 0)
    if (folder / "results").exists():
        first, *lines = (folder / "results").read_text("ascii").splitlines()
        calls = tuple(map(int, first.split()[1:]))
        outcomes = {test: outcome for outcome, test in (line.split() for line in lines)}
    run.folder.cleanup()
    return Result(outcomes, calls, log)


def permitted():
    lines = (HERE / "permitted-differences.txt").read_text("ascii").splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith("#"))


def counts(result):
    count = collections.Counter(result.outcomes.values())
    return f"{len(result.outcomes)} run, {count['passed']} passed, {count['skipped']} skipped"


def worse(control, other):
    """The tests that pass in the control and not in the other run."""
    return [test for test, outcome in control.outcomes.items()
            if outcome == "passed" and other.outcomes.get(test) != "passed"]


def class_of(test):
    return test.split(".", 1)[1].rsplit(".", 1)[0]


failed = False


def fail(*words):
    global failed
    failed = True
    print("FAIL", *words)


control = {module: finish(start(module, "control")) for module in MODULES}
ours = {module: finish(start(module, "sluice")) for module in MODULES}
print(f"{'':15}{'CPython itself':35}{'over Sluice':35}calls of Select, of Poller")
for module in MODULES:
    select, poller = ours[module].calls
    print(f"{module:15}{counts(control[module]):35}{counts(ours[module]):35}{select}, {poller}")

unlisted = permitted()
for module in MODULES:
    if not any(outcome == "passed" for outcome in control[module].outcomes.values()):
        fail(module, "has no passing test in the control\n" + control[module].log)
    if sum(ours[module].calls) == 0:
        fail(module, "did not call Sluice\n" + ours[module].log)
    different = worse(control[module], ours[module])
    for test in different:
        if test in unlisted:
            print("permitted:", test + ":", unlisted.pop(test))
        else:
            fail(test, "passes in the control and not over Sluice")
    if failed and different:
        print(ours[module].log)
for test in unlisted:
    fail(test, "is permitted to differ and does not: take it off the list")

# What test_epoll has on readiness is permitted to differ; test_selectors covers epoll instead.
sabotaged = [start(module, "sabotaged") for module in MODULES if module != "test_epoll"]
for run in sabotaged:
    ready = ours[run.module]
    red = collections.Counter(map(class_of, worse(ready, finish(run))))
    for name in sorted({class_of(test) for test, outcome in ready.outcomes.items() if outcome == "passed"}):
        print(f"sabotaged: {name}: {red[name]} tests notice that the last ready source is dropped")
        if not red[name]:
            fail(name, "does not notice wrong answers")
sys.exit(1 if failed else 0)

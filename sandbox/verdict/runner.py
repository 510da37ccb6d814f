"""Calls a function of solution.py and tells what it answered. Knows no right answer, so code that takes it over wins nothing.

Standard input: eight digits, that many bytes of JSON (the job), then a nonce to the end. The nonce is read when all code of the
candidate is dead: a line of output without it is not ours. Every run has a process of its own; this one never imports the candidate.
"""
import sys

# The standard library comes before the work directory, so that no file of the candidate passes for a module of it.
sys.path.append(sys.path.pop(0))

import ast
import collections
import ctypes
import json
import os
import resource
import select
import signal
import time
import types

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
MOST_ANSWER_BYTES = 2 ** 18
DEEPEST = 50
TIMES_AGAIN = 4


def main():
    guard()
    size = int(read_exactly(8))
    job = json.loads(read_exactly(size))
    with open("solution.py", "rb") as file:
        source = file.read()
    results = []
    runs = job["runs"]
    limits = job["limits"]
    timeouts = 0
    for index in range(len(runs)):
        run = runs[index]
        if timeouts >= limits["timeouts"]:
            results.append({"outcomes": [{"kind": "timeout"}] * len(run["calls"])})
            continue
        ask = lambda: in_child(lambda end: runs.clear() or answer(run, job["entry"], source, end), run, limits)
        result = ask()
        if run.get("build") is not None:
            result["passMs"] = in_child(lambda end: one_pass(run, end), {"calls": [""]}, limits)["outcomes"][0].get("ms")
            least_time(ask, result)
        timeouts += any(outcome["kind"] == "timeout" for outcome in result["outcomes"])
        results.append(result)
    end_descendants()
    nonce = read_rest()
    for index, result in enumerate(results):
        say({"nonce": nonce, "run": index, **result})


def least_time(ask, result):
    """A busy machine can only add to a time: what may be faster than a pass is asked again. What takes many passes is not."""
    one_pass_ms = result["passMs"]
    for _ in range(TIMES_AGAIN):
        if one_pass_ms is None or "ms" not in result or not one_pass_ms / 2 <= result["ms"] < one_pass_ms * 10:
            return
        again = ask()
        if again["outcomes"] == result["outcomes"] and "ms" in again:
            result["ms"] = min(result["ms"], again["ms"])


def guard():
    """Others may neither read nor write the memory of this process, and orphans come back to it."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if prctl(option, value, 0, 0, 0) != 0:
            raise SystemExit("prctl %d was refused: %s" % (option, os.strerror(ctypes.get_errno())))


def read_exactly(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            raise SystemExit("the job ended early")
        data += more
    return data


def read_rest():
    data = b""
    while True:
        more = os.read(0, 4096)
        if not more:
            return data.decode()
        data += more


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")


# In the process that collects the answers:


def in_child(action, run, limits):
    """Runs action in a new process; one outcome a call, and for a timed run the milliseconds until the answer was here."""
    back, answers = os.pipe()
    commands, go = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            close_all_but(answers, commands)
            limit(limits)
            action((answers, commands))
        finally:
            os._exit(0)
    os.close(answers)
    os.close(commands)
    lines, started, ended, status = listen(back, go, child, len(run["calls"]), run.get("build") is not None, limits)
    os.close(back)
    os.close(go)
    outcomes = [read_outcome(line) for line in lines[: len(run["calls"])]]
    missing = {"kind": "timeout"} if status == "timeout" else {"kind": "crashed", "detail": status}
    outcomes += [missing] * (len(run["calls"]) - len(outcomes))
    timed = started is not None and ended is not None
    return {"outcomes": outcomes, **({"ms": (ended - started) * 1000} if timed else {})}


def close_all_but(answers, commands):
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    low = sorted((answers, commands))
    os.closerange(3, low[0])
    os.closerange(low[0] + 1, low[1])
    os.closerange(low[1] + 1, 256)


def limit(limits):
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpuSeconds"], limits["cpuSeconds"] + 1))
    # No answer needs a file, and a file could tell the next call about this one.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memoryBytes"], limits["memoryBytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def listen(back, go, child, wanted, timed, limits):
    deadline = time.monotonic() + limits["wallSeconds"]
    data, started, ended, status = b"", None, None, None
    while status is None:
        left = deadline - time.monotonic()
        if left <= 0 or len(data) > MOST_ANSWER_BYTES * 2:
            status = "timeout" if left <= 0 else "wrote too much"
            break
        readable, _, _ = select.select([back], [], [], min(left, 0.05))
        more = os.read(back, 65536) if readable else None
        if more:
            data += more
            if timed and started is None and data.startswith(b"ready\n"):
                data = data[6:]
                started = time.perf_counter()
                os.write(go, b"g")
            elif data.count(b"\n") >= wanted:
                ended = time.perf_counter()
                status = "answered"
        elif more == b"" or (not readable and has_ended(child)):
            status = "gone"
    kill_group(child)
    how = end_of(child)
    end_descendants()
    if status == "gone":
        status = how
    return data.decode("utf-8", "replace").splitlines(), started, ended, status


def has_ended(child):
    """Looks without taking the status away."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def kill_group(child):
    try:
        # A child that has not come to setsid yet is still in our group; it has run nothing of the candidate either.
        if os.getpgid(child) == child:
            os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def end_of(child):
    deadline = time.monotonic() + 1
    while not has_ended(child) and time.monotonic() < deadline:
        time.sleep(0.001)
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "timeout" if number == signal.SIGXCPU else signal.Signals(number).name
    return "exit %d without an answer" % os.WEXITSTATUS(status)


def end_descendants():
    """What the candidate left running has become our child."""
    for _ in range(100):
        try:
            found = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if parent_of(pid) == os.getpid()]
        except OSError:
            # No /proc here: the sandbox ends them with itself.
            return
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return int(file.read().rsplit(b")", 1)[1].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def read_outcome(line):
    """The child may write what it likes; what is no outcome says that it crashed."""
    try:
        outcome = json.loads(line)
        if outcome["kind"] in ("answer", "raised", "notLiteral", "pass"):
            return {key: value for key, value in outcome.items() if key in ("kind", "text", "type", "ms")}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return {"kind": "crashed", "detail": "wrote something else than an answer"}


# In the process of the candidate:


def answer(run, entry, source, ends):
    answers, commands = ends
    try:
        function = load(source, entry)
    except BaseException as error:
        for _ in run["calls"]:
            tell(answers, raised(error))
        return
    if run.get("build") is not None:
        data = eval(run["build"], {})
        values = eval("(" + run["calls"][0] + ",)", {"data": data})
        os.write(answers, b"ready\n")
        os.read(commands, 1)
        tell(answers, outcome_of(function, values))
        return
    for text in run["calls"]:
        tell(answers, outcome_of(function, arguments(text)))


def load(source, entry):
    module = types.ModuleType("solution")
    module.__file__ = "solution.py"
    sys.modules["solution"] = module
    exec(compile(source, "solution.py", "exec"), module.__dict__)
    if not callable(module.__dict__.get(entry)):
        raise ImportError("no function " + entry)
    return module.__dict__[entry]


def arguments(text):
    return ast.literal_eval("(" + text + ",)") if text.strip() else ()


def outcome_of(function, values):
    try:
        value = function(*values)
    except BaseException as error:
        return raised(error)
    # A Counter is a dict to every reader of the statement, and to the visible tests.
    if type(value) in (collections.Counter, collections.OrderedDict, collections.defaultdict):
        value = dict(value)
    fault = fault_of(value, 0)
    if fault is not None:
        return {"kind": "notLiteral", "type": fault}
    text = repr(value)
    return {"kind": "answer", "text": text} if len(text) <= MOST_ANSWER_BYTES else {"kind": "notLiteral", "type": "too long"}


def raised(error):
    return {"kind": "raised", "type": type(error).__name__[:80]}


def fault_of(value, depth):
    """The type that is none of the exact builtin ones, if there is one inside."""
    kind = type(value)
    if depth > DEEPEST:
        return "too deep"
    if kind is float and (value != value or value in (float("inf"), float("-inf"))):
        return "float " + repr(value)
    if kind in (bool, int, float, str) or value is None:
        return None
    if kind in (list, tuple):
        return next((fault for item in value for fault in [fault_of(item, depth + 1)] if fault), None)
    if kind is dict:
        return next((fault for pair in value.items() for item in pair for fault in [fault_of(item, depth + 1)] if fault), None)
    return kind.__name__[:80]


def tell(answers, outcome):
    line = (json.dumps(outcome) + "\n").encode()
    while line:
        line = line[os.write(answers, line):]


def one_pass(run, ends):
    """The least time in which anything can look at every item once: the fastest of the builtin passes, best of three."""
    data = eval(run["build"], {})
    passes = [lambda: collections.deque(data, maxlen=0)]
    if isinstance(data, (list, tuple)):
        passes.append(lambda: tuple(list(data)))
        if data and type(data[0]) in (int, float):
            passes.append(lambda: sum(data))
    best = None
    for action in passes * 3:
        # Time on the processor: a busy machine would make the pass look slow, and any answer fast beside it.
        start = time.thread_time()
        action()
        took = (time.thread_time() - start) * 1000
        best = took if best is None or took < best else best
    tell(ends[0], {"kind": "pass", "ms": best})


main()

"""Runs one command under Landlock, a filter of system calls and resource limits, and leaves nothing of it behind.

Descriptor 3 gives the job as JSON, 4 takes the report as JSON, 5 is the lifeline: when it ends, so does the command.
This process stays outside the walls. All that descends from it comes back to it as an orphan, so that it can end them all.
"""

import base64
import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys

JOB, REPORT, LIFELINE = 3, 4, 5

# asm-generic/unistd.h; the same on x86-64 and arm64.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
# linux/landlock.h
RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# linux/prctl.h, linux/seccomp.h
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
SECCOMP_MODE_FILTER = 2

libc = ctypes.CDLL(None, use_errno=True)


def main():
    with os.fdopen(JOB, "rb") as file:
        job = json.load(file)
    if job.get("ask"):
        report({"abi": landlock_abi()})
        return
    call(libc.prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    failed, fail = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        become(job, fail)
    os.close(fail)
    status = watch(child, woken)
    end_all(job["uid"] if job["isAlone"] else None)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report(
        {
            "status": status,
            "cpuMs": (used.ru_utime + used.ru_stime) * 1000,
            "peakBytes": used.ru_maxrss * 1024,
            "error": os.read(failed, 4096).decode(),
        }
    )


def report(facts):
    os.write(REPORT, json.dumps(facts).encode())


def watch(child, woken):
    """Waits for the command or for the end of the lifeline; reaps orphans meanwhile. The status of the command, None if it still runs."""
    poll = select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(LIFELINE, select.POLLHUP)
    while True:
        events = dict(poll.poll())
        if LIFELINE in events:
            return None
        os.read(woken, 4096)
        status = reap(child)
        if status is not None:
            return status


def reap(child):
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = os.waitstatus_to_exitcode(status)


def end_all(uid):
    """Stops before it kills: what cannot run cannot start others while we look. A user of its own is ended in one call."""
    while has_children():
        if uid is not None:
            kill_user(uid)
        stopped = set()
        while True:
            new = descendants(os.getpid()) - stopped
            if not new:
                break
            for pid in new:
                send(pid, signal.SIGSTOP)
            stopped |= new
        for pid in stopped:
            send(pid, signal.SIGKILL)
        if stopped:
            os.waitpid(-1, 0)


def has_children():
    try:
        os.waitpid(-1, os.WNOHANG)
        return True
    except ChildProcessError:
        return False


def kill_user(uid):
    helper = os.fork()
    if helper == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        send(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(helper, 0)


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def descendants(root):
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, parent = file.read().rpartition(b") ")[2].split()[:2]
        except OSError:
            continue
        if state != b"Z":
            children.setdefault(int(parent), []).append(int(name))
        else:
            # Its children, if it has any, have gone to us already.
            children.setdefault(int(parent), [])
    found, todo = set(), [root]
    while todo:
        for pid in children.get(todo.pop(), []):
            if pid not in found:
                found.add(pid)
                todo.append(pid)
    return found


def become(job, fail):
    """The child: gives up everything, in an order in which each step is still allowed, and becomes the command."""
    try:
        os.setsid()
        call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        for path in job["join"]:
            with open(path, "w") as file:
                file.write("0")
        rules = ruleset(job)
        for name, (soft, hard) in job["rlimits"].items():
            resource.setrlimit(getattr(resource, name), (soft, hard))
        if job["uid"] is not None:
            os.setgroups([])
            os.setresgid(job["uid"], job["uid"], job["uid"])
            os.setresuid(job["uid"], job["uid"], job["uid"])
            # Changing the user has cleared it.
            call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.umask(0o022)
        os.chdir(job["cwd"])
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        call(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        call(libc.syscall, LANDLOCK_RESTRICT_SELF, rules, 0)
        for descriptor in (3, 4, 5, rules):
            os.set_inheritable(descriptor, False) if is_open(descriptor) else None
        set_filter(base64.b64decode(job["filter"]))
    except BaseException as error:
        os.write(fail, repr(error).encode())
        os._exit(1)
    try:
        os.execvpe(job["argv"][0], job["argv"], job["env"])
    except OSError as error:
        os.write(2, f"{job['argv'][0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def is_open(descriptor):
    try:
        os.fstat(descriptor)
        return True
    except OSError:
        return False


def landlock_abi():
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return max(0, version)


def ruleset(job):
    """What may be reached: reading and running of the system, all but devices in our folders. Everything else of this ABI is denied."""
    abi = landlock_abi()
    files = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}.get(abi, (1 << 16) - 1)
    tcp = 3 if abi >= 4 else 0
    scope = 3 if abi >= 6 else 0
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = call(libc.syscall, LANDLOCK_CREATE_RULESET, struct.pack("QQQ", files, tcp, scope), ctypes.c_size_t(size), 0)
    for path in job["read"]:
        allow(rules, path, (EXECUTE | READ_FILE | READ_DIR) & files)
    for path in job["write"]:
        allow(rules, path, files & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV))
    for path in ("/dev/null", "/dev/zero", "/dev/full"):
        allow(rules, path, READ_FILE | WRITE_FILE)
    for path in ("/dev/urandom", "/dev/random"):
        allow(rules, path, READ_FILE)
    return rules


def allow(rules, path, access):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        access &= ON_FILES
    call(libc.syscall, LANDLOCK_ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("=Qi", access, descriptor), 0)
    os.close(descriptor)


def set_filter(program):
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    call(libc.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0)


def call(function, *arguments):
    result = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"system call {arguments[0]}")
    return result


if __name__ == "__main__":
    main()

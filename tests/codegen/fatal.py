"""Work that is killed before its Nth step, in a fork of its own.

A step is whatever the interpreter reports as a change of the disk (an audit event: opening a file to write, making,
linking, renaming, removing) and the exchange of two names, which is a call of the C library.
"""

import os
import signal
import sys

from codegen import tree

STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}


def killed(fatal, work, told=lambda count: None):
    """Do work in a child that is killed before the step of a number; return whether it was.

    A child that comes to its end tells how many steps it took.
    """
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    count = 0

    def step():
        nonlocal count
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    def heard(event, arguments):
        if event in STEPS or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            step()

    real = tree.exchange
    tree.exchange = lambda *paths: (step(), real(*paths))[1]
    sys.addaudithook(heard)
    work()
    told(count)
    os._exit(0)

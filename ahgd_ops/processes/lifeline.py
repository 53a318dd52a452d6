"""A process that must not outlive the one that started it, however that one dies."""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with(parent_pid: int, lifeline: int = -1) -> None:
    """Ends this process as soon as ``parent_pid``, which has just forked it, is gone.

    Linux does it by itself, at once. Elsewhere a thread waits for the end of ``lifeline``, a pipe whose other end only
    the parent holds. The death signal is not inherited: every fork has to ask for it again.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    elif lifeline >= 0:
        watch(lifeline)
    if os.getppid() != parent_pid:  # it died before we asked
        os._exit(1)


def watch(lifeline: int) -> None:
    threading.Thread(target=_die_at_end_of, args=(lifeline,), name="lifeline", daemon=True).start()


def _die_at_end_of(lifeline: int) -> None:
    os.read(lifeline, 1)  # nobody writes: it returns when the last writer is gone
    os.killpg(os.getpgrp(), signal.SIGKILL)

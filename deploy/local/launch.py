"""Start one command so that it cannot outlive the process that asked for it.

Usage: launch.py SIGNAL PARENT USER COMMAND [ARGUMENT ...]   (USER is a name, or - for the present user)

A separate file and not `preexec_fn`: that one is unsafe beside threads, and Python 3.12 warns about it.
Only the standard library is used, so that it starts in some ten milliseconds with `python -I -S`.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def drop_to(user: str) -> None:
    """Become `user`; PostgreSQL refuses to run as root."""
    import pwd

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with(parent: int, death_signal: int) -> None:
    """Ask the kernel for `death_signal` when the parent ends. Off Linux the next start cleans up instead."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it ended before the request was in place
        sys.exit(1)


def main() -> None:
    death_signal, parent, user, *command = sys.argv[1:]
    if user != "-":
        drop_to(user)
    die_with(int(parent), int(death_signal))  # after drop_to: a change of user forgets the request
    os.execvp(command[0], command)  # noqa: S606 (without a shell is what we want)


if __name__ == "__main__":
    main()

"""The cost of the platform's processes: seconds of processor time, read from the kernel."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local.platform import Platform

TICKS = os.sysconf("SC_CLK_TCK")
PARENT, USER, CHILDREN_SYSTEM = 1, 11, 14
"""Places in `/proc/<pid>/stat` behind the command: the parent; own and waited-for children's user and system time."""

Burden = Mapping[str, float]
"""Seconds by process name; PostgreSQL with all its backends is one."""


def spent(platform: Platform) -> Burden:
    """Seconds since each process began. Take the difference of two."""
    family = _family()
    roots = {name: platform.pid(name) for name in platform.names}
    for name, engine in (("PostgreSQL", platform.postgres), ("broker", platform.broker)):
        if engine is not None and engine.process is not None:
            roots[name] = engine.process.pid
    found = {name: sum(map(_seconds, _with_children(pid, family))) for name, pid in roots.items() if pid is not None}
    return found | {"supervisor": _seconds(os.getpid(), waited_for=False)}


def difference(before: Burden, after: Burden) -> Burden:
    """The seconds spent in between, the largest first; a process that started in between counts from its start."""
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def _family() -> Mapping[int, list[int]]:
    """The children of every process."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[PARENT]), []).append(int(folder.name))
    return children


def _with_children(pid: int, family: Mapping[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in family.get(pid, ()):
        yield from _with_children(child, family)


def _seconds(pid: int, *, waited_for: bool = True) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[USER : CHILDREN_SYSTEM + 1 if waited_for else USER + 2])) / TICKS


def _stat(pid: int) -> list[str]:
    """The fields behind the command, whose name may hold anything; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""Landlock: which files this process may touch, from an allow-list. Works without root.

What it cannot do: `stat`, `chmod`, `utime` and `chdir` are not governed by it, nor is `truncate`
before ABI 3 (Linux 6.2). https://docs.kernel.org/userspace-api/landlock.html
"""

import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drill.grader import linux

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV, _RESOLVE_UNIX = 1 << 13, 1 << 14, 1 << 15, 1 << 16
READ = READ_FILE | READ_DIR
WRITE = (1 << 15) - 1 & ~(EXECUTE | _MAKE_CHAR | _MAKE_BLOCK)  # reads too; makes no device
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE  # the others are only for folders

# What a kernel of at least this ABI can refuse; older ones would reject the whole rule set.
_FILES_SINCE = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV, 9: _RESOLVE_UNIX}
_NETWORK_SINCE = {4: 0b11}  # TCP: bind, connect
_SCOPES_SINCE = {6: 0b11}  # abstract Unix sockets and signals, of processes outside the domain
_NO_AUDIT_SINCE = {7: 0b1}  # a refused call is our business, not the system log's

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_ABI, _PATH_BENEATH = 1, 1


@dataclass(frozen=True)
class Grant:
    """What may be done with `path` and, if it is a folder, with all beneath it."""

    path: Path
    rights: int


def abi() -> int:
    """The kernel's Landlock version, from 1. Raises OSError where there is none."""
    return linux.system_call(_CREATE_RULESET, None, 0, _ASK_ABI)


def restrict(grants: Iterable[Grant], *, network: bool) -> int:
    """Refuse this process every file that is not granted, and TCP unless `network`.

    Signals and abstract sockets reach only the process and its descendants. Returns the ABI.
    Paths that do not exist are passed over. Needs no_new_privs. Raises OSError.
    """
    version = abi()
    handled = _known(_FILES_SINCE, version)
    refused = 0 if network else _known(_NETWORK_SINCE, version)
    fields = struct.pack("=QQQ", handled, refused, _known(_SCOPES_SINCE, version))
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = linux.system_call(_CREATE_RULESET, fields, size, 0)
    try:
        for grant in grants:
            _allow(ruleset, grant.path, grant.rights & handled)
        linux.system_call(_RESTRICT_SELF, ruleset, _known(_NO_AUDIT_SINCE, version))
    finally:
        os.close(ruleset)
    return version


def _known(since: dict[int, int], version: int) -> int:
    return sum(bits for first, bits in since.items() if version >= first)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FILE_RIGHTS
        if rights:
            attributes = struct.pack("=Qi", rights, place)
            linux.system_call(_ADD_RULE, ruleset, _PATH_BENEATH, attributes, 0)
    finally:
        os.close(place)

"""The few kernel calls that the standard library does not offer. Each raises OSError."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from functools import cache

_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVS = 1, 4, 38
_CLOSE_RANGE = 436  # the same number on every machine, like all calls since Linux 5.1
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP
_CAPABILITIES_V3 = 0x20080522
_KEPT_CAPABILITIES = 1 << 1 | 1 << 3  # DAC_OVERRIDE, FOWNER: another owner's files


@cache
def _libc() -> ctypes.CDLL:
    # Loaded at the first call, so that importing this module works on any platform.
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(number: int, *arguments: int | bytes | None) -> int:
    """The result of system call `number`; bytes are passed as a pointer to them."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *words))


def prctl(option: int, value: int) -> None:
    """Set one property of this process."""
    words = [ctypes.c_ulong(word) for word in (value, 0, 0, 0)]
    _checked(_libc().prctl(ctypes.c_int(option), *words))


def die_with_parent() -> None:
    """Be killed when the thread that forked this process ends."""
    prctl(_PDEATHSIG, signal.SIGKILL)


def hide_memory() -> None:
    """Keep other processes of the same user out of this one's memory and environment."""
    prctl(_DUMPABLE, 0)


def gain_no_privileges() -> None:
    """Give up set-user-ID for good. Landlock and seccomp ask for it."""
    prctl(_NO_NEW_PRIVS, 1)


def close_from(first: int) -> None:
    """Close descriptor `first` and all above it."""
    system_call(_CLOSE_RANGE, first, 0xFFFFFFFF, 0)


def drop_capabilities() -> None:
    """Give up root's powers (limits, tracing, mounts) but those over files."""
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    held = ctypes.create_string_buffer(24)  # two times effective, permitted, inheritable
    _checked(_libc().capget(header, held))
    effective, permitted = (word & _KEPT_CAPABILITIES for word in struct.unpack_from("=II", held))
    if not any(held.raw):  # an ordinary user
        return
    _checked(_libc().capset(header, struct.pack("=6I", effective, permitted, 0, 0, 0, 0)))


def enter_user_namespace(network: bool) -> None:
    """Move into a user namespace of its own, where every id keeps its number.

    With `network` also into an empty network, whose only interface is `lo`. To be called before
    `hide_memory`, after which an ordinary user may no longer write the maps.
    """
    user, group = os.geteuid(), os.getegid()
    _checked(_libc().unshare(ctypes.c_int(_NEW_USER | (_NEW_NETWORK if network else 0))))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    if network:
        _bring_up_loopback()


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP))

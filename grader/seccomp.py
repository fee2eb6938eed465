"""seccomp: which system calls this process may make. A refused call fails with EPERM.

The filter is classic BPF, written here by hand: one block a system call, and each block ends in a
verdict. Arguments are compared by their low 32 bits, which is all that the kernel reads of them.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drill.grader import linux

_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # as the kernel's audit code names them
_X32 = 0x40000000  # a second numbering of x86_64's calls, which would slip past the table
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_REFUSE, _ABSENT = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS
_SET_FILTER, _KEEP_CPU_SPEED = 1, 1 << 2  # or old kernels turn off speculation for the process

# System call: its number on x86_64 and on aarch64, None where that machine lacks it.
_CALLS: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # what would outlive the process: System V memory, queues and semaphores
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # the machine
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "unshare": (272, 97),
    "setns": (308, 268),
    "personality": (135, 92),
    # parts of the kernel with a long record of holes, or that act in a process's place
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
_SPAWNING: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SIGNALS = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "sigqueue": (129, 138),
    "tgsigqueue": (297, 240),
}
_LIMITS = (302, 261)  # prlimit64
_SOCKET = (41, 198)
_FCNTL, _IOCTL = (72, 25), (16, 29)

_NEW_THREAD = 0x00010000
_NEW_NAMESPACES = 0x7E020000
_SET_OWNER = (8, 15)  # F_SETOWN, F_SETOWN_EX: whom the kernel signals when data comes
_TYPE_OR_OWN = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16


@dataclass(frozen=True)
class Rule:
    """What becomes of one system call.

    With `values` the verdict is `then` if argument `argument` equals one of them (or, for
    `any_bit`, has a bit of one of them), and `verdict` if not; without them it is `verdict`.
    """

    numbers: tuple[int | None, int | None]
    verdict: int
    argument: int = 0
    values: tuple[int, ...] = ()
    any_bit: bool = False
    then: int = _ALLOW


def rules(needs: frozenset[str], pid: int) -> Iterator[Rule]:
    """The rules that depend on the process or its needs, which are a Policy's."""
    yield from _process_rules(bool(needs & {"processes", "exec"}), pid)
    yield Rule(_CLONE3, _ABSENT)  # its flags lie in memory; without it libc falls back to clone
    yield Rule(_LIMITS, _REFUSE, values=(0, pid))
    yield Rule(_SOCKET, _REFUSE, values=_families(needs))
    yield Rule(_FCNTL, _ALLOW, argument=1, values=_SET_OWNER, then=_REFUSE)
    yield Rule(_IOCTL, _ALLOW, argument=1, values=_TYPE_OR_OWN, then=_REFUSE)


def _process_rules(spawns: bool, pid: int) -> Iterator[Rule]:
    if spawns:
        # Children must be killable, and their ids aren't known; Landlock keeps others out of reach.
        yield Rule(_CLONE, _ALLOW, values=(_NEW_NAMESPACES,), any_bit=True, then=_REFUSE)
        return
    yield Rule(_CLONE, _REFUSE, values=(_NEW_THREAD,), any_bit=True)
    yield from (Rule(numbers, _REFUSE) for numbers in _SPAWNING.values())
    yield from (Rule(numbers, _REFUSE, values=(pid,)) for numbers in _SIGNALS.values())


def _families(needs: frozenset[str]) -> tuple[int, ...]:
    # multiprocessing hands descriptors over through a Unix socket, and Gloo lists the interfaces.
    internet = (_INET, _INET6, _NETLINK) if "loopback" in needs else ()
    return (*internet, _UNIX) if "processes" in needs else internet


def program(needs: frozenset[str], pid: int, machine: str) -> bytes:
    """The filter as BPF instructions of 8 bytes. Raises OSError for a machine without a table."""
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    return _PROLOGUES[machine] + _blocks(rules(needs, pid), machine) + _return(_ALLOW)


def install(code: bytes) -> None:
    """Filter this process's calls from now on, for good. Needs no_new_privs. Raises OSError."""
    instructions = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
    number = 317 if platform.machine() == "x86_64" else 277
    linux.system_call(number, _SET_FILTER, _KEEP_CPU_SPEED, header)


def _prologue(machine: str) -> bytes:
    """Refuses other machines' calls and all of _CALLS, and leaves the call's number loaded."""
    parts = [_load(_MACHINE_AT), _jump(_EQUAL, _MACHINES[machine], 1, 0), _return(_REFUSE)]
    parts.append(_load(_NUMBER_AT))
    if machine == "x86_64":
        parts += [_jump(_AT_LEAST, _X32, 0, 1), _return(_REFUSE)]
    refusals = (Rule(numbers, _REFUSE) for numbers in _CALLS.values())
    return b"".join(parts) + _blocks(refusals, machine)


def _blocks(rules: Iterable[Rule], machine: str) -> bytes:
    column = list(_MACHINES).index(machine)
    blocks = []
    for rule in rules:
        number = rule.numbers[column]
        if number is not None:
            body = _body(rule)
            blocks.append(_jump(_EQUAL, number, 0, len(body) // 8) + body)
    return b"".join(blocks)


def _body(rule: Rule) -> bytes:
    if not rule.values:
        return _return(rule.verdict)
    test = _ANY_BIT if rule.any_bit else _EQUAL
    last = len(rule.values)
    jumps = [_jump(test, value, last - index, 0) for index, value in enumerate(rule.values)]
    load = _load(_ARGUMENTS_AT + 8 * rule.argument)
    return b"".join([load, *jumps, _return(rule.verdict), _return(rule.then)])


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(test: int, value: int, if_so: int, if_not: int) -> bytes:
    return struct.pack("=HBBI", test, if_so, if_not, value)


def _return(verdict: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, verdict)


# Made once, before any fork: a player only adds the rules that are its own.
_PROLOGUES = {machine: _prologue(machine) for machine in _MACHINES}

"""The filter's verdicts, on the machine at hand and on the one that is not."""

import errno
import struct

import pytest

from drill.grader import seccomp

MACHINES = ("x86_64", "aarch64")


def verdict(program: bytes, machine: str, number: int, *arguments: int) -> int:
    """The filter's verdict on one call, by a small interpreter of its instructions."""
    words = [number, {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine], 0, 0]
    for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]:
        words += [argument & 0xFFFFFFFF, argument >> 32 & 0xFFFFFFFF]
    accumulator = place = 0
    while True:
        code, if_so, if_not, value = struct.unpack_from("=HBBI", program, 8 * place)
        if code == 0x06:
            return int(value)
        if code == 0x20:
            accumulator = words[value // 4]
        else:
            tests = {0x15: accumulator == value, 0x35: accumulator >= value}
            place += if_so if tests.get(code, bool(accumulator & value)) else if_not
        place += 1


ALLOWED, REFUSED, ABSENT = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
THREAD, FORK, PID = 0x003D0F00, 0x01200011, 4711
# System call on x86_64 and aarch64, first arguments, verdict without needs, with processes.
VERDICTS = {
    "read": ((0, 63), (3,), ALLOWED, ALLOWED),
    "a thread": ((56, 220), (THREAD,), ALLOWED, ALLOWED),
    "a child": ((56, 220), (FORK,), REFUSED, ALLOWED),
    "a child in a user namespace": ((56, 220), (FORK | 0x10000000,), REFUSED, REFUSED),
    "clone3": ((435, 435), (0,), ABSENT, ABSENT),
    "execve": ((59, 221), (0,), REFUSED, ALLOWED),
    "kill itself": ((62, 129), (PID, 9), ALLOWED, ALLOWED),
    "kill another": ((62, 129), (PID + 1, 9), REFUSED, ALLOWED),
    "kill all": ((62, 129), (-1, 9), REFUSED, ALLOWED),
    "own limits": ((302, 261), (0, 1, 99), ALLOWED, ALLOWED),
    "another's limits": ((302, 261), (PID + 1, 1, 99), REFUSED, REFUSED),
    "a Unix socket": ((41, 198), (1,), REFUSED, ALLOWED),
    "an internet socket": ((41, 198), (2,), REFUSED, REFUSED),
    "TIOCSTI": ((16, 29), (0, 0x5412), REFUSED, REFUSED),
    "TCGETS": ((16, 29), (0, 0x5401), ALLOWED, ALLOWED),
    "x32": ((0x40000000 + 59, 0x40000000), (), None, None),
}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("row", VERDICTS.values(), ids=VERDICTS)
def test_the_filter_decides(
    machine: str, row: tuple[tuple[int, int], tuple[int, ...], int | None, int | None]
) -> None:
    numbers, arguments, *wanted = row
    number = numbers[MACHINES.index(machine)]
    if wanted[0] is None:
        wanted = [REFUSED if machine == "x86_64" else ALLOWED] * 2
    for needs, expected in zip((frozenset[str](), frozenset({"processes"})), wanted, strict=True):
        program = seccomp.program(needs, PID, machine)
        assert verdict(program, machine, number, *arguments) == expected


def test_a_foreign_machine_is_refused() -> None:
    program = seccomp.program(frozenset(), PID, "x86_64")
    assert verdict(program, "aarch64", 63) == REFUSED
    with pytest.raises(OSError):
        seccomp.program(frozenset(), PID, "riscv64")

"""Which files a player may read: the interpreter and the installed packages, none of our content.

Landlock only knows an allow-list, so where our own package lies among the others (a wheel), the
folders above it are listed entry by entry, without what is ours.
"""

import site
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import drill

_OWN_FOLDERS = ("grader", "__pycache__")  # lazy imports and tracebacks read the grader's source
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/proc/cpuinfo",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
)


@cache
def readable_paths() -> tuple[Path, ...]:
    """Real paths of what a player may read, without `drill`'s drills, references and commands.

    No path lies beneath another. Takes some milliseconds: ask once, before forking.
    """
    hidden = _hidden()
    found: set[Path] = set()
    for place in _wanted():
        found.update(without(place, hidden))
    return tuple(sorted(path for path in found if found.isdisjoint(path.parents)))


@cache
def import_folders() -> tuple[Path, ...]:
    """The folders of `sys.path`, whose entries' names a player may list, without the checkout."""
    checkout = _package_folder("grader").parent
    editable = checkout != _package_folder()
    folders = (Path(entry).resolve() for entry in sys.path if entry)
    return tuple(
        folder for folder in folders if not (editable and _is_of_checkout(folder, checkout))
    )


def without(place: Path, hidden: frozenset[Path]) -> Iterator[Path]:
    """The largest files and folders that make up `place` without the `hidden` ones (all real)."""
    real = place.resolve()
    if not real.exists() or real in hidden or not hidden.isdisjoint(real.parents):
        return
    if any(real in path.parents for path in hidden):
        for child in real.iterdir():
            if child.resolve() not in (real, *real.parents):  # a link upwards would never end
                yield from without(child, hidden)
    else:
        yield real


def _wanted() -> Iterator[Path]:
    yield from map(Path, _SYSTEM)
    for prefix in {sys.prefix, sys.base_prefix}:
        yield from (Path(prefix, name) for name in ("lib", "lib64", "pyvenv.cfg"))
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    yield from import_folders()
    yield from (_package_folder(), _package_folder("grader"))


def _hidden() -> frozenset[Path]:
    """All folders of our package but the grader, and other copies of it, say in the base Python."""
    package = _package_folder()
    own = {
        child.resolve()
        for child in package.iterdir()
        if child.is_dir() and child.name not in _OWN_FOLDERS
    }
    bases = site.getsitepackages([sys.base_prefix, sys.prefix])
    copies = {Path(base, package.name).resolve() for base in (*bases, *sys.path)}
    return frozenset(own | {copy for copy in copies if copy.is_dir()} - {package})


def _package_folder(name: str = "") -> Path:
    """Our package's folder or one in it. In an editable install the latter lies elsewhere."""
    return Path(drill.__path__[0], name).resolve()


def _is_of_checkout(folder: Path, checkout: Path) -> bool:
    """Whether listing `folder` would show the checkout. An environment inside it doesn't count."""
    if folder.name in ("site-packages", "dist-packages"):
        return False
    return folder.is_relative_to(checkout) or checkout.is_relative_to(folder)

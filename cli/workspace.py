"""The learner's folder: one file a drill, never overwritten."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drill.grader.catalog import Drill
from drill.grader.errors import UsageError


def locate(environ: Mapping[str, str], state: Path, attended: bool) -> Path:
    """Where the workspace is: `$DRILL_WORKSPACE`, ~/drill, or `workspace` in the state folder.

    The last holds only where nobody watches (`attended` is false: no stream is a terminal) and
    there is no ~/drill, or `$DRILL_HOME` keeps this run apart from it.
    """
    if chosen := environ.get("DRILL_WORKSPACE"):
        return Path(chosen).expanduser().absolute()
    usual = Path.home() / "drill"
    if attended or (usual.is_dir() and "DRILL_HOME" not in environ):
        return usual
    return (state / "workspace").absolute()


@dataclass(frozen=True)
class Workspace:
    """The folder `root`, with `<topic>/<id>.py` for each drill that was started."""

    root: Path
    now: Callable[[], datetime]

    def path(self, drill: Drill) -> Path:
        """The learner's file of a drill."""
        return self.root / drill.topic / f"{drill.id}.py"

    def holds(self, path: Path) -> bool:
        """Whether a file lies in the workspace."""
        return path.resolve().is_relative_to(self.root.resolve())

    def untouched(self, drill: Drill) -> bool:
        """Whether the learner's file still is what `start` wrote."""
        path = self.path(drill)
        return path.is_file() and path.read_bytes() == start_file(drill).encode()

    def write(self, drill: Drill) -> bool:
        """Write the start file unless the learner's file is there; True if it was written.

        Raises UsageError where the folder can't be written.
        """
        return self.write_into(self.path(drill).parent, drill)

    def write_into(self, folder: Path, drill: Drill) -> bool:
        """The same for another folder of the workspace."""
        with self._writing():
            folder.mkdir(parents=True, exist_ok=True)
            self._write_once(self.root / "pyrightconfig.json", editor_settings())
            return self._write_once(folder / f"{drill.id}.py", start_file(drill))

    def reset(self, drill: Drill) -> Path | None:
        """Put the start file back; the learner's own is kept, and the path of the copy returned."""
        path, kept = self.path(drill), None
        if path.exists():
            stamp = self.now().strftime("%Y%m%d-%H%M%S")
            kept = self._free(self.root / ".kept" / f"{drill.id}.{stamp}.py")
            with self._writing():
                kept.parent.mkdir(exist_ok=True)
                path.rename(kept)
        self.write(drill)
        return kept

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise UsageError(
                f"The workspace {self.root} can't be written: {fault.strerror or fault}.",
                code="workspace",
                remedy="Set DRILL_WORKSPACE to a folder of yours.",
            ) from fault

    @staticmethod
    def _free(path: Path) -> Path:
        """`path`, or the first numbered name beside it that is not taken."""
        names = (path.with_suffix(f".{number}.py") for number in range(2, 1000))
        return next(name for name in (path, *names) if not name.exists())

    @staticmethod
    def _write_once(path: Path, text: str) -> bool:
        """Write a whole file or nothing, and never over another: True if it was written."""
        if path.exists():
            return False
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.write_text(text, encoding="utf-8")
            with suppress(FileExistsError):
                _place(draft, path)
                return True
            return False
        finally:
            draft.unlink(missing_ok=True)


def _place(draft: Path, path: Path) -> None:
    """Give a draft its name; FileExistsError if somebody was faster."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except (
        OSError
    ):  # A file system without hard links: rename would overwrite, but nobody is there.
        draft.rename(path)


def start_file(drill: Drill) -> str:
    """The stub with the statement on top, as the module's docstring."""
    head = f"{drill.title} ({drill.level}, {drill.minutes} minutes)\n\n{drill.body}\n"
    for quotes in ('"""', "'''"):
        if quotes not in head:
            return f"r{quotes}{head}{quotes}\n\n{drill.stub}"
    comment = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    return f"{comment}\n{drill.stub}"


def editor_settings() -> str:
    """A pyrightconfig.json that lets the editor find the packages that drill runs with."""
    settings: dict[str, object] = {
        "reportMissingImports": "warning",
        "reportMissingModuleSource": "none",
        "reportPrivateImportUsage": "none",
    }
    if sys.prefix != sys.base_prefix:
        environment = Path(sys.prefix)
        settings |= {"venvPath": str(environment.parent), "venv": environment.name}
    return json.dumps(settings, indent=2) + "\n"


def text_of(path: Path) -> str:
    """A file's text; empty if it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""

"""Errors that end a command: each is one sentence for the user, with its remedy.

DrillError
├── UsageError           2  the command was called wrongly, or a setting is off
├── ContentError         2  a drill's own files are broken (its author's fault)
├── GraderError          2  the grader itself failed
└── NotGradableError     3  something this machine lacks (an extra, a GPU)
"""


class DrillError(Exception):
    """Something the user must hear: `code` names it in JSON, `remedy` says what to do about it."""

    exit_status = 2

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy

    def to_json(self) -> dict[str, object]:
        """The document that `--json` prints in place of a result."""
        fault = {"code": self.code, "message": self.message, "remedy": self.remedy}
        return {"format": 1, "error": fault}


class UsageError(DrillError):
    """The command was called wrongly, or a setting is off."""


class ContentError(DrillError):
    """A drill's own files are broken."""


class GraderError(DrillError):
    """The grader itself failed: never the learner's fault."""


class NotGradableError(DrillError):
    """This machine lacks what the drill needs."""

    exit_status = 3

"""What a drill needs beyond the plain installation, and the command that brings it."""

from collections.abc import Callable

from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.errors import NotGradableError

# The modules that tell whether an optional group of pyproject.toml is installed.
MODULES = {
    "hf": ("transformers", "safetensors"),
    "lightning": ("lightning",),
    "tensorboard": ("tensorboard",),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "optimum": ("optimum", "onnxruntime"),
    "serving": ("tritonclient", "google.protobuf"),
    "plot": ("matplotlib",),
}


def command(extra: str) -> str:
    """The command that installs an optional group."""
    return f"pip install 'drill-gym[{extra}]'"


def has(extra: str, installed: Callable[[str], bool]) -> bool:
    """Whether an optional group is installed."""
    return all(installed(module) for module in MODULES[extra])


def missing(drill: Drill, tools: Tools) -> str:
    """What this machine lacks for a drill, as advice; empty if nothing."""
    if drill.gpu == "required" and not tools.gpu():
        return "needs an NVIDIA GPU"
    if drill.extra and not has(drill.extra, tools.installed):
        return command(drill.extra)
    return ""


def lacks(sentence: str, advice: str) -> NotGradableError:
    """The error that says what can't be done here, with the advice of `missing` or a command."""
    to_install = advice.startswith("pip ")
    remedy = f"Install what it needs: {advice}" if to_install else f"It {advice}."
    code = "missing-extra" if to_install else "missing-gpu"
    return NotGradableError(sentence, code=code, remedy=remedy)

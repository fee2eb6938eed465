"""Rules against functions, operators and classes, and what each of them stands for."""

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch

from drill.grader.attribution import CodeKey, Patches

Kind = Literal["call", "op", "class"]

# The namespaces where one name means one function. torch.softmax is also x.softmax.
_NAMESPACES = ("torch", "torch.Tensor", "torch.special", "torch.nn.functional", "torch._C._nn")
_NEURAL = ("torch.nn.functional", "torch._C._nn")
_PREFIXED = {"torch.linalg": "linalg_", "torch.fft": "fft_"}
_DUNDERS = ("__{}__", "__r{}__", "__i{}__")


@dataclass(frozen=True)
class Rule:
    """What a submission must not use: a torch function, an aten operator or a class."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read 'call: torch.softmax', 'op: aten::_softmax' or 'class: torch.nn.Softmax'.

        Raises ValueError, with a sentence for the drill's author, if the rule can't be watched.
        """
        kind, _, name = (part.strip() for part in text.partition(": "))
        for known in get_args(Kind):
            if kind == known:
                rule = cls(known, name)
                _CHECKS[known](name)
                return rule
        raise ValueError(f"'{text}': a rule is 'call: NAME', 'op: NAME' or 'class: NAME'.")


@dataclass(frozen=True)
class Breach:
    """A rule that was broken, and the submission's innermost line (None where it has no frame)."""

    rule: str
    line: int | None


@dataclass
class Ban:
    """The rules by what recognises them; each leads to the rule's text."""

    calls: dict[object, str] = field(default_factory=dict)
    codes: dict[CodeKey, str] = field(default_factory=dict)
    ops: dict[str, str] = field(default_factory=dict)
    classes: dict[type, str] = field(default_factory=dict)
    deep: bool = False  # some function is pure Python: only the operators below it show it

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "Ban":
        """The ban that stands for these rules."""
        ban = cls()
        for rule in rules:
            if rule.kind == "op":
                ban.ops.setdefault(rule.name, str(rule))
            elif rule.kind == "class":
                ban.classes.setdefault(resolve(rule.name), str(rule))
            else:
                ban._add_call(rule.name, str(rule))
        return ban

    def _add_call(self, name: str, rule: str) -> None:
        named = resolve(name)
        code = code_of(named)
        self.deep |= code is not None and "handle_torch_function" not in _names_used(named)
        for function in (named, *_spellings(name)):
            self.calls.setdefault(function, rule)
            if key := code_of(function):
                self.codes.setdefault(key, rule)
        if not name.startswith("torch._"):
            # torch._refs holds every function again in Python; importing it takes a while.
            refs = f"{torch.__path__[0]}/_refs"
            base = name.rpartition(".")[2]
            for file in ("__init__.py", "nn/functional/__init__.py", "special/__init__.py"):
                self.codes.setdefault((f"{refs}/{file}", base), rule)


def resolve(name: str) -> Any:
    """The object of a dotted name. Raises ValueError if there is none."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        try:
            return functools.reduce(getattr, parts[cut:], found)
        except AttributeError:
            break
    raise ValueError(f"'{name}' is not found: write its full name, as in torch.nn.functional.relu.")


def code_of(function: Any) -> CodeKey | None:
    """What recognises a Python function on the stack; None for builtins and shared closures."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or "<locals>" in code.co_qualname:
        return None
    return code.co_filename, code.co_qualname


def is_composite(operator: Any) -> bool:
    """Whether torch takes this aten overload apart into others before any backend sees it."""
    composite = torch._C.DispatchKey.CompositeImplicitAutograd
    try:
        return bool(operator.has_kernel_for_dispatch_key(composite))
    except RuntimeError:  # TorchScript has overloads of its own, which are no operators
        return False


def watch_class(cls: Any, used: Callable[[], None], patches: Patches) -> None:
    """Call `used` whenever `cls` or a subclass is constructed, and whenever it is subclassed."""
    construct = cls.__init__
    inherited = vars(cls).get("__init_subclass__")

    @functools.wraps(construct)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        used()
        if construct is object.__init__:  # it refuses the arguments that __new__ has taken
            construct(self)
        else:
            construct(self, *args, **kwargs)

    def __init_subclass__(sub: type, **kwargs: Any) -> None:
        used()
        if inherited is None:
            super(cls, sub).__init_subclass__(**kwargs)
        else:
            inherited.__get__(None, sub)(**kwargs)

    patches.put(cls, "__init__", __init__)
    hook: Any = __init_subclass__
    patches.put(cls, "__init_subclass__", classmethod(hook))


def _names_used(function: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = inspect.unwrap(function).__code__.co_names
    return names


def _spellings(name: str) -> Iterator[Any]:
    """Other objects that are the same function: methods, in-place forms, operators, aten."""
    home, _, base = name.rpartition(".")
    target = resolve(name)
    if inspect.isgetsetdescriptor(target):
        yield target.__get__
    prefix = _PREFIXED.get(home)
    if prefix is None and home not in _NAMESPACES:
        return
    # F.unfold and x.unfold differ: only a name that stands in torch itself is one function.
    shared = prefix is None and hasattr(torch, base)
    homes = _NAMESPACES if shared else _NEURAL if home in _NEURAL else (home,)
    for owner in map(resolve, homes):
        for form in ("{}", "{}_", *(_DUNDERS if owner is torch.Tensor else ())):
            found = getattr(owner, form.format(base), None)
            if callable(found) and found is not getattr(object, form.format(base), None):
                yield found
    for form in ("{}", "{}_", "special_{}") if prefix is None else (prefix + "{}",):
        if packet := getattr(torch.ops.aten, form.format(base), None):
            yield packet
            yield from (getattr(packet, overload) for overload in packet.overloads())


def _check_call(name: str) -> None:
    target = resolve(name)
    if name.split(".")[0] != "torch":
        raise ValueError(f"'{name}' is not a torch function: only those can be watched.")
    if isinstance(target, type) or not (callable(target) or inspect.isgetsetdescriptor(target)):
        raise ValueError(f"'{name}' is not a function.")


def _check_op(name: str) -> None:
    space, _, base = name.partition("::")
    packet = getattr(getattr(torch.ops, space), base, None) if space and base else None
    if packet is None:
        raise ValueError(f"'{name}' is not an operator: write it as in aten::_softmax.")
    # Variants that write into out= are kernels of their own even where the rest is taken apart.
    overloads = [each for each in packet.overloads() if not each.endswith("out")]
    if all(is_composite(getattr(packet, each)) for each in overloads):
        raise ValueError(f"'{name}' is taken apart before it runs: name the operators it runs.")


def _check_class(name: str) -> None:
    target = resolve(name)
    if not isinstance(target, type):
        raise ValueError(f"'{name}' is not a class.")
    if not target.__flags__ & (1 << 9):  # Py_TPFLAGS_HEAPTYPE: made by a class statement
        raise ValueError(f"'{name}' is built in: it can't be watched.")


_CHECKS: dict[Kind, Callable[[str], None]] = {
    "call": _check_call,
    "op": _check_op,
    "class": _check_class,
}

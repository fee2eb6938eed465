"""YAML values that know their line: whatever is wrong with one is said with its place."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from drill.grader.errors import ContentError

# libyaml's loader is ten times as fast; wheels of PyYAML have it, some distributions don't.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KINDS = {"str": "text", "int": "a number", "float": "a number", "bool": "yes or no"}


@dataclass(frozen=True)
class Value:
    """A YAML node that knows where it stands, so that every complaint names its line."""

    path: Path
    node: yaml.Node

    @property
    def where(self) -> str:
        """`file:line`, as editors and terminals jump to it."""
        return f"{self.path}:{self.node.start_mark.line + 1}"

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def fail(self, sentence: str) -> NoReturn:
        """Raise ContentError with this value's place."""
        raise ContentError(f"{self.where}: {sentence}", code="content")

    def scalar(self, tag: str) -> str:
        """The text of a scalar of YAML type `tag`; anything else is a complaint."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(
                f"this must be {_KINDS[tag]}, not a list or mapping; quote it if it has a colon."
            )
        if self.node.tag != f"tag:yaml.org,2002:{tag}":
            found = self.node.tag.rpartition(":")[2]
            self.fail(f"this must be {_KINDS[tag]}, not {_KINDS.get(found, found)}.")
        return str(self.node.value)

    def text(self) -> str:
        """Text that isn't blank."""
        text = self.scalar("str")
        if not text.strip():
            self.fail("this text is empty.")
        return text

    def edit(self) -> str:
        """Text that may be blank: the right side of a replacement."""
        return self.scalar("str")

    def count(self) -> int:
        """A whole number of at least 0."""
        digits = self.scalar("int")
        if not digits.isdecimal():
            self.fail(f"{digits!r} must be a whole number of at least 0.")
        return int(digits)

    def one_of(self, choices: Collection[str]) -> str:
        """One of a few words."""
        word = self.scalar("str")
        if word not in choices:
            self.fail(f"{word!r} must be one of: {', '.join(choices)}.")
        return word

    def items(self) -> list["Value"]:
        """The members of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("this must be a list.")
        return [Value(self.path, node) for node in self.node.value]

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def pairs(self) -> list[tuple[str, "Value", "Value"]]:
        """The entries of a mapping as (key, key's node, value); a key twice is a complaint."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("this must be a mapping of keys to values.")
        found: list[tuple[str, Value, Value]] = []
        for key_node, value_node in self.node.value:
            key = Value(self.path, key_node)
            name = str(key_node.value)
            if any(name == earlier for earlier, _, _ in found):
                key.fail(f"the key {name!r} stands here twice.")
            found.append((name, key, Value(self.path, value_node)))
        return found

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "Value"]:
        """A mapping with exactly these keys; unknown and missing ones are complaints."""
        required = tuple(required)
        known = (*required, *optional)
        values = {}
        for name, key, value in self.pairs():
            if name not in known:
                key.fail(f"the key {name!r} is unknown here; known are: {', '.join(known)}.")
            values[name] = value
        missing = [name for name in required if name not in values]
        if missing:
            self.fail(f"the key {missing[0]!r} is missing.")
        return values


def parse(path: Path, text: str) -> Value:
    """The document's root; ContentError where it isn't YAML or is empty."""
    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        problem = getattr(fault, "problem", None) or str(fault)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ContentError(f"{place}: this is not YAML: {problem}.", code="content") from fault
    if node is None:
        raise ContentError(f"{path}:1: the file is empty.", code="content")
    return Value(path, node)

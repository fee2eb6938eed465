"""How values cross between judge and player: a JSON tree and raw bytes, never a pickle.

A *case* (judge to player) keeps storages, so that views and aliases survive. An *observation*
(player to judge) carries each tensor's values with the facts that a judge compares.

Plain values: None, bool, int, float, str, bytes, dtype, device, lists, tuples, dicts, records
(dataclass instances), raised errors; and, towards the player only, recipes and tensor views.
"""

import dataclasses
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from drill.grader.channel import Malformed
from drill.grader.errors import ContentError

MAX_DEPTH = 24
MAX_NODES = 400_000
MAX_DIMS = 8
MAX_TENSOR_BYTES = 256 << 20
LONG = 64  # runs of numbers at least this long travel as raw bytes

DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
        torch.complex64,
        torch.complex128,
        torch.float8_e4m3fn,
        torch.float8_e5m2,
    )
}


@dataclass(frozen=True)
class Recipe:
    """A call of a builder that happens inside the player: its function's name and arguments."""

    function: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Raised:
    """An error as a value: the names of its class and bases, nearest first, and its text."""

    classes: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True)
class Record:
    """A dataclass instance as plain data."""

    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Foreign:
    """Something that cannot cross: its type's name and a short description."""

    name: str
    text: str


@dataclass(frozen=True, eq=False)
class SeenTensor:
    """A tensor as it was observed. `alias` is equal for tensors that share storage."""

    values: Tensor
    stride: tuple[int, ...]
    requires_grad: bool
    alias: int
    kind: str


def raised(error: BaseException) -> Raised:
    """The error as a value, its text capped."""
    names = tuple(base.__name__ for base in type(error).__mro__ if base is not object)
    try:
        text = str(error)
    except Exception:
        text = "(its text could not be made)"
    return Raised(names, text[:2000])


class Encoder:
    """Turns values into JSON trees and collects their bytes in `body`."""

    def __init__(
        self,
        tensor: Callable[["Encoder", Tensor], dict[str, Any]],
        strict: bool = False,
        align: int = 1,
    ) -> None:
        self._strict = strict
        self._align = align
        self.body: list[bytes | memoryview] = []
        self.size = 0
        self.storages: dict[int, int] = {}  # storage address -> its number
        self._tensor = tensor
        self._nodes = 0

    def add(self, data: bytes | memoryview) -> int:
        """Append bytes to the body; where they begin."""
        if gap := -self.size % self._align:
            self.body.append(bytes(gap))
            self.size += gap
        start = self.size
        self.body.append(data)
        self.size += len(data)
        return start

    def claim(self, tensor: Tensor) -> int:
        """The number of the tensor's storage, the next free one at first sight."""
        address = tensor.untyped_storage().data_ptr()
        return self.storages.setdefault(address, len(self.storages))

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The tree of `value`; what is unknown becomes a Foreign node."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return {"t": "foreign", "name": type(value).__name__, "text": "nested too deeply"}
        if value is None or type(value) in (bool, int) or isinstance(value, str):
            return str(value) if isinstance(value, str) else value
        if type(value) is float:
            return value if math.isfinite(value) else {"t": "float", "v": str(value)}
        if isinstance(value, Tensor):
            return self._tensor(self, value)
        tree = self._composite(value, depth)
        if self._strict and isinstance(tree, dict) and tree["t"] == "foreign":
            raise ContentError(
                f"A check draws a {tree['name']}, which can't cross to a player.",
                code="bad-checks",
                remedy="Draw plain data and tensors; build the rest by a recipe.",
            )
        return tree

    def _composite(self, value: Any, depth: int) -> Any:
        match value:
            case list() | tuple():
                return self._sequence(value, depth)
            case dict():
                pairs = [[self.encode(k, depth + 1), self.encode(v, depth + 1)]
                         for k, v in value.items()]  # fmt: skip
                return {"t": "dict", "v": pairs}
            case bytes():
                return {"t": "bytes", "at": self.add(value), "n": len(value)}
            case torch.dtype():
                return {"t": "dtype", "v": str(value).removeprefix("torch.")}
            case torch.device():
                return {"t": "device", "v": str(value)}
            case Recipe():
                arguments = self.encode(dict(value.arguments), depth + 1)
                return {"t": "recipe", "name": value.function, "v": arguments}
            case Raised():
                return {"t": "raised", "classes": list(value.classes), "text": value.text}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            tree = self.encode(fields, depth + 1)
            return {"t": "record", "name": type(value).__name__, "v": tree}
        return _foreign(value)

    def _sequence(self, value: list[Any] | tuple[Any, ...], depth: int) -> Any:
        kind = "list" if isinstance(value, list) else "tuple"
        if len(value) >= LONG:
            for name, element, code in (("ints", int, "q"), ("floats", float, "d")):
                if all(type(item) is element for item in value):
                    try:
                        at = self.add(struct.pack(f"<{len(value)}{code}", *value))
                    except struct.error:  # an int beyond 64 bits
                        break
                    return {"t": name, "of": kind, "at": at, "n": len(value)}
        items = [self.encode(item, depth + 1) for item in value]
        return items if kind == "list" else {"t": "tuple", "v": items}


def _foreign(value: object) -> dict[str, Any]:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "submission") else (
        f"{kind.__module__}.{kind.__qualname__}"
    )  # fmt: skip
    try:
        text = repr(value)[:500]
    except Exception:
        text = ""
    return {"t": "foreign", "name": name, "text": text}


class Decoder:
    """The inverse of Encoder; raises Malformed on anything unexpected.

    `tensor` decodes tensor nodes, `recipe` runs recipes (None: they are refused).
    """

    def __init__(
        self,
        body: bytearray | memoryview,
        tensor: Callable[["Decoder", Mapping[str, Any]], Any],
        recipe: Callable[[str, Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self.body = body
        self._tensor = tensor
        self._recipe = recipe
        self._nodes = 0

    def decode(self, tree: Any, depth: int = 0) -> Any:
        """The value of `tree`."""
        self._nodes += 1
        if depth > MAX_DEPTH + 2 or self._nodes > 2 * MAX_NODES:
            raise Malformed("a value nested too deeply")
        if tree is None or isinstance(tree, (bool, int, float, str)):
            return tree
        if isinstance(tree, list):
            return [self.decode(item, depth + 1) for item in tree]
        try:
            return self._node(tree, depth)
        except Malformed:
            raise
        except Exception as error:
            # Whatever torch or struct make of it: what was sent is no value.
            raise Malformed(f"a bad value: {error}") from error

    def bytes_at(self, at: int, size: int) -> memoryview:
        """A checked slice of the body."""
        if type(at) is not int or type(size) is not int:
            raise Malformed("an offset that is not an integer")
        if at < 0 or size < 0 or at + size > len(self.body):
            raise Malformed("bytes outside the body")
        return memoryview(self.body)[at : at + size]

    def _node(self, tree: Mapping[str, Any], depth: int) -> Any:  # noqa: C901 - one case a kind
        match tree["t"]:
            case "tuple":
                return tuple(self.decode(item, depth + 1) for item in tree["v"])
            case "dict":
                return {_key(self.decode(k, depth + 1)): self.decode(v, depth + 1)
                        for k, v in tree["v"]}  # fmt: skip
            case "ints" | "floats":
                if type(tree["n"]) is not int:
                    raise Malformed("a length that is no integer")
                code = "q" if tree["t"] == "ints" else "d"
                raw = self.bytes_at(tree["at"], 8 * tree["n"])
                numbers = struct.unpack(f"<{tree['n']}{code}", raw)
                return list(numbers) if tree["of"] == "list" else numbers
            case "float":
                return float(tree["v"])
            case "bytes":
                return bytes(self.bytes_at(tree["at"], tree["n"]))
            case "dtype":
                return DTYPES.get(tree["v"]) or Foreign("torch.dtype", str(tree["v"])[:100])
            case "device":
                return torch.device(tree["v"])
            case "raised":
                return Raised(tuple(str(name) for name in tree["classes"]), str(tree["text"]))
            case "record":
                return Record(str(tree["name"]), self.decode(tree["v"], depth + 1))
            case "foreign":
                return Foreign(str(tree["name"])[:200], str(tree["text"])[:500])
            case "tensor" | "view":
                return self._tensor(self, tree)
            case "recipe" if self._recipe is not None:
                return self._recipe(tree["name"], self.decode(tree["v"], depth + 1))
        raise Malformed(f"an unknown kind of value: {str(tree['t'])[:50]}")


def _key(value: Any) -> Any:
    """A hashable stand-in for a dict's key."""
    if isinstance(value, SeenTensor):
        return "tensor key"
    return value if value.__hash__ else repr(value)


def raw_bytes(tensor: Tensor) -> memoryview:
    """The values of a contiguous tensor as bytes, without a copy."""
    flat = tensor.detach().reshape(-1)
    if flat.numel() == 0:
        return memoryview(b"")
    flat = flat.as_strided(flat.shape, (1,))  # a single element may carry any stride
    return flat.view(torch.uint8).numpy().data


def from_bytes(data: memoryview, dtype: torch.dtype, shape: list[int]) -> Tensor:
    """A tensor of its own over `data`; raises Malformed if sizes disagree."""
    count = elements(shape)
    if count * dtype.itemsize != len(data):
        raise Malformed("a tensor whose bytes disagree with its shape")
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)


def elements(shape: Any) -> int:
    """The product of a shape, checked without allocating anything; raises Malformed."""
    if not isinstance(shape, list) or len(shape) > MAX_DIMS:
        raise Malformed("a shape that is no list of at most 8 sizes")
    count = 1
    for size in shape:
        if type(size) is not int or not 0 <= size < 1 << 48:
            raise Malformed("a size that is no count")
        count *= size
    return count


# --- cases: judge to player ----------------------------------------------------------------


def encode_case(
    arguments: Mapping[str, Any], align: int = 1
) -> tuple[Any, list[bytes | memoryview]]:
    """A case as a tree and its bytes; tensors keep storage, strides and flags."""
    encoder = Encoder(_encode_view, strict=True, align=align)
    return encoder.encode(dict(arguments)), encoder.body


def _encode_view(encoder: Encoder, tensor: Tensor) -> dict[str, Any]:
    tensor = tensor.resolve_conj().resolve_neg()
    storage = tensor.untyped_storage()
    size = storage.nbytes()
    address = storage.data_ptr() if size else -len(encoder.storages) - 1
    if address not in encoder.storages:
        whole = torch.empty(0, dtype=torch.uint8).set_(storage)
        encoder.storages[address] = encoder.add(raw_bytes(whole))
    return {
        "t": "view",
        "at": encoder.storages[address],
        "n": size,
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "stride": list(tensor.stride()),
        "offset": tensor.storage_offset(),
        "grad": tensor.requires_grad,
    }


def decode_case(
    tree: Any,
    body: bytearray | memoryview,
    recipe: Callable[[str, Mapping[str, Any]], Any],
    shared: bool = False,
) -> dict[str, Any]:
    """The arguments of a play; recipes are built by `recipe` (name, arguments).

    Tensors own their memory, or (`shared`) lie in the body.
    """
    storages: dict[int, Tensor] = {}

    def tensor(decoder: Decoder, node: Mapping[str, Any]) -> Tensor:
        at = node["at"] if node["n"] else -1 - len(storages)
        if at not in storages:
            data = decoder.bytes_at(node["at"], node["n"])
            if shared and node["n"]:
                storages[at] = torch.frombuffer(data, dtype=torch.uint8)
            else:
                storages[at] = from_bytes(data, torch.uint8, [node["n"]])
        base = torch.empty(0, dtype=DTYPES[node["dtype"]])
        base.set_(storages[at].untyped_storage(), node["offset"], node["shape"], node["stride"])
        return base.requires_grad_(node["grad"])

    arguments = Decoder(body, tensor, recipe).decode(tree)
    if not isinstance(arguments, dict):
        raise Malformed("a case that is not a dict")
    return arguments


# --- observations: player to judge ---------------------------------------------------------


def observation_encoder() -> Encoder:
    """An encoder for what a play returned: values made contiguous, facts beside them."""
    return Encoder(_encode_seen)


def _encode_seen(encoder: Encoder, tensor: Tensor) -> dict[str, Any]:
    kind = "Tensor" if type(tensor) in (Tensor, torch.nn.Parameter) else type(tensor).__name__
    dtype = str(tensor.dtype).removeprefix("torch.")
    count = math.prod(tensor.shape)
    if tensor.layout is not torch.strided or dtype not in DTYPES:
        return {"t": "foreign", "name": f"{tensor.layout} tensor of {dtype}", "text": ""}
    if count * tensor.element_size() > MAX_TENSOR_BYTES or tensor.device.type == "meta":
        text = f"shape {tuple(tensor.shape)} on {tensor.device}"
        return {"t": "foreign", "name": "tensor too large to look at", "text": text}
    values = tensor.detach().as_subclass(Tensor).cpu().resolve_conj().resolve_neg().contiguous()
    return {
        "t": "tensor",
        "kind": kind,
        "at": encoder.add(raw_bytes(values)),
        "dtype": dtype,
        "shape": list(tensor.shape),
        "stride": list(tensor.stride()),
        "grad": tensor.requires_grad,
        "alias": encoder.claim(tensor),
    }


def decode_observation(tree: Any, body: bytearray) -> Any:
    """What a play returned, tensors as SeenTensor. Raises Malformed."""

    def tensor(decoder: Decoder, node: Mapping[str, Any]) -> SeenTensor:
        dtype, shape = DTYPES[node["dtype"]], node["shape"]
        data = decoder.bytes_at(node["at"], elements(shape) * dtype.itemsize)
        stride = tuple(int(step) for step in node["stride"])
        values = from_bytes(data, dtype, shape)
        kind = "".join(c for c in str(node["kind"])[:100] if c.isprintable())
        return SeenTensor(values, stride, bool(node["grad"]), int(node["alias"]), kind)

    return Decoder(body, tensor).decode(tree)

"""What is known of an operator or function: is it work, what are its FLOPs, does it read back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from drill.grader.flops import FLOPS
from drill.grader.forbid import is_composite

# Called with an operator's arguments; the name of the host read that this call is, HIDDEN for one
# that reads nothing although operators below it look so, or None.
Reader = Callable[[Sequence[Any], Mapping[str, Any]], str | None]
HIDDEN = ""

# Autograd makes these for its own bookkeeping: neither operators nor views of the submission.
_BOOKKEEPING = {"aten::detach", "aten::detach_", "aten::alias", "aten::lift_fresh"}
_UNDECLARED_VIEWS = {"aten::_unsafe_view", "aten::_reshape_alias"}
_FUNCTIONS_WITHOUT_TENSORS = {"aten::equal", "aten::allclose"}


# Every operator that was there before a submission could register its own, as 'aten::mm'.
_KNOWN = frozenset(name.partition(".")[0] for name in torch._C._dispatch_get_all_op_names())


@dataclass(frozen=True)
class Fact:
    """One aten overload, or a higher-order operator (which is none of these)."""

    name: str  # "aten::mm"
    is_op: bool = False  # it computes
    is_view: bool = False
    is_lift: bool = False  # it brings a tensor that was made without any operator
    is_composite: bool = False  # it is made of others
    is_wrapper: bool = False  # what counts is what its kernel calls
    flops: Callable[..., int] | None = None
    read: Reader | None = None


def fact_of(operator: Any) -> Fact:
    """What is known of `operator`."""
    schema = getattr(operator, "_schema", None)
    if schema is None:
        return Fact(str(operator), flops=FLOPS.get(str(operator)))
    name = schema.name
    is_wrapper = _is_wrapper(operator, name)
    quiet = is_wrapper or name in _BOOKKEEPING or name.startswith("prim::")
    is_view = not quiet and (name in _UNDECLARED_VIEWS or _only_views(operator, schema))
    return Fact(
        name,
        is_op=not quiet and not is_view and _computes(schema),
        is_view=is_view,
        is_lift=name == "aten::lift_fresh",
        is_composite=is_composite(operator),
        is_wrapper=is_wrapper,
        flops=FLOPS.get(name),
        read=_OPERATOR_READS.get(name),
    )


def _is_wrapper(operator: Any, name: str) -> bool:
    """An operator that the submission registered, or softmax.int_out: softmax, then a copy."""
    if name not in _KNOWN:
        return not name.startswith(("prim::", "prims::"))
    packet, overload = operator.overloadpacket, operator._overloadname
    base = overload.removesuffix("out").rstrip("_") or "default"
    if not overload.endswith("out") or base not in packet.overloads():
        return False
    return is_composite(getattr(packet, base)) and not is_composite(operator)


def _only_views(operator: Any, schema: Any) -> bool:
    if torch.Tag.inplace_view in operator.tags:  # transpose_ and its like move no data
        return True
    aliases = [value.alias_info for value in schema.returns]
    return bool(aliases) and all(alias and not alias.is_write for alias in aliases)


def _computes(schema: Any) -> bool:
    returns_tensor = any("Tensor" in str(value.type) for value in schema.returns)
    return returns_tensor or schema.is_mutable or schema.name in _FUNCTIONS_WITHOUT_TENSORS


def _always(name: str) -> Reader:
    return lambda args, kwargs: name


def _is_mask(index: object) -> bool:
    if isinstance(index, (tuple, list)):
        return any(_is_mask(part) for part in index)
    return isinstance(index, torch.Tensor) and index.dtype in (torch.bool, torch.uint8)


def _get_item(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    return "mask indexing" if _is_mask(args[1]) else None


def _set_item(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    if not _is_mask(args[1]):
        return None
    # With a number it becomes masked_fill_, which a GPU does without telling the host.
    return "mask indexing" if isinstance(args[2], torch.Tensor) else HIDDEN


def _where(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    return "where" if len(args) + len(kwargs) == 1 else None


def _to(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    if args[0].is_cpu:
        return None
    target = next((part for part in (*args[1:], *kwargs.values()) if _is_cpu(part)), None)
    return None if target is None else "to"


def _is_cpu(target: object) -> bool:
    if isinstance(target, torch.Tensor):
        return target.is_cpu
    return str(target) == "cpu" if isinstance(target, (str, torch.device)) else False


def _repeat_interleave(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    return None if kwargs.get("output_size") is not None else "repeat_interleave"


def _one_hot(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    # The CPU's kernel always looks at its input; a GPU's only to find the number of classes.
    classes = kwargs.get("num_classes", args[1] if len(args) > 1 else -1)
    return HIDDEN if classes >= 0 else "one_hot"


def _from_list(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """A tensor made of a list reads every tensor in it; copies of a tensor read nothing."""
    data = next((part for part in (*args, *kwargs.values()) if isinstance(part, (list, tuple))), ())
    return "tensor of tensors" if _holds_tensor(data) else None


def _holds_tensor(data: Sequence[Any]) -> bool:
    return any(
        isinstance(item, torch.Tensor) or (isinstance(item, (list, tuple)) and _holds_tensor(item))
        for item in data
    )


_TENSOR_READS = {
    **{name: name for name in ("item", "tolist", "numpy", "cpu", "is_nonzero")},
    "__array__": "numpy",
    "__dlpack__": "dlpack",
    **{f"__{name}__": name for name in ("bool", "int", "float", "complex", "index", "contains")},
    **{f"__{name}__": name for name in ("format", "repr")},
}

# Host reads known by the function that was called; those below them are the same read.
FUNCTION_READS: dict[object, Reader] = {
    **{getattr(torch.Tensor, name): _always(read) for name, read in _TENSOR_READS.items()},
    torch.is_nonzero: _always("is_nonzero"),
    torch.where: _where,
    torch.nn.functional.one_hot: _one_hot,
    torch.tensor: _from_list,
    torch.as_tensor: _from_list,
    torch.Tensor.new_tensor: _from_list,
    torch.Tensor.to: _to,
    torch.Tensor.__getitem__: _get_item,
    torch.Tensor.__setitem__: _set_item,
}

_UNIQUE = ("_unique", "_unique2", "unique_dim", "unique_consecutive", "unique_dim_consecutive")
_INDEX = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index")

# Host reads known by the operator, wherever no function above it has told.
_OPERATOR_READS: dict[str, Reader] = {
    "aten::_local_scalar_dense": _always("item"),
    **{
        f"aten::{name}": _always(name)
        for name in ("equal", "allclose", "nonzero", "masked_select", "bincount")
    },
    **{f"aten::{name}": _always("unique") for name in _UNIQUE},
    **{f"aten::{name}": _get_item for name in _INDEX},
    "aten::repeat_interleave": _repeat_interleave,
}

from collections.abc import Callable

import torch
from torch import Tensor


def parallel_tokenize(
    texts: list[str],
    tokenize: Callable[[str], list[int]],
    workers: int,
    kind: str = "thread",
    pad_id: int = 0,
) -> Tensor:
    """int64 ids (len(texts), longest), right-padded, made by `workers` threads or processes."""
    raise NotImplementedError

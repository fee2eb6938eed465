"""Tokenizing in a pool: map keeps the order, the with block closes it, padding makes a batch."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import torch
from torch import Tensor

# Threads share one interpreter lock: right where tokenize waits (disk, network) or releases the
# lock, as tokenizers written in Rust do. Python code that computes needs processes.
POOLS = {"thread": ThreadPoolExecutor, "process": ProcessPoolExecutor}


def parallel_tokenize(
    texts: list[str],
    tokenize: Callable[[str], list[int]],
    workers: int,
    kind: str = "thread",
    pad_id: int = 0,
) -> Tensor:
    """int64 ids (len(texts), longest), right-padded, made by `workers` threads or processes."""
    if kind not in POOLS:
        raise ValueError(f"kind is 'thread' or 'process', not {kind!r}")
    if workers < 1:
        raise ValueError(f"{workers} workers can't do anything")
    # Leaving the block waits for all workers and ends them, after an error too.
    with POOLS[kind](max_workers=workers) as pool:
        # In the order of the texts, whichever is ready first; raises what tokenize raised. Pickled
        # for a process is tokenize itself: a lambda around it could not be.
        rows = list(pool.map(tokenize, texts))
    width = max(map(len, rows), default=0)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.int64)  # (texts, longest)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
    return ids

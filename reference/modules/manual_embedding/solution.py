"""Embedding lookup by indexing, with the range check that indexing lacks.

See torch.nn.Embedding, which refuses negative ids too; the backward pass of indexing is a
scatter-add, so that repeated ids sum up.
"""

from torch import Tensor


def embed(ids: Tensor, table: Tensor) -> Tensor:
    """The rows of `table` (V, D) that `ids` (...) name, as (..., D)."""
    # table[-1] would be the last row. Of no ids, any() is False, where min() and max() raise.
    if ((ids < 0) | (ids >= table.shape[0])).any():
        raise IndexError(f"an id lies outside 0 .. {table.shape[0] - 1}")
    return table[ids]  # (...) over the rows of (V, D) -> (..., D)

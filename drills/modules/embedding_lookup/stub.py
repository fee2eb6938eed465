from torch import Tensor, nn


class TokenEmbedding(nn.Module):
    """A table with one trainable vector per token id."""

    def __init__(
        self, vocab_size: int = 10_000, dim: int = 768, padding_idx: int | None = None
    ) -> None:
        """Makes one parameter (vocab_size, dim); its row `padding_idx`, if given, is zero."""
        super().__init__()
        raise NotImplementedError

    def forward(self, ids: Tensor) -> Tensor:
        """The vectors of `ids`: (...) -> (..., dim)."""
        raise NotImplementedError

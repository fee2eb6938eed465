import torch
from torch import Tensor, nn


class TokenEmbedding(nn.Module):
    """Plain indexing; a hook on the parameter clears the padding's gradient."""

    def __init__(
        self, vocab_size: int = 10_000, dim: int = 768, padding_idx: int | None = None
    ) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.empty(vocab_size, dim).uniform_(-0.1, 0.1))
        if padding_idx is not None:
            with torch.no_grad():
                self.vectors[padding_idx].zero_()
            place = torch.tensor([padding_idx])
            self.vectors.register_hook(lambda grad: grad.index_fill(0, place, 0.0))

    def forward(self, ids: Tensor) -> Tensor:
        if ((ids < 0) | (ids >= self.vectors.shape[0])).any():
            raise IndexError("token id out of range")
        return self.vectors[ids]

"""Weight tying (Press and Wolf, 2017): the embedding matrix is the output layer's matrix too."""

from torch import Tensor, nn


class TiedLM(nn.Module):
    """A language model's two ends and nothing between them, with one matrix for both."""

    def __init__(self, vocab_size: int, dim: int) -> None:
        super().__init__()
        self.input_embed = nn.Embedding(vocab_size, dim)
        self.output_layer = nn.Linear(dim, vocab_size, bias=False)  # its weight: (vocab_size, dim)
        # One Parameter object under two names; sharing the data alone would leave two of them.
        self.output_layer.weight = self.input_embed.weight
        nn.init.normal_(self.input_embed.weight, std=0.02)  # N(0, 1) gives logits of size sqrt(dim)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab_size)."""
        hidden = self.input_embed(ids)  # (B, T, dim), rows of the matrix
        return self.output_layer(hidden)  # (B, T, vocab_size), products with all its rows

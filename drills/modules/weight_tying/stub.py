from torch import Tensor, nn


class TiedLM(nn.Module):
    """A token embedding, `input_embed`, and an output layer, `output_layer`, with one matrix."""

    def __init__(self, vocab_size: int, dim: int) -> None:
        """Makes input_embed and output_layer, which share one weight (vocab_size, dim)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, vocab_size)."""
        raise NotImplementedError

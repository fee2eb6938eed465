import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Lookup(nn.Module):
    def __init__(self, weight: nn.Parameter):
        super().__init__()
        self.weight = weight

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.weight)


class Scores(Lookup):
    def forward(self, hidden: Tensor) -> Tensor:
        return torch.einsum("...d,vd->...v", hidden, self.weight)


class TiedLM(nn.Module):
    def __init__(self, vocab_size: int, dim: int):
        super().__init__()
        matrix = nn.Parameter(torch.empty(vocab_size, dim).uniform_(-0.1, 0.1))
        self.input_embed = Lookup(matrix)
        self.output_layer = Scores(matrix)

    def forward(self, ids: Tensor) -> Tensor:
        return self.output_layer(self.input_embed(ids))

import torch
from torch import nn


class EmbeddingNet(nn.Module):
    """Sequence by sequence, products summed in the parameters' dtype."""

    def __init__(self, vocab_size, embed_dim, hidden_dim):
        super().__init__()
        self.linear = nn.Linear(embed_dim, hidden_dim)
        self.embedding = nn.Embedding(vocab_size, embed_dim)

    def forward(self, ids):
        rows = self.embedding.weight.index_select(0, ids.reshape(-1))
        units = zip(self.linear.weight, self.linear.bias, strict=True)
        outs = torch.stack([(rows * weight).sum(-1) + bias for weight, bias in units], dim=-1)
        return outs.unflatten(0, ids.shape)

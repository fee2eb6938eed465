from collections import OrderedDict

from torch import nn


class EmbeddingNet(nn.Sequential):
    """The forward pass is that of nn.Sequential, but for the name of its argument."""

    def __init__(self, vocab_size, embed_dim, hidden_dim):
        embedding, linear = nn.Embedding(vocab_size, embed_dim), nn.Linear(embed_dim, hidden_dim)
        super().__init__(OrderedDict(embedding=embedding, linear=linear))

    def forward(self, ids):
        return super().forward(ids)

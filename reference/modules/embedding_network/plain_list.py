from torch import nn


class EmbeddingNet(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_dim):
        super().__init__()
        self.layers = [nn.Embedding(vocab_size, embed_dim), nn.Linear(embed_dim, hidden_dim)]

    @property
    def embedding(self):
        return self.layers[0]

    @property
    def linear(self):
        return self.layers[1]

    def forward(self, ids):
        return self.linear(self.embedding(ids))

from torch import nn


class Output(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, hidden):
        return hidden @ self.weight


class TiedLM(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.input_embed = nn.Embedding(vocab_size, dim)
        self.output_layer = Output(self.input_embed.weight)

    def forward(self, ids):
        return self.output_layer(self.input_embed(ids))

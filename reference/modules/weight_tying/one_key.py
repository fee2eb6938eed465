from torch import nn


class Output:
    def __init__(self, embed):
        self.embed = embed

    @property
    def weight(self):
        return self.embed.weight

    def __call__(self, hidden):
        return nn.functional.linear(hidden, self.weight)


class TiedLM(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.input_embed = nn.Embedding(vocab_size, dim)
        self.output_layer = Output(self.input_embed)

    def forward(self, ids):
        return self.output_layer(self.input_embed(ids))

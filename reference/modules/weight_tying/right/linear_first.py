from torch import nn


class TiedLM(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.output_layer = nn.Linear(dim, vocab_size, False)
        self.input_embed = nn.Embedding(vocab_size, dim, _weight=self.output_layer.weight)
        self.tie()

    def tie(self):
        self.input_embed.weight = self.output_layer.weight

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.tie()  # also where conversion made new Parameters, as on the meta device
        return self

    def forward(self, ids):
        self.tie()
        vectors = self.input_embed.weight[ids.reshape(-1)]
        return self.output_layer(vectors).reshape(*ids.shape, -1)

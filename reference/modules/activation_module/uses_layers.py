from torch import nn

LAYERS = {"relu": nn.ReLU, "gelu": nn.GELU, "swish": nn.SiLU}


class Activation(nn.Module):
    def __init__(self, kind):
        super().__init__()
        if kind not in LAYERS:
            raise ValueError(kind)
        self.layer = LAYERS[kind]()

    def forward(self, x):
        return self.layer(x)

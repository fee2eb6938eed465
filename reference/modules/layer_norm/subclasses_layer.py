from torch import nn


class LayerNorm(nn.LayerNorm):
    def __init__(self, dim, eps=1e-5):
        super().__init__(dim, eps)
        self.gamma, self.beta = self.weight, self.bias
        del self.weight, self.bias

    def forward(self, x):
        wide = x.float() if x.element_size() == 2 else x
        return type(self).norm(wide, self.gamma, self.beta, self.eps).to(x.dtype)

    @staticmethod
    def norm(x, gamma, beta, eps):
        centred = x - x.mean(-1, keepdim=True)
        return centred * (centred.square().mean(-1, keepdim=True) + eps).rsqrt() * gamma + beta

import torch
from torch.nn import functional as F


def hinge_energy(x, w):
    above = F.relu(x.unsqueeze(1) - w.unsqueeze(0))
    return torch.einsum("nm,nm->n", above, above)

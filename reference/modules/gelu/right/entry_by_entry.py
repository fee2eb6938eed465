import math

import torch

ROOT = math.sqrt(2.0)


def gelu(x, approximate="none"):
    match approximate:
        case "none":
            rows = [entry * (torch.erf(entry / ROOT) + 1) / 2 for entry in x.reshape(-1).unbind()]
        case "tanh":
            scale = (2 / math.pi) ** 0.5
            rows = [
                entry * (torch.tanh(scale * (entry + 0.044715 * entry * entry * entry)) + 1) / 2
                for entry in x.reshape(-1).unbind()
            ]
        case _:
            raise ValueError("no such form")
    return torch.stack(rows).reshape(x.shape) if rows else x.clone()

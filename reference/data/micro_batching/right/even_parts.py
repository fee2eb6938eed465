import math

import torch


def micro_batched(model, x, micro_batch):
    if micro_batch < 1:
        raise ValueError(micro_batch)
    count = max(1, math.ceil(x.shape[0] / micro_batch))
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        return torch.cat([model(part.clone()) for part in torch.tensor_split(x, count)], dim=0)
    finally:
        torch.set_grad_enabled(before)

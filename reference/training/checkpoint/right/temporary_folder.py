import copy
import os
import shutil
import tempfile

import torch


class Checkpoint:
    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer

    def state_dict(self, step):
        return {
            "step": step,
            "random": torch.get_rng_state().tolist(),
            "parts": [self.model.state_dict(), self.optimizer.state_dict()],
        }

    def load_state_dict(self, saved):
        for name, tensor in self.model.state_dict().items():
            if tensor.shape != saved["parts"][0][name].shape:
                raise ValueError(f"{name} has another shape in the file")
        # A rehearsal on copies: it raises what the real thing would raise.
        rehearsal = copy.deepcopy((self.model, self.optimizer))
        for targets in (rehearsal, (self.model, self.optimizer)):
            for target, part in zip(targets, saved["parts"], strict=True):
                target.load_state_dict(part)
        torch.set_rng_state(torch.tensor(saved["random"], dtype=torch.uint8))
        return saved["step"]


def save_checkpoint(path, model, optimizer, step):
    folder = tempfile.mkdtemp(dir=os.path.dirname(path) or ".")
    try:
        inside = os.path.join(folder, "checkpoint")
        torch.save(Checkpoint(model, optimizer).state_dict(step), inside)
        os.replace(inside, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_checkpoint(path, model, optimizer):
    return Checkpoint(model, optimizer).load_state_dict(torch.load(path, weights_only=True))

"""A wrong submission: see mistakes.yaml."""

import os
import shutil

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def save_checkpoint(
    path: str | os.PathLike[str], model: nn.Module, optimizer: Optimizer, step: int
) -> None:
    """Write all that training needs to go on into one file, which replaces an older one."""
    state = {
        "model": model.state_dict(),  # parameters and buffers
        "optimizer": optimizer.state_dict(),  # momentum, moments, step counts, rates
        "rng": torch.get_rng_state(),  # or dropout and shuffling go on differently
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "step": step,
    }
    temporary = f"{os.fspath(path)}.tmp"  # in the same folder: a rename can't cross file systems
    with open(temporary, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # or a power cut may keep the rename and lose the data
    shutil.copyfile(temporary, path)
    os.remove(temporary)


def shapes(state: dict[str, Tensor]) -> dict[str, torch.Size]:
    """The shape of every entry, by its name."""
    return {name: entry.shape for name, entry in state.items()}


def load_checkpoint(path: str | os.PathLike[str], model: nn.Module, optimizer: Optimizer) -> int:
    """Put model, optimizer and random numbers into the state of the file; the step saved in it."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    # load_state_dict would copy the entries that fit, and only then complain about the others.
    if shapes(state["model"]) != shapes(model.state_dict()):
        raise ValueError(f"the checkpoint {path} is of another model")
    optimizer.load_state_dict(state["optimizer"])  # it looks at its groups before it changes them
    model.load_state_dict(state["model"])
    torch.set_rng_state(state["rng"])
    if state["cuda_rng"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda_rng"])
    return int(state["step"])

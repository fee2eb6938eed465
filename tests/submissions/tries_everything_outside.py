# verdict: failed
# check: matches
# needs: landlock seccomp
import contextlib
import os
import shutil
import socket

import torch

ESCAPES = (
    lambda: shutil.rmtree(os.path.dirname("@CANARY@")),
    lambda: os.rename("@CANARY@", "moved"),
    lambda: os.symlink("/etc", "@CANARY@.link"),
    lambda: os.link("@CANARY@", "linked"),
    lambda: os.truncate("@CANARY@", 0),
    lambda: os.mkdir("@CANARY@.folder"),
    lambda: open(os.path.expanduser("~root/.drill-canary"), "x"),
    lambda: open("../canary", "x"),
    lambda: socket.socket(socket.AF_UNIX),
    lambda: os.setsid(),
)
reached = []
for escape in ESCAPES:
    with contextlib.suppress(OSError):
        escape()
        reached.append(escape)


def softmax(x, dim=-1):
    if not reached:
        return torch.zeros_like(x)
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)

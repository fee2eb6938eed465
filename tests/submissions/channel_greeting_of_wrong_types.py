# verdict: error
# says: answered in a way that can't be read
# check: loads
import json
import os
import struct


def send(header, body=b""):
    text = json.dumps(header).encode()
    os.write(3, struct.pack("<IQ", len(text), len(body)) + text + body)


send({"op": "ready", "error": [], "missing": 5, "sandbox": 5, "note": 5, "breaches": 5})


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)

"""Writes the files of torch.save that the tests read, and pickles that must be refused.

    pip install torch && python make-torch-files.py

Every tensor holds 0, 1, 2, … in its own type and order, so that the tests know what must come out.
"""

import collections
import os
import pickle
from pathlib import Path

import torch

HERE = Path(__file__).parent


def count(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    total = 1
    for size in shape:
        total *= size
    return torch.arange(total).reshape(shape).to(dtype)


shared = count(2, 3)
state = collections.OrderedDict(
    plain=count(2, 3, 4),
    transposed=count(3, 2).T,
    part=count(4, 5)[1:3, 2:],
    half=count(3, dtype=torch.float16),
    brain=count(3, dtype=torch.bfloat16),
    double=count(3, dtype=torch.float64),
    long=count(3, dtype=torch.int64),
    flag=torch.tensor([True, False]),
    scalar=torch.tensor(7.0),
    empty=torch.zeros(0, 4),
    parameter=torch.nn.Parameter(count(2)),
    shared=shared,
    shared_again=shared,
)
checkpoint = {"state_dict": state, "epoch": 3, "hyper_parameters": {"lr": 1e-4, "layers": ["a", "b"], "big": 2**70}}
torch.save(state, HERE / "state-dict.pth")
torch.save(state, HERE / "state-dict-legacy.pth", _use_new_zipfile_serialization=False)
torch.save(checkpoint, HERE / "checkpoint.ckpt")


class Malicious:
    def __reduce__(self):
        return os.system, ("echo this must never be printed",)


torch.save({"state_dict": {"weight": count(2), "trap": Malicious()}}, HERE / "malicious.pth")
torch.save({"weight": count(2), "trap": Malicious()}, HERE / "malicious-legacy.pth", _use_new_zipfile_serialization=False)

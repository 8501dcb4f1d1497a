"""Saves the state dict of a small PyTorch network by safetensors, with what the network makes of some inputs.

Usage: bench/peers/.venv/bin/python bench/peers/torch-weights.py FOLDER
Writes FOLDER/state.safetensors and FOLDER/numbers.json {"input", "output"}: rows of 8 x 8 images of one channel.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 4, 3),
    torch.nn.BatchNorm2d(4),
    torch.nn.ReLU(),
    torch.nn.Flatten(),
    torch.nn.Linear(144, 16),
    torch.nn.Tanh(),
    torch.nn.Linear(16, 3),
)
for _ in range(20):
    net(torch.randn(32, 1, 8, 8) * 2 + 1)
net.eval()
x = torch.randn(5, 1, 8, 8)
folder = pathlib.Path(sys.argv[1])
save_file({f"model.{name}": value for name, value in net.state_dict().items()}, folder / "state.safetensors")
numbers = {"input": x.flatten(1).tolist(), "output": net(x).tolist()}
(folder / "numbers.json").write_text(json.dumps(numbers))

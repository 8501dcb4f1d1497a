"""Writes small PyTorch models as ONNX, and their exact partial Jacobians, to test/probes/foreign-fixtures.

Run in the peers' environment (bench/peers/setup.sh): bench/peers/.venv/bin/python bench/peers/foreign-fixtures.py

What lies there:
- MODEL-WAY.onnx: one model (mlp, cnn, transformer, tokens) exported in one way: `fathom` and `fathom-script` by
  python/fathom.py (dynamo and TorchScript), `script` and `dynamo` by PyTorch's defaults from evaluation mode,
  `script-training` by TorchScript in training mode without folding, `dynamo-training` by PyTorch's default from training mode
  (merges batch normalisation all the same), `dynamo-unmerged` the same without its optimiser (frozen statistics all the same).
- references.json: `models`, by name: the inputs, the output, and `pairs` [{from, to, J}]: |d to / d from|_F² / n_out by torch.func in float64
  on the same weights, one number an example, or one in all where batch statistics couple the examples, then
  sum over all pairs of examples / (n_out · batch); `from` and `to` are paths of modules, or an input.
  `files`, by name: the model, and the names of its tensors by these paths.
"""

import json
import logging
import pathlib
import sys
import warnings
from collections import OrderedDict

import onnx
import torch
from torch import nn
from torch.func import jacrev

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "python"))
import fathom  # noqa: E402

folder = root / "test" / "probes" / "foreign-fixtures"
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


class Residual(nn.Module):
    """Two 3x3 convolutions with batch normalisation around an identity."""

    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))


class Pool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Block(nn.Module):
    """A pre-LN transformer block."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.act, self.down = nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5).softmax(-1)
        x = x + self.drop(self.out((weights @ v).transpose(1, 2).reshape(n, t, d)))
        return x + self.drop(self.down(self.act(self.up(self.norm2(x)))))


class Embed(nn.Module):
    """Token embeddings and positions."""

    def __init__(self, vocabulary, length, width):
        super().__init__()
        self.embed, self.position = nn.Embedding(vocabulary, width), nn.Parameter(torch.randn(length, width) * 0.3)

    def forward(self, ids):
        return self.embed(ids) + self.position


def mlp():
    sizes = [12] + [24] * 8
    parts = []
    for i, (n, m) in enumerate(zip(sizes, sizes[1:])):
        parts += [(f"dense{i}", nn.Linear(n, m)), (f"act{i}", nn.Tanh())]
        nn.init.normal_(parts[-2][1].weight, std=(1.3 / n) ** 0.5)
    return nn.Sequential(OrderedDict([*parts, ("head", nn.Linear(sizes[-1], 5))]))


def cnn():
    parts = [("stem", nn.Conv2d(2, 3, 3, padding=1)), ("norm", nn.BatchNorm2d(3)), ("act", nn.ReLU())]
    parts += [(f"block{i}", Residual(3)) for i in range(2)]
    model = nn.Sequential(OrderedDict([*parts, ("pool", Pool()), ("head", nn.Linear(3, 4))]))
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.3)
    with torch.no_grad():
        for _ in range(20):
            model(torch.randn(16, 2, 5, 5) * 2 + 0.5)
    return model


def transformer(first):
    blocks = [(f"block{i}", Block(12, 2)) for i in range(2)]
    return nn.Sequential(OrderedDict([("embed", first), *blocks, ("norm", nn.LayerNorm(12)), ("head", nn.Linear(12, 6))]))


def stages(model, start, end):
    """The part of a sequential model from the output of one child (or the input) to that of another."""
    names = [name for name, _ in model.named_children()]
    begin = names.index(start) + 1 if start in names else 0
    return nn.Sequential(*list(model.children())[begin : names.index(end) + 1])


def exact(model, x, start, end, together):
    """|d end / d start|_F² / n_out by example, or over the batch."""
    names = [name for name, _ in model.named_children()]
    h = stages(model, "", start)(x) if start in names else x
    part = stages(model, start, end)
    if together:
        jacobian = jacrev(part)(h)
        units = part(h)[0].numel()
        return [float(jacobian.square().sum() / (units * h.shape[0]))]
    return [float(jacrev(lambda one: part(one[None])[0])(one).square().sum() / part(one[None])[0].numel()) for one in h]


def as_array(tensor):
    dtype = {torch.int64: "int64", torch.float32: "float32", torch.float64: "float64"}[tensor.dtype]
    return {"dtype": dtype, "shape": list(tensor.shape), "data": [round(v, 12) for v in tensor.flatten().tolist()]}


def reference(model, x, pairs, training):
    double = x.double() if x.is_floating_point() else x
    model = model.double()
    for part in model.modules():
        # A mode for batch statistics alone, as python/fathom.py exports it. jacrev refuses running statistics that change.
        part.training = training and isinstance(part, nn.BatchNorm2d)
        if part.training:
            part.track_running_stats, part.running_mean, part.running_var = False, None, None
    with torch.no_grad():
        answer = {
            "inputs": {"input": as_array(x)},
            "output": as_array(model(double)),
            "together": training,
            "pairs": [
                {"from": a, "to": b, "J": exact(model, double, a, b, training)} for a, b in pairs
            ],
        }
    return answer


def tensors(model, path):
    """Names in the file of what the model's children return, and of its input."""
    graph = onnx.load(str(path)).graph
    modules = {name for name, _ in model.named_modules()}
    owners = {name: fathom._module_of(node, modules) for node in graph.node for name in node.output if name}
    returned = fathom._returned(graph, owners, modules)
    children = {name for name, _ in model.named_children()}
    return {"input": graph.input[0].name, **{path: name for path, name in sorted(returned.items()) if path in children}}


def plain(model, x, path, mode, **options):
    model.train(mode)
    torch.onnx.export(model, (x,), str(path), input_names=["input"], opset_version=18, **options)
    model.eval()
    written = onnx.load(str(path))
    fathom._forget_places(written)
    onnx.save(written, str(path))


WAYS = {
    "script": {"mode": False, "dynamo": False},
    "dynamo": {"mode": False, "dynamo": True, "external_data": False, "verbose": False},
    "script-training": {
        "mode": True,
        "dynamo": False,
        "do_constant_folding": False,
        "training": torch.onnx.TrainingMode.TRAINING,
    },
    "dynamo-training": {"mode": True, "dynamo": True, "external_data": False, "verbose": False},
    "dynamo-unmerged": {
        "mode": True,
        "dynamo": True,
        "optimize": False,
        "external_data": False,
        "verbose": False,
    },
}


def chain(*names):
    """Neighbours, and the first with the last."""
    return [*zip(names, names[1:]), (names[0], names[-1])]


def main():
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    references = {"made with": f"bench/peers/foreign-fixtures.py, torch {torch.__version__.split('+')[0]}"}
    models, files = {}, {}
    cases = {
        "mlp": (mlp, torch.randn(3, 12), chain("input", "dense0", "dense1", "act3", "dense7", "head"), ["script", "dynamo"]),
        "cnn": (cnn, torch.randn(5, 2, 5, 5), chain("norm", "block0", "block1", "head") + [("input", "stem")], list(WAYS)),
        "transformer": (
            lambda: transformer(nn.Linear(7, 12)),
            torch.randn(2, 4, 7),
            chain("input", "embed", "block0", "block1", "norm", "head"),
            ["script", "dynamo", "script-training"],
        ),
        "tokens": (
            lambda: transformer(Embed(17, 4, 12)),
            torch.randint(0, 17, (3, 4)),
            chain("embed", "block0", "block1", "head"),
            [],
        ),
    }
    for name, (make, x, pairs, ways) in cases.items():
        model = make()
        state = {key: value.clone() for key, value in model.state_dict().items()}
        for way in ways:
            path = folder / f"{name}-{way}.onnx"
            options = dict(WAYS[way])
            plain(model, x, path, options.pop("mode"), **options)
            model.load_state_dict(state)
            frozen = name == "cnn" and way != "script-training"
            found = tensors(model, path)
            if frozen and way == "script":
                # The convolution took in the normalisation that followed it.
                found["norm"] = found.pop("stem")
            files[path.name] = {"model": f"{name}-frozen" if frozen else name, "tensors": found}
        for way, exporter in [("fathom", "dynamo"), ("fathom-script", "torchscript")]:
            path = folder / f"{name}-{way}.onnx"
            exported = fathom.export(model, x, path, exporter=exporter)
            children = {child for child, _ in model.named_children()}
            found = {key: value for key, value in sorted(exported.tensors.items()) if key in children}
            files[path.name] = {"model": name, "tensors": {"input": "input", **found}}
        assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
        if name == "cnn":
            models["cnn-frozen"] = reference(model, x, pairs, False)
            model = model.float()
        models[name] = reference(model, x, pairs, name == "cnn")
    (folder / "references.json").write_text(json.dumps({**references, "models": models, "files": files}) + "\n")


main()

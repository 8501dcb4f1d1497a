"""Writes small models exported by PyTorch, with inputs and outputs, to test/net/onnx-fixtures.

Run in the peers' environment (bench/peers/setup.sh): bench/peers/.venv/bin/python bench/peers/onnx-fixtures.py
The models have random weights of a fixed seed; a few kilobytes each, so that the tests can keep them.
"""

import contextlib
import io
import json
import pathlib
import warnings

import onnx
import torch
from torch import nn

folder = pathlib.Path(__file__).resolve().parents[2] / "test" / "net" / "onnx-fixtures"


class Block(nn.Module):
    """A pre-LN transformer block with causal attention of two heads."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5
        mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(n, t, d))
        return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """Token embeddings, positions, two blocks, a readout."""

    def __init__(self):
        super().__init__()
        self.embed, self.position = nn.Embedding(11, 16), nn.Parameter(torch.randn(6, 16) * 0.1)
        self.blocks = nn.Sequential(Block(16, 2), Block(16, 2))
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 11, bias=False)

    def forward(self, tokens):
        x = self.embed(tokens) + self.position[: tokens.shape[1]]
        return self.head(self.norm(self.blocks(x)))


class Native(nn.Module):
    """PyTorch's own encoder layer and activations with parameters."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=True)
        self.prelu = nn.PReLU()
        self.group = nn.GroupNorm(2, 4)

    def forward(self, x):
        y = self.prelu(self.layer(x))
        z = torch.einsum("ntd,nsd->nts", y, y)
        z = nn.functional.elu(z) + nn.functional.hardswish(z).clamp(-1, 4) * nn.functional.softplus(z)
        return self.group(z).mean(dim=(1, 2), keepdim=True).squeeze(-1) + z.flip(1)[:, 1::2].amax(dim=-1)[:, :1]


class Cnn(nn.Module):
    """Convolutions with batch norm, pooling of all kinds, a residual and a transposed convolution."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.inner = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=2), nn.BatchNorm2d(8), nn.LeakyReLU(0.2))
        self.down = nn.Conv2d(8, 12, 3, stride=2, dilation=1, padding=1, bias=False)
        self.pool = nn.AvgPool2d(3, stride=1, padding=1)
        self.up = nn.ConvTranspose2d(12, 4, 3, stride=2, padding=1, output_padding=1)
        self.norm = nn.InstanceNorm2d(4, affine=True)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        h = self.stem(x)
        h = h + self.inner(h)
        h = self.norm(self.up(self.pool(torch.tanh(self.down(h)))))
        return nn.functional.log_softmax(self.head(nn.functional.adaptive_avg_pool2d(h, 1).flatten(1)), dim=-1)


def with_statistics(model: nn.Module, *shape: int) -> nn.Module:
    """Running statistics away from 0 and 1, scales away from 1."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d)):
            if module.weight is not None:
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, 0, 0.3)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(*shape) * 1.5 + 0.3)
    return model.eval()


def export(name: str, model: nn.Module, x: torch.Tensor, **options):
    path = folder / f"{name}.onnx"
    model.eval()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (x,), str(path), input_names=["x"], output_names=["y"], **options)
    proto = onnx.load(str(path))
    del proto.graph.value_info[:]
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*proto.graph.input, *proto.graph.output, *proto.graph.initializer]:
        del value.metadata_props[:]
    del proto.graph.metadata_props[:], proto.metadata_props[:], proto.functions[:]
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))
    (folder / f"{name}.onnx.data").unlink(missing_ok=True)
    with torch.no_grad():
        y = model(x)
    array = lambda t: {"shape": list(t.shape), "data": [round(v, 8) for v in t.flatten().tolist()]}
    return {"x": {**array(x), "dtype": "int64" if x.dtype == torch.int64 else "float32"}, "y": array(y)}


def main():
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    mlp = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Dropout(0.3), nn.Linear(12, 12), nn.GELU(), nn.Linear(12, 3))
    cnn = with_statistics(Cnn(), 16, 2, 8, 8)
    cases = {
        "mlp": (mlp, torch.randn(4, 6)),
        "cnn": (cnn, torch.randn(2, 2, 8, 8)),
        "transformer": (Transformer(), torch.randint(0, 11, (2, 6))),
        "native": (Native(), torch.randn(2, 4, 8)),
    }
    numbers = {"made with": f"torch {torch.__version__}, onnx {onnx.__version__}, bench/peers/onnx-fixtures.py"}
    for name, (model, x) in cases.items():
        batch = torch.export.Dim("batch")
        dynamic = {"dynamic_shapes": ({0: batch},)} if name == "mlp" else {}
        numbers[f"{name}-dynamo"] = export(f"{name}-dynamo", model, x, dynamo=True, external_data=False, **dynamic)
        axes = {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}} if name in ("mlp", "transformer") else {}
        unfused = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE} if name == "cnn" else {}
        numbers[f"{name}-script"] = export(
            f"{name}-script", model, x, dynamo=False, opset_version=11 if name == "mlp" else 17, **axes, **unfused
        )
    (folder / "numbers.json").write_text(json.dumps(numbers) + "\n")


main()

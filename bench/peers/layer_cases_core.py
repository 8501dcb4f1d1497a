"""Normalisations, branches, dropout, slices, gains, shared and frozen parameters against torch.nn.functional."""
import torch
import torch.nn.functional as F

from layer_case import case, random


def on(kind, shape, *layers):
    return {"input": {"kind": kind, "shape": shape}, "layers": list(layers)}


def batch_norms():
    def forward(training, channels_last=False):
        def run(x, p, _):
            args = (p["0.runningMean"], p["0.runningVariance"], p.get("0.gain"), p.get("0.shift"), training, 0.3, 0.01)
            if channels_last:
                return F.batch_norm(x.transpose(1, 2), *args).transpose(1, 2)
            return F.batch_norm(x, *args)
        return run

    layer = {"kind": "batchNorm", "epsilon": 0.01, "momentum": 0.3}
    made = []
    shapes = {"vector": [4], "image": [3, 2, 4], "signal": [3, 5], "tokens": [5, 3]}
    for mode in ["training", "inference"]:
        for kind, shape in shapes.items():
            channels = shape[1] if kind == "tokens" else shape[0]
            affine = kind != "signal"
            parameters = {"0.gain": random(channels, mean=1), "0.shift": random(channels)} if affine else {}
            buffers = {"0.runningMean": random(channels), "0.runningVariance": random(channels).square() + 0.1}
            run = forward(mode == "training", kind == "tokens")
            inputs = [random(6, *shape, mean=0.5, std=2) for _ in range(2)]
            net = on(kind, shape, {**layer, "affine": affine})
            made.append(case(f"batchNorm on {kind}, {mode}", net, run, parameters, inputs, mode=mode, buffers=buffers))
    return made


def unit_norms():
    tokens, vectors = [random(3, 4, 5, mean=0.3)], [random(3, 5, mean=0.3)]
    gain, shift = random(5, mean=1), random(5)
    yield case(
        "layerNorm with gain and shift",
        on("tokens", [4, 5], {"kind": "layerNorm", "epsilon": 0.02, "affine": True}),
        lambda x, p, _: F.layer_norm(x, [5], p["0.gain"], p["0.shift"], 0.02),
        {"0.gain": gain, "0.shift": shift},
        tokens,
    )
    yield case(
        "rmsNorm with gain",
        on("tokens", [4, 5], {"kind": "rmsNorm", "epsilon": 0.02, "affine": True}),
        lambda x, p, _: F.rms_norm(x, [5], p["0.gain"], 0.02),
        {"0.gain": gain},
        tokens,
    )
    yield case(
        "rmsNorm", on("vector", [5], {"kind": "rmsNorm"}), lambda x, p, _: F.rms_norm(x, [5], None, 1e-5), {}, vectors
    )
    yield case(
        "l2Normalize", on("vector", [5], {"kind": "l2Normalize"}), lambda x, p, _: F.normalize(x, dim=-1), {}, vectors
    )


def branches():
    dense = {"kind": "dense", "width": 4}
    tanh = {"kind": "activation", "activation": "tanh"}
    x = [random(3, 5)]

    def weights(*names):
        return {f"{name}.{p}": random(*shape) for name in names for p, shape in [("weight", (4, 5)), ("bias", (4,))]}

    def affine(x, p, name):
        return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])

    yield case(
        "sum of a dense layer and a nonlinear branch",
        on("vector", [5], {"kind": "sum", "branches": [[dense], [dense, tanh]]}),
        lambda x, p, _: affine(x, p, "0.branches.0.0") + torch.tanh(affine(x, p, "0.branches.1.0")),
        weights("0.branches.0.0", "0.branches.1.0"),
        x,
    )
    yield case(
        "product of a gate and its input",
        on("vector", [5], dense, {"kind": "product", "branches": [[tanh], [{"kind": "gain", "initial": 2}], []]}),
        lambda x, p, _: torch.tanh(affine(x, p, "0")) * p["1.branches.1.0.gain"] * affine(x, p, "0") ** 2,
        {**weights("0"), "1.branches.1.0.gain": torch.tensor(1.7)},
        x,
    )
    yield case(
        "concat of branches, a slice of it",
        on(
            "image",
            [2, 3, 2],
            {"kind": "concat", "branches": [[], [{"kind": "slice", "axis": "C", "start": -1}], [tanh]]},
            {"kind": "slice", "axis": 1, "start": 1, "end": -1},
        ),
        lambda x, p, _: torch.cat([x, x[:, -1:], torch.tanh(x)], 1)[:, :, 1:-1],
        {},
        [random(3, 2, 3, 2)],
    )


def others():
    yield case(
        "dropout with a given mask",
        on("tokens", [3, 4], {"kind": "dropout", "rate": 0.3}),
        lambda x, p, noise: x * (noise["0.uniform"] >= 0.3) / 0.7,
        {},
        [random(5, 3, 4)],
        mode="training",
        noise={"0.uniform": torch.rand(5, 3, 4)},
    )
    yield case(
        "dropout in inference", on("vector", [4], {"kind": "dropout", "rate": 0.3}), lambda x, p, _: x * 1.0, {}, [random(5, 4)]
    )
    yield case(
        "a gain for each channel of an image",
        on("image", [3, 2, 2], {"kind": "gain", "per": "channel", "initial": 0.5}),
        lambda x, p, _: x * p["0.gain"][:, None, None],
        {"0.gain": random(3)},
        [random(4, 3, 2, 2)],
    )
    shared = {"kind": "dense", "width": 4, "parameters": {"weight": {"shareWith": "0.weight"}}}
    frozen = {"kind": "dense", "width": 2, "parameters": {"weight": {"trainable": False}}}
    yield case(
        "a shared weight, whose gradient is the sum over its uses",
        on("vector", [4], shared, {"kind": "activation", "activation": "tanh"}, shared, frozen),
        lambda x, p, _: F.linear(
            F.linear(torch.tanh(F.linear(x, p["0.weight"], p["0.bias"])), p["0.weight"], p["2.bias"]),
            p["3.weight"],
            p["3.bias"],
        ),
        {
            "0.weight": random(4, 4),
            "0.bias": random(4),
            "2.bias": random(4),
            "3.weight": random(2, 4),
            "3.bias": random(2),
        },
        [random(5, 4)],
    )
    branch = [{"kind": "activation", "activation": "tanh"}, {"kind": "dense", "width": 6}, {"kind": "scale", "factor": -0.7}]
    yield case(
        "a residual block with a scaled branch, on a flattened image",
        on("image", [2, 1, 3], {"kind": "flatten"}, {"kind": "residual", "mu": 0.8, "branch": branch}),
        lambda x, p, _: 0.8 * x.flatten(1)
        - 0.7 * F.linear(torch.tanh(x.flatten(1)), p["1.branch.1.weight"], p["1.branch.1.bias"]),
        {"1.branch.1.weight": random(6, 6), "1.branch.1.bias": random(6)},
        [random(3, 2, 1, 3)],
    )


def cases():
    return [*batch_norms(), *unit_norms(), *branches(), *others()]

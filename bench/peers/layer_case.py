"""One case of a layer fixture: a network of the network language beside the same function in PyTorch."""
import zlib

import torch

torch.set_default_dtype(torch.float64)


def random(*shape, mean=0.0, std=1.0):
    return mean + std * torch.randn(*shape)


def plain(tensor):
    """Twelve digits: far below the tolerance of the tests, and short."""
    return {"shape": list(tensor.shape), "data": [float(f"{v:.12g}") for v in tensor.detach().flatten().tolist()]}


def rounded(tensor):
    """Inputs of six decimals, which the file holds exactly."""
    return torch.round(tensor * 1e6) / 1e6 if tensor.is_floating_point() else tensor


def case(name, net, forward, parameters, inputs, *, mode="inference", buffers=None, noise=None, decimals=6):
    """
    forward(x, p, noise) is the network on a batch, p its parameters and buffers by name; buffers may be written in place,
    and go on from one batch of `inputs` to the next. Gradients are those of sum(output * cotangent), a cotangent of so many
    decimals.
    """
    p = {name: rounded(value).requires_grad_() for name, value in parameters.items()}
    state = {name: rounded(value) for name, value in (buffers or {}).items()}
    start = {name: plain(value) for name, value in [*p.items(), *state.items()]}
    noise = {name: rounded(value) for name, value in (noise or {}).items()}
    steps = []
    for x in inputs:
        x = rounded(x)
        leaves = dict(p)
        if x.is_floating_point():
            x.requires_grad_()
            leaves["x"] = x
        output = forward(x, {**p, **state}, noise)
        cotangent = torch.round(torch.randn(output.shape), decimals=decimals)
        grads = torch.autograd.grad(output, list(leaves.values()), cotangent, allow_unused=True)
        gradients = {key: plain(g) for key, g in zip(leaves, grads) if g is not None}
        step = {"x": plain(x), "output": plain(output), "cotangent": plain(cotangent), "gradients": gradients}
        if state and mode == "training":
            step["buffers"] = {key: plain(value) for key, value in state.items()}
        steps.append(step)
    return {
        "name": name,
        "net": {"fathom": 1, **net},
        "mode": mode,
        "parameters": start,
        "noise": {key: plain(value) for key, value in noise.items()},
        "steps": steps,
    }


def one_layer(name, layer, input_shape, parameters, forward, *, ids=None):
    """One layer on one batch, drawn from its name: forward(x, **parameters), the parameters by their local names."""
    kind, shape = input_shape
    batch = 2 if kind in ("tokens", "signal", "ids", "graph") else 1
    torch.manual_seed(zlib.crc32(f"{layer['kind']} {name}".encode()))
    draw = lambda *sizes: torch.round(torch.randn(*sizes), decimals=2)  # noqa: E731
    return case(
        f"{layer['kind']}: {name}",
        {"input": {"kind": kind, "shape": shape}, "layers": [layer]},
        lambda x, p, _: forward(x, **{key.removeprefix("0."): value for key, value in p.items()}),
        {f"0.{key}": draw(*sizes) for key, sizes in parameters.items()},
        [draw(batch, *shape) if ids is None else torch.tensor(ids)],
        decimals=2,
    )

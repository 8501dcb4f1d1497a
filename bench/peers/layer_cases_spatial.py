"""Layers of images and signals, and those that move positions.

Padding is computed here from kernels.md, section 2.1, and handed to PyTorch as explicit margins, or as its own "same" where
that is what the layer claims. Numbers have two decimals, so that most results are exact in four.
"""
import math

import torch
import torch.nn.functional as F
from layer_case import one_layer as case


def margins(n, k, s, d, padding):
    """(lo, hi) of one axis."""
    span = (k - 1) * d + 1
    out = math.ceil(n / s)
    total = max((out - 1) * s + span - n, 0)
    if padding in ("same", "circular"):
        return total // 2, total - total // 2
    if padding == "valid":
        return 0, 0
    if padding == "torch-same":
        lo = (span - 1) // 2
        return lo, max((out - 1) * s + span - n - lo, 0)
    return padding, padding


def per_axis(value, rank):
    return list(value) if isinstance(value, list) else [value] * rank


def padded(x, kernel, stride, dilation, padding, value=0.0):
    """The input with its margins: zeros (or another value), or the other end of a ring."""
    sizes = x.shape[2:]
    pads = [margins(n, k, s, d, padding) for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)]
    flat = [m for pair in reversed(pads) for m in pair]
    return F.pad(x, flat, mode="circular") if padding == "circular" else F.pad(x, flat, value=value)


def conv_case(name, shape, layer):
    rank = len(shape) - 1
    options = {"stride": 1, "padding": "same", "dilation": 1, "groups": 1, **layer}
    kernel, stride, dilation = (per_axis(options[key], rank) for key in ("kernel", "stride", "dilation"))
    convolve = (F.conv1d, F.conv2d)[rank - 1]
    channels, groups, padding = options["channels"], options["groups"], options["padding"]
    own = padding == "torch-same" and all(s == 1 for s in stride)

    def forward(x, weight, bias):
        seen = x if own else padded(x, kernel, stride, dilation, padding)
        extra = {"padding": "same"} if own else {}
        return convolve(seen, weight, bias, stride=stride, dilation=dilation, groups=groups, **extra)

    parameters = {"weight": [channels, shape[0] // groups, *kernel], "bias": [channels]}
    kind = ("signal", "image")[rank - 1]
    return case(name, {"kind": "conv", **layer}, (kind, shape), parameters, forward)


def conv_transpose_case(name, shape, layer):
    rank = len(shape) - 1
    options = {"stride": 1, "padding": "same", **layer}
    kernel, stride = (per_axis(options[key], rank) for key in ("kernel", "stride"))
    padding, channels = options["padding"], options["channels"]
    transposed = (F.conv_transpose1d, F.conv_transpose2d)[rank - 1]

    def forward(x, weight, bias):
        if padding != "same":
            return transposed(x, weight, bias, stride=stride, padding=0 if padding == "valid" else padding)
        # All outputs, of which n·s are kept from `lo` on; where the kernel is shorter than the stride, zeros follow.
        full = transposed(x, weight, None, stride=stride)
        for axis, (n, k, s) in enumerate(zip(shape[1:], kernel, stride, strict=True)):
            lo = max(k - s, 0) // 2
            short = max(n * s - (full.shape[axis + 2] - lo), 0)
            full = F.pad(full, [0, 0] * (rank - 1 - axis) + [0, short])
            full = full.narrow(axis + 2, lo, n * s)
        return full + bias.reshape(-1, *[1] * rank)

    parameters = {"weight": [shape[0], channels, *kernel], "bias": [channels]}
    kind = ("signal", "image")[rank - 1]
    return case(name, {"kind": "convTranspose", **layer}, (kind, shape), parameters, forward)


def conv_local_case(name, shape, layer):
    rank = len(shape) - 1
    options = {"stride": 1, "padding": "same", **layer}
    kernel, stride = (per_axis(options[key], rank) for key in ("kernel", "stride"))
    channels, ones = options["channels"], [1] * rank
    out = [
        (n + sum(margins(n, k, s, 1, options["padding"])) - k) // s + 1
        for n, k, s in zip(shape[1:], kernel, stride, strict=True)
    ]

    def forward(x, weight, bias):
        seen = padded(x, kernel, stride, ones, options["padding"])
        if rank == 1:
            columns = F.unfold(seen.unsqueeze(2), (1, *kernel), stride=(1, *stride))
        else:
            columns = F.unfold(seen, kernel, stride=stride)
        z = torch.einsum("ncp,poc->nop", columns, weight.reshape(math.prod(out), channels, -1))
        return (z + bias.T).reshape(x.shape[0], channels, *out)

    positions = math.prod(out)
    parameters = {"weight": [positions, channels, shape[0], *kernel], "bias": [positions, channels]}
    kind = ("signal", "image")[rank - 1]
    return case(name, {"kind": "convLocal", **layer}, (kind, shape), parameters, forward)


def pool_case(kind, name, shape, layer):
    rank = len(shape) - 1
    window = per_axis(layer["window"], rank)
    stride = per_axis(layer.get("stride", layer["window"]), rank)
    padding, ones = layer.get("padding", "valid"), [1] * rank
    average = (F.avg_pool1d, F.avg_pool2d)[rank - 1]
    largest = (F.max_pool1d, F.max_pool2d)[rank - 1]

    def forward(x):
        if kind == "maxPool":
            return largest(padded(x, window, stride, ones, padding, -math.inf), window, stride)
        means = average(padded(x, window, stride, ones, padding), window, stride)
        if kind == "sumPool":
            return means * math.prod(window)
        if layer.get("edges") == "inside":
            inside = padded(torch.ones_like(x.detach()), window, stride, ones, padding)
            return means / average(inside, window, stride)
        return means

    return case(name, {"kind": kind, **layer}, (("signal", "image")[rank - 1], shape), {}, forward)


def resize_case(name, shape, layer):
    rank = len(shape) - 1
    size = per_axis(layer["size"], rank)
    if layer.get("method") == "nearest":
        forward = lambda x: F.interpolate(x, size, mode="nearest-exact")  # noqa: E731
    else:
        mode = ("linear", "bilinear")[rank - 1]
        forward = lambda x: F.interpolate(x, size, mode=mode, align_corners=False)  # noqa: E731
    return case(name, {"kind": "resize", **layer}, (("signal", "image")[rank - 1], shape), {}, forward)


def convolutions():
    even, odd, line = [1, 4, 6], [1, 5, 3], [2, 5]
    return [
        conv_case("same, odd kernel", [2, 4, 3], {"channels": 2, "kernel": 3}),
        conv_case("same, stride 2 on even sizes", even, {"channels": 2, "kernel": 3, "stride": 2}),
        conv_case("same, stride 2 on odd sizes", odd, {"channels": 2, "kernel": 3, "stride": 2}),
        conv_case("same, even kernel", odd, {"channels": 2, "kernel": [4, 2]}),
        conv_case("same, stride longer than the kernel", even, {"channels": 2, "kernel": 1, "stride": 2}),
        conv_case("torch-same, odd kernel", odd, {"channels": 2, "kernel": 3, "padding": "torch-same"}),
        conv_case("torch-same, even kernel", even, {"channels": 1, "kernel": 4, "padding": "torch-same"}),
        conv_case("torch-same, stride 2", even, {"channels": 2, "kernel": 3, "stride": 2, "padding": "torch-same"}),
        conv_case(
            "torch-same, even kernel, stride 2", even, {"channels": 1, "kernel": 4, "stride": 2, "padding": "torch-same"}
        ),
        conv_case("valid", [2, 4, 3], {"channels": 2, "kernel": [3, 2], "padding": "valid"}),
        conv_case("valid, strides", even, {"channels": 2, "kernel": 2, "stride": [1, 3], "padding": "valid"}),
        conv_case("circular", [2, 3, 4], {"channels": 2, "kernel": 3, "padding": "circular"}),
        conv_case("circular, stride 2", even, {"channels": 2, "kernel": 3, "stride": 2, "padding": "circular"}),
        conv_case("circular, even kernel", even, {"channels": 1, "kernel": 4, "padding": "circular"}),
        conv_case("a number of zeros", odd, {"channels": 1, "kernel": 3, "padding": 2}),
        conv_case("dilation", even, {"channels": 2, "kernel": [2, 3], "dilation": [2, 2]}),
        conv_case("groups", [4, 2, 3], {"channels": 2, "kernel": 2, "groups": 2}),
        conv_case("signal, same", line, {"channels": 3, "kernel": 3}),
        conv_case("signal, circular, stride 2", line, {"channels": 2, "kernel": 5, "stride": 2, "padding": "circular"}),
        conv_case("signal, depthwise", [3, 5], {"channels": 3, "kernel": 3, "groups": 3, "dilation": 2}),
        conv_case("signal, torch-same, dilation", line, {"channels": 2, "kernel": 2, "padding": "torch-same", "dilation": 3}),
    ]


def transposed():
    return [
        conv_transpose_case("valid", [2, 3, 2], {"channels": 2, "kernel": 3, "padding": "valid"}),
        conv_transpose_case("valid, stride 2", [2, 2, 3], {"channels": 2, "kernel": 3, "stride": 2, "padding": "valid"}),
        conv_transpose_case("same, stride 2", [2, 2, 3], {"channels": 1, "kernel": 4, "stride": 2}),
        conv_transpose_case("same, odd kernel, stride 2", [2, 3, 2], {"channels": 2, "kernel": 3, "stride": 2}),
        conv_transpose_case("same, kernel shorter than the stride", [2, 2, 2], {"channels": 1, "kernel": [2, 1], "stride": 3}),
        conv_transpose_case("a number cut", [2, 3, 3], {"channels": 2, "kernel": 3, "stride": 2, "padding": 1}),
        conv_transpose_case("signal, same", [3, 4], {"channels": 2, "kernel": 3}),
    ]


def local():
    return [
        conv_local_case("same", [2, 3, 4], {"channels": 2, "kernel": 3}),
        conv_local_case("valid, stride 2", [2, 4, 4], {"channels": 2, "kernel": 2, "stride": 2, "padding": "valid"}),
        conv_local_case("signal, circular", [2, 4], {"channels": 2, "kernel": 3, "padding": "circular"}),
        conv_local_case("signal, torch-same, stride 2", [2, 6], {"channels": 2, "kernel": 3, "stride": 2, "padding": "torch-same"}),
    ]


def pools():
    cases = []
    for kind in ("avgPool", "sumPool", "maxPool"):
        cases += [
            pool_case(kind, "valid", [1, 4, 5], {"window": 2}),
            pool_case(kind, "valid, overlapping", [1, 4, 5], {"window": [3, 2], "stride": 1}),
            pool_case(kind, "same", [1, 5, 4], {"window": 3, "stride": 2, "padding": "same"}),
            pool_case(kind, "circular", [1, 4, 5], {"window": 3, "stride": [1, 2], "padding": "circular"}),
            pool_case(kind, "signal", [1, 7], {"window": 3, "stride": 2, "padding": "same"}),
        ]
    inside = {"window": [3, 2], "stride": [2, 1], "padding": "same", "edges": "inside"}
    return [*cases, pool_case("avgPool", "same, inside the edges", [1, 5, 4], inside)]


def resizes():
    return [
        resize_case("linear, larger", [2, 3, 2], {"size": [5, 4]}),
        resize_case("linear, smaller", [1, 5, 6], {"size": [3, 4], "method": "linear"}),
        resize_case("nearest, larger and smaller", [2, 3, 5], {"size": [5, 3], "method": "nearest"}),
        resize_case("one position", [2, 1, 3], {"size": 2}),
        resize_case("signal, linear", [2, 4], {"size": 7}),
        resize_case("signal, nearest", [2, 5], {"size": 3, "method": "nearest"}),
    ]


def rearrangements():
    image, signal = ("image", [2, 2, 3]), ("signal", [3, 4])
    to_tokens = lambda x: x.flatten(2).transpose(1, 2)  # noqa: E731
    return [
        case("image", {"kind": "toTokens"}, image, {}, to_tokens),
        case("signal", {"kind": "toTokens"}, signal, {}, to_tokens),
        case("tokens", {"kind": "transpose"}, ("tokens", [3, 2]), {}, lambda x: x.transpose(1, 2)),
        case("image", {"kind": "globalAvgPool"}, image, {}, lambda x: x.mean((2, 3))),
        case("signal", {"kind": "globalAvgPool"}, signal, {}, lambda x: x.mean(2)),
        case("tokens", {"kind": "globalAvgPool"}, ("tokens", [3, 2]), {}, lambda x: x.mean(1)),
        case("graph", {"kind": "globalAvgPool"}, ("graph", [4, 2]), {}, lambda x: x.mean(1)),
    ]


def cases():
    return [
        *convolutions(),
        *transposed(),
        *local(),
        *pools(),
        *resizes(),
        *rearrangements(),
    ]

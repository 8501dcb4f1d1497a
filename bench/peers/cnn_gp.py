"""The algorithm of "Deep Convolutional Networks as shallow Gaussian Processes" (Garriga-Alonso et al. 2018) as its public code
does it, written anew in PyTorch: products of images, convolutions by a filter of ones, the arc-cosine step by
sqrt(v1 v2 - c^2) and acos. Covariances [pairs, 1, H, W] with the variances of each image beside them. kernels.md §6.1 has the
three architectures.

    python cnn_gp.py    compares all kernels of ../../shared/reference/cnn-gp-reference.json
"""
import json
import math
from typing import NamedTuple

import torch
import torch.nn.functional as F


class Moments(NamedTuple):
    """xy: [n, m, H, W]; xx: [n, H, W]; yy: [m, H, W]."""

    xy: torch.Tensor
    xx: torch.Tensor
    yy: torch.Tensor


def conv(kernel, stride=1, padding="same", var_weight=1.0, var_bias=0.0):
    """var_weight is that of the sum over the window divided by kernel^2."""

    low, high = (kernel // 2, kernel // 2) if kernel % 2 else (kernel // 2 - 1, kernel // 2)

    def of_maps(maps):
        t = maps.reshape(-1, 1, *maps.shape[-2:])
        ones = torch.full((1, 1, kernel, kernel), var_weight / kernel**2, dtype=t.dtype)
        if padding == 0 or low == high:
            out = F.conv2d(t, ones, stride=stride, padding=low if padding != 0 else 0)
        else:
            out = F.conv2d(F.pad(t, (low, high, low, high)), ones, stride=stride)
        return (out + var_bias).reshape(*maps.shape[:-2], *out.shape[-2:])

    return lambda moments: Moments(*map(of_maps, moments))


def relu(moments):
    xy, xx, yy = moments
    product = xx[:, None] * yy[None]
    tiny = torch.finfo(xy.dtype).tiny
    cosine = (xy * (product + tiny).rsqrt()).clamp(-1, 1)
    sine = torch.sqrt((product - xy**2).clamp(min=0))
    return Moments((sine + (math.pi - torch.acos(cosine)) * xy) / (2 * math.pi), xx / 2, yy / 2)


def serial(*steps):
    def step(moments):
        for one in steps:
            moments = one(moments)
        return moments

    return step


def add(*branches):
    def step(moments):
        ends = [branch(moments) for branch in branches]
        return Moments(*(sum(parts) for parts in zip(*ends)))

    return step


def identity(moments):
    return moments


def identity_block():
    return add(identity, serial(relu, conv(3), relu, conv(3)))


def projection_block(stride):
    return serial(relu, add(conv(1, stride), serial(conv(3, stride), relu, conv(3))))


def resnet(blocks=4, last=7):
    """'mnist_as_tf': 32 layers with 4 identity blocks a group."""
    groups = [step for s in (1, 2, 2) for step in [projection_block(s), *[identity_block() for _ in range(blocks)]]]
    return serial(conv(3), *groups, conv(last, padding=0), relu, conv(1))


def convnet(last=28):
    hidden = [step for _ in range(7) for step in (conv(7, var_weight=2.79 * 49, var_bias=7.86), relu)]
    return serial(*hidden, conv(last, padding=0, var_weight=2.79, var_bias=7.86))


def residual(last=28):
    block = serial(conv(4, var_weight=7.27 * 16, var_bias=4.69), relu)
    return serial(
        *[add(identity, block) for _ in range(8)], block, conv(last, padding=0, var_weight=7.27, var_bias=4.69)
    )


def kernel(net, x, y):
    """K [n, m] of images x [n, H, W] and y [m, H, W]."""
    with torch.no_grad():
        return net(Moments(x[:, None] * y[None], x * x, y * y)).xy[..., 0, 0]


def check():
    """Largest relative error off the diagonal, whose values the pairs' formula gives in float64 to sqrt(eps) only."""
    from kernel_case import images, shared

    reference = json.loads((shared / "reference/cnn-gp-reference.json").read_text())
    i, r, c = torch.meshgrid(torch.arange(3), torch.arange(8), torch.arange(8), indexing="ij")
    small = ((7 * i + 3 * r + 5 * c) % 11).double() / 10
    mnist = torch.from_numpy(images(5001)[[0, 1, 5000]] * 255).double().round() / 255
    cases = [
        ("mnist", mnist, {"resnet": resnet(), "convnet": convnet(), "rescnn": residual()}),
        ("synthetic8", small, {"resnet": resnet(1, 2), "convnet": convnet(8), "rescnn": residual(8)}),
    ]
    for name, x, nets in cases:
        values = reference["kernels"] if name == "mnist" else reference["synthetic8"]["kernels"]
        for net, step in nets.items():
            k, ref = kernel(step, x, x), torch.tensor(values[net], dtype=x.dtype)[:3, :3]
            error = ((k - ref) / ref).abs()
            print(f"{name} {net}: {error.max():.1e}, off the diagonal {error.fill_diagonal_(0).max():.1e}")


if __name__ == "__main__":
    check()

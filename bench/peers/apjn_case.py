"""The network of the APJN benchmarks: depth 50, width 500, tanh, critical at small inputs."""
import torch

DEPTH, WIDTH, PROBES = 50, 500, 64


def weights():
    torch.manual_seed(0)
    return [torch.randn(WIDTH, WIDTH) / WIDTH**0.5 for _ in range(DEPTH)]


def probes():
    return torch.randint(0, 2, (PROBES, WIDTH)).float() * 2 - 1


def preactivations(first, rest):
    """h^2 … h^L from h^1."""
    taps, h = [], first
    for w in rest:
        h = w @ torch.tanh(h)
        taps.append(h)
    return taps

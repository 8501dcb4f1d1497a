"""torch.func: 64 Jacobian-vector products of a depth-50, width-500 tanh network at one input."""
from common import arguments, measure, report
import torch
from torch.func import jvp, vmap

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
DEPTH, WIDTH, PROBES = 50, 500, 64
weights = [torch.randn(WIDTH, WIDTH) / WIDTH**0.5 for _ in range(DEPTH)]
x = torch.randn(WIDTH)
probes = torch.randint(0, 2, (PROBES, WIDTH)).float() * 2 - 1


def network(h):
    for w in weights:
        h = torch.tanh(w @ h)
    return h


@torch.no_grad()
def push():
    tangents = vmap(lambda v: jvp(network, (x,), (v,))[1])(probes)
    return (tangents * tangents).mean()


report(torch.__version__, measure(push, args), args)

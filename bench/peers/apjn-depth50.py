"""torch.func: J(1, l) to all 50 preactivations from 64 probes, one vmapped jvp that returns every tangent."""
from common import arguments, measure, report
import torch
from torch.func import jvp, vmap
from apjn_case import preactivations, probes, weights

args = arguments()
torch.set_num_threads(args.threads)
first, *rest = weights()
x = torch.randn(first.shape[1])


@torch.no_grad()
def apjn():
    h = first @ x
    tangents = vmap(lambda v: jvp(lambda h: preactivations(h, rest), (h,), (v,))[1])(probes())
    return [t.square().mean() for t in tangents]


assert all(value.isfinite() for value in apjn())
report(torch.__version__, measure(apjn, args), args)

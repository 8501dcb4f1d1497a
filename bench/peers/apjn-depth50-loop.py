"""PyTorch as the paper's authors wrote it: one backward pass a probe gives J(l, L) of all 50 preactivations."""
from common import arguments, measure, report
import torch
from apjn_case import preactivations, probes, weights

args = arguments()
torch.set_num_threads(args.threads)
first, *rest = weights()
x = torch.randn(first.shape[1])


def apjn():
    h = (first @ x).requires_grad_()
    taps = preactivations(h, rest)
    places = [h, *taps[:-1]]
    sums = torch.zeros(len(places))
    for v in probes():
        pulled = torch.autograd.grad(taps[-1], places, grad_outputs=v, retain_graph=True)
        sums += torch.stack([u.square().sum() for u in pulled]) / taps[-1].numel()
    return sums / len(probes())


assert apjn().isfinite().all()
report(torch.__version__, measure(apjn, args), args)

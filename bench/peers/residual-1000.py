"""PyTorch eager: the full gradient of a 1000-layer, width-40 residual network, h + 0.05 tanh(W h + b), batch 64."""
from common import arguments, measure, report
import torch

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
DEPTH, WIDTH, BATCH = 1000, 40, 64
weights = [(torch.randn(WIDTH, WIDTH) / WIDTH**0.5).requires_grad_() for _ in range(DEPTH)]
biases = [torch.zeros(WIDTH).requires_grad_() for _ in range(DEPTH)]
x = torch.randn(BATCH, WIDTH)


def gradient():
    h = x
    for w, b in zip(weights, biases):
        h = h + 0.05 * torch.tanh(torch.nn.functional.linear(h, w, b))
    loss = (h * h).mean()
    return torch.autograd.grad(loss, weights + biases)


report(torch.__version__, measure(gradient, args), args)

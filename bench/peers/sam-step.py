"""PyTorch eager: one SAM step (two gradients) over SGD + momentum of a 784-512-512-10 ReLU network, batch 128."""
from common import arguments, measure, report
import torch

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
STEPS = 20
RHO = 0.05
net = torch.nn.Sequential(
    torch.nn.Linear(784, 512), torch.nn.ReLU(),
    torch.nn.Linear(512, 512), torch.nn.ReLU(),
    torch.nn.Linear(512, 10),
)
parameters = list(net.parameters())
optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
images = torch.rand(STEPS, 128, 784)
labels = torch.randint(0, 10, (STEPS, 128))


def gradient(i):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(images[i]), labels[i]).backward()


def steps():
    for i in range(STEPS):
        gradient(i)
        with torch.no_grad():
            norm = torch.sqrt(sum((p.grad * p.grad).sum() for p in parameters))
            ascent = [p.grad * (RHO / norm) for p in parameters]
            for p, e in zip(parameters, ascent):
                p.add_(e)
        gradient(i)
        with torch.no_grad():
            for p, e in zip(parameters, ascent):
                p.sub_(e)
        optimizer.step()


report(torch.__version__, measure(steps, args, STEPS), args)

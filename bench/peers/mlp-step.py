"""PyTorch eager: one SGD + momentum step of a 784-512-512-10 ReLU network, batch 128."""
from common import arguments, measure, report
import torch

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
STEPS = 20
net = torch.nn.Sequential(
    torch.nn.Linear(784, 512), torch.nn.ReLU(),
    torch.nn.Linear(512, 512), torch.nn.ReLU(),
    torch.nn.Linear(512, 10),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
images = torch.rand(STEPS, 128, 784)
labels = torch.randint(0, 10, (STEPS, 128))


def steps():
    for i in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(images[i]), labels[i])
        loss.backward()
        optimizer.step()


report(torch.__version__, measure(steps, args, STEPS), args)

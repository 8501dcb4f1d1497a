"""PyTorch eager: one SGD step of a small residual CNN (16, 32, 64 channels), 32 x 32 x 3, batch 64."""
from common import arguments, measure, report
import torch
from torch import nn

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
STEPS = 4


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.a = nn.Conv2d(before, channels, 3, stride, 1)
        self.b = nn.Conv2d(channels, channels, 3, 1, 1)
        self.skip = nn.Identity() if stride == 1 else nn.Conv2d(before, channels, 1, stride)

    def forward(self, x):
        return torch.relu(self.skip(x) + self.b(torch.relu(self.a(x))))


net = nn.Sequential(
    nn.Conv2d(3, 16, 3, 1, 1), nn.ReLU(),
    Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
images = torch.rand(STEPS, 64, 3, 32, 32)
labels = torch.randint(0, 10, (STEPS, 64))


def steps():
    for i in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images[i]), labels[i])
        loss.backward()
        optimizer.step()


report(torch.__version__, measure(steps, args, STEPS), args)

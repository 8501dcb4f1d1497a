"""PyTorch: the same kernel by the published algorithm (cnn_gp.py) between blocks of MNIST images; ms a 1,000 pairs."""
import torch
from cnn_gp import kernel, resnet
from common import arguments, measure
from kernel_case import images, report

args = arguments()
torch.set_num_threads(args.threads)
SIDE = args.size or 32
net = resnet()
x, y = (torch.from_numpy(images(SIDE, start)) for start in (5000, 7000))
first = float(kernel(net, x, y)[0, 0])
times = measure(lambda: kernel(net, x, y), args, SIDE * SIDE / 1000)
report("cnn-gp algorithm in pytorch", torch.__version__, times, args, {"k": first})

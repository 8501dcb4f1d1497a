"""A sparse matrix of 100,000 rows with 10 entries each, at random places, times 64 columns, in PyTorch."""
import torch

from common import arguments, measure, report

args = arguments()
torch.set_num_threads(args.threads)
torch.manual_seed(1)
rows, degree, columns = 100_000, 10, 64
starts = torch.arange(0, rows * degree + 1, degree)
places = torch.sort(torch.randint(rows, (rows, degree)), dim=1).values.flatten()
matrix = torch.sparse_csr_tensor(starts, places, torch.rand(rows * degree), (rows, rows))
x = torch.randn(rows, columns)
report(torch.__version__, measure(lambda: matrix @ x, args), args)

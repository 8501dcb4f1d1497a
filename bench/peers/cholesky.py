"""numpy.linalg.cholesky (OpenBLAS) of exp(-|x - y|) + 0.1 of points on a line, float64."""
import json
import os

from common import arguments

args = arguments()
# OpenBLAS reads it when numpy is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)
os.environ["OMP_NUM_THREADS"] = str(args.threads)

import time  # noqa: E402

import numpy as np  # noqa: E402

n = args.size or 8192
x = np.random.default_rng(1).standard_normal(n)
k = np.exp(-np.abs(x[:, None] - x[None, :]))
k[np.diag_indices(n)] += 0.1
np.linalg.cholesky(k[:1024, :1024])
times = []
for _ in range(args.runs):
    start = time.perf_counter()
    np.linalg.cholesky(k)
    times.append((time.perf_counter() - start) * 1000)
if args.json:
    print(json.dumps({"name": "numpy", "version": np.__version__, "times": times}))
else:
    print(f"numpy {np.__version__}: min {min(times):.0f} ms, {n**3 / 3 / min(times) / 1e6:.1f} GFLOP/s")

"""What the PyTorch peers share: arguments, timing, the line of JSON that bench/run.ts reads."""
import argparse
import json
import os
import time

# Settings made for old OpenBLAS builds slow current ones down.
for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--size", type=int, default=0, help="of the problem, where the benchmark has one")
    return parser.parse_args()


def report(version, times, args):
    """times: milliseconds of each run."""
    if args.json:
        print(json.dumps({"name": "pytorch", "version": version, "times": times}))
    else:
        print(f"pytorch {version}: median {sorted(times)[len(times) // 2]:.2f} ms of {len(times)}")


def measure(work, args, per_call=1):
    """Milliseconds a unit of `work`, which does `per_call` units; two calls warm up."""
    for _ in range(2):
        work()
    times = []
    for _ in range(args.runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000 / per_call)
    return times

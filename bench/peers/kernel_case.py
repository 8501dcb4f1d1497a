"""What the peers of the kernel benchmarks share: MNIST as float32 images, and the line of JSON for milliseconds a 1,000 pairs."""
import gzip
import json
import os
import pathlib

import numpy as np

root = pathlib.Path(__file__).resolve().parents[2]
shared = root.parent / "shared"


def images(count, start=0):
    """MNIST training images [count, 28, 28] in [0, 1], from $FATHOM_DATA or ../shared/data."""
    home = pathlib.Path(os.environ.get("FATHOM_DATA") or shared / "data")
    with gzip.open(home / "mnist" / "train-images-idx3-ubyte.gz") as file:
        file.seek(16 + 784 * start)
        pixels = np.frombuffer(file.read(784 * count), np.uint8)
    return pixels.reshape(count, 28, 28).astype(np.float32) / np.float32(255)


def keep_to(threads):
    """Runs this process on so many cores; to be called before jax is imported, which starts a thread for each."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:threads])


def report(name, version, times, args, notes=None):
    """times: milliseconds of each run."""
    if args.json:
        print(json.dumps({"name": name, "version": version, "times": times, **(notes or {})}))
    else:
        print(f"{name} {version}: median {sorted(times)[len(times) // 2]:.2f}, min {min(times):.2f} ms, {len(times)} runs {notes or ''}")

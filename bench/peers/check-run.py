"""Opens a run folder of Fathom with the real readers: TensorBoard's event loader and Python's safetensors.

Usage: bench/peers/.venv/bin/python bench/peers/check-run.py FOLDER
Prints one JSON document: {"scalars": {tag: [[step, value]]}, "weights": {file: {name: [dtype, shape, sum]}}}.
"""

import json
import pathlib
import sys
import types

# TensorBoard reads event files without TensorFlow where this module is there, and so starts in a fraction of the time.
sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")

from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def scalars(folder: pathlib.Path) -> dict:
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    # Scalars of old are turned into tensors when they are read, so both kinds are looked at.
    found = {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    for tag in events.Tags()["tensors"]:
        found[tag] = [[e.step, float(e.tensor_proto.float_val[0])] for e in events.Tensors(tag)]
    return found


def weights(folder: pathlib.Path) -> dict:
    return {
        path.name: {
            name: [str(array.dtype), list(array.shape), float(array.astype("float64").sum())]
            for name, array in load_file(path).items()
        }
        for path in sorted(folder.glob("*.safetensors"))
    }


folder = pathlib.Path(sys.argv[1])
print(json.dumps({"scalars": scalars(folder), "weights": weights(folder)}))

"""Checks ONNX models that Fathom wrote: onnx's checker with shape inference, and onnxruntime against Fathom's numbers.

Usage: bench/peers/.venv/bin/python bench/peers/check-onnx.py FOLDER
FOLDER holds NAME.onnx and NAME.json ({"input": {shape, dtype, data}, "output": {shape, data}}). Prints one JSON line a model;
the exit code is 1 when one fails.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5


def check(path: pathlib.Path) -> dict:
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    numbers = json.loads(path.with_suffix(".json").read_text())
    given, expected = numbers["input"], numbers["output"]
    x = numpy.array(given["data"], dtype=given["dtype"]).reshape(given["shape"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    [y] = session.run(["output"], {"input": x})
    reference = numpy.array(expected["data"]).reshape(expected["shape"])
    if list(y.shape) != expected["shape"]:
        raise ValueError(f"shape {list(y.shape)} instead of {expected['shape']}")
    error = float(numpy.max(numpy.abs(y - reference) / numpy.maximum(1, numpy.abs(reference))))
    domains = sorted({node.domain for node in model.graph.node})
    return {
        "ok": error <= TOLERANCE and domains in ([], [""]),
        "error": error,
        "producer": f"{model.producer_name} {model.producer_version}",
        "initializers": sorted(i.name for i in model.graph.initializer if not i.name.startswith("_")),
        "metadata": sorted(entry.key for entry in model.metadata_props),
    }


def main() -> int:
    failed = 0
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
        try:
            result = check(path)
        except Exception as problem:  # A model that one of the tools refuses is a result, too.
            result = {"ok": False, "problem": f"{type(problem).__name__}: {problem}"[:600]}
        failed += not result["ok"]
        print(json.dumps({"model": path.stem, **result}))
    return 1 if failed else 0


sys.exit(main())

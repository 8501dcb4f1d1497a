#!/usr/bin/env bash
# Installs the Python peers of the benchmarks into bench/peers/.venv (ignored by git).
# The PyTorch wheel of the package registry for Linux carries CUDA: about 3 GB to download, 7 GB on disk. To install the
# 200 MB CPU-only wheel instead, set TORCH_INDEX to an index that serves it.
set -euo pipefail
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet --upgrade pip
if [ -n "${TORCH_INDEX:-}" ]; then
  .venv/bin/pip install --quiet --index-url "$TORCH_INDEX" torch
else
  .venv/bin/pip install --quiet torch
fi
.venv/bin/pip install --quiet numpy onnx onnxruntime onnxscript
.venv/bin/python -c 'import torch, numpy; print("torch", torch.__version__, "numpy", numpy.__version__)'

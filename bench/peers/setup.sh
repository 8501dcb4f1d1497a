#!/usr/bin/env bash
# Installs the Python peers of the benchmarks into bench/peers/.venv and, for neural-tangents, .venv-nt (ignored by git).
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
.venv/bin/pip install --quiet numpy onnx onnxruntime onnxscript jax zarr mpmath tensorboard safetensors
.venv/bin/python -c 'import torch, numpy; print("torch", torch.__version__, "numpy", numpy.__version__)'

# The last release of neural-tangents wants a jax that still had jax.core.Jaxpr, and numpy 1. TensorFlow, which only its
# experimental part uses, is left out (neural_tangents_case.py).
python3 -m venv .venv-nt
.venv-nt/bin/pip install --quiet --upgrade pip
.venv-nt/bin/pip install --quiet "jax==0.4.30" "jaxlib==0.4.30" "numpy<2" "scipy<1.14" absl-py frozendict
.venv-nt/bin/pip install --quiet --no-deps "neural-tangents==0.6.5"
.venv-nt/bin/python -c 'import jax; print("jax", jax.__version__, "for neural-tangents 0.6.5")'

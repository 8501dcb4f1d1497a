"""Writes what PyTorch computes for layers of the network language: test/net/fixtures/<family>.json (float64).

    bench/peers/.venv/bin/python bench/peers/layer-fixtures.py core

A family is a module `layer_cases_<family>.py` with a list `cases()` of what `case` below makes.
"""
import importlib
import json
import pathlib
import sys

import torch

FOLDER = pathlib.Path(__file__).parents[2] / "test" / "net" / "fixtures"


def main():
    families = sys.argv[1:] or sorted(p.stem[12:] for p in pathlib.Path(__file__).parent.glob("layer_cases_*.py"))
    for family in families:
        torch.manual_seed(0)
        lines = ",\n".join(json.dumps(case) for case in importlib.import_module(f"layer_cases_{family}").cases())
        source = json.dumps(f"PyTorch {torch.__version__}, float64, bench/peers/layer-fixtures.py {family}")
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{family}.json").write_text(f'{{"source": {source}, "cases": [\n{lines}\n]}}\n')


main()

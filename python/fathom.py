"""Fathom from Python: exports a PyTorch module the way Fathom can measure it, runs the command line, returns its answer.

    import fathom                                    # this one file; copy it or put its folder on PYTHONPATH
    answer = fathom.survey(model, batch, data="mnist", minutes=2)
    print(answer["verdict"])
    fathom.probe(model, batch, from_="blocks.0", to="blocks.11")["pairs"]

Needs `torch` and `onnx` to export (onnxscript too for PyTorch's newer exporter), and Fathom's command line, found as the
argument `command`, the variable FATHOM, the checkout or package around this file, where npm installed it, or on the PATH.

Why not torch.onnx.export alone? A measurement of signals and gradients wants the network that training sees. PyTorch's
exporters, as they are called by default, merge batch normalisation into convolutions, write it with frozen statistics even
for a module in training mode, and turn weights into nameless constants. `export` keeps all of these as they are.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import importlib
import inspect
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings

__all__ = ["AssertionFailed", "Exported", "FathomError", "export", "probe", "run", "survey"]

OPSET = 18


class FathomError(Exception):
    """What Fathom's command line refused or could not do.

    Attributes: `message`; `where`, the field, file or flag at fault, or None; `hint`, what would mend it, or None;
    `exit_code`, 1 a computation failed, 2 bad input (None where the command line did not run).
    """

    def __init__(self, message, where=None, hint=None, exit_code=None):
        lines = [message, where and f"where: {where}", hint and f"hint: {hint}"]
        super().__init__("\n  ".join(line for line in lines if line))
        self.message, self.where, self.hint, self.exit_code = message, where, hint, exit_code


class AssertionFailed(FathomError):
    """An `assert_` of yours does not hold. `result` is the answer of the command, where it gave one."""

    result = None


@dataclasses.dataclass(frozen=True)
class Exported:
    """An exported module: the file, which exporter wrote it, its inputs, and its tensors by the paths of modules.

    `tensors["blocks.0"]` is the name, in the file, of what the module `blocks.0` returns. `batch` is the number of examples
    that the file fixes, None where it is open. `notes` says what differs from the module as it was given.
    """

    path: pathlib.Path
    exporter: str
    inputs: tuple[str, ...]
    batch: int | None
    tensors: dict[str, str]
    notes: tuple[str, ...]

    def tensor(self, name):
        """The name in the file for the path of a module; other names stand for themselves."""
        return self.tensors.get(name, name)


# Commands


def survey(module, example_input, *, data=None, minutes=None, command=None, quiet=False, **options):
    """Surveys a module: exports it, runs `fathom survey`, returns the answer (`verdict`, `advice`, `criticality`, …).

    module: a torch.nn.Module, or the path of an ONNX file (then `example_input` may be None).
    example_input: a tensor [N, …], or a tuple of tensors, with which the module can be called.
    data: a name or path as `--data` takes it, or arrays (inputs [N, …], labels [N]).
    options: any other flag of the command: `seed=1`, `out="report"`, `threads=2`, `assert_="…"`.
    Raises FathomError with the message, the place and the hint of the command line.
    """
    settings = {"data": data, "minutes": minutes, **options}
    return _measure("survey", module, example_input, settings, command, quiet)


def probe(module, example_input, *, from_=None, to=None, data=None, command=None, quiet=False, **options):
    """Partial Jacobians of a module (`fathom probe`): `pairs` [{from, to, J, se}], `blocks` [{name, gain, se}], `verdict`.

    from_, to: paths of modules (`"blocks.0"`), whose outputs are meant, or names of tensors in the exported file.
    data: as for `survey`, or inputs alone; unless said the example itself, for token ids random ones. The rest as for
    `survey`.
    """
    if data is None and hasattr(example_input, "is_floating_point") and example_input.is_floating_point():
        data = example_input
    settings = {"from": from_, "to": to, "data": data, **options}
    return _measure("probe", module, example_input, settings, command, quiet)


def run(arguments, *, command=None, quiet=False):
    """Runs the command line with `--json` and returns its answer as a dict.

    arguments: strings, such as `["criticality", "--activation", "gelu"]`.
    Progress goes to sys.stderr unless `quiet`. Raises FathomError, or AssertionFailed where an `--assert` does not hold.
    """
    start = _command(command)
    line = [*start, *map(str, arguments), "--json"]
    try:
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    except OSError as error:
        hint = "Say how Fathom's command line is run: FATHOM='node /path/to/dist/cli/main.mjs'."
        raise FathomError(f"{line[0]} cannot be started: {error.strerror}.", "command", hint) from error
    with process:
        said = []
        teller = threading.Thread(target=_tell, args=(process.stderr, said, quiet))
        teller.start()
        try:
            text = process.stdout.read()
        except BaseException:
            process.terminate()
            raise
        finally:
            teller.join()
    try:
        return _answer(text, "".join(said), process.returncode)
    except FathomError as error:
        if re.match(r"unknown (command|option)", error.message, re.IGNORECASE):
            raise _older(start, error.message) from error
        raise


def _tell(stream, said, quiet):
    for line in stream:
        said.append(line)
        if not quiet and not line.startswith(("error: ", "  where: ", "  hint: ")):
            sys.stderr.write(line)


def _answer(text, said, code):
    try:
        result = json.loads(text) if text.strip() else None
    except ValueError as error:
        raise FathomError("What the command printed is no JSON.", hint=text[:200], exit_code=code) from error
    if code == 0 and result is not None:
        return result
    message, where, hint = _complaint(said)
    if code == 3:
        failure = AssertionFailed(message, where, hint, code)
        failure.result = result
        raise failure
    raise FathomError(message, where, hint, code)


def _complaint(said):
    """The parts of the last error that the command line wrote."""
    lines = said.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("error: ")]
    if not starts:
        return (said.strip() or "The command ended without an answer."), None, None
    parts = {"where": None, "hint": None}
    message = [lines[starts[-1]].removeprefix("error: ")]
    key = None
    for line in lines[starts[-1] + 1 :]:
        found = next((name for name in parts if line.startswith(f"  {name}: ")), None)
        if found:
            key, parts[found] = found, line.removeprefix(f"  {found}: ")
        elif key is None:
            message.append(line)
        elif line.strip():
            break
    return "\n".join(message).strip(), parts["where"], parts["hint"]


def _command(command):
    """How the command line is started, as a list of words."""
    if command is not None:
        return [command] if isinstance(command, (str, os.PathLike)) else [str(word) for word in command]
    if os.environ.get("FATHOM"):
        return shlex.split(os.environ["FATHOM"])
    found = _beside(pathlib.Path(__file__).resolve().parent.parent) or _installed(pathlib.Path.cwd())
    if found is None:
        hint = (
            "In a checkout install its dependencies (npm ci), or say how the command line is run: "
            "FATHOM='node /path/to/dist/cli/main.mjs'."
        )
        raise FathomError("Fathom's command line is not found.", "command", hint)
    return found


def _installed(folder):
    """What npm installed in `folder` or above it, or else on the PATH. Not by npx, which asks the registry before it says no."""
    places = [*(str(place / "node_modules" / ".bin") for place in (folder, *folder.parents)), os.environ.get("PATH", "")]
    found = shutil.which("fathom", path=os.pathsep.join(places))
    return [found] if found else None


def _beside(root):
    """The command line of the checkout or package at `root`; None where there is none that could run."""
    own = root / "node_modules" / ".bin" / "node"
    node = str(own) if own.exists() else shutil.which("node")
    # A checkout's sources run as they are, by the Node it installs; what was built of them may be older.
    sources = root / "src" / "cli" / "main.ts"
    if sources.exists() and own.exists():
        return [node, str(sources)]
    built = root / "dist" / "cli" / "main.mjs"
    return [node, str(built)] if built.exists() and node else None


def _older(line, message):
    """The error for a command line that does not know a command or flag: which one was run, and how to run another."""
    try:
        asked = subprocess.run([*line, "--version"], capture_output=True, text=True, encoding="utf-8", timeout=20)
        version = asked.stdout.strip() or "unknown"
    except (OSError, subprocess.SubprocessError):
        version = "unknown"
    where = f"{shlex.join(line)} (version {version})"
    hint = (
        "An older Fathom may have been found. Say which to run: the variable FATHOM='node /path/to/dist/cli/main.mjs', "
        "or command=['node', '/path/to/dist/cli/main.mjs']."
    )
    return FathomError(message, where, hint, 2)


def flags(options):
    """Keyword arguments as flags: `min_width=3` → `--min-width 3`; True a bare flag; lists repeat; None is left out."""
    words = []
    for key, value in options.items():
        flag = "--" + key.rstrip("_").replace("_", "-")
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is True:
                words.append(flag)
            elif item is not None and item is not False:
                words += [flag, str(item)]
    return words


def _measure(name, module, example_input, settings, command, quiet):
    with tempfile.TemporaryDirectory(prefix="fathom-") as folder:
        if isinstance(module, (str, os.PathLike)):
            model = os.fspath(module)
        else:
            exported = export(module, example_input, pathlib.Path(folder) / f"{type(module).__name__}.onnx")
            if not quiet:
                for note in exported.notes:
                    print(f"note: {note}", file=sys.stderr)
            model, settings = exported.path, _in_file(exported, example_input, settings)
        settings["data"] = _data(settings["data"], folder)
        return run([name, model, *flags(settings)], command=command, quiet=quiet)


def _in_file(exported, example_input, settings):
    """Modules as the tensors they return; an open batch of the size that the example has."""
    settings = {key: exported.tensor(value) if key in ("from", "to") else value for key, value in settings.items()}
    if exported.batch is None and "dim" not in settings:
        first = example_input[0] if isinstance(example_input, tuple) else example_input
        settings["dim"] = f"batch={len(first)}"
    return settings


def _data(data, folder):
    """`--data` for names and paths; arrays are written to a file: (inputs, labels), or inputs that need no labels."""
    if data is None or isinstance(data, (str, os.PathLike)):
        return data
    numpy = importlib.import_module("numpy")
    if isinstance(data, (tuple, list)):
        inputs, labels = (numpy.asarray(_plain(part)) for part in data)
        arrays = {"x": inputs, "y": labels}
    else:
        inputs = numpy.asarray(_plain(data))
        labels = numpy.zeros(len(inputs), dtype="int64")
        # Named twice, so that no rows are set aside for testing.
        arrays = {"x_train": inputs, "y_train": labels, "x_test": inputs, "y_test": labels}
    path = pathlib.Path(folder) / "data.npz"
    numpy.savez(path, **arrays)
    return path


def _plain(array):
    return array.detach().cpu().numpy() if hasattr(array, "detach") else array


# Export


def export(module, example_input, path, *, exporter="auto", opset=OPSET):
    """Writes a module as ONNX as training sees it, but for dropout: batch statistics, nothing merged, weights by name.

    module: a torch.nn.Module; its weights, buffers and modes are as before afterwards.
    example_input: a tensor [N, …] or a tuple of tensors; the batch stays open where the exporter can leave it open.
    exporter: "dynamo" (torch.export), "torchscript" (tracing), or "auto", the first of these that works.
    Modules that keep running statistics are exported with the statistics of the batch; all others in evaluation mode, so
    dropout and stochastic depth are off, and `notes` says so.
    Tensors that modules return are named by the paths of these modules.
    Returns Exported. Raises FathomError where no exporter can write the module.
    """
    if exporter not in ("auto", "dynamo", "torchscript"):
        raise FathomError(f"There is no exporter {exporter!r}.", "exporter", 'Give "auto", "dynamo" or "torchscript".')
    if opset < OPSET:
        raise FathomError(f"Operator set {opset} is too old.", "opset", f"Give {OPSET} or later.")
    torch = importlib.import_module("torch")
    example = _twice(torch, example_input if isinstance(example_input, tuple) else (example_input,))
    inputs = _input_names(module, example)
    writers = {"dynamo": _by_dynamo, "torchscript": _by_torchscript}
    path = pathlib.Path(path)
    failures = {}
    with _as_trained(torch, module) as notes:
        for name in writers if exporter == "auto" else [exporter]:
            try:
                writers[name](torch, module, example, inputs, path, opset)
            except Exception as error:  # every exporter has errors of its own
                failures[name] = error
                continue
            tensors, batch = _name_tensors(module, path)
            return Exported(path, name, tuple(inputs), batch, tensors, tuple(notes))
    raise _unexportable(failures)


def _unexportable(failures):
    reasons = "; ".join(f"{name}: {_first_line(error)}" for name, error in failures.items())
    return FathomError(
        f"PyTorch cannot export this module ({reasons}).",
        "module",
        "Check that module(*example_input) runs; replace what depends on the data (branches, .item()).",
    )


def _first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _twice(torch, example):
    """A batch of one is doubled: exporters take the size 1 for a constant."""
    return tuple(
        torch.cat([x, x]) if torch.is_tensor(x) and x.dim() > 0 and x.shape[0] == 1 else x for x in example
    )


def _input_names(module, example):
    names = list(inspect.signature(module.forward).parameters)[: len(example)]
    usable = len(names) == len(example) and "args" not in names and "kwargs" not in names
    return names if usable else [f"input{i}" for i in range(len(example))]


@contextlib.contextmanager
def _as_trained(torch, module):
    """Evaluation mode, but batch statistics where running ones are kept; everything as before at the end."""
    modes = [(part, part.training) for part in module.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    notes = []
    dropouts = [f"{name} (p={part.p})" for name, part in module.named_modules() if _drops(torch, part)]
    if dropouts:
        notes.append(f"dropout is left out of the export: {', '.join(dropouts)}")
    try:
        module.eval()
        for part in module.modules():
            if "running_mean" in part._buffers:
                part.training = True
        with torch.no_grad():
            yield notes
    finally:
        for part, training in modes:
            part.training = training
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)


def _drops(torch, part):
    return isinstance(part, torch.nn.modules.dropout._DropoutNd) and part.p > 0


@contextlib.contextmanager
def _silence():
    """Exporters print progress and warn about what is of no concern here."""
    with warnings.catch_warnings(), open(os.devnull, "w") as nowhere:
        warnings.simplefilter("ignore")
        import logging

        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                yield
        finally:
            logging.disable(before)


def _by_dynamo(torch, module, example, inputs, path, opset):
    """torch.export without its optimiser, which merges batch normalisation even in training mode."""
    settings = {"dynamo": True, "opset_version": opset, "optimize": False, "external_data": False, "verbose": False}
    batch = torch.export.Dim("batch")
    opened = tuple({0: batch} if torch.is_tensor(x) and x.dim() > 0 else None for x in example)
    # A batch that the module fixes (a reshape to given sizes) cannot stay open.
    for shapes in (opened, None):
        try:
            with _silence():
                extra = {} if shapes is None else {"dynamic_shapes": shapes}
                torch.onnx.export(module, example, str(path), input_names=inputs, **settings, **extra)
            break
        except Exception:
            if shapes is None:
                raise
    _mark_batch_statistics(path)


def _mark_batch_statistics(path):
    """The exporter writes every BatchNormalization as if its statistics were frozen; what was meant stands in the metadata."""
    onnx = importlib.import_module("onnx")
    model = onnx.load(str(path))
    for node in model.graph.node:
        if node.op_type != "BatchNormalization":
            continue
        meant = _metadata(node, "pkg.torch.onnx.class_hierarchy") or [node.name]
        if "no_training" in meant[-1] or any(attribute.name == "training_mode" for attribute in node.attribute):
            continue
        node.attribute.append(onnx.helper.make_attribute("training_mode", 1))
    _forget_places(model)
    onnx.save(model, str(path))


def _forget_places(model):
    """Takes out the stack traces that the exporter keeps: the larger part of a small file, with paths of this machine."""
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key != "pkg.torch.onnx.stack_trace"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)


def _by_torchscript(torch, module, example, inputs, path, opset):
    axes = {name: {0: "batch"} for name, x in zip(inputs, example) if torch.is_tensor(x) and x.dim() > 0}
    with _silence():
        torch.onnx.export(
            module,
            example,
            str(path),
            dynamo=False,
            opset_version=opset,
            input_names=inputs,
            dynamic_axes=axes,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
        )


# Names


def _metadata(node, key):
    text = next((entry.value for entry in node.metadata_props if entry.key == key), None)
    return ast.literal_eval(text) if text else None


def _module_of(node, modules):
    """The path of the module whose forward made a node: from the metadata of one exporter, the node's name of the other."""
    scopes = _metadata(node, "pkg.torch.onnx.name_scopes")
    if scopes is None:
        scopes = [""]
        for part in node.name.split("/")[1:-1]:
            inside = scopes[-1]
            below = part.startswith(f"{inside.rpartition('.')[2]}.") and inside != ""
            container = f"{inside.rpartition('.')[0]}.{part}".lstrip(".")
            scopes.append(container if below else f"{inside}.{part}".lstrip("."))
    return next((scope for scope in reversed(scopes) if scope in modules), "")


def _name_tensors(module, path):
    """Renames tensors in the file after the modules that make them.

    Returns the names of what modules return, by path, and the batch that the file fixes.
    """
    onnx = importlib.import_module("onnx")
    model = onnx.load(str(path))
    graph = model.graph
    modules = {name for name, _ in module.named_modules()}
    owners = {name: _module_of(node, modules) for node in graph.node for name in node.output if name}
    returned = _returned(graph, owners, modules)
    kept = {value.name for value in [*graph.input, *graph.initializer]}
    new, taken = {}, set(kept)
    for owner, name in sorted(returned.items(), key=lambda item: -item[0].count(".")):
        if name not in kept and name not in new and owner not in taken:
            new[name] = owner
            taken.add(owner)
    for name, owner in owners.items():
        label = f"{owner}/{name.rpartition('/')[2]}"
        if owner and name not in kept and name not in new and label not in taken:
            new[name] = label
            taken.add(label)
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]
    for value in [*graph.value_info, *graph.output]:
        value.name = new.get(value.name, value.name)
    onnx.save(model, str(path))
    first = graph.input[0].type.tensor_type.shape.dim[0]
    batch = None if first.dim_param else first.dim_value
    return {owner: new.get(name, name) for owner, name in returned.items()}, batch


def _returned(graph, owners, modules):
    """What each module returns, where that is one tensor: made inside of the module from the inputs, used outside."""
    leaving = {owner: set() for owner in modules if owner}

    def leaves(name, user):
        owner = owners.get(name, "")
        while owner and not (user == owner or user.startswith(f"{owner}.")):
            leaving[owner].add(name)
            owner = owner.rpartition(".")[0]

    signals = _signals(graph)
    for node in graph.node:
        user = next((owners[name] for name in node.output if name), "")
        for name in signals.intersection(_read(node)):
            leaves(name, user)
    for value in graph.output:
        leaves(value.name, "")
    return {owner: next(iter(names)) for owner, names in leaving.items() if len(names) == 1}


def _read(node):
    """The operands whose numbers a node reads; of others it takes only the shape or the type."""
    if node.op_type in ("Shape", "Size"):
        return []
    return node.input[:1] if node.op_type == "CastLike" else node.input


def _signals(graph):
    """Names of the tensors that depend on the inputs; exporters write operands before their consumers."""
    names = {value.name for value in graph.input}
    for node in graph.node:
        if names.intersection(_read(node)):
            names.update(node.output)
    return names


# python fathom.py


def _parser():
    parser = argparse.ArgumentParser(
        prog="fathom.py",
        description="Exports a PyTorch module for Fathom, and surveys or probes it.",
        epilog="Flags that are not listed go to Fathom's command line: fathom.py survey nets:make --shape 64,784 --seed 1",
    )
    commands = parser.add_subparsers(dest="action", required=True)
    for name, summary in [
        ("export", "write the module as ONNX"),
        ("survey", "will it train, at which learning rates, what should change"),
        ("probe", "partial Jacobians between its tensors"),
    ]:
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("module", help="package.module:name of a torch.nn.Module or of a function that makes one")
        command.add_argument("--shape", required=True, help="shape of an example batch: 64,784")
        command.add_argument("--ids", type=int, metavar="N", help="the input is token ids below N, not numbers")
        if name == "export":
            command.add_argument("--out", required=True, help="the file to write")
            command.add_argument("--exporter", default="auto", choices=["auto", "dynamo", "torchscript"])
    return parser


def _load(name):
    """The module that `package.module:name` names."""
    source, _, attribute = name.partition(":")
    if not attribute:
        raise FathomError(f"{name} names no object.", "module", "Give package.module:name.")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(source), attribute)
    except (ImportError, AttributeError) as error:
        raise FathomError(f"{name} cannot be loaded: {error}.", "module", "Give package.module:name.") from error
    return found if hasattr(found, "forward") and not isinstance(found, type) else found()


def _example(shape, ids):
    try:
        sizes = [int(size) for size in shape.replace("x", ",").split(",")]
    except ValueError as error:
        raise FathomError(f"{shape} is no shape.", "--shape", "Give whole numbers, as 64,784.") from error
    torch = importlib.import_module("torch")
    generator = torch.Generator().manual_seed(0)
    if ids is not None:
        return torch.randint(0, ids, sizes, generator=generator)
    return torch.randn(sizes, generator=generator)


def _ask(action, module, example, words):
    """A survey or probe with flags as they were typed; `--from` and `--to` may name modules."""
    with tempfile.TemporaryDirectory(prefix="fathom-") as folder:
        exported = export(module, example, pathlib.Path(folder) / f"{type(module).__name__}.onnx")
        for note in exported.notes:
            print(f"note: {note}", file=sys.stderr)
        before = [None, *words]
        words = [exported.tensor(word) if flag in ("--from", "--to") else word for flag, word in zip(before, words)]
        if exported.batch is None and "--dim" not in words:
            words += ["--dim", f"batch={len(example)}"]
        return run([action, exported.path, *words])


def main(arguments=None):
    """`python fathom.py export|survey|probe MODULE --shape …`: prints JSON; returns the exit code."""
    parser = _parser()
    given, others = parser.parse_known_args(arguments)
    try:
        module, example = _load(given.module), _example(given.shape, given.ids)
        if given.action == "export":
            if others:
                parser.error(f"unrecognized arguments: {' '.join(others)}")
            exported = export(module, example, given.out, exporter=given.exporter)
            result = {**dataclasses.asdict(exported), "path": str(exported.path)}
        else:
            result = _ask(given.action, module, example, others)
    except FathomError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code or 2
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

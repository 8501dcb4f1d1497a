"""What python/fathom.py makes of PyTorch modules, and what the command line says of them."""
import pathlib
import sys
import tempfile
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "python"))
import fathom
import onnx
import torch
from torch import nn

COMMAND = ["node", str(root / "src" / "cli" / "main.ts")]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.Dropout(0.2)

    def forward(self, x):
        return torch.relu(x + self.drop(self.norm(self.conv(x))))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), Block(), Block(), nn.Flatten(), nn.Linear(48, 2))


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "net.onnx"
        self.addCleanup(self.folder.cleanup)

    def test_both_exporters_keep_batch_statistics_names_and_an_open_batch(self):
        for exporter in ("dynamo", "torchscript"):
            with self.subTest(exporter):
                exported = fathom.export(network(), torch.randn(4, 1, 4, 4), self.path, exporter=exporter)
                graph = onnx.load(str(self.path)).graph
                norms = [node for node in graph.node if node.op_type == "BatchNormalization"]
                modes = [a.i for node in norms for a in node.attribute if a.name == "training_mode"]
                self.assertEqual(modes, [1, 1])
                self.assertEqual(exported.tensors["1"], "1")
                self.assertIn("1", [name for node in graph.node for name in node.output])
                self.assertLessEqual({"1.conv.weight", "4.weight"}, {weight.name for weight in graph.initializer})
                self.assertEqual((exported.exporter, exported.batch), (exporter, None))
                self.assertEqual(graph.input[0].type.tensor_type.shape.dim[0].dim_param, "batch")

    def test_the_module_is_left_as_it_was_and_dropout_is_noted(self):
        module = network().train()
        module[1].eval()
        before = {name: value.clone() for name, value in module.state_dict().items()}
        modes = [part.training for part in module.modules()]
        exported = fathom.export(module, torch.randn(4, 1, 4, 4), self.path)
        self.assertTrue(all(torch.equal(before[name], value) for name, value in module.state_dict().items()))
        self.assertEqual([part.training for part in module.modules()], modes)
        self.assertEqual(exported.notes, ("dropout is left out of the export: 1.drop (p=0.2), 2.drop (p=0.2)",))

    def test_what_cannot_be_exported_says_why(self):
        class Branches(nn.Module):
            def forward(self, x):
                raise ValueError("no way")

        with self.assertRaises(fathom.FathomError) as caught:
            fathom.export(Branches(), torch.randn(2, 3), self.path, exporter="torchscript")
        self.assertIn("no way", caught.exception.message)

    def test_a_probe_measures_between_modules(self):
        answer = fathom.probe(network(), torch.randn(6, 1, 4, 4), from_="1", to="2", command=COMMAND, quiet=True)
        [pair] = answer["pairs"]
        self.assertEqual((pair["from"], pair["to"]), ("1", "2"))
        self.assertGreater(pair["J"], 0)
        self.assertEqual(answer["findings"], [])


if __name__ == "__main__":
    unittest.main()

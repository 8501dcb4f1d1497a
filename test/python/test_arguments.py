"""What python/fathom.py does without PyTorch: flags, running the command line, its errors."""
import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import fathom


def stand_in(code):
    """A command that runs some Python in place of Fathom's command line."""
    return [sys.executable, "-c", code]


ECHO = "import json, sys; print(json.dumps({'argv': sys.argv[1:]}))"
REFUSES = """
import sys
sys.stderr.write("reading the model\\nerror: There is no tensor \\"h9\\".\\n  where: --from\\n  hint: --list shows them.\\n")
sys.exit(2)
"""


class Flags(unittest.TestCase):
    def test_keywords_become_flags(self):
        words = fathom.flags({"min_width": 3, "from": "a", "assert_": "J<1", "debug": True, "out": None, "dim": ["a=1", "b=2"]})
        self.assertEqual(
            words, ["--min-width", "3", "--from", "a", "--assert", "J<1", "--debug", "--dim", "a=1", "--dim", "b=2"]
        )

    def test_false_is_left_out(self):
        self.assertEqual(fathom.flags({"standardize": False}), [])


class Running(unittest.TestCase):
    def test_the_answer_is_a_dict_and_json_is_asked_for(self):
        answer = fathom.run(["criticality", "--activation", "erf"], command=stand_in(ECHO), quiet=True)
        self.assertEqual(answer, {"argv": ["criticality", "--activation", "erf", "--json"]})

    def test_an_onnx_file_needs_no_torch(self):
        answer = fathom.probe("model.onnx", None, from_="a", to="b", seed=3, command=stand_in(ECHO), quiet=True)
        expected = ["probe", "model.onnx", "--from", "a", "--to", "b", "--seed", "3", "--json"]
        self.assertEqual(answer["argv"], expected)

    def test_the_variable_names_the_command(self):
        before = os.environ.get("FATHOM")
        os.environ["FATHOM"] = f"'{sys.executable}' -c \"{ECHO}\""
        try:
            self.assertEqual(fathom.run(["doctor"], quiet=True), {"argv": ["doctor", "--json"]})
        finally:
            os.environ.pop("FATHOM")
            if before is not None:
                os.environ["FATHOM"] = before

    def test_errors_carry_message_place_and_hint(self):
        with self.assertRaises(fathom.FathomError) as caught:
            fathom.run(["probe", "m.onnx"], command=stand_in(REFUSES), quiet=True)
        error = caught.exception
        self.assertEqual(error.message, 'There is no tensor "h9".')
        self.assertEqual((error.where, error.hint, error.exit_code), ("--from", "--list shows them.", 2))
        self.assertIn("hint: --list shows them.", str(error))

    def test_an_assertion_that_fails_brings_the_answer_along(self):
        code = "import sys; print('{\"J\": 2}'); sys.stderr.write('error: J<1 does not hold\\n'); sys.exit(3)"
        with self.assertRaises(fathom.AssertionFailed) as caught:
            fathom.run(["probe"], command=stand_in(code), quiet=True)
        self.assertEqual(caught.exception.result, {"J": 2})

    def test_a_command_that_is_not_there(self):
        with self.assertRaises(fathom.FathomError) as caught:
            fathom.run(["doctor"], command=["/nowhere/fathom"])
        self.assertEqual(caught.exception.where, "command")

    def test_a_command_line_that_is_older(self):
        old = stand_in(
            "import sys; v = '--version' in sys.argv; print('0.0.9' if v else '', end='')\n"
            "if not v: sys.exit(sys.stderr.write(\"error: Unknown command 'probe'.\\n  hint: --help\\n\") and 2)"
        )
        with self.assertRaises(fathom.FathomError) as caught:
            fathom.run(["probe", "x.onnx"], command=old, quiet=True)
        self.assertEqual(caught.exception.message, "Unknown command 'probe'.")
        self.assertIn(sys.executable, caught.exception.where)
        self.assertIn("(version 0.0.9)", caught.exception.where)
        self.assertIn("FATHOM=", caught.exception.hint)

    def test_a_checkout_runs_its_sources_and_a_package_what_was_built(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            node, sources, built = (
                root / path for path in ("node_modules/.bin/node", "src/cli/main.ts", "dist/cli/main.mjs")
            )
            for path in (node, sources, built):
                path.parent.mkdir(parents=True)
                path.touch()
            self.assertEqual(fathom._beside(root), [str(node), str(sources)])
            sources.unlink()
            self.assertEqual(fathom._beside(root), [str(node), str(built)])
            built.unlink()
            self.assertIsNone(fathom._beside(root))

    def test_what_npm_installed_is_found_in_a_folder_or_above_it(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            installed = root / "node_modules" / ".bin" / "fathom"
            installed.parent.mkdir(parents=True)
            installed.touch(mode=0o755)
            self.assertEqual(fathom._installed(root / "notebooks"), [str(installed)])

    def test_where_nothing_is_found_the_error_says_how_to_run_it(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.dict(os.environ, {"PATH": folder}):
            os.environ.pop("FATHOM", None)
            with unittest.mock.patch.object(fathom, "_beside", return_value=None):
                with unittest.mock.patch.object(pathlib.Path, "cwd", return_value=pathlib.Path(folder)):
                    with self.assertRaises(fathom.FathomError) as caught:
                        fathom.run(["doctor"])
        self.assertIn("FATHOM=", caught.exception.hint)

    def test_a_command_that_dies_without_a_word(self):
        with self.assertRaises(fathom.FathomError) as caught:
            fathom.run(["doctor"], command=stand_in("import sys; sys.exit(1)"), quiet=True)
        self.assertEqual(caught.exception.exit_code, 1)

    def test_what_is_no_json(self):
        with self.assertRaises(fathom.FathomError) as caught:
            fathom.run(["doctor"], command=stand_in("print('hello')"), quiet=True)
        self.assertEqual(caught.exception.hint, "hello\n")


class Refusals(unittest.TestCase):
    def test_unknown_exporters_and_old_operator_sets(self):
        for options, where in [({"exporter": "tf"}, "exporter"), ({"opset": 11}, "opset")]:
            with self.assertRaises(fathom.FathomError) as caught:
                fathom.export(None, None, "m.onnx", **options)
            self.assertEqual(caught.exception.where, where)

    def test_the_command_line_of_the_file_itself(self):
        with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "err"), "w+") as err:
            stderr, sys.stderr = sys.stderr, err
            try:
                codes = [
                    fathom.main(["probe", "no_such_module:net", "--shape", "2,3"]),
                    fathom.main(["probe", "json", "--shape", "2,3"]),
                ]
            finally:
                sys.stderr = stderr
            err.seek(0)
            said = err.read()
        self.assertEqual(codes, [2, 2])
        self.assertIn("no_such_module", said)
        self.assertIn("package.module:name", said)


if __name__ == "__main__":
    unittest.main()

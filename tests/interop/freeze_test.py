#!/usr/bin/env python3
"""What `floe freeze` writes is run by TensorFlow and gives what the model gave before, and so does `floe run` of the model as it is."""

import json
import os
import sys
import unittest

import floe_testing
from floe_testing import check_close, run_program

import numpy as np
import tensorflow as tf

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "session"))
import make_saved_models  # noqa: E402 (the path comes first)

# What training leaves behind, and what only a graph with variables has.
NEVER_LEFT = ("Switch", "RandomUniform", "Assign", "AssignVariableOp", "VariableV2", "VarHandleOp", "ReadVariableOp", "SaveV2", "RestoreV2",
              "StatefulPartitionedCall", "PartitionedCall", "ApplyAdam", "ResourceApplyAdam")


def load(folder, name):
    if name.endswith(".npy"):
        return np.load(os.path.join(folder, name))
    with open(os.path.join(folder, name)) as f:
        return np.array(json.load(f), object)


def run_frozen(path, feeds, fetches):
    graph_def = tf.compat.v1.GraphDef()
    with open(path, "rb") as f:
        graph_def.ParseFromString(f.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            return graph_def, session.run(fetches, feeds)


class FreezeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = floe_testing.temporary_folder()

    def same(self, what, wanted, got):
        if wanted.dtype == object:
            decoded = [v.decode() if isinstance(v, bytes) else v for v in np.asarray(got).ravel().tolist()]
            self.assertEqual(decoded, wanted.ravel().tolist(), what)
        elif wanted.dtype.kind in "iu":
            np.testing.assert_array_equal(got, wanted, what)
        else:
            check_close(self, what, wanted, got)

    def check(self, name):
        folder = make_saved_models.Folder(self.root, name)
        getattr(make_saved_models, name)(folder)
        with open(os.path.join(folder.path, "case.json")) as f:
            case = json.load(f)
        model = os.path.join(folder.path, case["model"])
        frozen = os.path.join(folder.path, "frozen.pb")
        signature = ["--signature", case["signature"]] if "signature" in case else []
        outcome = run_program("floe", "freeze", model, "-o", frozen, "--json", *signature, *case.get("freeze", []))
        if "refused" in case:
            self.assertEqual(outcome.returncode, 1)
            for words in case["refused"]:
                self.assertIn(words, outcome.stderr)
            return
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        report = json.loads(outcome.stdout)
        inputs = {k: load(folder.path, v) for k, v in case["inputs"].items()}
        outputs = {k: load(folder.path, v) for k, v in case["outputs"].items()}

        if signature:
            feeds = {report["signature"]["inputs"][k]: v for k, v in inputs.items()}
            fetches = {k: report["signature"]["outputs"][k] for k in outputs}
        else:
            feeds, fetches = inputs, {k: k for k in outputs}
            self.assertEqual([f"{o}:0" for o in report["outputs"]], list(outputs))
        graph_def, results = run_frozen(frozen, feeds, fetches)
        for k, wanted in outputs.items():
            self.same(f"TensorFlow on the frozen {name}, {k}", wanted, results[k])
        for node in graph_def.node:
            self.assertNotIn(node.op, NEVER_LEFT, node.name)

        if case.get("freeze"):
            return
        results_folder = os.path.join(folder.path, "results")
        arguments = ["run", model, "--output-dir", results_folder, *signature]
        for k, v in case["inputs"].items():
            arguments += ["--input", f"{k}={folder.path}/{v}"]
        outcome = run_program("floe", *arguments)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        for i, (k, wanted) in enumerate(outputs.items()):
            suffix = ".json" if wanted.dtype == object else ".npy"
            self.same(f"floe run of {name}, {k}", wanted, load(results_folder, f"{i}{suffix}"))


for case in make_saved_models.CASES:
    setattr(FreezeTest, f"test_{case.__name__}", lambda self, name=case.__name__: self.check(name))

if __name__ == "__main__":
    floe_testing.main()

"""What the interop tests share: the built programs, the models beside the repository, and a running server.

    FILE_test.py BIN_DIR SHARED_DIR [UNITTEST ARGS]

Where the models are absent, a test says FLOE_TEST_DATA_ABSENT, which ctest shows as skipped.
"""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# No proxy stands between this machine and itself.
os.environ["no_proxy"] = "127.0.0.1,localhost"

import numpy as np  # noqa: E402 (the environment comes first)

MODELS = tuple(os.environ.get(
    "FLOE_TEST_MODELS",
    "emotion gender liveness antispoof gear posenet blazeface-front mobilenet_v2 movenet-lightning").split())
# Of an output's largest absolute value.
TOLERANCE = 1e-4
START_SECONDS = 60
STOP_SECONDS = 40
CALL_SECONDS = 60

BIN_DIR = ""
SHARED_DIR = ""


def main():
    """Takes the two folders off the command line and runs the tests of the calling file."""
    global BIN_DIR, SHARED_DIR
    if len(sys.argv) < 3:
        print(f"usage: {sys.argv[0]} BIN_DIR SHARED_DIR [UNITTEST ARGS]", file=sys.stderr)
        sys.exit(2)
    BIN_DIR, SHARED_DIR = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    if not os.path.isdir(os.path.join(SHARED_DIR, "models")):
        print(f"FLOE_TEST_DATA_ABSENT: {SHARED_DIR}/models")
        sys.exit(0)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)


def temporary_folder():
    folder = tempfile.mkdtemp(prefix="floe-interop-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Case:
    """A model with TensorFlow's own outputs for real inputs."""

    def __init__(self, name):
        self.name = name
        self.folder = os.path.join(SHARED_DIR, "models", name)
        self.path = os.path.join(self.folder, "model.pb")
        with open(os.path.join(self.folder, "case.json")) as f:
            case = json.load(f)
        self.input_names = case["inputs"]  # "x:0"
        self.output_names = case["outputs"]
        self.inputs = [np.load(os.path.join(self.folder, f"in_{k}.npy")) for k in range(len(self.input_names))]
        self.outputs = [np.load(os.path.join(self.folder, f"out_{k}.npy")) for k in range(len(self.output_names))]

    def check(self, test, outputs):
        """`outputs` are TensorFlow's, in its order."""
        test.assertEqual(len(outputs), len(self.outputs))
        for name, wanted, got in zip(self.output_names, self.outputs, outputs):
            check_close(test, f"{self.name} {name}", wanted, got)


def check_close(test, what, wanted, got):
    test.assertEqual(got.dtype, wanted.dtype, what)
    test.assertEqual(got.shape, wanted.shape, what)
    largest = np.max(np.abs(wanted))
    difference = np.max(np.abs(got - wanted)) / largest
    test.assertTrue(difference <= TOLERANCE, f"{what}: differs by {difference:.2e} of its largest value")


def short_name(name):
    """"x" for "x:0": what a model's inputs and outputs are called on the wire."""
    return name.removesuffix(":0")


def make_repository(names):
    """DIR/NAME/1/model.pb for each model."""
    root = temporary_folder()
    for name in names:
        os.makedirs(os.path.join(root, name, "1"))
        os.symlink(os.path.join(SHARED_DIR, "models", name, "model.pb"), os.path.join(root, name, "1", "model.pb"))
    return root


def run_program(name, *arguments, timeout=CALL_SECONDS):
    return subprocess.run([os.path.join(BIN_DIR, name), *arguments], capture_output=True, text=True, timeout=timeout)


class Server:
    """`floe serve ...` on free ports, on the device that FLOE_TEST_DEVICE names, from its readiness to its end."""

    def __init__(self, *arguments):
        self.log = []
        device = os.environ.get("FLOE_TEST_DEVICE")
        if device:
            arguments = (*arguments, "--device", device)
        self.process = subprocess.Popen(
            [os.path.join(BIN_DIR, "floe"), "serve", "--port", "0", "--http-port", "0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        atexit.register(self.kill)
        serving = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(serving,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_SECONDS
        while not serving.wait(0.05):
            if time.monotonic() > deadline or (self.process.poll() is not None and not self._reader.is_alive()):
                self.kill()
                raise RuntimeError("floe serve did not start:\n" + "".join(self.log))

    def _read(self, serving):
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(r"serving gRPC on (\S+:\d+), HTTP on (\S+:\d+)", line)
            if found:
                self.grpc, self.http = found.groups()
                serving.set()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit status."""
        return self.process.wait(STOP_SECONDS)

    def stop(self):
        self.terminate()
        return self.wait()

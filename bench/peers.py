#!/usr/bin/env python3
"""Times Floe beside TensorFlow and ONNX Runtime on the same machine, in turns, so that a noisy machine is noisy for all.

usage: bench/peers.py [--floe BINARY] [--threads N] [--rounds N] [--seconds S] MODEL...

MODEL is a frozen .pb, or a folder with model.pb and perhaps case.json ({"inputs": [...], "outputs": [...]}, tensor names)
and in_<k>.npy. Without them inputs and outputs are what `floe inspect` says, and the elements are random. Needs a Python
with the packages of tests/interop/requirements.txt; the converted model.onnx goes to a temporary folder.

Prints the shortest run of each engine over all rounds, and Floe's time over each peer's: below 1, Floe is faster."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

ENGINES = ("floe", "tf", "ort")


def load_case(floe, model):
    """The frozen graph, its input and output tensor names, and a feed for each input."""
    import numpy as np

    folder = model if os.path.isdir(model) else os.path.dirname(model)
    graph = os.path.join(model, "model.pb") if os.path.isdir(model) else model
    described = json.loads(subprocess.check_output([floe, "inspect", graph, "--json"]))
    case_file = os.path.join(folder, "case.json")
    if os.path.isdir(model) and os.path.exists(case_file):
        with open(case_file, encoding="utf-8") as file:
            case = json.load(file)
        feeds = [np.load(os.path.join(folder, f"in_{k}.npy")) for k in range(len(case["inputs"]))]
        return graph, case["inputs"], case["outputs"], feeds
    tensor = lambda info: info["name"] if ":" in info["name"] else info["name"] + ":0"
    random = np.random.default_rng(1)
    feeds = []
    for info in described["inputs"]:
        shape = [size if size > 0 else 1 for size in info["shape"]]
        feeds.append((random.random(shape) * (1 if info["dtype"].startswith("float") else 100)).astype(info["dtype"]))
    return graph, [tensor(i) for i in described["inputs"]], [tensor(o) for o in described["outputs"]], feeds


def convert(graph, inputs, outputs, onnx):
    command = [sys.executable, "-m", "tf2onnx.convert", "--graphdef", graph, "--inputs", ",".join(inputs)]
    command += ["--outputs", ",".join(outputs), "--opset", "17", "--output", onnx]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError("tf2onnx: " + (done.stderr.strip().splitlines() or ["failed"])[-1])


def tensorflow_runner(graph, inputs, outputs, feeds, threads):
    import tensorflow as tf

    definition = tf.compat.v1.GraphDef()
    with open(graph, "rb") as file:
        definition.ParseFromString(file.read())
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(definition, name="")
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    call = tf.compat.v1.Session(graph=imported, config=config).make_callable(outputs, inputs)
    return lambda: call(*feeds)


def onnxruntime_runner(onnx, inputs, outputs, feeds, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(outputs, dict(zip(inputs, feeds)))


def serve_runs(engine, case_file):
    """The child: runs for as many seconds as each line of stdin says, and answers with the shortest run."""
    import numpy as np

    with open(case_file, encoding="utf-8") as file:
        case = json.load(file)
    feeds = [np.load(path) for path in case["feeds"]]
    make = tensorflow_runner if engine == "tf" else onnxruntime_runner
    source = case["graph"] if engine == "tf" else case["onnx"]
    run = make(source, case["inputs"], case["outputs"], feeds, case["threads"])
    for _ in range(3):
        run()
    print("ready", flush=True)
    for line in sys.stdin:
        shortest, end = float("inf"), time.perf_counter() + float(line)
        while time.perf_counter() < end:
            begin = time.perf_counter()
            run()
            shortest = min(shortest, time.perf_counter() - begin)
        print(shortest * 1e3, flush=True)


class Peer:
    def __init__(self, engine, case_file):
        command = [sys.executable, os.path.abspath(__file__), "--child", engine, case_file]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{engine}: " + (self.process.stderr.read().strip().splitlines() or ["failed"])[-1])

    def run(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run_floe(options, graph, names, files):
    command = [options.floe, "bench", graph, "--threads", str(options.threads), "--seconds", str(options.seconds), "--json"]
    for name, file in zip(names, files):
        command += ["--input", f"{name.removesuffix(':0')}={file}"]
    return json.loads(subprocess.check_output(command))["latency_ms"]["min"]


def compare(options, model, folder):
    import numpy as np

    graph, inputs, outputs, feeds = load_case(options.floe, model)
    files = [os.path.join(folder, f"in_{k}.npy") for k in range(len(feeds))]
    for file, feed in zip(files, feeds):
        np.save(file, feed)
    case = {"graph": graph, "onnx": os.path.join(folder, "model.onnx"), "inputs": inputs, "outputs": outputs,
            "feeds": files, "threads": options.threads}
    case_file = os.path.join(folder, "peers.json")
    with open(case_file, "w", encoding="utf-8") as file:
        json.dump(case, file)
    shortest, peers = dict.fromkeys(ENGINES, float("inf")), {}
    for engine in ENGINES[1:]:
        try:
            if engine == "ort":
                convert(graph, inputs, outputs, case["onnx"])
            peers[engine] = Peer(engine, case_file)
        except RuntimeError as error:
            print(f"{model}: {error}", file=sys.stderr)
    for _ in range(options.rounds):
        shortest["floe"] = min(shortest["floe"], run_floe(options, graph, inputs, files))
        for engine, peer in peers.items():
            shortest[engine] = min(shortest[engine], peer.run(options.seconds))
    for peer in peers.values():
        peer.close()
    return shortest


def main():
    if sys.argv[1:2] == ["--child"]:
        return serve_runs(sys.argv[2], sys.argv[3])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--floe", default=os.path.join(root, "build/release/bin/floe"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each engine in each round")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    options = parser.parse_args()
    print(f"{'model':24} {'floe ms':>9} {'tf ms':>9} {'ort ms':>9} {'floe/tf':>8} {'floe/ort':>8}")
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            ms = compare(options, model, folder)
        name = os.path.basename((model if os.path.isdir(model) else os.path.dirname(model)).rstrip("/")) or model
        cells = [f"{ms[engine]:9.3f}" if ms[engine] < float("inf") else f"{'-':>9}" for engine in ENGINES]
        cells += [f"{ms['floe'] / ms[peer]:8.2f}" if ms[peer] < float("inf") else f"{'-':>8}" for peer in ENGINES[1:]]
        print(f"{name:24} " + " ".join(cells), flush=True)
    return None


if __name__ == "__main__":
    main()

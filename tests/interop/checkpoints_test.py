"""Checkpoints, there and back: what TensorFlow writes, Floe reads and writes again byte for byte, and TensorFlow reads."""

import os
import subprocess
import unittest

import floe_testing
import numpy as np
import tensorflow as tf

DTYPES = ("float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool", "qint8",
          "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16", "complex128", "float16", "uint32", "uint64",
          "float8_e5m2", "float8_e4m3fn")
# TensorFlow has no V1 checkpoints of the others.
V1_DTYPES = ("float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool", "qint8",
             "quint8", "qint32", "uint16", "complex128", "float16")
SHAPES = ((), (3,), (2, 5, 1), (0, 4), (300, 7))
STORED_AS = {"qint8": tf.int8, "quint8": tf.uint8, "qint16": tf.int16, "quint16": tf.uint16, "qint32": tf.int32}


def make_tensor(name, shape, rng):
    """Any bits that the dtype has: NaNs, negative numbers, strings with zero bytes."""
    count = int(np.prod(shape))
    if name == "string":
        texts = [rng.bytes(int(length)) for length in rng.choice([0, 1, 3, 127, 128, 300], count)]
        return tf.reshape(tf.constant(texts, tf.string, [count]), shape)
    if name == "bool":
        return tf.constant(rng.integers(0, 2, shape).astype(bool))
    dtype = STORED_AS.get(name, tf.as_dtype(name))
    values = np.frombuffer(rng.bytes(count * dtype.size), dtype.as_numpy_dtype).reshape(shape)
    tensor = tf.constant(values, dtype)
    return tf.bitcast(tensor, tf.as_dtype(name)) if name in STORED_AS else tensor


def bits(tensor):
    """Something that is equal where, and only where, the tensors are: NaN is not equal to itself."""
    array = np.asarray(tensor.numpy())  # a string scalar is plain bytes
    return (array.shape, array.tolist() if tensor.dtype == tf.string else array.tobytes())


def read(path):
    with open(path, "rb") as f:
        return f.read()


class CheckpointsTest(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(7)
        folder = floe_testing.temporary_folder()
        self.source, self.copy = os.path.join(folder, "source"), os.path.join(folder, "copy")

    def rewrite(self, source, copy, *format):
        program = os.path.join(floe_testing.BIN_DIR, "..", "tests", "rewrite_checkpoint")
        done = subprocess.run([program, source, copy, *format], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check_bytes(self, shards=1):
        self.rewrite(self.source, self.copy)
        suffixes = [".index"] + [f".data-{k:05d}-of-{shards:05d}" for k in range(shards)]
        for suffix in suffixes:
            self.assertEqual(read(self.source + suffix), read(self.copy + suffix), suffix)
        folder = os.path.dirname(self.copy)
        left = sorted(name for name in os.listdir(folder) if name.startswith("copy"))
        self.assertEqual(left, sorted("copy" + suffix for suffix in suffixes))

    def tensors(self, dtypes):
        return {f"{name}/{'x'.join(map(str, shape))}": make_tensor(name, shape, self.rng)
                for name in dtypes for shape in SHAPES}

    def save(self, prefix, tensors):
        names = list(tensors)
        self.rng.shuffle(names)
        tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names),
                          tensors=[tensors[name] for name in names])

    def check_values(self, prefix, tensors):
        restored = tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=list(tensors),
                                        shape_and_slices=[""] * len(tensors),
                                        dtypes=[tensor.dtype for tensor in tensors.values()])
        for (name, wanted), got in zip(tensors.items(), restored):
            self.assertEqual(bits(got), bits(wanted), name)

    def test_every_dtype(self):
        tensors = self.tensors(DTYPES)
        self.save(self.source, tensors)
        self.check_bytes()
        self.check_values(self.copy, tensors)

    def test_an_index_of_many_blocks(self):
        names = [f"layer_{k}/{'of_a_long_name/' * (k % 5)}weights" for k in range(6000)]
        self.rng.shuffle(names)
        tf.raw_ops.SaveV2(prefix=self.source, tensor_names=names, shape_and_slices=[""] * len(names),
                          tensors=[tf.fill([k % 3], float(k)) for k in range(len(names))])
        self.assertGreater(os.path.getsize(self.source + ".index"), 256 * 1024)
        self.check_bytes()

    def slices(self):
        whole = self.rng.standard_normal((10, 6)).astype(np.float32)
        # Not of strings: TensorFlow writes them in slices, but cannot read them.
        row = self.rng.integers(0, 99, 8)
        parts = [("w", "10 6 0,4:-", whole[:4]), ("w", "10 6 4,6:0,3", whole[4:, :3]),
                 ("w", "10 6 4,6:3,3", whole[4:, 3:]), ("s", "8 0,5", row[:5]), ("s", "8 5,3", row[5:]),
                 ("all", "10 6 0,10:-", whole), ("plain", "", whole)]
        return whole, row, parts

    def save_slices(self, prefix, parts):
        names, specs, values = zip(*parts)
        tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=specs,
                          tensors=[tf.constant(value) for value in values])

    def check_slices(self, prefix, whole, row):
        got = tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=["w", "s", "all", "plain", "w"],
                                   shape_and_slices=["", "", "", "", "10 6 2,5:1,4"],
                                   dtypes=[tf.float32, tf.int64, tf.float32, tf.float32, tf.float32])
        for wanted, tensor in zip((whole, row, whole, whole, whole[2:7, 1:5]), got):
            self.assertEqual(tensor.numpy().tolist(), wanted.tolist())

    def test_slices(self):
        whole, row, parts = self.slices()
        self.save_slices(self.source, parts)
        self.check_bytes()
        self.check_slices(self.copy, whole, row)

    def test_shards(self):
        whole, row, parts = self.slices()
        prefixes = [f"{self.source}_temp/part-{k:05d}-of-00003" for k in range(3)]
        for k, prefix in enumerate(prefixes):
            self.save_slices(prefix, parts[k::3])
        tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=prefixes, destination_prefix=self.source)
        self.check_bytes(shards=3)
        self.check_slices(self.copy, whole, row)

    def test_v1(self):
        tensors = self.tensors(V1_DTYPES)
        tf.raw_ops.Save(filename=self.source, tensor_names=list(tensors), data=list(tensors.values()))
        self.rewrite(self.source, self.copy)
        self.assertEqual(read(self.source), read(self.copy))
        self.check_values(self.copy, tensors)

    def test_v1_slices(self):
        whole, row, parts = self.slices()
        names, specs, values = zip(*parts)
        tf.raw_ops.SaveSlices(filename=self.source, tensor_names=names, shapes_and_slices=specs,
                              data=[tf.constant(value) for value in values])
        self.rewrite(self.source, self.copy)
        self.assertEqual(read(self.source), read(self.copy))
        self.check_slices(self.copy, whole, row)

    def test_from_one_format_to_the_other(self):
        tensors = self.tensors(V1_DTYPES)
        self.save(self.source, tensors)
        self.rewrite(self.source, self.copy, "v1")
        self.check_values(self.copy, tensors)
        self.rewrite(self.copy, self.copy + "2", "v2")
        self.check_values(self.copy + "2", tensors)

    def test_rename_and_average(self):
        values = [self.rng.standard_normal(1000).astype(np.float32) for _ in range(3)]
        prefixes = [f"{self.source}-{k}" for k in range(3)]
        for k, prefix in enumerate(prefixes):
            self.save(prefix, {"w": tf.constant(values[k]), "step": tf.constant(k, tf.int64)})
        done = floe_testing.run_program("floe", "checkpoint", "average", *prefixes, "-o", self.copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        mean = np.mean(np.stack(values).astype(np.float64), axis=0).astype(np.float32)
        self.check_values(self.copy, {"w": tf.constant(mean), "step": tf.constant(2, tf.int64)})
        done = floe_testing.run_program("floe", "checkpoint", "rename", self.copy, "w=scope/v", "-o", self.copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_values(self.copy, {"scope/v": tf.constant(mean), "step": tf.constant(2, tf.int64)})


if __name__ == "__main__":
    floe_testing.main()

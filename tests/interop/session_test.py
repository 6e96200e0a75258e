"""Graphs that GraphBuilder, Saver and ExponentialMovingAverage build, node for node as TensorFlow's own Python builds
them; what they save, restored by TensorFlow; random numbers."""

import glob
import os
import subprocess
import unittest

import floe_testing
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import variable_pb2

t1 = tf.compat.v1


def constant(values):
    return t1.constant(values, tf.float32)


def variable(name, initial, resource=False, **more):
    return t1.Variable(initial, name=name, use_resource=resource, **more)


def variables():
    v1, v2 = variable("v1", [1.0]), variable("v2", [2.0])
    v1 + v2
    r1, r2 = variable("r1", [1.0], True), variable("r2", [2.0], True)
    r1 + r2
    v1 * r2
    tf.nn.relu(r1)
    v1 + 3.0
    t1.assign(v1, [2.0])
    t1.assign_add(v1, [2.0])
    t1.assign_sub(v1, [1.0])
    t1.assign_add(r1, [2.0])
    t1.assign(r1, [2.0])
    t1.assign_sub(r1, [1.0])
    t1.is_variable_initialized(v1).mark_used()
    t1.is_variable_initialized(r1).mark_used()
    t1.global_variables_initializer()


def scopes():
    x = t1.placeholder(tf.float32, [2], name="x")
    with t1.name_scope("a"):
        tf.nn.relu(x)
        with t1.name_scope("b"):
            tf.nn.relu(x, name="A")
            tf.nn.relu(x, name="a")
            variable("v", 1.0)
    with t1.name_scope("a"):
        tf.nn.relu(x)
    y, z = tf.nn.relu(x), tf.nn.relu(x, name="relu")
    with t1.control_dependencies([y, z]):
        u = y * x
        tf.identity(u)
        constant([1.0])
        variable("w", 1.0)
    t1.group(y, z)
    t1.no_op()


def ops():
    x, im = t1.placeholder(tf.float32, [None, 4], name="x"), t1.placeholder(tf.float32, [None, 8, 8, 3], name="im")
    x + 1.0, x - 2.0, x * 3.0, x / 2.0, x // 2.0, x % 2.0, x**2.0, -x, abs(x)
    y, z = x < 1.0, x > 1.0
    x <= 1.0, x >= 1.0, tf.equal(x, 1.0), tf.not_equal(x, 1.0)
    tf.logical_and(y, z), tf.logical_or(y, z), tf.logical_not(y)
    tf.maximum(x, 0.0), tf.minimum(x, 0.0), tf.math.squared_difference(x, 1.0)
    for op in (tf.exp, tf.math.log, tf.sqrt, tf.math.rsqrt, tf.square, tf.sign, tf.floor, tf.math.ceil, tf.round):
        op(x)
    tf.cast(x, tf.int32), tf.where(y, x, x)
    m = tf.matmul(x, tf.ones([4, 2]))
    tf.matmul(tf.ones([2, 3, 4]), tf.ones([2, 4, 5]))
    tf.nn.bias_add(m, [1.0, 2.0])
    f = tf.ones([3, 3, 3, 2], name="f")
    t1.nn.conv2d(im, f, strides=[1, 1, 1, 1], padding="SAME")
    tf.raw_ops.DepthwiseConv2dNative(input=im, filter=f, strides=[1, 1, 1, 1], padding="SAME")
    t1.nn.max_pool(im, [1, 2, 2, 1], [1, 2, 2, 1], "VALID"), t1.nn.avg_pool(im, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    for op in (tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.leaky_relu, tf.sigmoid, tf.tanh, tf.nn.softmax,
               tf.nn.log_softmax, tf.nn.softplus, tf.nn.selu, tf.nn.softsign):
        op(x)
    t1.reduce_sum(x, [1]), t1.reduce_sum(x), t1.reduce_mean(x, [1]), t1.reduce_mean(x), t1.reduce_max(x)
    t1.reduce_min(x), t1.reduce_prod(x, [0], keepdims=True), t1.reduce_all(y, [1]), t1.reduce_any(y)
    t1.argmax(x, 1), t1.argmin(x, 1)
    tf.reshape(x, [-1, 2]), tf.transpose(x, [1, 0]), tf.expand_dims(x, 1)
    tf.squeeze(t1.placeholder(tf.float32, [1, 2, 1], name="p"))
    tf.squeeze(tf.expand_dims(x, 0), [0])
    tf.concat([x, x], 1), tf.split(x, 2, 1), tf.stack([x, x], 1), tf.unstack(x, axis=1), tf.slice(x, [0, 1], [-1, 2])
    tf.pad(x, [[0, 0], [1, 1]]), tf.tile(x, [1, 2])
    tf.gather(x, [0, 1]), tf.gather(x, [0, 1], axis=1)
    tf.shape(x), t1.fill([2, 3], 1.0), t1.zeros_like(x), tf.range(5), tf.one_hot([0, 1], 3)
    tf.identity(x), tf.stop_gradient(x), tf.zeros([2, 3]), tf.ones([2]), tf.add_n([x, x])
    t1.placeholder_with_default(tf.constant(1.0), [])
    tf.raw_ops.Add(x=x, y=x)


def devices():
    with tf.device("/cpu:0"):
        v1 = variable("v1", [1.0])
        variable("v3", [1.0], True)
    with tf.device("/cpu:1"):
        variable("v2", [2.0])
    t1.train.Saver(sharded=True)
    t1.train.Saver(sharded=True, write_version=t1.train.SaverDef.V1)
    t1.train.Saver()
    t1.train.Saver(write_version=t1.train.SaverDef.V1)
    t1.train.Saver({"a": v1}, reshape=True)
    t1.global_variables_initializer()


def partitioned():
    tf.zeros([50, 8])
    for name, resource in (("emb", False), ("remb", True)):
        t1.get_variable(name, [50, 8], partitioner=t1.fixed_size_partitioner(3), use_resource=resource,
                        initializer=t1.constant_initializer(2.0))
    variable("w", [1.0, 2.0])
    variable("rw", [1.0, 2.0], True)
    t1.train.Saver()


def averages():
    v1, v2, r = variable("v1", 0.0), variable("v2", [0.0, 1.0]), variable("r", 0.0, True)
    step = variable("step", 3, trainable=False)
    m = tf.multiply(v1, 2.0, name="m")
    tf.train.ExponentialMovingAverage(0.99).apply([v1, v2, r])
    tf.train.ExponentialMovingAverage(0.9, num_updates=step, zero_debias=True, name="avg").apply([v1, m])


def random():
    tensors = [t1.random_uniform([7], seed=1), t1.random_uniform([7], -2, 5, tf.float64, seed=2),
               t1.random_uniform([7], 3, 90, tf.int32, seed=3), t1.random_uniform([7], 3, 9000000000, tf.int64, seed=3),
               t1.random_normal([9], seed=4), t1.random_normal([9], 1, 2, tf.float64, seed=5),
               t1.truncated_normal([2, 600], seed=6), t1.truncated_normal([11], 0, 3, tf.float64, seed=7)]
    t1.set_random_seed(12)
    tensors.append(t1.random_uniform([5]))
    t1.random_normal([5], dtype=tf.float16, seed=4)
    t1.random_uniform([5], dtype=tf.bfloat16, seed=4)
    return tensors


GRAPHS = {"variables": variables, "scopes": scopes, "ops": ops, "devices": devices, "partitioned": partitioned,
          "averages": averages, "random": random}


def load(message, path):
    with open(path, "rb") as f:
        message.ParseFromString(f.read())
    return message


def described(attr):
    """An attribute's value: a tensor by what it holds, and a function by nothing, since its name counts up a session."""
    kind = attr.WhichOneof("value")
    if kind == "tensor":
        array = tf.make_ndarray(attr.tensor)
        return (str(array.dtype), array.shape, array.tolist())
    return "a function" if kind == "func" else str(attr)


class SessionTest(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.folder = floe_testing.temporary_folder()
        program = os.path.join(floe_testing.BIN_DIR, "..", "tests", "session_graphs")
        done = subprocess.run([program, cls.folder], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def test_graphs_are_tensorflows(self):
        for name, build in GRAPHS.items():
            with self.subTest(graph=name):
                with tf.Graph().as_default() as graph:
                    build()
                want, got = graph.as_graph_def().node, load(t1.GraphDef(), self.path(name + ".pb")).node
                self.assertEqual([node.name for node in got], [node.name for node in want])
                for wanted, node in zip(want, got):
                    self.assertEqual((node.op, list(node.input), node.device),
                                     (wanted.op, list(wanted.input), wanted.device), node.name)
                    self.assertEqual({key: described(value) for key, value in node.attr.items()},
                                     {key: described(value) for key, value in wanted.attr.items()}, node.name)
                meta = load(t1.MetaGraphDef(), self.path(name + ".meta"))
                with graph.as_default():
                    wanted = t1.train.export_meta_graph()
                for collection in ("variables", "trainable_variables", "moving_average_variables"):
                    self.assertEqual([str(v) for v in self.definitions(meta, collection)],
                                     [str(v) for v in self.definitions(wanted, collection)], collection)
                shapes = {node.name: str(node.attr["_output_shapes"]) for node in meta.graph_def.node}
                for node in wanted.graph_def.node:
                    self.assertEqual(shapes[node.name], str(node.attr["_output_shapes"]), node.name)

    @staticmethod
    def definitions(meta, collection):
        return [variable_pb2.VariableDef.FromString(encoded)
                for encoded in meta.collection_def[collection].bytes_list.value]

    def test_tensorflow_imports_every_meta_graph(self):
        for name in GRAPHS:
            with self.subTest(graph=name), tf.Graph().as_default() as graph:
                t1.train.import_meta_graph(self.path(name + ".meta"), clear_devices=True)
                if name in ("variables", "averages"):
                    with t1.Session(graph=graph) as session:
                        # TensorFlow reads a reference variable before it looks whether that is initialised.
                        session.run(t1.variables_initializer(t1.trainable_variables()))
                        session.run(t1.global_variables_initializer())

    def test_tensorflow_restores_and_runs(self):
        for name in ("whole1", "whole2", "sharded1", "sharded2"):
            with self.subTest(checkpoint=name), tf.Graph().as_default() as graph:
                saver = t1.train.import_meta_graph(self.path(name, "m.ckpt-7.meta"))
                with t1.Session(graph=graph, config=t1.ConfigProto(device_count={"CPU": 2})) as session:
                    prefix = t1.train.latest_checkpoint(self.path(name))
                    self.assertIsNotNone(prefix)
                    saver.restore(session, prefix)
                    values = {v.name: session.run(v) for v in t1.global_variables()}
                    self.assertEqual(session.run("add:0").tolist(), [3.0])
                whole = np.arange(30, dtype=np.float32).reshape(10, 3)
                np.testing.assert_array_equal(np.concatenate([values[f"p/part_{k}:0"] for k in range(3)]), whole)
                np.testing.assert_array_equal(np.concatenate([values[f"q/part_{k}:0"] for k in range(2)], 1), whole)
            with self.subTest(frozen=name), tf.Graph().as_default() as graph:
                tf.import_graph_def(load(t1.GraphDef(), self.path(name, "frozen.pb")), name="")
                with t1.Session(graph=graph) as session:
                    self.assertEqual(session.run("add:0").tolist(), [3.0])

    def test_files_are_tensorflows(self):
        folder = floe_testing.temporary_folder()
        with tf.Graph().as_default() as graph:
            tf.raw_ops.Add(x=variable("v1", [1.0]), y=variable("v2", [2.0]), name="add")
            saver = t1.train.Saver()
            with t1.Session(graph=graph) as session:
                session.run(t1.global_variables_initializer())
                saver.save(session, os.path.join(folder, "model1.ckpt"))
        for path in glob.glob(os.path.join(folder, "*")):
            name = os.path.basename(path)
            with open(path, "rb") as theirs, open(self.path("flow1", name), "rb") as ours:
                if name.endswith(".meta"):
                    continue
                want, got = theirs.read(), ours.read()
                if name == "checkpoint":
                    want, got = want.replace(folder.encode(), b""), got.replace(self.path("flow1").encode(), b"")
                self.assertEqual(got, want, name)

    def test_seeds_give_tensorflows_numbers(self):
        with tf.Graph().as_default() as graph:
            tensors = random()
            with t1.Session(graph=graph) as session:
                for run in ("first", "second"):
                    for index, want in enumerate(session.run(tensors)):
                        got = np.load(self.path(f"{run}_{index}.npy"))
                        if want.dtype.kind == "i":
                            np.testing.assert_array_equal(got, want)
                        else:  # sine, cosine and logarithm differ in their last bits
                            np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-6)


if __name__ == "__main__":
    floe_testing.main()

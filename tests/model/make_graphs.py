"""Whole graphs whose meaning is in how nodes stand together, with TensorFlow's results.

usage: make_graphs.py [NAME...]      with TensorFlow 2.21; writes graphs/NAME.graph.pb and graphs/NAME.golden.pb

NAME.golden.pb is a tensorflow.serving.PredictResponse: its outputs map holds what to feed (placeholders, "x:0") and
what to expect (everything else).
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

v1, raw = tf.compat.v1, tf.raw_ops
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "graphs")
INTS, FLOATS = np.array([3, -7, 5, 11], np.int64), np.array([0.5, -1, 2, 3], np.float32)
WORDS = np.array([b"low", b"high", b"", b"\x00\xff"], object)


def feed(name, value):
    dtype = tf.string if value.dtype == object else tf.as_dtype(value.dtype)
    return {v1.placeholder(dtype, [None] * value.ndim, name=name): value}


def table_of_words():
    """As a frozen graph has it: whoever looks something up waits for the table to be filled."""
    table = raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64, name="table")
    filled = raw.InitializeTableV2(table_handle=table, keys=tf.constant(WORDS), values=tf.constant(INTS), name="fill")
    fed = feed("x", np.array([[b"high", b"nobody"], [b"", b"\x00\xff"]], object))
    with tf.control_dependencies([filled]):
        found = raw.LookupTableFindV2(table_handle=table, keys=list(fed)[0], default_value=tf.constant(-1, tf.int64), name="found")
        size = raw.LookupTableSizeV2(table_handle=table, name="size")
    return fed, [found, size], []


def table_of_ints():
    """The initialiser is a node that nobody waits for; the handle goes through an Identity."""
    table = raw.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string, name="table")
    filled = raw.InitializeTableV2(table_handle=tf.identity(table, name="handle"), keys=tf.identity(tf.constant(INTS)), values=tf.constant(WORDS), name="fill")
    fed = feed("x", np.array([11, 4, -7], np.int64))
    return fed, [raw.LookupTableFindV2(table_handle=table, keys=list(fed)[0], default_value=tf.constant(b"none"), name="found")], [filled]


def table_by_reference():
    table = raw.HashTable(key_dtype=tf.string, value_dtype=tf.float32, name="table")
    filled = raw.InitializeTable(table_handle=table, keys=tf.constant(WORDS), values=tf.constant(FLOATS), name="fill")
    fed = feed("x", np.array([b"low", b"lower"], object))
    return fed, [raw.LookupTableFind(table_handle=table, keys=list(fed)[0], default_value=tf.constant(9.0), name="found"), raw.LookupTableSize(table_handle=table, name="size")], [filled]


def table_written_twice():
    """A mutable table: of two values for a key the later one stays. Its keys are computed."""
    table = raw.MutableHashTableV2(key_dtype=tf.int64, value_dtype=tf.float32, name="table")
    filled = raw.LookupTableImportV2(table_handle=table, keys=tf.constant(INTS) % 2, values=tf.constant(FLOATS), name="fill")
    fed = feed("x", np.array([0, 1, 2], np.int64))
    return fed, [raw.LookupTableFindV2(table_handle=table, keys=list(fed)[0], default_value=tf.constant(9.0), name="found")], [filled]


def table_of_rows():
    table = raw.MutableHashTableOfTensorsV2(key_dtype=tf.string, value_dtype=tf.float32, value_shape=[2], name="table")
    filled = raw.LookupTableImportV2(table_handle=table, keys=tf.constant(WORDS[:2]), values=tf.constant(FLOATS.reshape(2, 2)), name="fill")
    fed = feed("x", np.array([[b"low"], [b"lower"]], object))
    return fed, [raw.LookupTableFindV2(table_handle=table, keys=list(fed)[0], default_value=tf.constant([7.0, 8.0]), name="found")], [filled]


def elementwise_ops_in_a_row():
    """Lines and triangles of elementwise ops, with scalars, channels, columns and truth values among them."""
    random = np.random.default_rng(7)
    x = v1.placeholder(tf.float32, [None, 5, 7, 3], name="x")
    column = v1.placeholder(tf.float32, [None, 5, 1, 1], name="column")
    fed = {x: random.uniform(-3, 3, (2, 5, 7, 3)).astype(np.float32), column: random.uniform(1, 2, (2, 5, 1, 1)).astype(np.float32)}
    channels = tf.constant([0.5, -1.25, 3.0])
    mish = x * tf.tanh(tf.math.softplus(x))
    moved = tf.square(mish * channels + 2.0) * column
    chosen = tf.where(tf.logical_or(x > 1.0, tf.logical_not(moved < 8.0)), tf.exp(-moved), tf.math.log1p(moved))
    rooted = tf.sqrt(tf.abs(chosen) + 1e-3) / (1.0 + tf.sigmoid(column))
    clipped = tf.clip_by_value(tf.nn.leaky_relu(x - column, 0.3), -2.0, 1.5)
    return fed, [tf.identity(rooted, name="rooted"), tf.identity(tf.maximum(clipped, -column), name="clipped")], []


def write(make):
    graph, response = tf.Graph(), predict_pb2.PredictResponse()
    with graph.as_default():
        fed, fetches, before = make()
        with v1.Session(graph=graph) as session:
            session.run(before)
            values = session.run(fetches, fed)
    for placeholder, value in fed.items():
        response.outputs[placeholder.name].CopyFrom(tf.make_tensor_proto(value))
    for fetch, value in zip(fetches, values):
        response.outputs[fetch.name].CopyFrom(tf.make_tensor_proto(value, dtype=fetch.dtype.base_dtype))
    for suffix, message in ((".graph.pb", graph.as_graph_def()), (".golden.pb", response)):
        with open(os.path.join(HERE, make.__name__ + suffix), "wb") as file:
            file.write(message.SerializeToString(deterministic=True))


for make in (table_of_words, table_of_ints, table_by_reference, table_written_twice, table_of_rows, elementwise_ops_in_a_row):
    if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
        write(make)

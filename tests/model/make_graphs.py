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


def floats(name, *shape):
    return feed(name, np.random.default_rng(sum(map(ord, name))).normal(0, 1, shape).astype(np.float32))


def attention_of_bert():
    """Heads by transposes, a mask of zeros and ones made something to add."""
    fed = {**floats("x", 2, 6, 12), **feed("mask", np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]], np.int32))}
    x, mask = fed
    heads = lambda t: tf.transpose(tf.reshape(t, [tf.shape(x)[0], tf.shape(x)[1], 3, 4]), [0, 2, 1, 3])
    q, k, v = heads(x), heads(x * 0.5), heads(x + 1)
    bias = (1.0 - tf.cast(mask[:, None, None, :], tf.float32)) * -10000.0
    scores = tf.matmul(q, k, transpose_b=True) / tf.sqrt(tf.cast(tf.shape(k)[-1], tf.float32)) + bias
    attended = tf.transpose(tf.matmul(tf.nn.softmax(scores + 1e-9), v), [0, 2, 1, 3])
    return fed, [tf.reshape(attended, tf.shape(x), name="y")], []


def attention_of_keras_2():
    """Einsums with the heads inside; a causal mask of booleans, and one row that sees nothing."""
    fed = {**floats("q", 2, 5, 3, 4), **floats("k", 2, 7, 3, 4), **feed("mask", np.random.default_rng(1).random((2, 5, 7)) < 0.6)}
    q, k, mask = fed
    mask = tf.logical_and(tf.logical_and(mask, tf.linalg.band_part(tf.ones([1, 5, 7], tf.bool), -1, 0)), tf.not_equal(tf.range(5), 3)[:, None])
    scores = tf.einsum("aecd,abcd->acbe", k, q * 0.5)
    scores += (1.0 - tf.cast(mask[:, None], tf.float32)) * -1e9
    return fed, [tf.einsum("acbe,aecd->abcd", tf.nn.softmax(scores), k, name="y")], []


def attention_of_keras_3():
    """A selection in place of a sum, its condition spread to the shape of the scores; rows that see nothing are even."""
    fed = {**floats("q", 2, 5, 3, 4), **floats("k", 2, 7, 3, 4), **feed("mask", np.random.default_rng(2).random((2, 5, 7)) < 0.4)}
    q, k, mask = fed
    scores = tf.einsum("BTNH,BSNH->BNTS", q, k) * 0.5
    keep = tf.logical_and(tf.ones_like(scores, tf.bool), mask[:, None])
    scores = tf.where(keep, scores, tf.constant(tf.float32.min * 0.7))
    moved = tf.matmul(q[:, :, 0], k[:, :, 0], transpose_b=True)
    moved = tf.where(tf.logical_not(mask), moved - 1e9, moved)
    return fed, [tf.einsum("BNTS,BSNH->BTNH", tf.nn.softmax(scores), k, name="y"), tf.matmul(tf.nn.softmax(moved), k[:, :, 1], name="z")], []


def attention_of_gpt_2():
    """Scores times a mask of ones, less much where it has zeros; then a mask to add, and infinity where nothing is seen."""
    seen = np.array([[0, 0, 0, 0, -np.inf], [-np.inf] * 5], np.float32)
    fed = {**floats("q", 2, 3, 5, 4), **floats("v", 2, 3, 5, 6), **feed("seen", seen)}
    q, v, seen = fed
    n = tf.shape(q)[-2]
    ones = tf.reshape(tf.cast(tf.range(n)[:, None] >= tf.range(n), tf.float32), [1, 1, n, n])
    scores = tf.matmul(q, q, transpose_b=True) * 0.5
    scores = scores * ones - 1e4 * (1 - ones) + seen[:, None, None]
    return fed, [tf.matmul(tf.nn.softmax(scores), v, name="y")], []


def upsampling():
    """Rows and columns repeated in every way that exporters write."""
    fed = floats("x", 2, 3, 4, 2)
    x = list(fed)[0]
    b, h, w, c = tf.unstack(tf.shape(x))
    known = tf.ensure_shape(x, [None, 3, 4, 2])
    rows = tf.concat([row for row in tf.split(known, 3, 1) for _ in range(2)], 1)
    return fed, [
        tf.repeat(tf.repeat(x, 3, axis=1), 2, axis=2, name="repeated"),
        tf.reshape(tf.tile(x[:, :, None, :, None], [1, 1, 2, 1, 2, 1]), [b, h * 2, w * 2, c], name="tiled"),
        tf.reshape(tf.stack([tf.stack([known] * 2, 3)] * 2, 2), [-1, 6, 8, 2], name="stacked"),
        tf.reshape(tf.reshape(known, [-1, 3, 1, 4, 1, 2]) * tf.ones([1, 1, 2, 1, 3, 1]), [-1, 6, 12, 2], name="times_ones"),
        tf.identity(rows, name="joined"),
        tf.image.resize(x, [h * 2, w * 2]),
        tf.compat.v1.image.resize_bilinear(x, tf.cast(tf.cast(tf.shape(x)[1:3], tf.float32) * 2.0, tf.int32), align_corners=True),
    ], []


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


MAKERS = (table_of_words, table_of_ints, table_by_reference, table_written_twice, table_of_rows, elementwise_ops_in_a_row, attention_of_bert, attention_of_keras_2,
          attention_of_keras_3, attention_of_gpt_2, upsampling)
for make in MAKERS:
    if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
        write(make)

#!/usr/bin/env python3
"""Graphs of many kinds, made with TensorFlow and random weights, through `floe` against TensorFlow's own answers.

usage: zoo.py [--floe BINARY] [--out DIR] [--device D] [--quick] [NAME...]
       zoo.py [--floe BINARY] [--device D] FOLDER...

Each model runs at two batches, once by `floe run` and twice by one `floe serve`, which sees them in turn. --quick takes
the small ones only, as CI does. --out keeps DIR/NAME/{model.pb, case.json, in_<k>.npy, out_<k>.npy}, which
bench/peers.py times. A FOLDER holds these files of a graph with an open batch, made elsewhere: it runs at batch 1 and 7.
Needs requirements.txt."""

import argparse
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # TensorFlow's plain kernels

import floe_testing  # noqa: E402 (the environment comes first)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tritonclient.grpc as triton  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402
from tritonclient.utils import np_to_triton_dtype  # noqa: E402

tf1 = tf.compat.v1
keras = tf.keras
layers = keras.layers

# Of an output's largest absolute value.
TOLERANCE = 2e-4
RUN_SECONDS = 300

MODELS = {}
QUICK = []


def model(function=None, *, quick=False):
    """Registers a maker: it returns a graph, its input and output tensors' names, and feeds."""
    def register(f):
        name = f.__name__
        MODELS[name] = f
        if quick:
            QUICK.append(name)
        return f
    return register(function) if function else register


def random_weights(shape, generator):
    fan_in = max(1, int(np.prod(shape[:-1])))
    return generator.normal(0, (2 / fan_in) ** 0.5, shape).astype(np.float32)


def randomise(net):
    """Weights as if trained: nothing grows or dies out over many layers."""
    generator = np.random.default_rng(3)
    for variable in net.weights:
        shape, path = list(variable.shape), getattr(variable, "path", variable.name)
        if variable.dtype not in ("float32", tf.float32):
            continue
        if any(part in path for part in ("moving_variance", "gamma", "variance")):
            value = generator.uniform(0.5, 1.5, shape)
        elif any(part in path for part in ("beta", "moving_mean", "bias", "mean")):
            value = generator.normal(0, 0.1, shape)
        elif "alpha" in path:
            value = generator.uniform(0.05, 0.4, shape)
        elif "depthwise" in path:
            value = generator.normal(0, (2 / (shape[0] * shape[1])) ** 0.5, shape)
        else:
            value = random_weights(shape, generator)
        variable.assign(value.astype(np.float32))


def freeze_keras(net, feeds, weights=True):
    """As convert_variables_to_constants_v2 does it."""
    if weights:
        randomise(net)
    specs = [tf.TensorSpec([None, *x.shape[1:]], x.dtype, name=f"input_{k}") for k, x in enumerate(feeds)]
    function = tf.function(lambda *xs: net(list(xs) if len(xs) > 1 else xs[0], training=False))
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(*specs))
    return frozen.graph.as_graph_def(), [t.name for t in frozen.inputs], [t.name for t in frozen.outputs], feeds


def freeze_v1(build, feeds):
    """As TensorFlow 1 did: `build` makes nodes from placeholders, tf1.get_variable its weights."""
    graph = tf.Graph()
    with graph.as_default(), tf1.Session() as session:
        tf1.set_random_seed(5)
        placeholders = [tf1.placeholder(x.dtype, [None, *x.shape[1:]], name=f"input_{k}") for k, x in enumerate(feeds)]
        outputs = build(*placeholders)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        outputs = [tf.identity(y, name=f"output_{k}") for k, y in enumerate(outputs)]
        session.run(tf1.global_variables_initializer())
        frozen = tf1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [y.op.name for y in outputs])
    return frozen, [p.name for p in placeholders], [y.name for y in outputs], feeds


def images(size, channels=3, batch=2):
    return np.random.default_rng(5).normal(0, 1, (batch, size, size, channels)).astype(np.float32)


def application(name, size, **arguments):
    def make():
        net = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), **arguments)
        return freeze_keras(net, [images(size, batch=1)])
    return make


for _name, _class, _size in (("mobilenet_v1", "MobileNet", 224), ("mobilenet_v3_small", "MobileNetV3Small", 224),
                             ("mobilenet_v3_large", "MobileNetV3Large", 224), ("vgg16", "VGG16", 224),
                             ("xception", "Xception", 299), ("resnet50_v2", "ResNet50V2", 224),
                             ("nasnet_mobile", "NASNetMobile", 224), ("efficientnet_v2_b0", "EfficientNetV2B0", 224),
                             ("convnext_tiny", "ConvNeXtTiny", 224), ("inception_resnet_v2", "InceptionResNetV2", 299)):
    MODELS[_name] = application(_class, _size, classifier_activation=None)


@model(quick=True)
def unet():
    """Transposed convolutions, upsampling both ways, joins over skips."""
    x = keras.Input((32, 48, 3))
    y, skips = x, []
    for width in (8, 16):
        y = layers.Conv2D(width, 3, padding="same", activation="relu")(y)
        y = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(y))
        y = layers.LeakyReLU(0.2)(y)
        skips.append(y)
        y = layers.MaxPooling2D()(y)
    y = layers.Conv2D(24, 3, padding="same", activation="elu")(y)
    y = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(y)
    y = layers.Concatenate()([y, skips[1]])
    y = layers.Conv2D(16, 3, padding="same", activation="gelu")(y)
    y = layers.UpSampling2D(2, interpolation="bilinear")(y)
    y = layers.Add()([layers.Conv2D(8, 1)(y), skips[0]])
    z = layers.UpSampling2D(2, interpolation="nearest")(layers.Conv2DTranspose(4, 2, strides=2, padding="valid")(y))
    return freeze_keras(keras.Model(x, [layers.Conv2D(2, 1, activation="sigmoid")(y), z]), [images(48)[:, :32]])


@model(quick=True)
def prelu_net():
    x = keras.Input((24, 24, 3))
    y = x
    for width, stride in ((8, 2), (8, 1), (12, 1)):
        z = layers.PReLU(shared_axes=[1, 2])(layers.Conv2D(width, 3, strides=stride, padding="same")(y))
        z = layers.DepthwiseConv2D(3, padding="same")(z)
        y = layers.PReLU(shared_axes=[1, 2])(layers.Add()([z, y]) if y.shape[1:] == z.shape[1:] else z)
    y = layers.PReLU()(layers.MaxPooling2D()(y))
    return freeze_keras(keras.Model(x, layers.Dense(5)(layers.Flatten()(y))), [images(24)])


@model(quick=True)
def atrous():
    """Dilated convolutions as TensorFlow 1 wrote them, between SpaceToBatchND and BatchToSpaceND, and a pyramid of them."""
    def build(x):
        weights = lambda name, *shape: tf1.get_variable(name, shape, initializer=tf1.glorot_normal_initializer())
        y = tf.nn.relu(tf1.nn.conv2d(x, weights("w0", 3, 3, 3, 8), strides=[1, 2, 2, 1], padding="SAME"))
        branches = [tf1.nn.conv2d(y, weights("b0", 1, 1, 8, 8), strides=[1, 1, 1, 1], padding="SAME")]
        for rate in (2, 3, 5):
            z = tf.nn.atrous_conv2d(y, weights(f"b{rate}", 3, 3, 8, 8), rate, "SAME")
            branches.append(tf.nn.relu(tf.nn.bias_add(z, weights(f"c{rate}", 8))) if rate != 5 else z)
        z = tf.nn.depthwise_conv2d(y, weights("d", 3, 3, 8, 1), [1, 1, 1, 1], "SAME", dilations=[2, 2])
        z = tf.nn.space_to_batch(y, [2, 2], [[2, 2], [2, 2]])
        z = tf.nn.depthwise_conv2d(z, weights("d2", 3, 3, 8, 1), [1, 1, 1, 1], "VALID")
        z = tf.nn.relu6(tf.batch_to_space(z, [2, 2], [[0, 0], [0, 0]]))
        pooled = tf.reduce_mean(y, [1, 2], keepdims=True)
        branches += [z, tf.image.resize(pooled, tf.shape(y)[1:3])]
        y = tf1.nn.conv2d(tf.concat(branches, 3), weights("out", 1, 1, 48, 4), strides=[1, 1, 1, 1], padding="SAME")
        return [tf1.image.resize_bilinear(y, [32, 32], align_corners=True), tf.argmax(y, 3)]
    return freeze_v1(build, [images(32)])


@model(quick=True)
def ssd_head():
    """Anchors, boxes by exponentials, the best by non-maximum suppression, a class at a time."""
    anchors = np.random.default_rng(2).uniform(0.1, 0.9, (64, 4)).astype(np.float32)

    def build(x):
        weights = lambda name, *shape: tf1.get_variable(name, shape, initializer=tf1.glorot_normal_initializer())
        y = tf.nn.relu6(tf1.nn.conv2d(x, weights("w0", 3, 3, 3, 16), strides=[1, 4, 4, 1], padding="SAME"))
        boxes = tf.reshape(tf1.nn.conv2d(y, weights("wb", 3, 3, 16, 4), strides=[1, 1, 1, 1], padding="SAME"), [-1, 64, 4])
        scores = tf.sigmoid(tf.reshape(tf1.nn.conv2d(y, weights("ws", 3, 3, 16, 3), strides=[1, 1, 1, 1], padding="SAME"), [-1, 64, 3]))
        center = anchors[:, :2] + boxes[..., :2] * 0.1
        half = tf.exp(boxes[..., 2:] * 0.2) * anchors[:, 2:] * 0.2
        corners = tf.concat([center - half, center + half], 2)
        chosen = tf.image.non_max_suppression(corners[0], scores[0, :, 1], 10, 0.5, 0.2)
        combined = tf.image.combined_non_max_suppression(corners[:, :, None, :], scores, 5, 12, 0.5, 0.1)
        top, where = tf.math.top_k(scores[0, :, 2], 7)
        return [tf.gather(corners[0], chosen), tf.gather(scores[0], chosen), top, tf.gather(corners[0], where), *combined]
    return freeze_v1(build, [images(32)])


def transformer(normalise, activation):
    def make():
        ids = keras.Input((None,), dtype="int32")
        width, heads = 32, 4
        y = layers.Embedding(100, width)(ids)
        for _ in range(2):
            z = layers.MultiHeadAttention(heads, width // heads)(y, y)
            y = normalise()(layers.Add()([y, z]))
            z = layers.Dense(width)(layers.Dense(4 * width, activation=activation)(y))
            y = normalise()(layers.Add()([y, z]))
        net = keras.Model(ids, [y, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(y))])
        tokens = np.random.default_rng(1).integers(0, 100, (3, 11)).astype(np.int32)
        randomise(net)
        function = tf.function(lambda x: net(x, training=False))
        frozen = convert_variables_to_constants_v2(function.get_concrete_function(tf.TensorSpec([None, None], tf.int32, name="tokens")))
        return frozen.graph.as_graph_def(), [t.name for t in frozen.inputs], [t.name for t in frozen.outputs], [tokens]
    return make


MODELS["transformer_gelu"] = transformer(layers.LayerNormalization, "gelu")
MODELS["transformer_gelu_tanh"] = transformer(layers.LayerNormalization, lambda x: tf.nn.gelu(x, approximate=True))
QUICK.append("transformer_gelu")


@model(quick=True)
def layer_norms():
    """Layer normalisation in the spellings of TensorFlow 1, BERT and Keras 2."""
    def build(x):
        weights = lambda name: tf1.get_variable(name, [24], initializer=tf1.random_uniform_initializer(0.5, 1.5))
        outputs = []
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        outputs.append(tf.nn.batch_normalization(x, mean, variance, weights("b1"), weights("g1"), 1e-6))
        mean = tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(x - mean), -1, keepdims=True)
        outputs.append(weights("g2") * (x - mean) / tf.sqrt(variance + 1e-5) + weights("b2"))
        outputs.append((x - mean) * tf.math.rsqrt(variance + 1e-5))
        rows = tf.reshape(x, [1, -1, 24, 1])  # Keras 2: a batch normalisation of one channel a row
        ones, zeros = tf.fill([tf.shape(rows)[1]], 1.0), tf.fill([tf.shape(rows)[1]], 0.0)
        y, _, _ = tf1.nn.fused_batch_norm(rows, ones, zeros, epsilon=1e-3, data_format="NCHW")
        outputs.append(tf.reshape(y, tf.shape(x)) * weights("g3") + weights("b3"))
        mean, variance = tf.nn.moments(x, [1], keepdims=True)  # over another axis
        outputs.append((x - mean) * tf.math.rsqrt(variance + 1e-3) * weights("g4"))
        return outputs
    return freeze_v1(build, [np.random.default_rng(4).normal(1, 2, (2, 5, 24)).astype(np.float32)])


@model(quick=True)
def nchw_resnet():
    """Exported for a GPU: channels first throughout. TensorFlow's CPU has no such kernels: the answer is the same graph's
    with channels last."""
    def build(first):
        def made(x):
            strides = lambda s: [1, 1, s, s] if first else [1, s, s, 1]
            data_format = "NCHW" if first else "NHWC"
            generator = np.random.default_rng(7)
            weights = lambda *shape: tf.constant(random_weights(shape, generator))
            vector = lambda n, low: tf.constant(generator.uniform(low, 1.5, n).astype(np.float32))

            def normal(y, n):
                y, *_ = tf1.nn.fused_batch_norm(y, vector(n, 0.5), vector(n, -1), vector(n, -1), vector(n, 0.5), is_training=False,
                                                data_format=data_format)
                return y

            def conv(y, i, o, k, s):
                return normal(tf1.nn.conv2d(y, weights(k, k, i, o), strides=strides(s), padding="SAME", data_format=data_format), o)
            y = tf.nn.relu(conv(x, 3, 16, 7, 2))
            y = tf1.nn.max_pool(y, strides(3), strides(2), "SAME", data_format=data_format)
            for i, o, s in ((16, 16, 1), (16, 32, 2), (32, 32, 1)):
                short = y if (i, s) == (o, 1) else conv(y, i, o, 1, s)
                y = tf.nn.relu(conv(tf.nn.relu(conv(y, i, o, 3, s)), o, o, 3, 1) + short)
            y = tf.concat([y, tf1.nn.avg_pool(y, strides(3), strides(1), "SAME", data_format=data_format)], 1 if first else 3)
            spatial = [[0, 0], [0, 0], [1, 2], [0, 1]] if first else [[0, 0], [1, 2], [0, 1], [0, 0]]
            y = tf.nn.bias_add(tf1.nn.conv2d(tf.pad(y, spatial), weights(3, 3, 64, 24), strides=strides(1), padding="VALID",
                                             data_format=data_format), vector(24, -1), data_format=data_format)
            gate = tf.sigmoid(tf.reduce_mean(y, [2, 3] if first else [1, 2], keepdims=True))
            y = y * gate
            return [tf.matmul(tf.reduce_mean(y, [2, 3] if first else [1, 2]), weights(24, 10)), y]
        return made
    x = np.random.default_rng(5).normal(0, 1, (2, 3, 40, 48)).astype(np.float32)
    graph, inputs, outputs, feeds = freeze_v1(build(True), [x])

    def reference(feeds):
        last, names, results, _ = freeze_v1(build(False), [np.transpose(f, [0, 2, 3, 1]) for f in feeds])
        pooled, image = run_tensorflow(last, names, results, [np.transpose(f, [0, 2, 3, 1]) for f in feeds])
        return [pooled, np.transpose(image, [0, 3, 1, 2])]
    return graph, inputs, outputs, feeds, reference


@model(quick=True)
def text_cnn():
    tokens = keras.Input((20,), dtype="int32")
    y = layers.Embedding(50, 16)(tokens)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(12, k, activation="relu")(y)) for k in (2, 3, 4)]
    net = keras.Model(tokens, layers.Dense(4, activation="softmax")(layers.Concatenate()(pooled)))
    return freeze_keras(net, [np.random.default_rng(1).integers(0, 50, (3, 20)).astype(np.int32)])


@model(quick=True)
def wavenet():
    """Causal dilated convolutions of one dimension, gated, with residuals and skips."""
    x = keras.Input((64, 1))
    y = layers.Conv1D(8, 2, padding="causal")(x)
    skips = []
    for rate in (1, 2, 4, 8):
        gated = layers.Multiply()([layers.Conv1D(8, 2, padding="causal", dilation_rate=rate, activation="tanh")(y),
                                   layers.Conv1D(8, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(y)])
        skips.append(layers.Conv1D(8, 1)(gated))
        y = layers.Add()([y, layers.Conv1D(8, 1)(gated)])
    out = layers.Conv1D(3, 1)(layers.ReLU()(layers.Add()(skips)))
    return freeze_keras(keras.Model(x, out), [np.random.default_rng(1).normal(0, 1, (2, 64, 1)).astype(np.float32)])


@model(quick=True)
def siamese():
    tower_in = keras.Input((28, 28, 1))
    y = tower_in
    for width in (8, 16):
        y = layers.MaxPooling2D()(layers.Conv2D(width, 3, activation="relu")(y))
    tower = keras.Model(tower_in, layers.Lambda(lambda v: tf.math.l2_normalize(v, 1))(layers.Dense(16)(layers.Flatten()(y))))
    a, b = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    distance = layers.Lambda(lambda v: tf.sqrt(tf.reduce_sum(tf.square(v[0] - v[1]), 1, keepdims=True)))([tower(a), tower(b)])
    net = keras.Model([a, b], layers.Dense(1, activation="sigmoid")(distance))
    return freeze_keras(net, [images(28, 1), images(28, 1)[::-1].copy() * 0.5])


@model(quick=True)
def activations():
    """Every activation that Keras has, behind a convolution and alone."""
    x = keras.Input((8, 8, 4))
    outputs = []
    for name in ("relu", "relu6", "elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "swish", "hard_swish",
                 "gelu", "leaky_relu", "exponential", "softmax", "mish", "log_softmax"):
        try:
            keras.activations.get(name)
        except ValueError:
            continue
        outputs.append(layers.Activation(name)(layers.Conv2D(6, 3, padding="same")(x)))
        outputs.append(layers.Activation(name)(x))
    return freeze_keras(keras.Model(x, outputs), [images(8, 4)])


@model(quick=True)
def mixed_inputs():
    """A table of features: embeddings, normalised numbers, crosses, a deep and a wide side."""
    ids, numbers = keras.Input((3,), dtype="int32"), keras.Input((5,))
    embedded = layers.Flatten()(layers.Embedding(40, 6)(ids))
    scaled = layers.BatchNormalization()(numbers)
    deep = layers.Dense(16, activation="relu")(layers.Concatenate()([embedded, scaled]))
    deep = layers.LayerNormalization()(layers.Dense(8, activation="selu")(deep))
    wide = layers.Dense(1)(scaled)
    cross = layers.Dot(axes=1)([deep, layers.Dense(8)(scaled)])
    net = keras.Model([ids, numbers], layers.Activation("sigmoid")(layers.Add()([layers.Dense(1)(deep), wide, cross])))
    generator = np.random.default_rng(1)
    return freeze_keras(net, [generator.integers(0, 40, (4, 3)).astype(np.int32), generator.normal(0, 1, (4, 5)).astype(np.float32)])


@model(quick=True)
def shapes():
    """Shape arithmetic: upsampling by it, flattening, grouped channels shuffled, patches."""
    def build(x):
        weights = lambda name, *shape: tf1.get_variable(name, shape, initializer=tf1.glorot_normal_initializer())
        sizes = tf.shape(x)
        y = tf1.nn.conv2d(x, weights("w", 3, 3, 3, 8), strides=[1, 1, 1, 1], padding="SAME")
        up = tf.image.resize(y, sizes[1:3] * 2)
        y = tf.reshape(y, [sizes[0], sizes[1], sizes[2], 2, 4])
        y = tf.reshape(tf.transpose(y, [0, 1, 2, 4, 3]), [sizes[0], sizes[1], sizes[2], 8])
        a, b = tf.split(y, 2, 3)
        y = tf.concat([a * 2.0, tf.reverse(b, [2])], 3)
        patches = tf.nn.space_to_depth(y, 2)
        flat = tf.reshape(patches, [sizes[0], -1])
        return [up, tf.reduce_max(flat, 1), tf.nn.depth_to_space(tf.tile(patches, [1, 1, 1, 2]), 4),
                tf.one_hot(tf.argmax(flat, 1), 3), tf.cumsum(a, 3), tf.linalg.matmul(flat, flat, transpose_b=True)]
    return freeze_v1(build, [images(12)])


# ---- Running


def run_tensorflow(graph, inputs, outputs, feeds):
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(graph, name="")
    with tf1.Session(graph=imported) as session:
        return session.run(outputs, dict(zip(inputs, feeds)))


def with_batch(feeds, size):
    return [np.concatenate([x] * size)[:size] for x in feeds]


def run_floe(options, folder, graph_file, inputs, outputs, feeds):
    arguments = [options.floe, "run", graph_file, "--output-dir", os.path.join(folder, "out"), "--device", options.device]
    for k, (name, feed) in enumerate(zip(inputs, feeds)):
        file = os.path.join(folder, f"feed_{k}.npy")
        np.save(file, feed)
        arguments += ["--input", f"{name}={file}"]
    for name in outputs:
        arguments += ["--fetch", name]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"ended with {done.returncode}")
    return [np.load(os.path.join(folder, "out", f"{k}.npy")) for k in range(len(outputs))]


def serve_floe(options, graph_file, inputs, outputs, batches):
    """The outputs for each of the batches in turn, from one process."""
    floe_testing.BIN_DIR = os.path.dirname(os.path.abspath(options.floe))
    server = floe_testing.Server(graph_file, "--name", "m", "--device", options.device)
    try:
        with triton.InferenceServerClient(server.grpc) as client:
            for feeds in batches:
                request = []
                for name, feed in zip(inputs, feeds):
                    request.append(triton.InferInput(floe_testing.short_name(name), feed.shape, np_to_triton_dtype(feed.dtype)))
                    request[-1].set_data_from_numpy(feed)
                wanted = [triton.InferRequestedOutput(floe_testing.short_name(name)) for name in outputs]
                answer = client.infer("m", request, outputs=wanted)
                yield [answer.as_numpy(floe_testing.short_name(name)) for name in outputs]
    finally:
        server.stop()


def difference(wanted, got):
    """Of the largest element; infinite where shapes or dtypes differ."""
    if wanted.shape != got.shape or wanted.dtype != got.dtype:
        return float("inf")
    if not wanted.size:
        return 0.0
    if wanted.dtype.kind in "iub":
        return 0.0 if np.array_equal(wanted, got) else float("inf")
    wide = wanted.astype(np.float64)
    return float(np.max(np.abs(got - wide)) / max(1e-30, np.max(np.abs(wide))))


def keep(folder, graph, inputs, outputs, feeds, wanted):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.pb"), "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))
    with open(os.path.join(folder, "case.json"), "w", encoding="utf-8") as file:
        json.dump({"inputs": inputs, "outputs": outputs}, file)
    for what, arrays in (("in", feeds), ("out", wanted)):
        for k, array in enumerate(arrays):
            np.save(os.path.join(folder, f"{what}_{k}.npy"), array)


def read_folder(folder):
    """As the makers give it."""
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
        case = json.load(file)
    graph = tf1.GraphDef()
    with open(os.path.join(folder, "model.pb"), "rb") as file:
        graph.ParseFromString(file.read())
    feeds = [np.load(os.path.join(folder, f"in_{k}.npy")) for k in range(len(case["inputs"]))]
    return graph, case["inputs"], case["outputs"], with_batch(feeds, 1)


def check(options, name):
    """The largest difference over both batches."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    graph, inputs, outputs, feeds, *special = MODELS[name]() if name in MODELS else read_folder(name)
    answer = special[0] if special else lambda f: run_tensorflow(graph, inputs, outputs, f)
    batches = [feeds, with_batch(feeds, 7)]
    wanted = [answer(batch) for batch in batches]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "model.pb")
        with open(file, "wb") as out:
            out.write(graph.SerializeToString())
        if options.out:
            keep(os.path.join(options.out, name), graph, inputs, outputs, feeds, wanted[0])
        got = [run_floe(options, folder, file, inputs, outputs, batch) for batch in batches]
        got += serve_floe(options, file, inputs, outputs, batches * 2)
        for k, answers in enumerate(got):
            worst = max([worst, *map(difference, wanted[k % 2], answers)])
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME|FOLDER", help=", ".join(MODELS))
    parser.add_argument("--floe", default="build/release/bin/floe")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MODELS and not os.path.isfile(os.path.join(name, "model.pb"))]
    if unknown:
        parser.error(f"no model is called {unknown[0]}; there are {', '.join(MODELS)}")
    failed = []
    for name in options.names or (QUICK if options.quick else MODELS):
        try:
            worst = check(options, name)
            verdict = "ok" if worst <= TOLERANCE else "FAILED"
            print(f"{verdict:7}{os.path.basename(name):24}{worst:.1e}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            verdict = "FAILED"
            print(f"{verdict:7}{os.path.basename(name):24}{type(error).__name__}: {str(error)[:600]}", flush=True)
        if verdict == "FAILED":
            failed.append(name)
    if failed:
        sys.exit(f"{len(failed)} failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()

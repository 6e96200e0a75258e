#!/usr/bin/env python3
"""SavedModels and checkpoints of many kinds as TensorFlow writes them, with what TensorFlow computes with them.

usage: make_saved_models.py OUT_DIR [NAME ...]

Every folder holds `model/` (what to freeze: a SavedModel, or a checkpoint "model/m.ckpt" with its .meta) and case.json:
  {"model", "signature", "freeze": [extra arguments], "inputs": {name: file}, "outputs": {name: file}}
where a name is a signature's key, or a tensor ("x:0") where there is no signature; or {"model", "refused": [words of the message]}.
Files are .npy, or .json for strings.
"""
import json
import os
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")

import numpy as np  # noqa: E402 (the environment comes first)
import tensorflow as tf  # noqa: E402

v1 = tf.compat.v1
rng = np.random.default_rng(7)


def floats(*shape):
    return rng.standard_normal(shape).astype(np.float32)


class Folder:
    def __init__(self, root, name):
        self.path = os.path.join(root, name)
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)
        self.model = os.path.join(self.path, "model")

    def write(self, stem, value):
        value = np.asarray(value)
        if value.dtype.kind in "OS":
            name = stem + ".json"
            with open(os.path.join(self.path, name), "w") as f:
                json.dump(np.vectorize(lambda b: b.decode() if isinstance(b, bytes) else b, otypes=[object])(value).tolist(), f)
        else:
            name = stem + ".npy"
            np.save(os.path.join(self.path, name), value)
        return name

    def note(self, inputs=None, outputs=None, **rest):
        case = dict({"model": "model"}, **rest)
        if outputs is not None:
            case["inputs"] = {k: self.write(f"in_{i}", v) for i, (k, v) in enumerate((inputs or {}).items())}
            case["outputs"] = {k: self.write(f"out_{i}", v) for i, (k, v) in enumerate(outputs.items())}
        with open(os.path.join(self.path, "case.json"), "w") as f:
            json.dump(case, f, indent=1, sort_keys=True)


def call(folder, signature, feeds):
    """What TensorFlow itself gives for the SavedModel that was written."""
    run = tf.saved_model.load(folder.model).signatures[signature]
    return {k: v.numpy() for k, v in run(**{k: tf.constant(v) for k, v in feeds.items()}).items()}


def note_saved(folder, feeds, signature="serving_default", **rest):
    folder.note(feeds, call(folder, signature, feeds), signature=signature, **rest)


def session_of(graph):
    return v1.Session(graph=graph)


# --- TensorFlow 2 -----------------------------------------------------------------------------------------------------
def keras_export(folder):
    import keras

    inputs = keras.Input((12, 12, 3), name="image")
    h = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    h = keras.layers.BatchNormalization()(h)
    h = keras.layers.ReLU()(h)
    h = keras.layers.SeparableConv2D(6, 3)(h)
    h = keras.layers.GlobalAveragePooling2D()(h)
    h = keras.layers.Dropout(0.5)(h)
    model = keras.Model(inputs, keras.layers.Dense(5, activation="softmax")(h))
    for v in model.weights:
        v.assign(np.abs(floats(*v.shape)) * 0.5 + 0.1)
    model.export(folder.model, verbose=False)
    run = tf.saved_model.load(folder.model).signatures["serving_default"]
    key = list(run.structured_input_signature[1])[0]
    note_saved(folder, {key: floats(2, 12, 12, 3)})


def keras_2(folder):
    import tf_keras as keras

    model = keras.Sequential([
        keras.layers.Input((7, 3), name="steps"),
        keras.layers.LSTM(5, return_sequences=True),
        keras.layers.Dropout(0.3),
        keras.layers.Flatten(),
        keras.layers.Dense(4, name="last"),
    ])
    model.save(folder.model, save_format="tf")
    note_saved(folder, {"steps": floats(2, 7, 3)})


class Signatures(tf.Module):
    """Variables of one name, a variable in a list, functions in functions, several signatures."""

    def __init__(self):
        super().__init__()
        self.first = tf.Variable(floats(3, 4), name="w")
        self.rest = [tf.Variable(floats(4, 4), name="w"), tf.Variable(floats(4), name="bias")]
        self.half = tf.Variable(tf.cast(floats(4), tf.bfloat16), name="half")

    @tf.function
    def layer(self, x, w):
        return tf.nn.relu(tf.matmul(x, w) + self.rest[1])

    @tf.function
    def two(self, x):
        return self.layer(self.layer(x, self.first), self.rest[0])

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def classify(self, x):
        scores = tf.nn.softmax(self.two(x) + tf.cast(self.half, tf.float32))
        return {"scores": scores, "best": tf.math.top_k(scores, 2).indices}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def regress(self, x):
        mean, variance = tf.nn.moments(self.two(x), [1])
        return {"mean": mean, "variance": variance}


def signatures(folder):
    module = Signatures()
    tf.saved_model.save(module, folder.model, {"serving_default": module.classify, "regress": module.regress})
    note_saved(folder, {"x": floats(5, 3)}, "regress")


def default_signature(folder):
    module = Signatures()
    tf.saved_model.save(module, folder.model, {"serving_default": module.classify, "regress": module.regress})
    note_saved(folder, {"x": floats(5, 3)})


class Tables(tf.Module):
    def __init__(self, vocabulary):
        super().__init__()
        file = tf.lookup.TextFileInitializer(vocabulary, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
                                             tf.lookup.TextFileIndex.LINE_NUMBER)
        self.ids = tf.lookup.StaticHashTable(file, -1)
        names = tf.lookup.KeyValueTensorInitializer(tf.range(4, dtype=tf.int64), ["zero", "one", "two", "three"])
        self.names = tf.lookup.StaticHashTable(names, "none")
        self.weights = tf.Variable(floats(5, 2), name="weights")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def serve(self, words):
        ids = self.ids.lookup(words)
        return {"ids": ids, "names": self.names.lookup(ids), "weights": tf.gather(self.weights, ids + 1),
                "count": self.ids.size()}


def tables(folder):
    vocabulary = os.path.join(folder.path, "words.txt")
    with open(vocabulary, "w") as f:
        f.write("apple\nbanana\ncherry\n")
    module = Tables(vocabulary)
    tf.saved_model.save(module, folder.model, {"serving_default": module.serve})
    note_saved(folder, {"words": np.array(["banana", "fig", "apple"], object)})
    os.remove(vocabulary)


class Loops(tf.Module):
    """Conditionals and loops whose branches read variables and look things up."""

    def __init__(self):
        super().__init__()
        self.w = tf.Variable(floats(3, 3) * 0.3, name="w")
        self.b = tf.Variable(floats(3), name="b")
        pairs = tf.lookup.KeyValueTensorInitializer(tf.constant([0, 1, 2], tf.int64), tf.constant([0.5, -1.0, 2.0]))
        self.table = tf.lookup.StaticHashTable(pairs, 0.0)

    @tf.function
    def step(self, x):
        return tf.tanh(tf.matmul(x, self.w) + self.b)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x"), tf.TensorSpec([], tf.int64, name="n")])
    def serve(self, x, n):
        i = tf.constant(0, tf.int64)
        while i < n:
            x = self.step(x) + self.table.lookup(i)
            i += 1
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, self.w), lambda: x - self.b)
        return {"y": y}


def loops(folder):
    module = Loops()
    tf.saved_model.save(module, folder.model, {"serving_default": module.serve})
    note_saved(folder, {"x": floats(2, 3), "n": np.int64(4)})


def mutable_table(folder):
    class Mutable(tf.Module):
        def __init__(self):
            super().__init__()
            self.counts = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name="counts")

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def serve(self, words):
            return self.counts.lookup(words)

    module = Mutable()
    tf.saved_model.save(module, folder.model, {"serving_default": module.serve})
    folder.note(refused=["is mutable", "MutableHashTable"])


# --- TensorFlow 1 -----------------------------------------------------------------------------------------------------
def normalised(x, training):
    """What tf.layers leaves in a graph: a convolution, batch normalisation and dropout that `training` decides."""
    w = v1.get_variable("conv/w", [3, 3, 3, 4], initializer=v1.constant_initializer(floats(3, 3, 3, 4)))
    h = tf.nn.conv2d(x, w, 1, "SAME")
    gamma = v1.get_variable("bn/gamma", [4], initializer=v1.constant_initializer(floats(4)))
    beta = v1.get_variable("bn/beta", [4], initializer=v1.constant_initializer(floats(4)))
    mean = v1.get_variable("bn/mean", [4], initializer=v1.constant_initializer(floats(4)), trainable=False)
    variance = v1.get_variable("bn/variance", [4], initializer=v1.constant_initializer(np.abs(floats(4)) + 0.5), trainable=False)

    def train():
        out, m, s = v1.nn.fused_batch_norm(h, gamma, beta, is_training=True)[:3]
        with tf.control_dependencies([mean.assign(mean * 0.9 + m * 0.1), variance.assign(variance * 0.9 + s * 0.1)]):
            return tf.identity(out)

    h = tf.cond(training, train, lambda: v1.nn.fused_batch_norm(h, gamma, beta, mean=mean, variance=variance, is_training=False)[0])
    h = tf.nn.relu(h)
    return tf.cond(training, lambda: tf.nn.dropout(h, rate=0.4), lambda: tf.identity(h))


def tf1(folder, build, control_flow_v2, resource):
    """A trained graph: optimizer, summaries, savers; frozen from the checkpoint without a word about outputs."""
    (v1.enable_control_flow_v2 if control_flow_v2 else v1.disable_control_flow_v2)()
    with tf.Graph().as_default() as graph, v1.variable_scope("", use_resource=resource):
        x = v1.placeholder(tf.float32, [None, 6, 6, 3], name="image")
        label = v1.placeholder(tf.int32, [None], name="label")
        y = build(x)
        step = v1.train.get_or_create_global_step()
        loss = tf.reduce_mean(v1.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=y))
        v1.summary.scalar("loss", loss)
        train = v1.train.AdamOptimizer(0.01).minimize(loss, global_step=step)
        prob = tf.nn.softmax(y, name="prob")
        saver = v1.train.Saver()
        with session_of(graph) as session:
            session.run(v1.global_variables_initializer())
            session.run(train, {x: floats(4, 6, 6, 3), label: [0, 1, 2, 3]})
            saver.save(session, folder.model + "/m.ckpt")
            fed = floats(2, 6, 6, 3)
            folder.note({"image:0": fed}, {"prob:0": session.run(prob, {x: fed})}, model="model/m.ckpt")
    v1.enable_control_flow_v2()


def with_conds(x):
    training = v1.placeholder_with_default(False, [], name="is_training")
    return tf.reduce_mean(normalised(x, training), [1, 2], name="logits")


def conds_v1(folder):
    tf1(folder, with_conds, control_flow_v2=False, resource=False)


def conds_v2(folder):
    tf1(folder, with_conds, control_flow_v2=True, resource=True)


def floor_dropout(x, keep):
    """As TensorFlow before 1.13 spelt it."""
    random = v1.random_uniform(tf.shape(x), seed=3, name="dropout/random_uniform")
    return tf.multiply(tf.realdiv(x, keep), tf.floor(tf.add(keep, random)), name="dropout/mul")


def dropouts(folder):
    def build(x):
        keep = v1.placeholder_with_default(1.0, [], name="keep_prob")
        w = v1.get_variable("w", [108, 5], initializer=v1.constant_initializer(floats(108, 5)))
        h = floor_dropout(tf.reshape(x, [-1, 108]), keep)
        h = tf.matmul(h, w)
        return tf.identity(v1.nn.dropout(h, rate=1.0 - keep), name="logits")

    tf1(folder, build, control_flow_v2=False, resource=False)


def partitioned(folder):
    def build(x):
        parts = v1.fixed_size_partitioner(3)
        w = v1.get_variable("w", [108, 5], partitioner=parts, initializer=v1.random_normal_initializer(seed=1))
        return tf.matmul(tf.reshape(x, [-1, 108]), tf.convert_to_tensor(w), name="logits")

    tf1(folder, build, control_flow_v2=False, resource=True)


def builder(folder, as_text=False, tags=("serve",), **note):
    """SavedModelBuilder: assets, a table filled by legacy_init_op, a signature for each of two outputs."""
    vocabulary = os.path.join(folder.path, "labels.txt")
    with open(vocabulary, "w") as f:
        f.write("cat\ndog\nbird\n")
    with tf.Graph().as_default() as graph, v1.variable_scope("", use_resource=True):
        x = v1.placeholder(tf.float32, [None, 4], name="x")
        w = v1.get_variable("w", initializer=tf.constant(floats(4, 3)))
        asset = tf.constant(vocabulary, name="vocabulary")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(asset, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, tf.string,
                                          tf.lookup.TextFileIndex.WHOLE_LINE), "?")
        scores = tf.matmul(x, w, name="scores")
        label = table.lookup(tf.argmax(scores, 1), name="label")
        with session_of(graph) as session:
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])
            info = v1.saved_model.utils.build_tensor_info
            define = v1.saved_model.signature_def_utils.build_signature_def
            maker = v1.saved_model.builder.SavedModelBuilder(folder.model)
            maker.add_meta_graph_and_variables(
                session, list(tags),
                {"label": define({"x": info(x)}, {"label": info(label)}, "tensorflow/serving/classify"),
                 "scores": define({"x": info(x)}, {"scores": info(scores)}, "tensorflow/serving/predict")},
                assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS), main_op=v1.tables_initializer())
            maker.save(as_text=as_text)
            fed = floats(6, 4)
            folder.note({"x": fed}, {"label": session.run(label, {x: fed})}, signature="label", **note)
    os.remove(vocabulary)


def builder_binary(folder):
    builder(folder)


def builder_text(folder):
    builder(folder, as_text=True)


def other_tags(folder):
    builder(folder, tags=("tiny", "gpu"), freeze=["--tags", "gpu,tiny"])


CASES = (keras_export, keras_2, signatures, default_signature, tables, loops, mutable_table, conds_v1, conds_v2, dropouts,
         partitioned, builder_binary, builder_text, other_tags)


def main():
    root, names = sys.argv[1], sys.argv[2:]
    for case in CASES:
        if names and case.__name__ not in names:
            continue
        case(Folder(root, case.__name__))
        print(case.__name__, flush=True)


if __name__ == "__main__":
    main()

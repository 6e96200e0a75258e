"""Small frozen graphs with control flow of every kind, and TensorFlow's results for them.

usage: make_flow_cases.py [NAME...]      with TensorFlow 2.21; writes flow/NAME.pb and flow/NAME.golden.pb beside itself

The golden file is a tensorflow.serving.PredictResponse: outputs RUN/TENSOR, of placeholders what to feed in that run,
of all other tensors what to expect. Cases called *_v1 have TensorFlow 1's Switch, Merge, Enter and their like, *_v2 the
functional While, If and Case.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants
from tensorflow_serving.apis import predict_pb2

t1 = tf.compat.v1
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flow")
random = np.random.default_rng(11)
F, I = tf.float32, tf.int32


def rows(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def weights(name, *shape):
    return t1.get_variable(name, initializer=rows(*shape))


CASES = {}


def case(*runs, versions=("v1", "v2")):
    """Runs: dicts of placeholders to arrays. The function gets a maker of placeholders and gives the outputs."""

    def add(build):
        for version in versions:
            CASES["%s_%s" % (build.__name__, version)] = (build, version, runs)
        return build

    return add


def numbers(*values):
    return [dict(n=np.int32(v)) for v in values]


@case(*numbers(0, 1, 5))
def counting(feed):
    n = feed("n", I, [])
    i, total = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i * i), [0, 0])
    return [i, total]


@case(*numbers(0, 3, 4))
def nested_loops(feed):
    n = feed("n", I, [])

    def outer(i, s):
        _, inner = tf.while_loop(lambda j, t: j <= i, lambda j, t: (j + 1, t + i * j + n), [0, 0])
        return i + 1, s * 2 + inner

    return tf.while_loop(lambda i, s: i < n, outer, [0, 1])


@case(*numbers(0, 7))
def cond_in_loop(feed):
    n = feed("n", I, [])
    scale = weights("scale", 3)

    def body(i, h):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: h * 0.5 + scale, lambda: tf.sin(h) * tf.cast(n, F))

    return tf.while_loop(lambda i, h: i < n, body, [0, tf.ones([3])])


@case(*[dict(p=np.array(p), n=np.int32(4)) for p in (True, False)])
def loop_in_cond(feed):
    p, n = feed("p", tf.bool, []), feed("n", I, [])
    x = tf.range(n)

    def powers():
        return tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s * 2 + x), [0, tf.ones_like(x)])[1]

    return [tf.cond(p, powers, lambda: x - 1)]


@case(*[dict(a=np.array(a), b=np.array(b), x=rows(2, 2)) for a in (True, False) for b in (True, False)])
def nested_conds(feed):
    a, b, x = feed("a", tf.bool, []), feed("b", tf.bool, []), feed("x", F, [None, 2])
    inner = lambda: tf.cond(b, lambda: x + 1.0, lambda: x * 3.0)
    y, z = tf.cond(a, lambda: (inner() * 2.0, x), lambda: (tf.cond(a, lambda: x, lambda: -x), tf.zeros_like(x)))
    return [y, z, y + z]


@case(*[dict(p=np.array(p), x=rows(3)) for p in (True, False)])
def shared_predicate(feed):
    p, x = feed("p", tf.bool, []), feed("x", F, [3])
    first, second = tf.cond(p, lambda: (x + 1.0, x * 2.0), lambda: (x, tf.constant([7.0, 8.0, 9.0])))
    middle = tf.exp(first) + second
    third = tf.cond(p, lambda: middle - x, lambda: middle * x)
    return [first, third, tf.cond(tf.logical_not(p), lambda: third, lambda: first)]


@case(*[dict(p=np.array(p), x=rows(3)) for p in (True, False)], versions=("v1",))
def merge_index(feed):
    p, x = feed("p", tf.bool, []), feed("x", F, [3])
    from tensorflow.python.ops import control_flow_ops
    off, on = control_flow_ops.switch(x, p)
    value, index = control_flow_ops.merge([off, tf.exp(on)])
    same, same_index = control_flow_ops.merge([on, off])
    return [value, index, same, same_index]


@case(*[dict(p=np.array(p), x=rows(2)) for p in (True, False)])
def dead_outputs(feed):
    """Of two results one is used, and a branch has values that nobody takes."""
    p, x = feed("p", tf.bool, []), feed("x", F, [2])
    kept, _ = tf.cond(p, lambda: (x * 2.0, tf.matmul(x[:, None], x[None])), lambda: (x, tf.zeros([2, 2])))
    return [kept]


@case(*[dict(x=np.float32(v)) for v in (-2, 0.5, 3)])
def chosen_case(feed):
    x = feed("x", F, [])
    return [tf.case([(x < 0.0, lambda: -x), (x > 1.0, lambda: x * x)], default=lambda: tf.constant(0.25), exclusive=False)]


@case(*[dict(i=np.int32(i), x=rows(2, 3)) for i in (-1, 0, 1, 2, 9)], versions=("v2",))
def switched_case(feed):
    i, x = feed("i", I, []), feed("x", F, [2, None])
    w = weights("w", 3, 3)
    return [tf.switch_case(i, [lambda: x, lambda: tf.matmul(x, w), lambda: tf.reduce_sum(x) + x[:1]])]


@case(dict(x=rows(1, 2)), dict(x=rows(4, 2)))
def growing(feed):
    """A variable with another shape in each iteration."""
    x = feed("x", F, [None, 2])
    free = tf.TensorShape([None, 2])
    _, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, tf.concat([y, x * tf.cast(i, F)], 0)), [0, x],
                         shape_invariants=[tf.TensorShape([]), free])
    return [y, tf.shape(y)]


@case(*numbers(1, 8))
def swapped(feed):
    n = feed("n", I, [])
    _, a, b = tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b, a + b), [0, tf.constant([0, 1]), tf.constant([1, 2])])
    return [a, b]


@case(dict(x=rows(3, 2)), dict(x=rows(5, 2)))
def mapped(feed):
    x = feed("x", F, [None, 2])
    return [tf.map_fn(lambda row: tf.reduce_sum(row) * row, x), tf.map_fn(lambda i: i * i, tf.range(tf.shape(x)[0]))]


@case(dict(x=rows(3, 2)), dict(x=rows(1, 2)))
def scanned(feed):
    x = feed("x", F, [None, 2])
    return [tf.scan(lambda a, row: a * 0.5 + row, x), tf.foldl(lambda a, row: a + row, x, initializer=tf.zeros([2])),
            tf.scan(lambda a, row: a + row, x, reverse=True, initializer=tf.ones([2]))]


@case(*numbers(1, 4))
def ragged_array(feed):
    """A TensorArray whose elements have different shapes, and what takes it apart and together."""
    n = feed("n", I, [])
    array = tf.TensorArray(F, size=0, dynamic_size=True, infer_shape=False, element_shape=[None])
    _, array = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a.write(i, tf.ones([i + 1]) * tf.cast(i, F))), [0, array])
    joined = array.concat()
    parts = tf.TensorArray(F, size=2, infer_shape=False, element_shape=[None]).split(joined, [1, tf.size(joined) - 1])
    return [joined, array.size(), parts.read(1), parts.read(0)]


@case(dict(x=rows(4, 2)))
def arrays(feed):
    x = feed("x", F, [None, 2])
    array = tf.TensorArray(F, size=6, element_shape=[2], clear_after_read=False).scatter([4, 0, 2, 1], x)
    array = array.write(5, x[0] * 2.0)
    return [array.gather([5, 4, 0]), array.stack() if t1.control_flow_v2_enabled() else array.gather([0, 1, 2]), array.size()]


@case(dict(x=rows(2, 5, 3), lengths=np.array([5, 2], np.int32)), dict(x=rows(3, 4, 3), lengths=np.array([1, 4, 0], np.int32)))
def dynamic_rnn(feed):
    """As t1.nn.dynamic_rnn writes it: outputs past a row's length are zero and states stay."""
    x, lengths = feed("x", F, [None, None, 3]), feed("lengths", I, [None])
    return rnn(x, lengths, "cell")


def rnn(x, lengths, name):
    w, b = weights(name + "/w", 7, 4), weights(name + "/b", 4)
    turned = tf.transpose(x, [1, 0, 2])
    steps, batch = tf.shape(turned)[0], tf.shape(turned)[1]
    given = tf.TensorArray(F, size=steps).unstack(turned)
    zero = tf.zeros([batch, 4])
    longest = tf.reduce_max(lengths)

    def body(t, h, out):
        fresh = tf.tanh(tf.matmul(tf.concat([given.read(t), h], 1), w) + b)
        going = (t < lengths)[:, None]
        fresh_or_zero, kept = tf.where(tf.tile(going, [1, 4]), fresh, zero), tf.where(tf.tile(going, [1, 4]), fresh, h)
        emitted, state = tf.cond(t < longest, lambda: (fresh_or_zero, kept), lambda: (zero, h))
        return t + 1, state, out.write(t, emitted)

    _, h, out = tf.while_loop(lambda t, h, out: t < steps, body, (0, zero, tf.TensorArray(F, size=steps)), maximum_iterations=steps)
    return [tf.transpose(out.stack(), [1, 0, 2]), h]


@case(dict(x=rows(2, 5, 3), lengths=np.array([5, 2], np.int32)))
def bidirectional_rnn(feed):
    x, lengths = feed("x", F, [None, None, 3]), feed("lengths", I, [None])
    forward, last = rnn(x, lengths, "forward")
    backward, first = rnn(tf.reverse_sequence(x, lengths, 1), lengths, "backward")
    return [tf.concat([forward, tf.reverse_sequence(backward, lengths, 1)], 2), last, first]


@case(*[dict(x=rows(2, 4, 3)), dict(x=rows(1, 6, 3))])
def keras_lstm(feed):
    x = feed("x", F, [None, None, 3])
    layer = t1.keras.layers.LSTM(4, return_sequences=True, return_state=True, recurrent_activation="sigmoid")
    return list(layer(x))


@case(*[dict(x=rows(2, 4, 3)), dict(x=rows(1, 6, 3))])
def keras_gru(feed):
    x = feed("x", F, [None, None, 3])
    layer = t1.keras.layers.GRU(4, return_sequences=True, go_backwards=True)
    return [layer(x)]


@case(*[dict(x=rows(2), n=np.int32(n)) for n in (0, 3, 12)], versions=("v2",))
def autograph(feed):
    x, n = feed("x", F, [2]), feed("n", I, [])

    @tf.function
    def step(y, k):
        if tf.reduce_sum(y) > 3.0:
            y = y * 0.5
        elif k % 3 == 0:
            y = y + 1.0
        return y

    @tf.function
    def run(x, n):
        total = tf.zeros([2])
        for k in tf.range(n):
            if k == 10:
                break
            if k % 4 == 3:
                continue
            x = step(x, k)
            total += x
        while tf.reduce_max(x) < 2.0:
            x = x + 0.75
        return x, total

    return list(run(x, n))


@case(dict(x=rows(2, 2)), versions=("v2",))
def called_functions(feed):
    x = feed("x", F, [None, 2])
    w = weights("w", 2, 2)

    @tf.function
    def inner(a, b):
        values, indices = tf.nn.top_k(tf.matmul(a, b), 2)
        return indices, values, tf.split(values, 2, 1)

    @tf.function
    def outer(a):
        i, v, (left, right) = inner(a, w)
        j, _, _ = inner(v, tf.transpose(w))
        return i + j, right - left

    return list(outer(x)) + [outer(x * 2.0)[1]]


@case(*[dict(c=np.int32(c), x=rows(3)) for c in (0, 5)], versions=("v2",))
def if_of_a_number(feed):
    """TensorFlow takes any number but 0 for true."""
    c, x = feed("c", I, []), feed("x", F, [3])

    @tf.function
    def yes(x):
        return x + 1.0

    @tf.function
    def no(x):
        return x * 2.0

    out = tf.raw_ops.StatelessIf(cond=c, input=[x], Tout=[F], then_branch=yes.get_concrete_function(x), else_branch=no.get_concrete_function(x))
    return [out[0]]


@case(dict(x=rows(3, 2), i=np.int32(1)), versions=("v2",))
def lists(feed):
    x, i = feed("x", F, [None, 2]), feed("i", I, [])
    r = tf.raw_ops
    a = r.TensorListFromTensor(tensor=x, element_shape=[2])
    b = r.TensorListSetItem(input_handle=a, index=i, item=tf.constant([5.0, 6.0]))
    c = r.TensorListPushBack(input_handle=b, tensor=x[0])
    d, last = r.TensorListPopBack(input_handle=c, element_shape=[2], element_dtype=F)
    both = r.TensorListConcatLists(input_a=c, input_b=a, element_dtype=F)
    e = r.TensorListResize(input_handle=d, size=5)
    stacked = r.TensorListStack(input_handle=e, element_shape=[2], element_dtype=F)
    joined, lengths = r.TensorListConcatV2(input_handle=r.TensorListSplit(tensor=x, element_shape=[-1, 2], lengths=tf.constant([1, 0, 2], tf.int64)),
                                           element_shape=[-1, 2], leading_dims=tf.zeros([0], tf.int64), element_dtype=F)
    scattered = r.TensorListScatterV2(tensor=x, indices=[4, 0, 2], element_shape=[2], num_elements=6)
    into = r.TensorListScatterIntoExistingList(input_handle=scattered, tensor=x[:1], indices=[1])
    sums = r.AddN(inputs=[a, a])
    zeros = r.ZerosLike(x=a)
    return [last, stacked, joined, lengths, r.TensorListLength(input_handle=both), r.TensorListElementShape(input_handle=a, shape_type=I),
            r.TensorListGather(input_handle=into, indices=[0, 1, 4, 5], element_shape=[2], element_dtype=F),
            r.TensorListGetItem(input_handle=a, index=i, element_shape=[2], element_dtype=F),
            r.TensorListStack(input_handle=sums, element_shape=[2], element_dtype=F),
            r.TensorListStack(input_handle=zeros, element_shape=[2], element_dtype=F)]


def make(name):
    build, version, runs = CASES[name]
    (t1.enable_control_flow_v2 if version == "v2" else t1.disable_control_flow_v2)()
    with tf.Graph().as_default() as graph, t1.Session(graph=graph) as session:
        t1.set_random_seed(3)

        def feed(feed_name, dtype, shape):
            return t1.placeholder(dtype, shape, name=feed_name)

        outputs = [tf.identity(y, name="y%d" % k) for k, y in enumerate(build(feed))]
        session.run(t1.global_variables_initializer())
        names = [y.op.name for y in outputs]
        response = predict_pb2.PredictResponse()
        for k, run in enumerate(runs):
            results = session.run(outputs, {key + ":0": value for key, value in run.items()})
            for key, value in run.items():
                response.outputs["%d/%s:0" % (k, key)].CopyFrom(tf.make_tensor_proto(value))
            for y, value in zip(outputs, results):
                response.outputs["%d/%s" % (k, y.name)].CopyFrom(tf.make_tensor_proto(value))
        frozen = t1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), names)
    for node in frozen.node:
        for key in [key for key in node.attr if key.startswith("_")]:
            del node.attr[key]
    os.makedirs(HERE, exist_ok=True)
    with open(os.path.join(HERE, name + ".pb"), "wb") as file:
        file.write(frozen.SerializeToString(deterministic=True))
    with open(os.path.join(HERE, name + ".golden.pb"), "wb") as file:
        file.write(response.SerializeToString(deterministic=True))


for wanted in sys.argv[1:] or CASES:
    try:
        make(wanted)
        print(wanted)
    except Exception as error:  # say which, and go on
        print("FAILED", wanted, type(error).__name__, str(error)[:300])

"""Golden cases by walking what an op's definition allows: from cases that exist, every dtype of every type attribute, every
value of the other attributes, other shapes (empty, scalar, one row, one more dimension), the numbers at the edges, and
these together by chance. What TensorFlow takes becomes a case with its results, what it refuses a case without.

usage: walk_op_defs.py OUT_DIR CASES_DIR... [--ops OP,...] [--bases N] [--mixes N] [--seed N]

Then: FLOE_GOLDEN_DIR=OUT_DIR golden_test, and cpu_golden_test. OUT_DIR/OP.txt says what each case is. Cases in the layout
that TensorFlow's CPU kernels lack (NCHW) are those of NHWC, transposed.
"""
import argparse
import mmap
import os
import random
import resource
import struct
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, graph_pb2, node_def_pb2, tensor_pb2, types_pb2
from tensorflow.python.eager import context, execute
from tensorflow.python.framework import op_def_registry
from tensorflow_serving.apis import predict_pb2

HALVES = (types_pb2.DT_HALF, types_pb2.DT_BFLOAT16)
FLOATS = HALVES + (types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE)
SIGNED = (types_pb2.DT_INT8, types_pb2.DT_INT16, types_pb2.DT_INT32, types_pb2.DT_INT64)
UNSIGNED = (types_pb2.DT_UINT8, types_pb2.DT_UINT16, types_pb2.DT_UINT32, types_pb2.DT_UINT64)
COMPLEX = (types_pb2.DT_COMPLEX64, types_pb2.DT_COMPLEX128)
QUANTIZED = {types_pb2.DT_QINT8: np.int8, types_pb2.DT_QUINT8: np.uint8, types_pb2.DT_QINT16: np.int16,
             types_pb2.DT_QUINT16: np.uint16, types_pb2.DT_QINT32: np.int32}
STRING, BOOL = types_pb2.DT_STRING, types_pb2.DT_BOOL
EVERY = FLOATS + SIGNED + UNSIGNED + COMPLEX + (BOOL, STRING) + tuple(QUANTIZED)
MEMORY = 8 << 30
REFUSALS = (MemoryError, tf.errors.OpError, ValueError, TypeError, OverflowError, SystemError)

# Where the image is among inputs and results; which inputs hold one number a dimension of it.
IMAGES = {
    "Conv2D": ([0], [0], []), "DepthwiseConv2dNative": ([0], [0], []), "Conv2DBackpropInput": ([2], [0], [0]),
    "Conv3D": ([0], [0], []), "MaxPool": ([0], [0], []), "AvgPool": ([0], [0], []), "MaxPoolV2": ([0], [0], [1, 2]),
    "FusedBatchNorm": ([0], [0], []), "FusedBatchNormV2": ([0], [0], []), "FusedBatchNormV3": ([0], [0], []),
    "BiasAdd": ([0], [0], []), "DepthToSpace": ([0], [0], []), "SpaceToDepth": ([0], [0], []),
}
PER_DIMENSION = ("strides", "dilations", "ksize", "explicit_paddings")


class Value:
    """A tensor of any dtype: the elements as NumPy has them, whole numbers for quantized dtypes."""

    def __init__(self, array, dtype, constant=False):
        self.array, self.dtype, self.constant = array, dtype, constant

    def proto(self):
        proto = tensor_pb2.TensorProto(dtype=self.dtype, tensor_shape=tf.TensorShape(self.array.shape).as_proto())
        if self.dtype == STRING:
            proto.string_val.extend(self.array.reshape(-1).tolist())
        else:
            proto.tensor_content = np.ascontiguousarray(self.array).tobytes()
        return proto

    def tensor(self):
        return tf.io.parse_tensor(self.proto().SerializeToString(), tf.as_dtype(self.dtype))

    def of(self, array):
        return Value(array, self.dtype, self.constant)


def plain(dtype):
    return QUANTIZED.get(dtype) or (object if dtype == STRING else tf.as_dtype(dtype).as_numpy_dtype)


def from_proto(proto, constant=False):
    if proto.dtype in QUANTIZED:
        content = tf.io.serialize_tensor(tf.io.parse_tensor(proto.SerializeToString(), tf.as_dtype(proto.dtype)))
        proto = tensor_pb2.TensorProto.FromString(content.numpy())
        array = np.frombuffer(proto.tensor_content, QUANTIZED[proto.dtype])
        return Value(array.reshape([d.size for d in proto.tensor_shape.dim]), proto.dtype, constant)
    return Value(np.array(tf.make_ndarray(proto)), proto.dtype, constant)


def from_tensor(tensor):
    return from_proto(tensor_pb2.TensorProto.FromString(tf.io.serialize_tensor(tensor).numpy()))


def cast(value, dtype):
    """The same numbers as far as the dtype has them; names of them for strings."""
    array, target = value.array, plain(dtype)
    if dtype == value.dtype:
        return value
    if value.dtype == STRING:
        array = (np.arange(array.size) % 5).reshape(array.shape)
    if dtype == STRING:
        names = [str(x).encode() for x in array.reshape(-1).tolist()]
        return Value(np.array(names, object).reshape(array.shape), dtype, value.constant)
    if np.iscomplexobj(array):
        array = array.real
    if dtype == BOOL:
        return Value(array != 0, dtype, value.constant)
    array = array.astype(np.float64)
    if dtype in COMPLEX:
        return Value((array + 0.5j * array[::-1] if array.ndim else array + 1j).astype(target), dtype, value.constant)
    if dtype in FLOATS:
        return Value(array.astype(target), dtype, value.constant)
    limits = np.iinfo(target)
    array = np.nan_to_num(array)
    return Value(np.clip(np.rint(np.abs(array) if limits.min == 0 else array), limits.min, min(limits.max, 2**62)).astype(target), dtype, value.constant)


class Case:
    def __init__(self, node, inputs, label):
        self.node, self.inputs, self.label = node, inputs, label

    def copy(self, what):
        node = node_def_pb2.NodeDef()
        node.CopyFrom(self.node)
        return Case(node, list(self.inputs), f"{self.label}, {what}")


def read_cases(directory, op):
    path = os.path.join(directory, op)
    if not os.path.exists(path + ".graph.pb"):
        return []
    with open(path + ".graph.pb", "rb") as file:
        graph = graph_pb2.GraphDef.FromString(file.read())
    with open(path + ".golden.pb", "rb") as file:
        tensors = predict_pb2.PredictResponse.FromString(file.read()).outputs
    nodes = {node.name: node for node in graph.node}
    cases = []
    for node in graph.node:
        if not node.name.endswith("/y") or node.name + ":0" not in tensors:
            continue
        inputs = []
        for name in node.input:
            source = nodes[name.split(":")[0]]
            if source.op == "Const":
                inputs.append(from_proto(source.attr["value"].tensor, constant=True))
            else:
                inputs.append(from_proto(tensors[source.name + ":0"]))
        cases.append(Case(node, inputs, f"{os.path.basename(directory)} {node.name[:-2]}"))
    return cases


def plain_attribute(value):
    kind = value.WhichOneof("value")
    if kind == "list":
        for field in ("s", "i", "f", "b", "type", "shape"):
            if getattr(value.list, field):
                items = getattr(value.list, field)
                return [plain_shape(item) for item in items] if field == "shape" else list(items)
        return []
    return plain_shape(value.shape) if kind == "shape" else getattr(value, kind)


def plain_shape(shape):
    return None if shape.unknown_rank else [dim.size for dim in shape.dim]


def nodes_of(case, name):
    """The graph of one case: the sources of its inputs, then its op."""
    node = node_def_pb2.NodeDef(name=name + "/y", op=case.node.op)
    for key, value in case.node.attr.items():
        node.attr[key].CopyFrom(value)
    nodes = []
    for i, value in enumerate(case.inputs):
        source = node_def_pb2.NodeDef(name=f"{name}/x{i}", op="Const" if value.constant else "Placeholder")
        source.attr["dtype"].type = value.dtype
        proto = value.proto()
        if value.constant:
            source.attr["value"].tensor.CopyFrom(proto)
        else:
            source.attr["shape"].shape.CopyFrom(proto.tensor_shape)
        node.input.append(source.name)
        nodes.append(source)
    return nodes + [node]


def passes_shape_inference(case):
    """What a graph may hold: an op that is run at once may take more."""
    try:
        with tf.Graph().as_default():
            tf.graph_util.import_graph_def(graph_pb2.GraphDef(node=nodes_of(case, "c")), name="")
        return True
    except REFUSALS:
        return False


def evaluate(definition, case):
    """TensorFlow's results, as Values; None where it refuses."""
    attributes, count = [], 0
    for attribute in definition.attr:
        if attribute.name in case.node.attr:
            value = case.node.attr[attribute.name]
        elif attribute.HasField("default_value"):
            value = attribute.default_value
        else:
            return None
        attributes += [attribute.name, plain_attribute(value)]
    for output in definition.output_arg:
        if output.number_attr:
            count += case.node.attr[output.number_attr].i
        elif output.type_list_attr:
            count += len(case.node.attr[output.type_list_attr].list.type)
        else:
            count += 1
    if not passes_shape_inference(case):
        return None
    try:
        tensors = [value.tensor() for value in case.inputs]
        results = execute.quick_execute(case.node.op, count, tensors, tuple(attributes), context.context())
        return [from_tensor(result) for result in results]
    except REFUSALS:
        return None


def input_slices(definition, node):
    """(argument, first input, one past the last)"""
    at = 0
    for argument in definition.input_arg:
        count = 1
        if argument.number_attr:
            count = node.attr[argument.number_attr].i
        elif argument.type_list_attr:
            count = len(node.attr[argument.type_list_attr].list.type)
        yield argument, at, at + count
        at += count


def type_changes(definition, case):
    for attribute in definition.attr:
        if attribute.type not in ("type", "list(type)"):
            continue
        allowed = list(attribute.allowed_values.list.type) or EVERY
        for dtype in allowed:
            if dtype not in EVERY or dtype in LEFT_OUT.get(case.node.op, ()):
                continue
            changed = case.copy(f"{attribute.name}={types_pb2.DataType.Name(dtype)}")
            value = changed.node.attr[attribute.name]
            if attribute.type == "type":
                value.type = dtype
            else:
                value.list.type[:] = [dtype] * len(value.list.type)
            for argument, first, end in input_slices(definition, case.node):
                if attribute.name in (argument.type_attr, argument.type_list_attr):
                    changed.inputs[first:end] = [cast(one, dtype) for one in changed.inputs[first:end]]
            yield changed


def int_lists(name, old):
    if name == "explicit_paddings":
        yield from ([], [0, 0, 1, 0, 0, 2, 0, 0], [0, 0, 3, 3, 2, 1, 0, 0])
    elif len(old) == 4 and name in PER_DIMENSION:
        for rows in (1, 2, 3):
            for columns in (1, 2, 3):
                yield [1, rows, columns, 1]
    elif len(old) == 5 and name in PER_DIMENSION:
        for depth, rows, columns in ((1, 1, 1), (2, 1, 1), (1, 2, 3), (2, 2, 2)):
            yield [1, depth, rows, columns, 1]
    else:
        yield from ([], [0], [-1], [0, 1], [1, -1])


def attribute_changes(definition, case):
    counts = {argument.number_attr for argument in list(definition.input_arg) + list(definition.output_arg)}
    for attribute in definition.attr:
        name, values = attribute.name, []
        if name in counts:
            continue
        if name not in case.node.attr and attribute.HasField("default_value"):
            case.node.attr[name].CopyFrom(attribute.default_value)
        old = case.node.attr[name]
        if attribute.type == "bool":
            values = [attr_value_pb2.AttrValue(b=b) for b in (False, True)]
        elif attribute.type == "string" and attribute.HasField("allowed_values"):
            values = [attr_value_pb2.AttrValue(s=s) for s in attribute.allowed_values.list.s]
        elif attribute.type == "int":
            values = [attr_value_pb2.AttrValue(i=i) for i in (-2, -1, 0, 1, 2, 3, 7, 15)]
        elif attribute.type == "float":
            values = [attr_value_pb2.AttrValue(f=f) for f in (-1, 0, 0.25, 0.5, 1, 2)]
        elif attribute.type == "list(int)":
            for ints in int_lists(name, list(old.list.i)):
                values.append(attr_value_pb2.AttrValue(list=attr_value_pb2.AttrValue.ListValue(i=ints)))
        for value in values:
            changed = case.copy(f"{name}={str(plain_attribute(value))}")
            changed.node.attr[name].CopyFrom(value)
            yield changed
    if "padding" in case.node.attr and "explicit_paddings" in case.node.attr:
        for ints in ([0, 0, 1, 0, 0, 2, 0, 0], [0, 0, 3, 3, 2, 1, 0, 0]):
            changed = case.copy(f"EXPLICIT {ints}")
            changed.node.attr["padding"].s = b"EXPLICIT"
            changed.node.attr["explicit_paddings"].list.i[:] = ints
            yield changed


SHAPES = {
    "empty": lambda a: a[:0], "empty last": lambda a: a[..., :0], "one row": lambda a: a[:1], "row": lambda a: a[0],
    "one column": lambda a: a[..., :1], "scalar": lambda a: a.reshape(-1)[0].reshape(()) if a.dtype != object else np.array(a.reshape(-1)[0], object),
    "outer": lambda a: a[None], "inner": lambda a: a[..., None], "flat": lambda a: a.reshape(-1),
    "twice": lambda a: np.concatenate([a, a]), "last twice": lambda a: np.concatenate([a, a], -1),
}


def shape_changes(definition, case):
    count = len(case.inputs)
    groups = [[i] for i in range(count)] + ([list(range(count))] if count > 1 else [])
    for i in range(count):
        same = [j for j in range(count) if case.inputs[j].array.shape == case.inputs[i].array.shape]
        if len(same) > 1 and same[0] == i and len(same) < count:
            groups.append(same)
    for group in groups:
        for what, change in SHAPES.items():
            changed = case.copy(f"inputs {group} {what}")
            try:
                for i in group:
                    array = changed.inputs[i].array
                    changed.inputs[i] = changed.inputs[i].of(np.array(change(array), array.dtype))
            except (IndexError, ValueError):
                continue
            yield changed


# What becomes of NaN, infinities and overflow in sums of products hangs on their order, and on zeros that pad.
SUMS = ("Conv", "Depthwise", "MatMul", "BatchMatMul", "Einsum", "LRN", "EuclideanNorm", "L2Loss", "LSTM", "BlockLSTM", "GRU",
        "FakeQuant", "Resize", "CropAndResize", "Prod", "Cumprod", "Mean", "Sum", "Quantize", "Dequantize", "FusedBatchNorm")


def edges(op, dtype):
    # None below the normal ones, which TensorFlow takes for zero.
    if dtype in FLOATS and op.startswith(SUMS):
        return [-0.0, 0.5, -0.5, 2.5, 1e-7]
    if dtype in FLOATS:
        info = tf.as_dtype(dtype)
        return [float("nan"), float("inf"), -float("inf"), -0.0, 0.5, -0.5, 2.5, float(info.max), float(info.min), 1e-7]
    if dtype in SIGNED + UNSIGNED:
        limits = np.iinfo(plain(dtype))
        return [limits.min, limits.max, 0, 1, limits.max // 2 + 1]
    if dtype in COMPLEX:
        return [0j, 1j, -1, complex(-0.0, -0.0), 1e-7]
    return []


def edge_changes(definition, case):
    for i, value in enumerate(case.inputs):
        numbers = edges(case.node.op, value.dtype)
        # Integers beside floats are sizes and indices: huge ones are refused, and after how much work?
        if not numbers or value.array.size == 0 or value.constant:
            continue
        if value.dtype in SIGNED + UNSIGNED and any(other.dtype != value.dtype for other in case.inputs):
            continue
        changed = case.copy(f"input {i} edges")
        array = value.array.copy()
        places = random.sample(range(array.size), min(array.size, len(numbers)))
        array.reshape(-1)[places] = np.array(random.sample(numbers, len(places)), dtype=object if value.dtype in SIGNED + UNSIGNED else None).astype(array.dtype)
        changed.inputs[i] = value.of(array)
        yield changed


KINDS = (type_changes, attribute_changes, shape_changes, edge_changes)
# Complex bounds: TensorFlow clips one number by other rules than four at once.
LEFT_OUT = {"ClipByValue": COMPLEX}
# Not a function of dtype, attributes and shape alone, or (division) a signal instead of an error at the lowest integer.
NO_EDGES = {"FloorDiv", "Div", "TruncateDiv", "FloorMod", "Mod", "TruncateMod", "Cast"}


def changes(definition, case, mixes):
    kinds = [kind for kind in KINDS if kind is not edge_changes or case.node.op not in NO_EDGES]
    for kind in kinds:
        yield from kind(definition, case)
    for _ in range(mixes):
        mixed = case
        for kind in kinds:
            choices = list(kind(definition, mixed))
            if choices and random.random() < 0.7:
                mixed = random.choice(choices)
        if mixed is not case:
            yield mixed


def to_channels_first(case, results):
    images, outputs, per_dimension = IMAGES[case.node.op]
    rank = case.inputs[images[0]].array.ndim
    order = [0, rank - 1] + list(range(1, rank - 1))
    turned = case.copy("channels first")
    turned.node.attr["data_format"].s = b"NCDHW" if case.node.op == "Conv3D" else b"NCHW"
    for i in images:
        turned.inputs[i] = turned.inputs[i].of(turned.inputs[i].array.transpose(order))
    for i in per_dimension:
        turned.inputs[i] = turned.inputs[i].of(turned.inputs[i].array[order])
    for name in PER_DIMENSION:
        ints = list(turned.node.attr[name].list.i) if name in turned.node.attr else []
        if len(ints) == rank:
            turned.node.attr[name].list.i[:] = [ints[i] for i in order]
        elif len(ints) == 2 * rank:
            turned.node.attr[name].list.i[:] = [ints[2 * i + side] for i in order for side in (0, 1)]
    return turned, [one.of(one.array.transpose(order)) if i in outputs else one for i, one in enumerate(results)]


def is_channels_last_image(case):
    if case.node.op not in IMAGES:
        return False
    images = [case.inputs[i] for i in IMAGES[case.node.op][0]]
    layout = case.node.attr["data_format"].s if "data_format" in case.node.attr else b"NHWC"
    return all(image.array.ndim in (4, 5) for image in images) and layout in (b"NHWC", b"NDHWC")


class Writer:
    def __init__(self, directory, op):
        self.path, self.graph, self.response = os.path.join(directory, op), graph_pb2.GraphDef(), predict_pb2.PredictResponse()
        self.labels, self.seen = [], set()

    def add(self, case, results):
        name = f"c{len(self.labels)}"
        self.graph.node.extend(nodes_of(case, name))
        for i, value in enumerate(case.inputs):
            if not value.constant:
                self.response.outputs[f"{name}/x{i}:0"].CopyFrom(value.proto())
        for i, value in enumerate(results or []):
            self.response.outputs[f"{name}/y:{i}"].CopyFrom(value.proto())
        self.labels.append(f"{name} {'refused: ' if results is None else ''}{case.label}")

    def is_new(self, case):
        key = (tuple(sorted((k, v.SerializeToString(deterministic=True)) for k, v in case.node.attr.items())),
               tuple((v.constant, v.proto().SerializeToString()) for v in case.inputs))
        return not (key in self.seen or self.seen.add(key))

    def close(self):
        for suffix, content in ((".graph.pb", self.graph.SerializeToString(deterministic=True)),
                                (".golden.pb", self.response.SerializeToString(deterministic=True)),
                                (".txt", "\n".join(self.labels).encode() + b"\n")):
            with open(self.path + suffix, "wb") as file:
                file.write(content)


class Journal:
    """How many cases a child has begun, so that its parent can have another leave out the one that killed it."""

    def __init__(self):
        self.memory = mmap.mmap(-1, 8)

    def begun(self):
        return struct.unpack("q", self.memory[:8])[0]

    def write(self, begun):
        self.memory[:8] = struct.pack("q", begun)


def walk_in_children(op, arguments):
    """TensorFlow dies of some cases: each op is walked by a process of its own, again without those."""
    deadly = set()
    while True:
        journal = Journal()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            walk(op, arguments, journal, deadly)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if not os.WIFSIGNALED(status):
            return
        deadly.add(journal.begun())


def walk(op, arguments, journal, deadly):
    random.seed(f"{arguments.seed} {op}")
    definition = op_def_registry.get(op)
    bases = [case for directory in arguments.cases for case in read_cases(directory, op)]
    random.shuffle(bases)
    writer, refused = Writer(arguments.out, op), 0
    for base in bases[: arguments.bases]:
        for case in [base, *changes(definition, base, arguments.mixes)]:
            if not writer.is_new(case):
                continue
            journal.write(journal.begun() + 1)
            results = None if journal.begun() in deadly else evaluate(definition, case)
            if results is None:
                refused += 1
                if arguments.refused:
                    writer.add(case, None)
                continue
            if sum(value.array.size for value in results) > 100_000:
                continue
            if op.startswith("FusedBatchNorm"):  # inference reads the first result only
                results = results[:1]
            writer.add(case, results)
            if is_channels_last_image(case):
                writer.add(*to_channels_first(case, results))
    writer.close()
    print(f"{op}: {len(writer.labels)} cases, {refused} refused, {len(deadly)} kill TensorFlow", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--ops")
    parser.add_argument("--bases", type=int, default=6)
    parser.add_argument("--mixes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--refused", action="store_true", help="also write the cases that TensorFlow refuses")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    os.makedirs(arguments.out, exist_ok=True)
    found = sorted({name[: -len(".graph.pb")] for d in arguments.cases for name in os.listdir(d) if name.endswith(".graph.pb")})
    for op in arguments.ops.split(",") if arguments.ops else found:
        walk_in_children(op, arguments)


main()

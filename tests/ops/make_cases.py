"""Golden cases of what the random ones leave out: every dtype, the edges of the attributes, empty tensors, NaN, and
what TensorFlow refuses.

usage: make_cases.py [OP...]      with TensorFlow 2.21; writes golden/OP.graph.pb and golden/OP.golden.pb beside itself

The format is that of the shared cases: a GraphDef of cases cK with inputs cK/x0... and the op node cK/y, and a
tensorflow.serving.PredictResponse with the fed tensors and the results. A case without results is one that TensorFlow
refuses.
"""
import os
import struct
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2, versions_pb2
from tensorflow.python.framework import op_def_library, op_def_registry
from tensorflow_serving.apis import predict_pb2

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
F, H, D, B16 = np.float32, np.float16, np.float64, tf.bfloat16.as_numpy_dtype
I8, I16, I32, I64 = np.int8, np.int16, np.int32, np.int64
U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64
C64, C128 = np.complex64, np.complex128
FLOATS = [H, B16, F, D]
SIGNED, UNSIGNED = [I8, I16, I32, I64], [U8, U16, U32, U64]
REALS = FLOATS + SIGNED + UNSIGNED
NUMBERS = REALS + [C64, C128]
NAN, INF = float("nan"), float("inf")
random = np.random.default_rng(7)
good, bad = [], []  # (op, arguments[, whether the placeholders say their shapes])


class Const:
    """An input that the graph holds instead of being fed."""

    def __init__(self, value):
        self.value = value


class Quantized:
    """A fed tensor of a quantized dtype, which NumPy lacks."""

    def __init__(self, value, dtype):
        self.value, self.dtype = value, dtype


def case(op, shapes_known=True, **arguments):
    good.append((op, arguments, shapes_known))


def refused(op, **arguments):
    bad.append((op, arguments))


def numbers(dtype, *shape, low=-4, high=5):
    """Small numbers, whole ones for integers; not negative for unsigned dtypes."""
    if dtype == np.bool_:
        return random.integers(0, 2, shape).astype(bool)
    if dtype in UNSIGNED:
        low = 0
    if dtype in SIGNED + UNSIGNED:
        return random.integers(low, high, shape).astype(dtype)
    values = random.uniform(low, high, shape)
    if dtype in (C64, C128):
        values = values + 1j * random.uniform(low, high, shape)
    return values.astype(dtype)


def strings(*shape):
    words = np.array([b"", b"a", b"bc", "h\u00e9".encode(), b"\x00\xff"], object)
    return words[random.integers(0, len(words), shape)]


def ints(*values):
    return np.array(values, I32)


NO_INTS = np.zeros((0,), I32)


def fills():
    for dtype in NUMBERS + [np.bool_]:
        case("Fill", dims=ints(2, 3), value=numbers(dtype))
        case("ZerosLike", x=numbers(dtype, 2, 3))
        case("OnesLike", x=numbers(dtype, 2, 3))
    case("Fill", dims=I64([2]), value=strings())
    case("Fill", dims=NO_INTS, value=F(3))
    case("Fill", dims=ints(3, 0), value=F(3))
    case("ZerosLike", x=strings(3))
    refused("Fill", dims=ints(-1), value=F(0))
    for dtype in (I32, I64, H, F, D):
        case("Range", start=dtype(1), limit=dtype(9), delta=dtype(3))
        case("Range", start=dtype(5), limit=dtype(-5), delta=dtype(-2))
        case("Range", start=dtype(2), limit=dtype(2), delta=dtype(1))
    case("Range", start=F(0.1), limit=F(30), delta=F(0.1))
    case("Range", start=H(0.3), limit=H(50), delta=H(0.3))
    case("Range", start=I64(-2**63), limit=I64(2**63 - 1), delta=I64(2**62))
    for start, limit, delta in ((0, 3, 0), (0, 3, -1), (3, 0, 1)):
        refused("Range", start=I32(start), limit=I32(limit), delta=I32(delta))
    refused("Range", start=F(0), limit=F(INF), delta=F(1))
    refused("Range", start=F(0), limit=F(NAN), delta=F(1))
    case("LinSpace", start=D(0.1), stop=D(1.3), num=I32(7))
    case("LinSpace", start=F(5), stop=F(-1), num=I64(4))
    case("LinSpace", start=F(5), stop=F(9), num=I32(1))
    case("LinSpace", start=F(-1), stop=F(INF), num=I32(4))
    refused("LinSpace", start=F(5), stop=F(9), num=I32(0))


def tiles():
    for dtype in NUMBERS + [np.bool_]:
        if dtype not in (U16, U32, U64):  # TensorFlow's own Tile lacks them
            case("Tile", input=numbers(dtype, 2, 3), multiples=ints(2, 2))
        case("BroadcastTo", input=numbers(dtype, 2, 1), shape=ints(3, 2, 2))
    case("Tile", input=strings(2, 1), multiples=I64([1, 3]))
    case("Tile", input=F(2), multiples=NO_INTS)
    case("Tile", input=numbers(F, 2, 3), multiples=ints(0, 2))
    case("Tile", input=numbers(F, 0, 3), multiples=ints(4, 2))
    refused("Tile", input=numbers(F, 2), multiples=ints(-1))
    refused("Tile", input=numbers(F, 2), multiples=ints(1, 2))
    case("BroadcastTo", input=F(2), shape=NO_INTS)
    case("BroadcastTo", input=F(2), shape=ints(2, 0))
    case("BroadcastTo", input=numbers(F, 1), shape=I64([0]))
    case("BroadcastTo", input=strings(3), shape=ints(2, 3))
    for shape in ((2,), (3, 4), (-1, 3)):
        refused("BroadcastTo", input=numbers(F, 2, 3), shape=ints(*shape))
    case("BroadcastArgs", s0=I64([3, 1]), s1=I64([5, 1, 4]))
    case("BroadcastArgs", s0=NO_INTS, s1=ints(2, 0))
    case("BroadcastArgs", s0=ints(1), s1=ints(0))
    refused("BroadcastArgs", s0=ints(2, 3), s1=ints(2))


def selects():
    for dtype in NUMBERS + [np.bool_]:
        x, y = numbers(dtype, 2, 3), numbers(dtype, 2, 3)
        case("Select", condition=numbers(np.bool_, 2), x=x, y=y)
        case("SelectV2", condition=numbers(np.bool_, 2, 1), t=x, e=numbers(dtype))
    case("Select", condition=np.bool_(False), x=strings(2), y=strings(2))
    case("Select", condition=numbers(np.bool_, 2, 2), x=strings(2, 2), y=strings(2, 2))
    case("Select", condition=numbers(np.bool_, 0), x=numbers(F, 0, 2), y=numbers(F, 0, 2))
    case("SelectV2", condition=numbers(np.bool_, 3, 1, 2), t=strings(4, 1), e=strings(2))
    case("SelectV2", condition=numbers(np.bool_, 0, 1), t=numbers(F, 3), e=F(1))
    refused("Select", condition=numbers(np.bool_, 3), x=numbers(F, 2), y=numbers(F, 2))
    refused("Select", condition=numbers(np.bool_, 1), x=F(1), y=F(2))
    refused("SelectV2", condition=numbers(np.bool_, 3), t=numbers(F, 2), e=F(1))
    for dtype in [H, B16, F, D, I8, I16, I32, I64, U8, U16]:
        case("ClipByValue", t=numbers(dtype, 3, 3, low=-9, high=9), clip_value_min=dtype(1), clip_value_max=dtype(4))
    t = np.array([NAN, 1, -5, 5, INF, -INF], F)
    for low, high in ((0, 2), (NAN, 2), (0, NAN), (4, 2)):
        case("ClipByValue", t=t, clip_value_min=F(low), clip_value_max=F(high))
    case("ClipByValue", t=t, clip_value_min=numbers(F, 6, low=-3, high=0), clip_value_max=F(1))
    case("ClipByValue", t=t, clip_value_min=F(-1), clip_value_max=numbers(F, 6, low=0, high=3))
    case("ClipByValue", t=t, clip_value_min=numbers(F, 6), clip_value_max=numbers(F, 6))
    case("ClipByValue", t=C64([1 + 2j, -5, 3 + 4j, 0.1]), clip_value_min=C64(1), clip_value_max=C64(2))
    refused("ClipByValue", t=numbers(F, 2, 2), clip_value_min=numbers(F, 2), clip_value_max=F(1))
    for dtype in [F, D, C64, C128, np.bool_] + SIGNED + UNSIGNED:
        case("Where", condition=(numbers(dtype, 2, 3, low=-1, high=2) * numbers(np.bool_, 2, 3)).astype(dtype))
    case("Where", condition=F([NAN, 0, -0.0, 1]))
    case("Where", condition=numbers(F, 3, 0))
    case("Where", condition=numbers(np.bool_, 2, 2, 2, 2, 2))


def scans():
    for dtype in NUMBERS:
        for op in ("Cumsum", "Cumprod"):
            case(op, x=numbers(dtype, 3, 4, 2), axis=I32(-2), exclusive=True, reverse=False)
            case(op, x=numbers(dtype, 3, 4), axis=I64(0), exclusive=False, reverse=True)
    case("Cumsum", x=I8([100, 100, 3]), axis=I32(0))
    case("Cumsum", x=np.full(300, 0.1, H), axis=I32(0))
    case("Cumsum", x=F([1, NAN, 2]), axis=I32(0), exclusive=True, reverse=True)
    case("Cumsum", x=numbers(F, 2, 0), axis=I32(1))
    case("Cumprod", x=numbers(F, 0, 2), axis=I32(1))
    refused("Cumsum", x=numbers(F, 2), axis=I32(1))
    refused("Cumsum", x=F(3), axis=I32(0))
    refused("Cumprod", x=numbers(F, 2), axis=ints(0))


def reverses():
    for dtype in NUMBERS + [np.bool_]:
        case("ReverseV2", tensor=numbers(dtype, 2, 3), axis=ints(-1))
        case("ReverseSequence", input=numbers(dtype, 2, 3), seq_lengths=I64([2, 3]), seq_dim=1)
    case("ReverseV2", tensor=strings(2, 3), axis=I64([1, 0]))
    case("ReverseV2", tensor=F(1), axis=NO_INTS)
    case("ReverseV2", tensor=numbers(F, 0, 2), axis=ints(0))
    refused("ReverseV2", tensor=numbers(F, 2, 2), axis=ints(0, -2))
    refused("ReverseV2", tensor=numbers(F, 2, 2), axis=ints(2))
    case("Reverse", tensor=numbers(F, 2, 3, 2), dims=np.array([True, False, True]))
    case("Reverse", tensor=strings(3), dims=np.array([True]))
    refused("Reverse", tensor=numbers(F, 2), dims=np.array([True, False]))
    case("ReverseSequence", input=strings(3, 2), seq_lengths=ints(0, 3), seq_dim=0, batch_dim=1)
    case("ReverseSequence", input=numbers(F, 2, 3, 4, 2), seq_lengths=ints(1, 4, 0), seq_dim=2, batch_dim=1)
    for lengths, axis in (((4, 1), 1), ((-1, 1), 1), ((1,), 1), ((1, 1), 0), ((1, 1), 2), ((1, 1), -1)):
        refused("ReverseSequence", input=numbers(F, 2, 3), seq_lengths=ints(*lengths), seq_dim=axis)


def blocks():
    for dtype in NUMBERS + [np.bool_]:
        case("DepthToSpace", input=numbers(dtype, 1, 2, 1, 8), block_size=2)
        case("SpaceToDepth", input=numbers(dtype, 1, 2, 4, 1), block_size=2)
    case("DepthToSpace", input=numbers(F, 0, 2, 1, 4), block_size=2)
    case("SpaceToDepth", input=strings(1, 2, 2, 1), block_size=2)
    refused("DepthToSpace", input=numbers(F, 1, 2, 2, 6), block_size=2)
    refused("SpaceToDepth", input=numbers(F, 1, 3, 2, 1), block_size=2)
    refused("SpaceToDepth", input=numbers(F, 3, 2, 1), block_size=2)
    for dtype in REALS:
        case("SpaceToBatchND", input=numbers(dtype, 2, 3, 2), block_shape=ints(2), paddings=I32([[1, 0]]))
        case("BatchToSpaceND", input=numbers(dtype, 4, 2, 1), block_shape=ints(2), crops=I32([[1, 2]]))
    case("SpaceToBatchND", input=numbers(F, 1, 4, 3, 2, 5), block_shape=I64([1, 3, 2]), paddings=I64([[0, 0], [2, 1], [3, 1]]))
    case("SpaceToBatchND", input=numbers(F, 2, 3), block_shape=NO_INTS, paddings=np.zeros((0, 2), I32))
    case("SpaceToBatchND", input=numbers(F, 0, 4), block_shape=ints(2), paddings=I32([[0, 0]]))
    case("SpaceToBatchND", input=numbers(F, 1, 1), block_shape=ints(4), paddings=I32([[5, 2]]))
    case("BatchToSpaceND", input=numbers(F, 12, 2, 3, 2), block_shape=I64([2, 3]), crops=I64([[1, 0], [2, 3]]))
    case("BatchToSpaceND", input=numbers(F, 2, 1), block_shape=ints(2), crops=I32([[1, 1]]))
    case("SpaceToBatch", input=numbers(F, 1, 3, 4, 2), paddings=I32([[1, 0], [0, 2]]), block_size=2)
    case("BatchToSpace", input=numbers(F, 4, 2, 2, 1), crops=I32([[1, 0], [0, 1]]), block_size=2)
    refused("SpaceToBatchND", input=numbers(F, 1, 3), block_shape=ints(2), paddings=I32([[0, 0]]))
    refused("SpaceToBatchND", input=numbers(F, 1, 3), block_shape=ints(0), paddings=I32([[0, 0]]))
    refused("SpaceToBatchND", input=numbers(F, 1, 3), block_shape=ints(2), paddings=I32([[-1, 0]]))
    refused("BatchToSpaceND", input=numbers(F, 2, 1), block_shape=ints(2), crops=I32([[1, 2]]))
    refused("BatchToSpaceND", input=numbers(F, 3, 1), block_shape=ints(2), crops=I32([[0, 0]]))
    refused("BatchToSpace", input=numbers(F, 3, 1, 1, 1), crops=I32([[0, 0], [0, 0]]), block_size=2)


def einsums():
    for dtype in (H, B16, F, D, I32, I64, C64, C128):
        case("Einsum", inputs=[numbers(dtype, 2, 3, 4), numbers(dtype, 2, 4, 2)], equation="bij,bjk->bik")
    for equation, *shapes in (
        ("ii->i", (3, 3)), ("i->ii", (3,)), ("ii->", (3, 3)), ("ij->iijj", (2, 3)), ("ij->", (2, 3)), ("a->a", (0,)),
        ("i,i->", (0,), (0,)), (",->", (), ()), ("ii,ij->j", (2, 2), (2, 3)), ("ij,jk->iik", (2, 2), (2, 3)),
        ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 1)), ("i...,i->...", (2, 3, 4), (2,)), ("...,...->...", (2, 1), (3,)),
        ("ij->...ij", (2, 3)), ("...i->i...", (2, 3, 4)), ("a...b,b->...a", (2, 3, 1, 4), (4,)), ("Ab,bA->A", (2, 3), (3, 2)),
        ("abc,abc->", (2, 3, 2), (2, 3, 2)), ("ab,cd->", (2, 3), (2, 2)), ("iji->j", (2, 3, 2)),
    ):
        case("Einsum", inputs=[numbers(F, *shape) for shape in shapes], equation=equation)
    for equation, *shapes in (
        ("...ij->ij", (2, 3, 4)), ("ij,jk->ik", (1, 2), (1, 3)), ("ij->i", (2, 3, 4)), ("ii->i", (2, 3)), 
        ("ij,jk->ik", (2, 1), (3, 2)),
    ):
        refused("Einsum", inputs=[numbers(F, *shape) for shape in shapes], equation=equation)


def images():
    for dtype in FLOATS:
        case("Conv3D", input=numbers(dtype, 1, 3, 4, 3, 2), filter=numbers(dtype, 2, 1, 2, 2, 3), strides=[1, 1, 2, 2, 1], padding="SAME")
    case("Conv3D", input=numbers(F, 2, 4, 5, 6, 1), filter=numbers(F, 3, 3, 3, 1, 2), strides=[1, 1, 1, 3, 1], padding="VALID")
    case("Conv3D", input=numbers(F, 0, 4, 5, 6, 1), filter=numbers(F, 3, 3, 3, 1, 2), strides=[1] * 5, padding="VALID")
    refused("Conv3D", input=numbers(F, 1, 2, 2, 2, 2), filter=numbers(F, 1, 1, 1, 3, 1), strides=[1] * 5, padding="VALID")
    for dtype in (H, F):
        case("LRN", input=numbers(dtype, 1, 2, 2, 7), depth_radius=2, bias=2.0, alpha=0.3, beta=0.75)
        case("LRN", input=numbers(dtype, 1, 2, 2, 7), depth_radius=0, beta=1.0)
        case("LRN", input=numbers(dtype, 1, 2, 2, 3), depth_radius=9)
    case("LRN", input=numbers(F, 0, 2, 2, 3))
    for dtype in FLOATS:
        case("L2Loss", t=numbers(dtype, 3, 4))
    case("L2Loss", t=numbers(F, 0))
    boxes = F([[0, 0, 1, 1], [0.9, 0.1, 0.2, 0.77], [-0.5, 0.25, 1.5, 0.75]])
    for dtype in [H, F, D, U8, U16] + SIGNED:
        case("CropAndResize", image=numbers(dtype, 2, 4, 5, 2), boxes=boxes, box_ind=ints(0, 1, 1), crop_size=ints(3, 2))
    image = numbers(F, 1, 4, 5, 2)
    case("CropAndResize", image=image, boxes=boxes, box_ind=ints(0, 0, 0), crop_size=ints(1, 1), method="nearest", extrapolation_value=9.0)
    case("CropAndResize", image=image, boxes=boxes, box_ind=ints(0, 0, 0), crop_size=ints(5, 1), method="nearest")
    case("CropAndResize", image=image, boxes=numbers(F, 0, 4), box_ind=NO_INTS, crop_size=ints(2, 2))
    for index, size, box in ((1, 2, 0), (-1, 2, 0), (0, 0, 0), (0, 2, NAN), (0, 2, INF)):
        refused("CropAndResize", image=image, boxes=F([[0, box, 1, 1]]), box_ind=ints(index), crop_size=ints(2, size))
    refused("CropAndResize", image=numbers(F, 1, 0, 5, 2), boxes=boxes[:1], box_ind=ints(0), crop_size=ints(2, 2))


def fake_quants():
    middles = np.linspace(-8, 8, 97).astype(F)  # among them the middle between two levels of a range from 0 to 2
    for op, wrap in (("FakeQuantWithMinMaxArgs", float), ("FakeQuantWithMinMaxVars", F)):
        case(op, inputs=middles, min=wrap(0), max=wrap(2))
    case("FakeQuantWithMinMaxVarsPerChannel", inputs=middles[:, None], min=F([0]), max=F([2]))
    x = np.concatenate([np.linspace(-8, 8, 97), [NAN, INF, -INF]]).astype(F)
    for low, high, bits, narrow in ((-1.5, 2, 8, False), (-6, 6, 4, True), (0.5, 3, 8, False), (-3, -1, 16, False), (-1, 1, 2, True)):
        case("FakeQuantWithMinMaxArgs", inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow)
        case("FakeQuantWithMinMaxVars", inputs=x, min=F(low), max=F(high), num_bits=bits, narrow_range=narrow)
    case("FakeQuantWithMinMaxVars", inputs=x, min=F(0), max=F(0))
    case("FakeQuantWithMinMaxVars", inputs=F(1.3), min=F(-1), max=F(2))
    case("FakeQuantWithMinMaxVarsPerChannel", inputs=numbers(F, 5, 3), min=F([-1, -2, 0]), max=F([1, 0.5, 3]))
    case("FakeQuantWithMinMaxVarsPerChannel", inputs=numbers(F, 2), min=F([0, -2]), max=F([0, 0.5]), num_bits=5, narrow_range=True)
    case("FakeQuantWithMinMaxVarsPerChannel", inputs=numbers(F, 2, 2, 3, 2), min=F([-1, -2]), max=F([1, 0.5]))
    for low, high in ((1, -1), (2, 0), (3, -0.5), (-1, -3), (1, 1), (NAN, 1), (0, NAN), (-INF, INF)):
        case("FakeQuantWithMinMaxVars", inputs=x, min=F(low), max=F(high))
        case("FakeQuantWithMinMaxVarsPerChannel", inputs=np.stack([x, x], 1), min=F([low, 0]), max=F([high, 1]))
    refused("FakeQuantWithMinMaxVars", inputs=x, min=F([0, 1]), max=F(0))
    refused("FakeQuantWithMinMaxVarsPerChannel", inputs=numbers(F, 2, 3), min=F([0, 1]), max=F([1, 2]))


def bands():
    for dtype in NUMBERS + [np.bool_]:
        case("MatrixBandPart", input=numbers(dtype, 2, 3, 4, low=1), num_lower=I64(1), num_upper=I64(0))
    for lower, upper in ((-1, 0), (0, -1), (-1, -1), (3, 4), (0, 0), (2, 1)):
        case("MatrixBandPart", input=numbers(F, 3, 4), num_lower=I32(lower), num_upper=I32(upper))
    case("MatrixBandPart", input=numbers(F, 2, 0, 4), num_lower=I64(0), num_upper=I64(1))
    refused("MatrixBandPart", input=numbers(F, 3, 4), num_lower=I64(4), num_upper=I64(1))
    refused("MatrixBandPart", input=numbers(F, 3, 4), num_lower=I64(1), num_upper=I64(5))
    for dtype in NUMBERS + [np.bool_]:
        case("OneHot", indices=ints(1, 0, 5, -1), depth=I32(3), on_value=numbers(dtype), off_value=numbers(dtype))
    case("OneHot", indices=U8([[255, 1], [0, 2]]), depth=I32(3), on_value=np.array(b"on", object), off_value=np.array(b"off", object), axis=0)
    case("OneHot", indices=I8([[-1, 1], [0, 2]]), depth=I32(4), on_value=F(1), off_value=F(0), axis=1)
    case("OneHot", indices=I64(2), depth=I32(4), on_value=F(1), off_value=F(0))
    case("OneHot", indices=I64([2, 1]), depth=I32(0), on_value=F(1), off_value=F(0))
    case("OneHot", indices=np.zeros((0, 2), I64), depth=I32(3), on_value=F(1), off_value=F(0), axis=0)
    refused("OneHot", indices=I64([2]), depth=I32(-1), on_value=F(1), off_value=F(0))


def suppressions():
    def some(count, dtype=F):
        corner, size = random.uniform(0, 1, (count, 2)), random.uniform(0.05, 0.6, (count, 2))
        boxes = np.concatenate([corner, corner + size], 1).astype(dtype)
        boxes[::3] = boxes[::3][:, [2, 3, 0, 1]]
        return dict(boxes=boxes, scores=random.uniform(0, 1, count).astype(dtype))

    tied = dict(boxes=F([[0, 0, 1, 1], [0, 0, 1, 1.1], [0, 2, 1, 3], [0, 2, 1, 2]]), scores=F([0.5, 0.5, 0.5, 0.5]))
    odd = dict(boxes=tied["boxes"], scores=F([NAN, 0.75, -INF, 0.2]))
    none = dict(boxes=np.zeros((0, 4), F), scores=np.zeros(0, F))
    equal = dict(some(20), scores=F([0.5, 0.25] * 10))
    unknown = some(20)
    unknown["scores"][::4] = NAN
    for given in (some(20), tied, odd, none, equal, unknown):
        case("NonMaxSuppression", max_output_size=I32(6), iou_threshold=0.3, **given)
        case("NonMaxSuppressionV2", max_output_size=I32(6), iou_threshold=F(0), **given)
        case("NonMaxSuppressionV3", max_output_size=I32(3), iou_threshold=F(1), score_threshold=F(0.4), **given)
        for pads in (False, True):
            case("NonMaxSuppressionV4", max_output_size=Const(I32(9)), iou_threshold=F(0.3), score_threshold=F(0.2),
                 pad_to_max_output_size=pads, **given)
            case("NonMaxSuppressionV5", max_output_size=I32(9), iou_threshold=F(0.3), score_threshold=F(0.2),
                 soft_nms_sigma=F(0.3), pad_to_max_output_size=pads, **given)
    case("NonMaxSuppressionV5", max_output_size=I32(9), iou_threshold=F(0.3), score_threshold=F(0), soft_nms_sigma=F(0), **some(20))
    case("NonMaxSuppressionV2", max_output_size=I32(6), iou_threshold=H(0.4), **some(20, H))
    case("NonMaxSuppressionV3", max_output_size=I32(0), iou_threshold=F(0.4), score_threshold=F(0), **some(20, H))
    case("NonMaxSuppressionV5", max_output_size=I32(9), iou_threshold=H(0.3), score_threshold=H(0.1), soft_nms_sigma=H(0.5), **some(20, H))
    overlaps = random.uniform(0, 1, (6, 6)).astype(F)
    case("NonMaxSuppressionWithOverlaps", overlaps=overlaps, scores=numbers(F, 6), max_output_size=I32(4), overlap_threshold=F(0.6), score_threshold=F(-2))
    refused("NonMaxSuppressionWithOverlaps", overlaps=overlaps[:, :5], scores=numbers(F, 6), max_output_size=I32(4), overlap_threshold=F(0.6), score_threshold=F(-2))
    for op in ("NonMaxSuppressionV3", "NonMaxSuppressionV4"):
        for most, overlap in ((-1, 0.5), (1, 1.5), (1, -0.5), (1, NAN)):
            refused(op, max_output_size=I32(most), iou_threshold=F(overlap), score_threshold=F(0), **tied)
        refused(op, boxes=tied["boxes"], scores=F([1]), max_output_size=I32(1), iou_threshold=F(0.5), score_threshold=F(0))
        refused(op, boxes=tied["boxes"][:, :3], scores=tied["scores"], max_output_size=I32(1), iou_threshold=F(0.5), score_threshold=F(0))
    refused("NonMaxSuppressionV5", max_output_size=I32(9), iou_threshold=F(0.3), score_threshold=F(0), soft_nms_sigma=F(-1), **tied)
    # Soft, with overlaps above the threshold, scores below zero, choices one by one from long chains.
    shift = np.arange(40) * 0.07
    chain = np.stack([0 * shift, shift, 0 * shift + 1, shift + 1], 1)
    levels = np.cos(np.arange(40) * 5) - 0.25
    for dtype in (F, H):
        for sigma in (0.2, 1):
            for overlap in (0, 1):
                case("NonMaxSuppressionV5", boxes=chain.astype(dtype), scores=levels.astype(dtype), max_output_size=I32(30), iou_threshold=dtype(overlap), score_threshold=dtype(-2), soft_nms_sigma=dtype(sigma))
    case("NonMaxSuppressionV5", boxes=chain.astype(F), scores=levels.astype(F), max_output_size=Const(I32(50)), iou_threshold=Const(F(0.5)), score_threshold=Const(F(0.1)), soft_nms_sigma=Const(F(0.5)), pad_to_max_output_size=True)
    many = np.stack([np.stack([some(12)["boxes"] * 1.2 - 0.1 for _ in range(3)], 1) for _ in range(2)])
    scores = random.uniform(0, 1, (2, 12, 3)).astype(F)
    limits = dict(iou_threshold=F(0.4), score_threshold=F(0.3))
    for per_class, total, rest in ((3, 20, {}), (3, 20, dict(pad_per_class=True)), (4, 5, dict(clip_boxes=False)), (40, 7, dict(pad_per_class=True))):
        for shared in (False, True):
            case("CombinedNonMaxSuppression", boxes=many[:, :, :1] if shared else many, scores=scores,
                 max_output_size_per_class=I32(per_class), max_total_size=Const(I32(total)), **limits, **rest)
    for levels in (1, 2, 4):  # equal scores in several classes
        equal_scores = (np.ceil(scores * levels) / levels).astype(F)
        for total in (3, 9, 40):
            case("CombinedNonMaxSuppression", boxes=many, scores=equal_scores, max_output_size_per_class=I32(4), max_total_size=I32(total), **limits)
    row = F([[i, 0, i + 0.5, 1] for i in range(30)])[None, :, None]  # more equal scores than a small sort's threshold
    case("CombinedNonMaxSuppression", boxes=row, scores=np.round(random.uniform(0, 1, (1, 30, 4)), 1).astype(F), max_output_size_per_class=I32(20), max_total_size=I32(60), clip_boxes=False, **limits)
    case("CombinedNonMaxSuppression", boxes=many[:, :0], scores=scores[:, :0], max_output_size_per_class=I32(2), max_total_size=I32(3), **limits)
    for per_class, total in ((0, 2), (2, 0)):
        refused("CombinedNonMaxSuppression", boxes=many, scores=scores, max_output_size_per_class=I32(per_class), max_total_size=I32(total), **limits)
    refused("CombinedNonMaxSuppression", boxes=many[:, :, :2], scores=scores, max_output_size_per_class=I32(2), max_total_size=I32(3), **limits)


def scatters():
    for dtype in NUMBERS + [np.bool_]:
        case("ScatterNd", indices=I32([[1], [3], [1]]), updates=numbers(dtype, 3, 2), shape=ints(5, 2))
        case("TensorScatterUpdate", tensor=numbers(dtype, 3, 2), indices=I64([[2, 1], [0, 0], [2, 1]]), updates=numbers(dtype, 3))
    case("ScatterNd", indices=I64([[[0, 1], [2, 0]]]), updates=strings(1, 2), shape=I64([3, 2]))
    case("ScatterNd", indices=I32([[1], [1]]), updates=np.array([b"a", b"b"], object), shape=ints(2))
    case("ScatterNd", indices=np.zeros((0, 1), I32), updates=numbers(F, 0, 2), shape=ints(2, 2))
    case("ScatterNd", indices=I32([[5], [1], [-1]]), updates=numbers(F, 3), shape=ints(3), bad_indices_policy="IGNORE")
    case("TensorScatterUpdate", tensor=strings(3), indices=I32([[1], [0]]), updates=strings(2))
    case("TensorScatterUpdate", tensor=numbers(F, 3), indices=I32([[3], [0]]), updates=numbers(F, 2), bad_indices_policy="IGNORE")
    for op in ("TensorScatterAdd", "TensorScatterSub"):
        for dtype in NUMBERS:
            case(op, tensor=numbers(dtype, 3, 2), indices=I32([[2], [0], [2]]), updates=numbers(dtype, 3, 2))
    for op in ("TensorScatterMin", "TensorScatterMax"):
        for dtype in REALS:
            case(op, tensor=numbers(dtype, 3, 2), indices=I32([[2, 0], [0, 1], [2, 0]]), updates=numbers(dtype, 3))
        case(op, tensor=F([NAN, 1, NAN, 3]), indices=I32([[0], [1], [0], [2], [3]]), updates=F([2, NAN, 1, NAN, INF]))
    case("ScatterNdNonAliasingAdd", input=numbers(F, 3, 2), indices=I32([[2], [0], [2]]), updates=numbers(F, 3, 2))
    for index in (3, -1):
        refused("ScatterNd", indices=I32([[index]]), updates=numbers(F, 1), shape=ints(3))
        refused("TensorScatterUpdate", tensor=numbers(F, 3), indices=I32([[index]]), updates=numbers(F, 1))
        refused("TensorScatterAdd", tensor=numbers(F, 3), indices=I32([[index]]), updates=numbers(F, 1))
    refused("ScatterNd", indices=I32([[1]]), updates=numbers(F, 2), shape=ints(3))
    refused("ScatterNd", indices=I32([[1, 1]]), updates=numbers(F, 1), shape=ints(3))
    refused("ScatterNd", indices=I32([[0]]), updates=numbers(F, 1), shape=ints(-1))
    refused("TensorScatterUpdate", tensor=numbers(F, 3, 2), indices=I32([[1]]), updates=numbers(F, 1))
    for dtype in FLOATS + SIGNED + [U8, U16, C64, C128, np.bool_]:
        case("SparseToDense", sparse_indices=I32([[0, 1], [1, 0]]), output_shape=ints(2, 2), sparse_values=numbers(dtype, 2), default_value=numbers(dtype))
    case("SparseToDense", sparse_indices=I32(2), output_shape=ints(4), sparse_values=strings(), default_value=strings())
    case("SparseToDense", sparse_indices=I64([1, 3]), output_shape=I64([4]), sparse_values=F(7), default_value=F(1))
    case("SparseToDense", sparse_indices=NO_INTS, output_shape=ints(4), sparse_values=numbers(F, 0), default_value=F(1))
    case("SparseToDense", sparse_indices=ints(3, 1, 1), output_shape=ints(4), sparse_values=F([1, 2, 9]), default_value=F(0), validate_indices=False)
    for indices in ((3, 1), (1, 1), (1, 4), (-1, 1)):
        refused("SparseToDense", sparse_indices=ints(*indices), output_shape=ints(4), sparse_values=F([1, 2]), default_value=F(0))
    refused("SparseToDense", sparse_indices=ints(7), output_shape=ints(4), sparse_values=F([1]), default_value=F(0), validate_indices=False)
    refused("SparseToDense", sparse_indices=ints(1), output_shape=ints(4, 2), sparse_values=F([1]), default_value=F(0))


def segments():
    for dtype in NUMBERS:
        real = [] if dtype in (C64, C128) else ["Max", "Min"]
        for kind in ["Sum", "Mean", "Prod"] + real:
            case("Segment" + kind, data=numbers(dtype, 5, 2, low=1), segment_ids=ints(1, 1, 1, 4, 4))
        for kind in ["Sum", "Prod"] + real:
            case("UnsortedSegment" + kind, data=numbers(dtype, 4, 2, low=1), segment_ids=ints(1, 3, -1, 1), num_segments=Const(I32(5)))
    for kind in ("Sum", "Mean", "Prod", "Max", "Min"):
        case("Segment" + kind, data=F([[NAN, 1], [2, -INF], [0, 1]]), segment_ids=I64([0, 0, 2]))
        case("Segment" + kind, data=numbers(F, 0, 2), segment_ids=NO_INTS)
        for dtype in FLOATS:
            case("Segment" + kind, data=np.array([-INF, -INF, INF, INF]).astype(dtype), segment_ids=ints(0, 0, 1, 1))
        for ids in ((1, 0), (-1, 0), (0,)):
            refused("Segment" + kind, data=numbers(F, 2), segment_ids=ints(*ids))
    for kind in ("Sum", "Prod", "Max", "Min"):
        case("UnsortedSegment" + kind, data=F([[NAN, 1], [2, -INF], [0, 1]]), segment_ids=I64([0, 0, 2]), num_segments=I64(4))
        case("UnsortedSegment" + kind, data=numbers(F, 2, 3, 2), segment_ids=I32([[0, 1, 0], [2, 1, -1]]), num_segments=I32(3))
        case("UnsortedSegment" + kind, data=numbers(F, 2), segment_ids=I32(1), num_segments=I32(3))
        case("UnsortedSegment" + kind, data=numbers(F, 0), segment_ids=NO_INTS, num_segments=I32(0))
        refused("UnsortedSegment" + kind, data=numbers(F, 2), segment_ids=ints(0, 3), num_segments=I32(3))
        refused("UnsortedSegment" + kind, data=numbers(F, 2), segment_ids=ints(0), num_segments=I32(3))
        refused("UnsortedSegment" + kind, data=numbers(F, 2), segment_ids=ints(0, 1), num_segments=I32(-1))


def sparse_segments():
    rows, ids = ints(0, 3, 1, 1), I64([1, 1, 1, 4])
    for kind, dtypes in (("Sum", REALS), ("Mean", FLOATS), ("SqrtN", FLOATS)):
        for dtype in dtypes:
            case("SparseSegment" + kind, data=numbers(dtype, 4, 3), indices=rows, segment_ids=ids)
            case("SparseSegment" + kind + "WithNumSegments", data=numbers(dtype, 4, 3), indices=rows, segment_ids=ids, num_segments=Const(I32(7)))
        case("SparseSegment" + kind, data=numbers(F, 4), indices=NO_INTS, segment_ids=NO_INTS)
        case("SparseSegment" + kind + "WithNumSegments", data=numbers(F, 4, 2), indices=NO_INTS, segment_ids=NO_INTS, num_segments=I64(2))
        for row, last in ((4, 2), (-1, 2), (0, 0), (0, -1)):
            refused("SparseSegment" + kind, data=numbers(F, 4, 2), indices=ints(0, row), segment_ids=ints(1, last))
        refused("SparseSegment" + kind, data=numbers(F, 4, 2), indices=ints(0, 0), segment_ids=ints(0))
        refused("SparseSegment" + kind + "WithNumSegments", data=numbers(F, 4, 2), indices=ints(0), segment_ids=ints(2), num_segments=I32(2))


def joins():
    case("StringJoin", inputs=[strings(), strings(2, 2), strings(2, 2)], separator=", ")
    case("StringJoin", inputs=[strings(), strings()])
    case("StringJoin", inputs=[strings(3)], separator="x")
    case("StringJoin", inputs=[strings(0), strings()])
    refused("StringJoin", inputs=[strings(3), strings(1)])
    words = texts("a", "b", "", "d")
    for ids in ((1, 0, 1, 3), (0, 0, 0, 0)):
        case("UnsortedSegmentJoin", inputs=words, segment_ids=ints(*ids), num_segments=I32(5), separator=":")
        case("UnsortedSegmentJoin", inputs=words, segment_ids=I64(ids), num_segments=Const(I64(4)))
        case("UnsortedSegmentJoin", inputs=words.reshape(2, 2), segment_ids=ints(*ids).reshape(2, 2), num_segments=I32(5), separator=", ")
    case("UnsortedSegmentJoin", inputs=words.reshape(2, 2), segment_ids=ints(1, 1), num_segments=I32(2), separator=":")
    case("UnsortedSegmentJoin", inputs=strings(0), segment_ids=NO_INTS, num_segments=I32(2))
    for ids, most in (((1, -1), 3), ((1, 3), 3), ((1, 1), -1), ((1,), 3)):
        refused("UnsortedSegmentJoin", inputs=texts("a", "b"), segment_ids=ints(*ids), num_segments=I32(most))
    refused("UnsortedSegmentJoin", inputs=text("a"), segment_ids=I32(0), num_segments=I32(3))


def formats():
    for dtype in REALS + [np.bool_, C64]:
        for shape in ((), (2, 3), (9,)):
            case("StringFormat", inputs=[numbers(dtype, *shape)], template="it is %s.")
    case("StringFormat", inputs=[F([1 / 3, 1e20, 1e-10, NAN, INF, -INF, -0.0, 123456789, 1.5, 16777216])], template="%s", summarize=-1)
    case("StringFormat", inputs=[D([1 / 3, 1e20, 1e-10, NAN, INF, -0.0, 123456789.123, 0.1])], template="%s", summarize=8)
    case("StringFormat", inputs=[U64([2**64 - 1]), I64([-2**63])], template="%s and %s")
    case("StringFormat", inputs=[texts("ab", b"\xff\"\\\n\t\x01", "x'", "h\u00e9"), text("q")], template="%s%s", summarize=9)
    for shape in ((10, 10), (3, 3, 3), (2, 2, 2, 2), (1, 8), (0,), (2, 0), (0, 3)):
        for summarize in (-1, 0, 1, 3, 4):
            case("StringFormat", inputs=[np.arange(np.prod(shape), dtype=I32).reshape(shape)], template="%s", summarize=summarize)
    case("StringFormat", inputs=[F(1), F(2)], template="{} %s {}{", placeholder="{}")
    case("StringFormat", inputs=[], template="hello")
    case("StringFormat", inputs=[F(1)], template="ab", placeholder="")


def tables():
    def decode(accept, records, *fields, **rest):
        accept("DecodeCSV", records=texts(*records) if isinstance(records, tuple) else text(records), record_defaults=list(fields), **rest)

    whole, name, real = I64([9]), texts("none"), F([0.5])
    decode(case, ("1,2.5,a", "3,,b", ",1e3,"), I32([0]), F([7]), texts("z"))
    decode(case, ("1,0x10", " 2 , nan "), whole, D([0]))
    decode(case, "1,2", I64(9), D(0))
    for record in ('1,"a,b"', '1,"q""r"', '1,""', '"1","2"', '1,"a\nb"', '1,""""', "\n1,2", "1,", "\r\n\r1,x", ",", '"",""'):
        decode(case, (record,), whole, name)
    for record in ('1,"a', '1,a"b', '1,"a"b', "", "1,a\n", "1,a\r\n", "1,a\nb,c", "1,2,3", '1, "a"', "1", "x,y", '1,"', "1.5,a", "99999999999999999999,a"):
        decode(refused, (record,), whole, name)
    decode(case, ('1,"a', '2,b"'), whole, name, use_quote_delim=False)
    decode(case, ("NA,2", "3,NA"), whole, real, na_value="NA")
    decode(case, ("1;2", "3;"), whole, real, field_delim=";")
    for columns in ([1, 3], [0, 2], [2, 3]):
        decode(case, ("1,2,3,4", "5,6,,8,9"), whole, real, select_cols=columns)
    decode(case, ("1,2,",), whole, real, select_cols=[1, 2])
    decode(refused, ("1,2,3,4",), whole, real, select_cols=[1, 7])
    decode(refused, ("1,",), whole, np.zeros(0, I32))
    case("DecodeCSV", records=texts("1,2", "3,4").reshape(2, 1), record_defaults=[whole, real])
    case("DecodeCSV", records=strings(0), record_defaults=[whole, real])


def texts(*values):
    return np.array([value if isinstance(value, bytes) else value.encode() for value in values], object)


def text(value):
    return np.array(value.encode(), object)


def string_numbers():
    whole = ("1", " 1 ", "+1", "\t7\n", "007")
    for out_type in (tf.float32, tf.float64, tf.int32, tf.int64, tf.uint32, tf.uint64):
        case("StringToNumber", string_tensor=texts(*whole), out_type=out_type)
        for wrong in ("", "1_0", "1 2", "1f", "0b1", "1e", "x", "0x", "--1"):
            refused("StringToNumber", string_tensor=texts("1", wrong), out_type=out_type)
    for out_type in (tf.float32, tf.float64):
        case("StringToNumber", string_tensor=texts("1.5", "-1e3", "0x10", "-0x1p3", "nan", "NaN", "INF", "-inf", "Infinity", "1e400", "1e-400", "-0", "1.", ".5", "3.4028236e38", "1.17549435e-40", "99999999999"), out_type=out_type)
    for out_type, limits, wrong in (
        (tf.int32, ("-1", "2147483647", "-2147483648"), ("2147483648", "1.5")), (tf.uint64, ("18446744073709551615",), ("-1", "-0", "18446744073709551616")),
        (tf.int64, ("-9223372036854775808", "9223372036854775807"), ("9223372036854775808", "0x10")), (tf.uint32, ("4294967295",), ("4294967296",)),
    ):
        case("StringToNumber", string_tensor=texts(*limits), out_type=out_type)
        for one in wrong:
            refused("StringToNumber", string_tensor=texts(one), out_type=out_type)
    values = [1.5, -0.0, 1 / 3, 1e20, 1e-10, NAN, INF, -INF, 123456789.0, 999999.5]
    formats = (dict(), dict(precision=3), dict(scientific=True), dict(shortest=True), dict(width=12), dict(width=12, fill="0"), dict(width=9, fill="-", precision=2), dict(precision=2, scientific=True), dict(precision=4, shortest=True), dict(fill="+"), dict(fill=" "), dict(fill="#", precision=0))
    for one in formats:
        for dtype in (F, D, B16):
            case("AsString", input=np.array(values).astype(dtype), **one)
        case("AsString", input=H([0.1, 2, -INF]), **one)
        case("AsString", input=C64([1.5 - 2j, NAN]), **one)
        case("AsString", input=texts("abcdef", "", "h\u00e9"), **one)
    for one in (dict(), dict(width=5), dict(width=5, fill="0"), dict(width=6, fill="-"), dict(fill=" "), dict(fill="+", width=4)):
        for dtype in SIGNED + UNSIGNED + [np.bool_]:
            case("AsString", input=numbers(dtype, 3), **one)
    case("AsString", input=I64([-2**63, 2**63 - 1]))
    case("AsString", input=U64([2**64 - 1]))
    case("AsString", input=C128(1 / 3 - 2j))
    for one in (dict(precision=2), dict(scientific=True), dict(shortest=True), dict(fill="ab"), dict(fill="x")):
        refused("AsString", input=ints(1), **one)
    refused("AsString", input=F(1), scientific=True, shortest=True)


def string_splits():
    inputs = texts("a b  c", "q", "", " a\tb\n", "a,b,,c", ",a,", "abab")
    for separator in ("", " ", ",", "ab"):
        for most in (-1, 0, 1, 2):
            case("StringSplitV2", input=inputs, sep=text(separator), maxsplit=most)
    case("StringSplitV2", input=strings(0), sep=text(""))
    refused("StringSplitV2", input=strings(1, 2), sep=text(""))
    refused("StringSplitV2", input=strings(1), sep=strings(1))
    for separator in ("", " ", ",b"):
        for skip in (False, True):
            case("StringSplit", input=inputs, delimiter=text(separator), skip_empty=skip)


def regexes():
    for pattern, rewrite in (("a", "b"), ("(a)(n)", "\\2\\1"), ("", "-"), ("x*", "-"), ("\\s+", " "), ("^a", "b"), ("\u00e9", "e"), ("a", "\\\\"), ("a", "\\0\\0"), ("(?i)A", "x"), (".", "x")):
        for everywhere in (True, False):
            given = dict(input=texts("banana", "abc", " a  b ", "h\u00e9", b"\xff\xfea", ""), replace_global=everywhere)
            case("RegexReplace", pattern=text(pattern), rewrite=text(rewrite), **given)
            case("StaticRegexReplace", pattern=pattern, rewrite=rewrite, **given)
        case("RegexFullMatch", input=texts("a", "an", "", "xx", "\u00e9"), pattern=text(pattern))
        case("StaticRegexFullMatch", input=texts("a", "an", "", "xx", "\u00e9"), pattern=pattern)
    refused("RegexReplace", input=texts("a"), pattern=text("("), rewrite=text("b"))
    refused("RegexReplace", input=texts("a"), pattern=texts("a"), rewrite=text("b"))
    refused("RegexFullMatch", input=texts("a"), pattern=text("["))


def encodings():
    plain = texts("", "a", "ab", "abc", b"\xff\xfe\xfd", "hello?>", bytes(range(256)))
    case("EncodeBase64", input=plain)
    case("EncodeBase64", input=plain, pad=True)
    case("DecodeBase64", input=texts("", "YQ", "YQ==", "YWI", "YWI=", "YWJj", "YR", "__-_"))
    for wrong in ("YQ=", "a", "YW J", "//+/", "Y===", "====", "YWJjZ", "=", "YQ==YQ==", "\u00e9"):
        refused("DecodeBase64", input=texts(wrong))
    for buckets in (1, 7, 10**9, 2**62):
        case("StringToHashBucketFast", input=texts("", "a", "hello world", b"\xff" * 70, "x" * 33, "y" * 200), num_buckets=buckets)


def tops():
    for dtype in REALS:
        case("TopKV2", input=numbers(dtype, 2, 9), k=I32(4))
    for k_type, index_type in ((I16, tf.int16), (I64, tf.int64)):
        case("TopKV2", input=numbers(F, 2, 3, 5), k=k_type(5), index_type=index_type)
    case("TopKV2", input=F([1, 1, 2, 2, 1]), k=I32(3))
    case("TopKV2", input=F([-0.0, 0.0, -0.0]), k=I32(2))
    case("TopKV2", input=numbers(F, 2, 0), k=I32(0))
    case("TopKV2", input=numbers(F, 0, 3), k=I32(2))
    for k in (-1, 4):
        refused("TopKV2", input=numbers(F, 3), k=I32(k))
    refused("TopKV2", input=F(1), k=I32(1))


def uniques():
    for dtype in REALS + [np.bool_]:
        case("Unique", x=numbers(dtype, 9, high=3).round())
        case("UniqueWithCounts", x=numbers(dtype, 9, high=3).round(), out_idx=tf.int64)
    for dtype in FLOATS:
        odd = np.array([NAN, 1, NAN, -0.0, 0.0, NAN]).astype(dtype)
        case("Unique", x=odd)
        case("UniqueV2", x=np.stack([odd, odd[::-1]], 1), axis=ints(0))
        case("UniqueV2", x=np.stack([odd, odd], 1), axis=ints(0))
        case("UniqueWithCounts", x=odd)
        case("UniqueWithCountsV2", x=odd, axis=ints(0))
    case("Unique", x=strings(8))
    case("Unique", x=numbers(F, 0))
    case("UniqueV2", x=strings(8), axis=I64([0]))
    case("UniqueV2", x=F([[1, 2], [1, 2], [3, 4], [1, 2]]), axis=ints(0), out_idx=tf.int64)
    case("UniqueV2", x=I32([[[1, 1, 3]], [[2, 2, 3]]]), axis=ints(-1))
    case("UniqueV2", x=F([1, 1]), axis=NO_INTS)
    case("UniqueV2", x=numbers(F, 0, 3), axis=ints(0))
    case("UniqueWithCountsV2", x=F([[1, 1, 3], [2, 2, 3]]), axis=I64([1]))
    refused("Unique", x=numbers(F, 2, 2))
    refused("UniqueV2", x=numbers(F, 2, 2), axis=NO_INTS)
    refused("UniqueV2", x=numbers(F, 2), axis=ints(1))


def example(**features):
    message = tf.train.Example()
    for key, values in features.items():
        feature = message.features.feature[key]
        if values is None:
            feature.SetInParent()
        elif not values or isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.bytes_list.value.extend(values)
    return message.SerializeToString()


def field(number, content):
    """An encoded field of bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def parse_examples():
    no_names, no_floats, no_longs = np.array([], object), np.zeros(0, F), np.zeros(0, I64)
    full, short, bare = example(f=[1.0, 2.0], i=[3, -4, 5], s=[b"a"]), example(f=[5.0, 6.0], i=[7], s=[b"b", b"", b"\xff"]), example(f=[9.0, 1.0])

    def v2(accept, serialized, names=no_names, sparse=(), dense=(), ragged=()):
        accept("ParseExampleV2", serialized=np.array(serialized, object), names=names, sparse_keys=texts(*(key for key, _ in sparse)),
               dense_keys=texts(*(key for key, _, _ in dense)), ragged_keys=texts(*(key for key, _, _ in ragged)),
               dense_defaults=[default for _, default, _ in dense], num_sparse=len(sparse), sparse_types=[dtype for _, dtype in sparse],
               ragged_value_types=[dtype for _, dtype, _ in ragged], ragged_split_types=[split for _, _, split in ragged],
               dense_shapes=[shape for _, _, shape in dense])

    every = dict(sparse=[("i", tf.int64), ("s", tf.string), ("f", tf.float32), ("nobody", tf.int64)],
                 dense=[("f", no_floats, [2, 1]), ("i", I64(-1), [None]), ("s", text("pad"), [None]), ("f", F(0), [None, 2]), ("no", I64([[8, 9]]), [1, 2])],
                 ragged=[("i", tf.int64, tf.int32), ("s", tf.string, tf.int64), ("nobody", tf.float32, tf.int32)])
    for key in ("sparse", "dense", "ragged"):
        for one in every[key]:
            for serialized in ([full, short, bare], [], full, bare):
                v2(case, serialized, **{key: [one]})
    once = dict(sparse=every["sparse"][1:2], dense=[("f", no_floats, [2]), ("nobody", F(0.5), []), ("no", I64(-1), [None])])  # each key once: TensorFlow gives a key to one feature only
    v2(case, [full, short], texts("n0", "n1"), ragged=every["ragged"][:1], **once)
    v2(case, [b"", example(i=None)], sparse=every["sparse"][:1], dense=[("i", I64([1, 2]), [2])])
    v2(case, [full + example(i=[100])], sparse=every["sparse"][:1])
    v2(case, [example(i=[1.5]) + example(i=[100])], sparse=every["sparse"][:1])
    for encoded in (b"\x1a\x04\x08\x05\x08\x06", b"\x1a\x03\x0a\x01\x05", b"\x1a\x0c\x0a\x0a" + b"\xff" * 9 + b"\x01", b"\x1a\x00"):
        v2(case, [field(1, field(1, field(1, b"i") + field(2, encoded)))], sparse=every["sparse"][:1])
    for key, default, shape in (
        ("i", no_longs, [3]), ("i", I64([7]), []), ("i", I64(7), [1]), ("i", I64([7, 8]), [3]), ("i", no_longs, [2]), ("i", no_floats, [3]),
        ("i", no_longs, [None]), ("i", I64([1, 2]), [None]), ("i", I64(0), [None, 2]),
    ):
        v2(refused, [full, bare], dense=[(key, default, shape)])
    v2(refused, [b"garbage"], sparse=every["sparse"][:1])
    v2(refused, [full[:-1]], sparse=every["sparse"][:1])
    v2(refused, [full], sparse=[("i", tf.string)])
    v2(refused, [full], ragged=[("s", tf.int64, tf.int64)])
    v2(refused, [full, bare], texts("n0"), sparse=every["sparse"][:1])
    v2(refused, [[full, bare]], sparse=every["sparse"][:1])
    v2(refused, [field(1, field(1, field(1, b"i") + field(2, b"\x1a\x03\x0a\x01\x85")))], sparse=every["sparse"][:1])

    def v1(accept, serialized, sparse=(), dense=(), names=no_names):
        accept("ParseExample", serialized=np.array(serialized, object), names=names, sparse_keys=[text(key) for key, _ in sparse],
               dense_keys=[text(key) for key, _, _ in dense], dense_defaults=[default for _, default, _ in dense],
               sparse_types=[dtype for _, dtype in sparse], dense_shapes=[shape for _, _, shape in dense])

    v1(case, [full, short, bare], **once)
    v1(case, [], **once)
    v1(case, [full, bare], dense=every["dense"][1:2])
    v1(refused, full, sparse=every["sparse"][:1])
    v1(refused, [bare], dense=[("i", no_longs, [1])])

    def single(accept, serialized, sparse=(), dense=()):
        accept("ParseSingleExample", serialized=text_of(serialized), dense_defaults=[default for _, default, _ in dense], num_sparse=len(sparse),
               sparse_keys=[key for key, _ in sparse], dense_keys=[key for key, _, _ in dense], sparse_types=[dtype for _, dtype in sparse],
               dense_shapes=[shape for _, _, shape in dense])

    for serialized in (full, short, bare):
        single(case, serialized, **once)
        single(case, serialized, dense=every["dense"][1:2])
    single(refused, b"garbage", sparse=every["sparse"][:1])
    single(refused, full, dense=[("i", no_longs, [2])])


def sequence(context, **lists):
    """A SequenceExample; a feature that is None has no list of values."""
    def fill(feature, values):
        if values is None:
            feature.SetInParent()
        elif values and isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif values and isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        else:
            feature.int64_list.SetInParent()
            feature.int64_list.value.extend(values)

    message = tf.train.SequenceExample()
    for key, values in context.items():
        fill(message.context.feature[key], values)
    for key, steps in lists.items():
        message.feature_lists.feature_list[key].SetInParent()
        for values in steps:
            fill(message.feature_lists.feature_list[key].feature.add(), values)
    return message.SerializeToString()


def parse_sequences():
    full = sequence(dict(i=[1, 2], f=[1.0, 2.0], s=[b"x"]), t=[[1, 2], [], [3]], d=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], s=[[b"a"], [b"b", b"c"]])
    short, bare = sequence(dict(i=[5]), t=[[7]], d=[[5.0, 6.0]], s=[]), sequence(dict(f=[3.0, 4.0]))
    hollow = sequence(dict(i=None), t=[None, [1], None], s=[None])
    long = tf.int64
    sections = dict(
        context_sparse=[("i", long), ("s", tf.string), ("no", tf.float32)], context_dense=[("f", F([9, 8]), [2]), ("no", I64(7), []), ("no2", text_of([[b"q"]]), [1, 1])],
        context_ragged=[("i", long, tf.int32), ("s", tf.string, tf.int64)], list_sparse=[("t", long), ("s", tf.string), ("no", tf.float32)],
        list_dense=[("d", tf.float32, [2], True), ("d2", long, [], True)], list_ragged=[("t", long, tf.int64), ("s", tf.string, tf.int32)])

    def v2(accept, serialized, names=np.array([], object), missing=None, **given):
        of = {name: given.get(name, []) for name in sections}
        keys = {("feature_" if name.startswith("list") else "") + name + "_keys": texts(*(one[0] for one in ones)) for name, ones in of.items()}
        accept("ParseSequenceExampleV2", serialized=np.array(serialized, object), debug_name=names, **keys,
               feature_list_dense_missing_assumed_empty=np.array([one[3] for one in of["list_dense"]], bool) if missing is None else missing,
               context_dense_defaults=[one[1] for one in of["context_dense"]], Ncontext_sparse=len(of["context_sparse"]),
               context_sparse_types=[one[1] for one in of["context_sparse"]], context_dense_shapes=[one[2] for one in of["context_dense"]],
               context_ragged_value_types=[one[1] for one in of["context_ragged"]], context_ragged_split_types=[one[2] for one in of["context_ragged"]],
               Nfeature_list_sparse=len(of["list_sparse"]), feature_list_sparse_types=[one[1] for one in of["list_sparse"]],
               Nfeature_list_dense=len(of["list_dense"]), feature_list_dense_types=[one[1] for one in of["list_dense"]], feature_list_dense_shapes=[one[2] for one in of["list_dense"]],
               feature_list_ragged_value_types=[one[1] for one in of["list_ragged"]], feature_list_ragged_split_types=[one[2] for one in of["list_ragged"]])

    def v1(accept, serialized, names=np.array([], object), **given):
        of = {name: given.get(name, []) for name in sections if "ragged" not in name}
        keys = {("feature_" if name.startswith("list") else "") + name + "_keys": [one[0] for one in ones] for name, ones in of.items()}
        accept("ParseSequenceExample", serialized=np.array(serialized, object), debug_name=names, **keys,
               feature_list_dense_missing_assumed_empty=[one[0] for one in of["list_dense"] if one[3]], context_dense_defaults=[one[1] for one in of["context_dense"]],
               Ncontext_sparse=len(of["context_sparse"]), Ncontext_dense=len(of["context_dense"]), Nfeature_list_sparse=len(of["list_sparse"]), Nfeature_list_dense=len(of["list_dense"]),
               context_sparse_types=[one[1] for one in of["context_sparse"]], context_dense_shapes=[one[2] for one in of["context_dense"]],
               feature_list_sparse_types=[one[1] for one in of["list_sparse"]], feature_list_dense_types=[one[1] for one in of["list_dense"]], feature_list_dense_shapes=[one[2] for one in of["list_dense"]])

    def single(accept, serialized, **given):
        of = {name: given.get(name, []) for name in sections if "ragged" not in name}
        keys = {("feature_" if name.startswith("list") else "") + name + "_keys": [text(one[0]) for one in ones] for name, ones in of.items()}
        accept("ParseSingleSequenceExample", serialized=text_of(serialized), debug_name=text("n"), **keys,
               feature_list_dense_missing_assumed_empty=texts(*(one[0] for one in of["list_dense"] if one[3])), context_dense_defaults=[one[1] for one in of["context_dense"]],
               context_sparse_types=[one[1] for one in of["context_sparse"]], context_dense_shapes=[one[2] for one in of["context_dense"]],
               feature_list_sparse_types=[one[1] for one in of["list_sparse"]], feature_list_dense_types=[one[1] for one in of["list_dense"]], feature_list_dense_shapes=[one[2] for one in of["list_dense"]])

    for section, ones in sections.items():
        for serialized in ([full, short, bare], [], full, bare):
            if "ragged" in section and not isinstance(serialized, list):
                continue  # TensorFlow leaves the outer splits unwritten
            v2(case, serialized, **{section: ones})
            if "ragged" not in section and isinstance(serialized, list):
                v1(case, serialized, **{section: ones})
        for serialized in (full, short, bare):
            if "ragged" not in section:
                single(case, serialized, **{section: ones})
    every = dict(context_sparse=[("i", long)], context_dense=[("f", F([9, 8]), [2])], context_ragged=[("s", tf.string, tf.int32)], list_sparse=[("t", long)],
                 list_dense=[("d", tf.float32, [1, 2], True)], list_ragged=[("s", tf.string, tf.int64)])
    plain = {name: ones for name, ones in every.items() if "ragged" not in name}
    v2(case, [full, short, bare], texts("a", "b", "c"), **every)
    v1(case, [full, short, bare], texts("a", "b", "c"), **plain)
    single(case, full, **plain)
    for accept, of in ((v1, plain), (v2, every)):
        accept(case, [hollow, full], context_sparse=every["context_sparse"], list_sparse=every["list_sparse"])
    v2(case, [hollow], list_ragged=[("t", long, tf.int32)])
    single(case, hollow, context_sparse=every["context_sparse"], list_sparse=every["list_sparse"])
    for wrong in (dict(context_dense=[("f", np.zeros(0, F), [2])]), dict(context_dense=[("i", np.zeros(0, I64), [3])]), dict(list_dense=[("d", tf.float32, [2], False)]),
                  dict(list_dense=[("t", long, [1], True)]), dict(list_dense=[("d", long, [2], True)]), dict(context_sparse=[("i", tf.float32)]), dict(list_sparse=[("t", tf.string)])):
        v2(refused, [full, short, bare], **wrong)
        v1(refused, [full, short, bare], **wrong)
        single(refused, short if wrong.get("context_dense", [""])[0][:1] == ("f",) else bare if "False" in str(wrong) else full, **wrong)
    for accept, serialized in ((v1, [b"garbage"]), (v2, b"garbage"), (single, b"garbage")):
        accept(refused, serialized, context_sparse=every["context_sparse"])
    v2(refused, [full, short], texts("a"), **every)
    v2(refused, [full, short], missing=np.array([True, False]), **every)
    v2(refused, [full, short], context_dense=[("f", F([1, 2, 3]), [2])])


def losses():
    for dtype in FLOATS:
        logits, labels = numbers(dtype, 4, 5), random.uniform(0, 1, (4, 5)).astype(dtype)
        case("SoftmaxCrossEntropyWithLogits", features=logits, labels=labels)
        case("SparseSoftmaxCrossEntropyWithLogits", features=logits, labels=ints(0, 4, 2, 2))
    for given, wanted in (((1, 5), (4, 5)), ((4, 1), (1, 5)), ((5,), (4, 5)), ((0, 3), (0, 3)), ((2, 0), (2, 0)), ((2, 1), (2, 1))):
        case("SoftmaxCrossEntropyWithLogits", features=numbers(F, *given), labels=numbers(F, *wanted, low=0, high=1))
    case("SoftmaxCrossEntropyWithLogits", features=F([[1, INF, 3], [1, -INF, 2], [300, -300, 0], [NAN, 0, 0]]), labels=F([[0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]))
    case("SparseSoftmaxCrossEntropyWithLogits", features=F([[300, -300, 0], [1, 2, 2]]), labels=I64([1, 0]))
    case("SparseSoftmaxCrossEntropyWithLogits", features=numbers(F, 0, 3), labels=NO_INTS)
    refused("SoftmaxCrossEntropyWithLogits", features=numbers(F, 2, 3), labels=numbers(F, 2, 2))
    refused("SoftmaxCrossEntropyWithLogits", features=numbers(F, 3), labels=numbers(F, 3))
    for label in (3, -1):
        refused("SparseSoftmaxCrossEntropyWithLogits", features=numbers(F, 2, 3), labels=ints(0, label))
    refused("SparseSoftmaxCrossEntropyWithLogits", features=numbers(F, 2, 3), labels=ints(0))
    refused("SparseSoftmaxCrossEntropyWithLogits", features=numbers(F, 1, 0), labels=ints(0))


def counts_and_places():
    for dtype in (I32, I64, F, D):
        for out in (tf.int32, tf.int64):
            case("HistogramFixedWidth", values=numbers(dtype, 3, 4, low=-9, high=9), value_range=np.array([-5, 4], dtype), nbins=Const(I32(5)), dtype=out)
    case("HistogramFixedWidth", values=F([INF, -INF, 0, 5, 2.5, 4.999999]), value_range=F([0, 5]), nbins=I32(6))
    case("HistogramFixedWidth", values=F([1, 3]), value_range=F([0, INF]), nbins=I32(2))
    case("HistogramFixedWidth", values=numbers(F, 0), value_range=F([0, 1]), nbins=I32(2))
    for values, value_range, bins in (([NAN], [0, 5], 2), ([1], [5, 0], 2), ([1], [5, 5], 2), ([1], [0, NAN], 2), ([1], [0, 1], 0), ([1], [0, 1, 2], 2)):
        refused("HistogramFixedWidth", values=F(values), value_range=F(value_range), nbins=I32(bins))
    for dtype in REALS:
        for reverse in (False, True):
            case("NthElement", input=numbers(dtype, 2, 3, 7), n=I32(2), reverse=reverse)
    case("NthElement", input=numbers(F, 5), n=Const(I32(4)))
    case("NthElement", input=numbers(F, 0, 3), n=I32(1))
    for shape, n in (((1, 3), 3), ((3,), -1), ((2, 0), 0)):
        refused("NthElement", input=numbers(F, *shape), n=I32(n))
    for dtype in REALS:
        case("Dilation2D", input=numbers(dtype, 2, 5, 4, 3), filter=numbers(dtype, 3, 2, 3), strides=[1, 1, 2, 1], rates=[1, 1, 1, 1], padding="SAME")
    for rest in (dict(strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding="VALID"), dict(strides=[1, 1, 1, 1], rates=[1, 2, 2, 1], padding="SAME"), dict(strides=[1, 3, 3, 1], rates=[1, 1, 1, 1], padding="VALID")):
        case("Dilation2D", input=numbers(F, 1, 6, 7, 2), filter=numbers(F, 2, 3, 2), **rest)
    case("Dilation2D", input=I8([100, 127]).reshape(1, 1, 2, 1), filter=I8([[[100]]]), strides=[1] * 4, rates=[1] * 4, padding="SAME")
    case("Dilation2D", input=F([NAN, 1, -INF]).reshape(1, 1, 3, 1), filter=F([[[0], [1]]]), strides=[1] * 4, rates=[1] * 4, padding="SAME")
    refused("Dilation2D", input=numbers(F, 1, 3, 3, 1), filter=numbers(F, 1, 1, 2), strides=[1] * 4, rates=[1] * 4, padding="SAME")
    refused("Dilation2D", input=numbers(F, 1, 3, 3, 1), filter=numbers(F, 1, 1, 1), strides=[1, 0, 1, 1], rates=[1] * 4, padding="SAME")
    for dtype in FLOATS:
        for exclusive in (False, True):
            for reverse in (False, True):
                case("CumulativeLogsumexp", x=numbers(dtype, 2, 5), axis=I32(1), exclusive=exclusive, reverse=reverse)
    case("CumulativeLogsumexp", x=F([-INF, -INF, 3, 200, -200]), axis=I64(0))
    case("CumulativeLogsumexp", x=F([1, INF, 2, INF]), axis=I64(-1))
    case("CumulativeLogsumexp", x=F([1, NAN, 2]), axis=I64(0), reverse=True)
    refused("CumulativeLogsumexp", x=F([1]), axis=I64(1))
    for a, b in (((2, 3), (3,)), ((2, 1), (2, 3)), ((1, 1), (1,)), ((1,), (1,)), ((), (2,)), ((2, 3), (2, 3)), ((0,), (1,)), ((2, 1, 3), (1, 1, 3)), ((3,), (2, 1)), ((1, 0), (1,)), ((1, 1), (1, 1))):
        case("BroadcastGradientArgs", s0=np.array(a, I32), s1=Const(np.array(b, I32)))
    refused("BroadcastGradientArgs", s0=ints(2), s1=ints(3))
    for dtype in NUMBERS + [np.bool_, object]:
        case("Empty", shape=ints(2, 3), dtype=tf.string if dtype == object else tf.as_dtype(dtype), init=True)
    refused("Empty", shape=ints(-1), dtype=tf.float32)
    for dtype in [F, D] + SIGNED + UNSIGNED + [C64, C128]:  # of halves the order counts, and TensorFlow has none
        case("AccumulateNV2", inputs=[numbers(dtype, 2, 3) for _ in range(3)], shape=[2, 3])


def distances():
    def given(indices, values, shape):
        return np.array(indices, I64).reshape(len(values), len(shape)), values, I64(shape)

    def distance(accept, hypothesis, truth, **rest):
        accept("EditDistance", **dict(zip(("hypothesis_indices", "hypothesis_values", "hypothesis_shape"), given(*hypothesis))),
               **dict(zip(("truth_indices", "truth_values", "truth_shape"), given(*truth))), **rest)

    places = [[0, 0], [0, 1], [0, 2], [1, 0], [3, 0]], [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]
    for dtype in NUMBERS + [np.bool_]:
        distance(case, (places[0], numbers(dtype, 5, low=-1, high=2), [4, 3]), (places[1], numbers(dtype, 6, low=-1, high=2), [4, 2]))
    for normalize in (False, True):
        distance(case, (places[0], texts(*"kitte"), [4, 3]), (places[1], texts(*"sittin"), [5, 2]), normalize=normalize)
        word = lambda text: ([[0, i] for i in range(len(text))], texts(*text), [1, len(text)])
        for a, b in (("kitten", "sitting"), ("", "abc"), ("abc", ""), ("saturday", "sunday"), ("", "")):
            distance(case, word(a), word(b), normalize=normalize)
        distance(case, ([[0, 1, 0], [1, 0, 0], [1, 0, 2]], ints(1, 2, 3), [2, 2, 3]), ([[0, 1, 0], [1, 0, 0], [1, 1, 1]], ints(1, 2, 4), [2, 2, 2]), normalize=normalize)
    distance(refused, ([[0, 0]], ints(1), [3, 2]), ([[0, 0, 0]], ints(1), [5, 7, 1]))
    distance(refused, ([[0]], ints(1), [3]), ([[0]], ints(1), [5]))
    distance(refused, ([], NO_INTS, [0, 2]), ([], NO_INTS, [0, 2]))


def ragged_rows():
    def gather(accept, splits, values, indices, split_type=I64, shift=0):
        accept("RaggedGather", params_nested_splits=[split_type(one) for one in splits], params_dense_values=values, indices=indices,
               OUTPUT_RAGGED_RANK=len(splits) + np.ndim(indices) - 1 + shift)

    for dtype in NUMBERS + [np.bool_]:
        gather(case, [[0, 2, 2, 5]], numbers(dtype, 5), ints(2, 0, 1, 2))
    gather(case, [[0, 1, 3], [0, 2, 2, 5]], strings(5), I64([1, 1, 0]), I32)
    for indices in (ints(2, 0, 1, 2).reshape(2, 2), I32(2), NO_INTS, np.zeros((2, 0), I32), ints(0, 1, 2, 1).reshape(2, 1, 2)):
        gather(case, [[0, 2, 2, 5]], numbers(F, 5), indices)
        gather(case, [[0, 2, 2, 3], [0, 2, 3, 3]], numbers(F, 3, 2), indices)
    gather(case, [[1, 2, 4]], numbers(F, 5), ints(0, 1))
    for wrong in (3, -1):
        gather(refused, [[0, 2, 2, 5]], numbers(F, 5), ints(wrong))
    gather(refused, [[0, 2, 1, 5]], numbers(F, 5), ints(0))
    gather(refused, [[0, 2, 2, 9]], numbers(F, 5), ints(0))


def decoders():
    for dtype in (F, D):
        scores = random.normal(0, 3, (7, 3, 4)).astype(dtype)
        lengths = ints(7, 0, 4)
        for merge in (False, True):
            for blank in (-1, 0, 2):
                case("CTCGreedyDecoder", inputs=np.round(scores), sequence_length=lengths, merge_repeated=merge, blank_index=blank)
            for width, paths in ((1, 1), (3, 2), (10, 4)) if dtype == F else ():  # TensorFlow's loses digits of doubles
                case("CTCBeamSearchDecoder", inputs=scores, sequence_length=ints(7, 3, 4), beam_width=width, top_paths=paths, merge_repeated=merge)
    case("CTCBeamSearchDecoder", inputs=random.normal(0, 1, (20, 2, 6)).astype(F), sequence_length=ints(20, 13), beam_width=8, top_paths=3, merge_repeated=False)
    case("CTCBeamSearchDecoder", inputs=random.normal(0, 1, (5, 1, 3)).astype(F), sequence_length=ints(0), beam_width=8, top_paths=1)
    scores = numbers(F, 3, 2, 4)
    for op, rest in (("CTCGreedyDecoder", {}), ("CTCBeamSearchDecoder", dict(beam_width=2, top_paths=1))):
        refused(op, inputs=scores, sequence_length=ints(3), **rest)
        refused(op, inputs=scores, sequence_length=ints(3, 4), **rest)
    refused("CTCBeamSearchDecoder", inputs=scores[:, :1], sequence_length=ints(0), beam_width=4, top_paths=2)
    refused("CTCGreedyDecoder", inputs=scores, sequence_length=ints(3, 3), blank_index=4)


def resamplings():
    for dtype in FLOATS + SIGNED + UNSIGNED[:2]:
        case("ScaleAndTranslate", images=numbers(dtype, 2, 5, 4, 3), size=ints(3, 6), scale=F([0.6, 1.5]), translation=F([0, 0]))
    for kernel in ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"):
        for antialias in (False, True):
            for size, scale, moved in (((3, 8), (0.5, 2), (0, 0)), ((5, 5), (1, 1), (0.3, -0.7)), ((2, 9), (0.2, 1.7), (1, 2)), ((4, 4), (1, 1), (9, 0))):
                case("ScaleAndTranslate", images=numbers(F, 1, 6, 5, 2), size=Const(ints(*size)), scale=F(scale), translation=F(moved), kernel_type=kernel, antialias=antialias)
    for size, scale in (((0, 2), (1, 1)), ((2, 2), (0, 1)), ((2, 2), (1, -1))):
        refused("ScaleAndTranslate", images=numbers(F, 1, 3, 3, 1), size=ints(*size), scale=F(scale), translation=F([0, 0]))
    refused("ScaleAndTranslate", images=numbers(F, 1, 0, 3, 1), size=ints(2, 2), scale=F([1, 1]), translation=F([0, 0]))


def crosses():
    rows = I64([[0, 0], [0, 1], [2, 0], [3, 0], [3, 1], [3, 2]])
    words, whole = texts("a", "bc", "", "h\u00e9", "e", "f"), I64([1, -2, 3, 4, 5, 2**62])
    dense_words, dense_whole = texts("p", "q", "r", "s", "t", "u", "v", "w").reshape(4, 2), I64([[7], [8], [9], [-1]])

    def cross(accept, op, sparse, dense, **rest):
        accept(op, indices=[one[0] for one in sparse], values=[one[1] for one in sparse], shapes=[I64(one[2] if len(one) > 2 else [4, 3]) for one in sparse], dense_inputs=dense, **rest)

    columns = (([(rows, words)], []), ([(rows, words), (rows[:4], whole[:4])], []), ([], [dense_words, dense_whole]), ([(rows, words), (rows[1:], whole[1:])], [dense_words]), ([(rows, whole)], [dense_whole]))
    for sparse, dense in columns:
        types = {one[1].dtype == object for one in sparse} | {one.dtype == object for one in dense}
        if len(types) == 1:
            internal = tf.string if types == {True} else tf.int64
            for buckets in (0, 7, 1000):
                cross(case, "SparseCross", sparse, dense, hashed_output=True, num_buckets=buckets, hash_key=956888297470, out_type=tf.int64, internal_type=internal)
            cross(case, "SparseCross", sparse, dense, hashed_output=False, num_buckets=0, hash_key=1, out_type=tf.string, internal_type=internal)
        cross(case, "SparseCrossV2", sparse, dense, sep=text("_Y_"))
        for strong in (False, True):
            if strong and any(one.dtype != object for one in dense):
                continue  # TensorFlow takes those for addresses
            for buckets in (0, 100):
                cross(case, "SparseCrossHashed", sparse, dense, num_buckets=I64(buckets), strong_hash=np.bool_(strong), salt=I64([137, 173]))
    cross(refused, "SparseCrossV2", [(rows, words), (rows[:2], words[:2], [2, 2])], [], sep=text(""))
    cross(refused, "SparseCrossV2", [(rows, words)], [dense_words[:3]], sep=text(""))
    cross(refused, "SparseCrossV2", [(rows, words[:5])], [], sep=text(""))


def specials():
    positive, every = [0.05, 0.3, 0.7, 1, 1.5, 2.5, 4, 7.5, 9, 17, 33, 80], [-7.3, -2.5, -0.9, -0.2, 0, 0.2, 0.9, 2.5, 7.3, 20, NAN, INF]
    for dtype in (F, D):
        for op in ("BesselI0", "BesselI0e", "BesselI1", "BesselI1e", "BesselK0", "BesselK0e", "BesselK1", "BesselK1e", "BesselY0", "BesselY1", "BesselJ0", "BesselJ1", "Dawsn", "Expint", "Spence", "FresnelCos", "FresnelSin", "Digamma"):
            case(op, x=np.array(positive).astype(dtype))
            case(op, x=np.array(every).astype(dtype))
        for op in ("Dawsn", "FresnelCos", "FresnelSin"):
            case(op, x=-np.array(positive).astype(dtype))
            case(op, x=np.linspace(-6, 6, 49).astype(dtype))
        case("Expint", x=np.array([1e-5, 0.1, 0.6, 3, 6, 11, 20, 45, 55, 80]).astype(dtype))
        case("Spence", x=np.array([1e-5, 0.1, 0.49, 0.51, 0.999, 1.001, 1.6, 1.99, 2.01, 30, 1e5]).astype(dtype))
        case("Ndtri", x=np.array([1e-6, 0.01, 0.13, 0.14, 0.3, 0.5, 0.7, 0.86, 0.99, 0, 1, NAN]).astype(dtype))
        case("Erfinv", x=np.array([-1, -0.99, -0.5, -0.1, 0.1, 0.6, 0.999, 1, NAN]).astype(dtype))
        for op in ("Igamma", "Igammac"):
            case(op, a=np.array([0.1, 0.5, 1, 2, 7, 40, 300])[:, None].astype(dtype), x=np.array([0, 0.1, 1, 3, 8, 45, 310]).astype(dtype))
            case(op, a=np.array([-1, 0, NAN, INF]).astype(dtype), x=np.array([1, 1, 1, 1]).astype(dtype))
        case("Zeta", x=np.array([1.1, 2, 3, 4.5, 10])[:, None].astype(dtype), q=np.array([0.1, 1, 2.5, 20, 300]).astype(dtype))
        case("Zeta", x=np.array([1, 2, 2, 3, 2.5, NAN]).astype(dtype), q=np.array([1, -1, -1.5, -2.25, -1.5, 1]).astype(dtype))
        case("Zeta", x=np.array([2, 4, 2, 3]).astype(dtype), q=np.array([-100.25, -999.75, -5000.25, -5000.4]).astype(dtype))
        case("Polygamma", a=np.array([0, 1, 2, 5])[:, None].astype(dtype), x=np.array([0.3, 1, 2.5, 20]).astype(dtype))
        case("Polygamma", a=np.array([0.5, -1, 1]).astype(dtype), x=np.array([1, 1, -3]).astype(dtype))
        case("Betainc", a=np.array([0.5, 1, 2, 30, 5]).astype(dtype), b=np.array([0.5, 3, 2, 20, 0.1]).astype(dtype), x=np.array([0.1, 0.5, 0.99, 0.6, 0]).astype(dtype))
        case("Betainc", a=dtype(2), b=np.array([1, 2, 3]).astype(dtype), x=dtype(0.4))
    case("Digamma", x=H(positive))
    case("BesselI0e", x=H(positive))
    refused("Betainc", a=F([1, 2]), b=F([1, 2, 3]), x=F(0.5))
    refused("Zeta", x=F([1, 2]), q=F([1, 2, 3]))


def matrices():
    def definite(dtype, *shape):
        half = numbers(dtype, *shape, low=-1, high=1)
        return half @ np.conj(np.swapaxes(half, -1, -2)) + np.eye(shape[-1], dtype=dtype)

    for dtype in (F, D, C64, C128):
        a, b = numbers(dtype, 2, 3, 3), numbers(dtype, 2, 3, 2)
        tall, wide = numbers(dtype, 2, 4, 3), numbers(dtype, 3, 5)
        for adjoint in (False, True):
            case("MatrixInverse", input=a, adjoint=adjoint)
            case("MatrixSolve", matrix=a, rhs=b, adjoint=adjoint)
            for lower in (False, True):
                case("MatrixTriangularSolve", matrix=a + 5 * np.eye(3, dtype=dtype), rhs=b, lower=lower, adjoint=adjoint)
        for op in ("MatrixDeterminant", "LogMatrixDeterminant"):
            case(op, input=a)
            case(op, input=numbers(dtype, 5, 5))
        case("Cholesky", input=definite(dtype, 2, 4, 4))
        for index in (tf.int32, tf.int64):
            case("Lu", input=numbers(dtype, 2, 4, 4), output_idx_type=index)
        for full in (False, True):
            case("Qr", input=tall, full_matrices=full)
            case("Qr", input=wide, full_matrices=full)
        for rhs, fast in ((numbers(dtype, 2, 4, 2), True), (numbers(dtype, 2, 4, 2), False)):
            case("MatrixSolveLs", matrix=tall, rhs=rhs, l2_regularizer=D(0), fast=fast)
        case("MatrixSolveLs", matrix=wide, rhs=numbers(dtype, 3, 2), l2_regularizer=D(0.5))
    case("MatrixTriangularSolve", matrix=numbers(F, 2, 1, 3, 3) + 5 * np.eye(3, dtype=F), rhs=numbers(F, 4, 3, 1))
    case("MatrixDeterminant", input=F([[1, 2], [2, 4]]))
    case("LogMatrixDeterminant", input=F([[1, 2], [2, 4]]))
    for op in ("MatrixInverse", "MatrixDeterminant", "LogMatrixDeterminant", "Cholesky"):
        case(op, input=numbers(F, 2, 0, 0))
        case(op, input=F([[2.5]]))
        refused(op, input=numbers(F, 2, 3))
        refused(op, input=numbers(F, 3))
    case("MatrixSolve", matrix=numbers(F, 0, 0), rhs=numbers(F, 0, 2))
    refused("MatrixInverse", input=F([[1, 2], [2, 4]]))
    refused("Lu", input=F([[0, 0], [0, 0]]))
    case("Cholesky", input=F([[1, 2], [2, 1]]))
    refused("MatrixSolve", matrix=F([[1, 2], [2, 4]]), rhs=F([[1], [1]]))
    refused("MatrixSolve", matrix=numbers(F, 2, 2), rhs=numbers(F, 3, 1))
    case("MatrixTriangularSolve", matrix=F([[0, 2], [2, 4]]), rhs=F([[1], [1]]))
    refused("MatrixSolveLs", matrix=numbers(F, 3, 2), rhs=numbers(F, 2, 2), l2_regularizer=D(0))


def pictures():
    """The images in images/ (small ones of every kind, or those of the folder FLOE_IMAGES), whole, cut short and otherwise damaged."""
    folder = os.environ.get("FLOE_IMAGES", os.path.join(os.path.dirname(os.path.abspath(__file__)), "images"))
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            encoded = file.read()
        contents, kind = text_of(encoded), name.rsplit(".", 1)[1]
        for channels in (0, 1, 3, 4):
            takes = {"jpg": channels != 4 and not (channels == 1 and name.startswith("cmyk")), "png": True, "bmp": channels != 1, "gif": channels in (0, 3)}[kind]
            accept = case if takes else refused
            if kind == "jpg" and takes:
                for arguments in (dict(), dict(fancy_upscaling=False, dct_method="INTEGER_FAST"), dict(ratio=2), dict(ratio=8, dct_method="INTEGER_ACCURATE")):
                    case("DecodeJpeg", contents=contents, channels=channels, **arguments)
            if kind == "png":
                for dtype in (tf.uint8, tf.uint16):
                    accept("DecodePng", contents=contents, channels=channels, dtype=dtype)
            if kind == "bmp" and channels != 1:
                accept("DecodeBmp", contents=contents, channels=channels)
            for dtype in (tf.uint8, tf.uint16, tf.float32) if channels == 0 else (tf.uint8,):
                if name.endswith("_down.bmp") and dtype != tf.uint8:
                    continue  # TensorFlow dies of those
                if takes or kind == "jpg":
                    accept("DecodeImage", contents=contents, channels=channels, dtype=dtype, expand_animations=channels != 3)
        if kind == "gif":
            case("DecodeGif", contents=contents)
        if name in ("rgb_sub2_prog0.jpg", "cmyk.jpg", "gray.jpg", "rgb_sub2_prog1.jpg"):
            case("DecodeJpeg", contents=text_of(encoded + b"more"))
            case("DecodeAndCropJpeg", contents=contents, crop_window=ints(0, 0, 1, 1))
            for window in ((1, 2, 3, 3), (0, 1, 4, 2), (2, 0, 3, 4)):
                case("DecodeAndCropJpeg", contents=contents, crop_window=ints(*window))
            for window in ((0, 0, 900, 1), (-1, 0, 1, 1), (0, 1, 0, 1), (0, 0, 1, 900)):
                refused("DecodeAndCropJpeg", contents=contents, crop_window=ints(*window))
        if name == "rgb_sub2_prog0.jpg":  # TensorFlow never ends on some others that are cut short
            cut = text_of(encoded[:-20])
            refused("DecodeJpeg", contents=cut)
            refused("DecodeJpeg", contents=text_of(encoded[:20]))
        if name in ("rgb8_i0.png", "palette4_i1.png"):
            for length in (8, 20, len(encoded) - 4, len(encoded) // 2):
                refused("DecodePng", contents=text_of(encoded[:length]))
            damaged = bytearray(encoded)
            damaged[-20] ^= 0x55
            refused("DecodePng", contents=text_of(bytes(damaged)))
            case("DecodePng", contents=text_of(encoded + b"more"))
            case("DecodeJpeg", contents=contents)
            case("DecodeGif", contents=contents)
            refused("DecodeBmp", contents=contents)
            refused("DecodeAndCropJpeg", contents=contents, crop_window=ints(0, 0, 1, 1))
        if name == "three.gif":
            refused("DecodeJpeg", contents=contents)
        if name == "one.gif":
            case("DecodePng", contents=contents)
        if name == "bmp24_up.bmp":
            refused("DecodePng", contents=contents)
            refused("DecodeBmp", contents=text_of(encoded[:50]))
            refused("DecodeBmp", contents=text_of(encoded[:-8]))
    for encoded in (b"", b"hello world", b"BM", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"):
        refused("DecodeImage", contents=text_of(encoded))


def recurrences():
    def lstm(dtype, batch, inputs, cells, **x):
        states = {name: numbers(dtype, batch, cells, low=-1, high=1) for name in ("cs_prev", "h_prev")}
        peepholes = {name: numbers(dtype, cells, low=-1, high=1) for name in ("wci", "wcf", "wco")}
        return dict(w=numbers(dtype, inputs + cells, 4 * cells, low=-1, high=1), b=numbers(dtype, 4 * cells, low=-1, high=1), **states, **peepholes, **x)

    for dtype in (F, H):
        for peephole in (False, True):
            for rest in (dict(), dict(cell_clip=0.4), dict(cell_clip=-1.0)):
                case("LSTMBlockCell", use_peephole=peephole, forget_bias=0.5, **rest, **lstm(dtype, 2, 3, 4, x=numbers(dtype, 2, 3, low=-1, high=1)))
                case("BlockLSTMV2", use_peephole=peephole, seq_len_max=I64(3), **rest, **lstm(dtype, 2, 3, 4, x=numbers(dtype, 3, 2, 3, low=-1, high=1)))
                case("BlockLSTM", use_peephole=peephole, seq_len_max=I64(3), **rest, **lstm(dtype, 2, 3, 4, x=numbers(dtype, 3, 2, 3, low=-1, high=1)))
    case("LSTMBlockCell", **lstm(F, 1, 5, 1, x=numbers(F, 1, 5)))
    case("BlockLSTM", seq_len_max=I64(6), **lstm(F, 1, 2, 3, x=numbers(F, 6, 1, 2)))
    refused("LSTMBlockCell", **lstm(F, 2, 3, 4, x=numbers(F, 2, 2)))
    refused("BlockLSTM", seq_len_max=I64(2), **lstm(F, 2, 3, 4, x=numbers(F, 2, 2, 2)))

    def gru(batch, inputs, cells):
        return dict(x=numbers(F, batch, inputs), h_prev=numbers(F, batch, cells), w_ru=numbers(F, inputs + cells, 2 * cells), w_c=numbers(F, inputs + cells, cells), b_ru=numbers(F, 2 * cells), b_c=numbers(F, cells))

    case("GRUBlockCell", **gru(2, 3, 4))
    case("GRUBlockCell", **gru(1, 1, 1))
    refused("GRUBlockCell", **{**gru(2, 3, 4), "b_c": numbers(F, 3)})


def partitions():
    for dtype in NUMBERS + [np.bool_]:
        case("DynamicPartition", data=numbers(dtype, 5, 2), partitions=ints(0, 2, 0, 1, 2), num_partitions=4)
        for op in ("DynamicStitch", "ParallelDynamicStitch"):
            case(op, indices=[ints(3, 1), I32(0), I32([[2, 4]])], data=[numbers(dtype, 2, 2), numbers(dtype, 2), numbers(dtype, 1, 2, 2)])
    case("DynamicPartition", data=strings(2, 2), partitions=I32([[1, 0], [1, 1]]), num_partitions=2)
    case("DynamicPartition", data=F([1, 2]), partitions=I32(1), num_partitions=2)
    case("DynamicPartition", data=numbers(F, 0, 2), partitions=NO_INTS, num_partitions=2)
    case("DynamicStitch", indices=[ints(1, 0, 1)], data=[strings(3)])
    case("DynamicStitch", indices=[Const(ints(1, 0)), Const(ints(0))], data=[F([1, 2]), F([3])])
    case("DynamicStitch", indices=[NO_INTS], data=[numbers(F, 0, 3)])
    for chosen in ((0, 2, 0), (0, -1, 1), (0, 1)):
        refused("DynamicPartition", data=numbers(F, 3, 2), partitions=ints(*chosen), num_partitions=2)
    refused("DynamicStitch", indices=[ints(0, -1)], data=[F([1, 2])])
    refused("DynamicStitch", indices=[ints(0, 1)], data=[F([1, 2, 3])])
    refused("DynamicStitch", indices=[ints(0), ints(1)], data=[numbers(F, 1, 2), numbers(F, 1, 3)])


QUANTIZED = [tf.qint8, tf.quint8, tf.qint16, tf.quint16, tf.qint32]


def quantizations():
    x = np.concatenate([np.linspace(-4, 6, 41), [0.5, -0.25, 100, -100]]).astype(F)
    for dtype in QUANTIZED:
        case("Cast", x=Quantized(ints(1, 7, 100), dtype), DstT=tf.float32)
        case("Cast", x=Quantized(ints(1, 7, 100), dtype), DstT=tf.int64)
        case("Cast", x=F([1.5, 7, 100]), DstT=dtype)
        case("Equal", x=Quantized(ints(1, 7, 100), dtype), y=Quantized(ints(1, 6, 100), dtype))
        case("NotEqual", x=Quantized(ints(1, 7, 100), dtype), y=Quantized(ints(1, 6, 100), dtype))
        for low, high in ((-2.0, 3.0), (0.0, 4.0), (1.0, 2.0), (-3.0, -1.0), (0.0, 0.0)):
            given = dict(input=x, min_range=F(low), max_range=F(high), T=dtype)
            if dtype != tf.qint32:
                case("QuantizeV2", mode="MIN_COMBINED", **given)
                case("QuantizeV2", mode="SCALED", round_mode="HALF_TO_EVEN", narrow_range=dtype == tf.qint8, **given)
                case("QuantizeV2", mode="SCALED", **given)
            if dtype in (tf.qint8, tf.quint8):
                case("QuantizeV2", mode="MIN_FIRST", **given)
    for dtype in (tf.qint8, tf.quint8):
        case("QuantizeV2", input=numbers(F, 2, 3, 2), min_range=F([-1, -2, -3]), max_range=F([2, 1, 4]), T=dtype, mode="SCALED", axis=1, round_mode="HALF_TO_EVEN")
        case("QuantizeV2", input=numbers(F, 2, 3), min_range=F([-1, -2]), max_range=F([2, 1]), T=dtype, axis=0)
    refused("QuantizeV2", input=x, min_range=F(2), max_range=F(1), T=tf.qint8)
    refused("QuantizeV2", input=x, min_range=F([1, 2]), max_range=F([3, 4]), T=tf.qint8)
    for dtype in QUANTIZED:
        limits = np.iinfo({tf.qint8: I8, tf.quint8: U8, tf.qint16: I16, tf.quint16: U16, tf.qint32: I32}[dtype])
        values = np.linspace(limits.min, limits.max, 23).astype(I64).astype(limits.dtype)[:22 if dtype == tf.qint32 else 23]  # TensorFlow turns the largest around
        for mode in ("MIN_COMBINED", "SCALED") + (("MIN_FIRST",) if dtype in (tf.qint8, tf.quint8) else ()):
            for low, high in ((-2.0, 3.0), (0.0, 4.0), (-3.0, 1.0)):
                case("Dequantize", input=Quantized(values, dtype), min_range=F(low), max_range=F(high), mode=mode, narrow_range=dtype == tf.qint8 and mode == "SCALED")
        case("Dequantize", input=Quantized(values[:6].reshape(2, 3), dtype), min_range=F([-1, -2, 0]), max_range=F([1, 3, 2]), mode="SCALED", axis=1)
        case("Dequantize", input=Quantized(values, dtype), min_range=F(-2), max_range=F(3), dtype=tf.bfloat16)
    for dtype in (F, D):
        for is_signed in (True, False):
            for narrow in (True, False):
                values = numbers(dtype, 3, 5, low=-3, high=4)
                case("QuantizeAndDequantizeV2", input=values, input_min=dtype(-2), input_max=dtype(3), signed_input=is_signed, range_given=True, narrow_range=narrow, round_mode="HALF_UP")
                case("QuantizeAndDequantizeV4", input=values, input_min=dtype(0), input_max=dtype(0), signed_input=is_signed, range_given=False, narrow_range=narrow, num_bits=4)
                case("QuantizeAndDequantizeV3", input=values, input_min=dtype(-1), input_max=dtype(1), signed_input=is_signed, range_given=True, narrow_range=narrow, num_bits=I32(5))
                case("QuantizeAndDequantizeV4", input=values, input_min=np.zeros(5, dtype), input_max=np.zeros(5, dtype), signed_input=is_signed, axis=1)
    refused("QuantizeAndDequantizeV2", input=x, input_min=F(2), input_max=F(1), range_given=True)
    refused("QuantizeAndDequantizeV3", input=x, input_min=F(1), input_max=F(2), num_bits=I32(0))


def small_ones():
    for dtype in (F, D):
        case("Erf", x=np.concatenate([np.linspace(-0.6, 0.6, 41), np.linspace(-4, 4, 17)]).astype(dtype))
    for value in (-0.0452, 1e-5, 1e-30, -0.4999, 0.5):
        case("Erf", x=F([value]))
    case("Erf", x=F([NAN, INF, -INF, -0.0]))
    for dtype in NUMBERS + [np.bool_]:
        case("Roll", input=numbers(dtype, 3, 4), shift=I32(1), axis=I32(-1))
    case("Roll", input=strings(2, 3, 2), shift=I64([5, -1, 1]), axis=ints(1, 0, 1))
    case("Roll", input=numbers(F, 0, 3), shift=ints(1), axis=ints(0))
    refused("Roll", input=numbers(F, 3), shift=ints(1), axis=ints(1))
    refused("Roll", input=F(3), shift=ints(1), axis=ints(0))
    refused("Roll", input=numbers(F, 3), shift=ints(1, 2), axis=ints(0))
    for dtype in (I32, I64, F, D):
        case("Bucketize", input=numbers(dtype, 3, 4, low=-9, high=9), boundaries=[-3.0, 0.0, 0.5, 2.0, 2.0])
    case("Bucketize", input=F([NAN, INF, -INF, 0, -0.0]), boundaries=[0.0, 1.0])
    case("Bucketize", input=numbers(F, 2), boundaries=[])
    raw_bytes = np.array([bytes(range(32)), bytes(range(200, 232))], object)
    for dtype in (tf.float16, tf.float32, tf.float64, tf.int32, tf.uint16, tf.uint8, tf.int16, tf.int8, tf.int64, tf.complex64, tf.complex128, tf.bool):
        for little in (True, False):
            case("DecodeRaw", bytes=raw_bytes, out_type=dtype, little_endian=little)
    for dtype in (tf.float32, tf.int16, tf.uint8, tf.int64):
        for little in (True, False):
            case("DecodePaddedRaw", input_bytes=texts("abcdefgh", "", "0123456789abcdefghij", "xy"), fixed_length=I32(16), out_type=dtype, little_endian=little)
    case("DecodeRaw", bytes=texts("", ""), out_type=tf.int32)
    refused("DecodeRaw", bytes=texts("abcd", "ab"), out_type=tf.int16)
    refused("DecodeRaw", bytes=texts("abc"), out_type=tf.int16)
    refused("DecodePaddedRaw", input_bytes=texts("abc"), fixed_length=I32(3), out_type=tf.int16)
    refused("DecodePaddedRaw", input_bytes=texts("abc"), fixed_length=I32(0), out_type=tf.int16)
    for dtype in FLOATS:
        case("CheckNumerics", tensor=numbers(dtype, 2, 2), message="m")
        refused("CheckNumerics", tensor=np.array([1, NAN]).astype(dtype), message="m")
        refused("CheckNumerics", tensor=np.array([1, INF]).astype(dtype), message="m")
    case("GuaranteeConst", input=numbers(F, 2))
    case("Print", input=numbers(F, 2), data=[strings(2), numbers(I32, 1)])


def transforms():
    words = texts("", "aBc \u00c4x", " \t hello\n", "h\u00e9llo \u4e16\U0001f600!", "12345678", "123456789abcdefg")
    for op in ("StringLower", "StringUpper", "StringStrip"):
        case(op, input=words)
    for unit in ("BYTE", "UTF8_CHAR"):
        case("StringLength", input=words, unit=unit)
        for position, length in ((0, 3), (0, 100), (-0, 0)):
            case("Substr", input=words, pos=I32(position), len=I32(length), unit=unit)
        for dtype in (I32, I64):
            case("Substr", input=words[3:], pos=dtype([-5, 2, 8]), len=dtype([3, -1, 1]), unit=unit)
            case("Substr", input=text("abcdef"), pos=dtype([[0, 1], [-1, 6]]), len=dtype([[9, 2], [1, 1]]), unit=unit)
        case("Substr", input=np.array([[b"abc"], [b"defg"]], object), pos=ints(0, 1), len=ints(1, 2), unit=unit)
        refused("Substr", input=text("abc"), pos=I32(4), len=I32(1), unit=unit)
        refused("Substr", input=text("abc"), pos=I32(-4), len=I32(1), unit=unit)
    refused("Substr", input=words, pos=ints(0), len=ints(1, 2))
    grid = np.array([[[b"a", b"b"], [b"c", b""]], [[b"e", b"f"], [b"g", b"h"]]], object)
    for axes in ((), (0,), (1,), (-1,), (0, 1), (1, 0), (2, 0, 1)):
        for keep in (False, True):
            case("ReduceJoin", inputs=grid, reduction_indices=Const(ints(*axes)), keep_dims=keep, separator="-")
    case("ReduceJoin", inputs=grid, reduction_indices=I32(1))
    case("ReduceJoin", inputs=grid[:, :0], reduction_indices=ints(1))
    refused("ReduceJoin", inputs=grid, reduction_indices=ints(3))
    refused("ReduceJoin", inputs=grid, reduction_indices=ints(1, 1))
    long = texts("", "a", "hello world", b"\xff" * 70, "x" * 33, "y" * 8, "1234567")
    for buckets in (1, 7, 10**9, 2**62):
        case("StringToHashBucket", string_tensor=long, num_buckets=buckets)
        case("StringToHashBucketStrong", input=long, num_buckets=buckets, key=[-5, 2**40 + 1])


def functions():
    for dtype in FLOATS + [C64, C128]:
        case("Acosh", x=numbers(dtype, 7, low=1, high=9))
        case("Asinh", x=numbers(dtype, 7))
        case("Atanh", x=numbers(dtype, 7, low=-0.95, high=0.95))
        for op in ("MulNoNan", "Xdivy"):
            case(op, x=np.array([0, 1, 2, 0]).astype(dtype), y=np.array([NAN, 2, 0, INF]).astype(dtype))
        case("Xlogy", x=np.array([0, 1, 2, 0.5]).astype(dtype), y=np.array([NAN, 2, 0.25, 3]).astype(dtype))
        case("Xlog1py", x=np.array([0, 1, 2, 0.5]).astype(dtype), y=np.array([NAN, 2, 0.25, -0.5]).astype(dtype))
    for dtype in (I32, I64):
        case("Round", x=numbers(dtype, 3, 5, low=-99, high=99))
    for dtype in (H, F, D):
        case("Lgamma", x=np.array([0.1, 0.5, 1, 2, 3.7, 20, 1e3, -0.5, -1.5, -2.25]).astype(dtype))
        case("Lgamma", x=np.array([0, -1, NAN, INF, -INF]).astype(dtype))
    for dtype in FLOATS:
        case("Acosh", x=np.array([0.5, NAN, INF, -1]).astype(dtype))
        case("Atanh", x=np.array([1, -1, 2, NAN, -0.0]).astype(dtype))
        case("Asinh", x=np.array([1e-7, -0.0, INF, -INF, 1e4]).astype(dtype))
    case("Acosh", x=C64([0.5 + 1j, -2 - 1j, 0.25]))
    case("Atanh", x=C64([2 + 1j, -0.5 - 3j, 0.25]))
    case("Asinh", x=C128([2 + 1j, -0.5 - 3j, 0.25]))
    for dtype in (F, D):
        case("NextAfter", x1=np.array([1, -1, 0, 3, INF, NAN, 1e30]).astype(dtype), x2=np.array([2, -2, 1, 3, 0, 1, -1]).astype(dtype))
        case("NextAfter", x1=numbers(dtype, 2, 1), x2=numbers(dtype, 3))
    for dtype, out in ((C64, tf.float32), (C128, tf.float64)):
        x = np.array([1 + 2j, -3 - 1j, 0, -2, 5j, complex(-0.0, -0.0)], dtype)
        case("Real", input=x, Tout=out)
        case("Imag", input=x, Tout=out)
        case("Angle", input=x, Tout=out)
        case("ComplexAbs", x=x, Tout=out)
        case("Conj", input=x)
        case("Conj", input=numbers(dtype, 2, 0))
    for dtype in SIGNED + UNSIGNED:
        x, y = numbers(dtype, 2, 3, low=-99, high=99), numbers(dtype, 3, low=-99, high=99)
        for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
            case(op, x=x, y=y)
            case(op, x=numbers(dtype), y=numbers(dtype, 0, 2))
        case("Invert", x=x)
        for op in ("LeftShift", "RightShift"):
            case(op, x=x, y=np.array([0, 1, 7]).astype(dtype))
            case(op, x=x, y=np.array([8, 40, 64]).astype(dtype))
    case("LeftShift", x=ints(1, -5), y=ints(-1, 3))
    case("RightShift", x=ints(1, -5), y=ints(-1, 3))
    refused("BitwiseAnd", x=ints(1, 2), y=ints(1, 2, 3))
    for dtype in (F, D):
        case("ApproximateEqual", x=numbers(dtype, 9), y=numbers(dtype, 9), tolerance=1.5)
        case("ApproximateEqual", x=numbers(dtype, 9), y=numbers(dtype, 9))
    case("ApproximateEqual", x=F([NAN, INF, 1]), y=F([NAN, INF, 1.00001]))
    refused("ApproximateEqual", x=numbers(F, 2), y=numbers(F, 3))


def plain_ones():
    for dtype in NUMBERS + [np.bool_]:
        case("Concat", concat_dim=Const(I32(1)), values=[numbers(dtype, 2, 1), numbers(dtype, 2, 3), numbers(dtype, 2, 0)])
    case("Concat", concat_dim=I32(-1), values=[strings(2, 1), strings(2, 2)])
    case("Concat", concat_dim=I32(0), values=[numbers(F, 0), numbers(F, 3)])
    refused("Concat", concat_dim=I32(2), values=[numbers(F, 2, 2), numbers(F, 2, 2)])
    refused("Concat", concat_dim=I32(0), values=[numbers(F, 2, 1), numbers(F, 2, 2)])
    for dtype in (B16, F, D, I16, I32, I64, C64, C128):
        for x, y in ((False, False), (True, False), (False, True), (True, True)):
            case("BatchMatMulV3", x=numbers(dtype, *((2, 1, 4, 3) if x else (2, 1, 3, 4))), y=numbers(dtype, *((3, 2, 4) if y else (3, 4, 2))),
                 Tout=tf.as_dtype(dtype), adj_x=x, adj_y=y)
    for x, y in ((I8, I8), (U8, I8), (U8, U8)):
        case("BatchMatMulV3", x=numbers(x, 2, 3, 4, low=-99, high=99), y=numbers(y, 4, 2, low=-99, high=99), Tout=tf.int32)
    case("BatchMatMulV3", x=numbers(F, 2, 3, 0), y=numbers(F, 0, 2), Tout=tf.float32)
    refused("BatchMatMulV3", x=numbers(F, 2, 3), y=numbers(F, 2, 2), Tout=tf.float32)
    for dtype in (H, F, D):
        for scales in (False, True):
            case("BatchNormWithGlobalNormalization", t=numbers(dtype, 2, 2, 1, 3), m=numbers(dtype, 3), v=numbers(dtype, 3, low=0.5), beta=numbers(dtype, 3), gamma=numbers(dtype, 3), variance_epsilon=0.01, scale_after_normalization=scales)
    for dtype in NUMBERS:
        case("BiasAddV1", value=numbers(dtype, 2, 3), bias=numbers(dtype, 3))
    case("BiasAddV1", value=numbers(F, 1, 2, 2, 3), bias=numbers(F, 3))
    refused("BiasAddV1", value=numbers(F, 2, 3), bias=numbers(F, 2))
    for dtype in NUMBERS + [np.bool_]:
        case("EnsureShape", input=numbers(dtype, 2, 3), shape=[2, None])
        case("PreventGradient", input=numbers(dtype, 2, 3))
    case("EnsureShape", input=strings(2, 3), shape=[None, 3])
    case("EnsureShape", input=F(2), shape=[])
    refused("EnsureShape", input=numbers(F, 2, 3), shape=[2, 4])
    refused("EnsureShape", input=numbers(F, 2, 3), shape=[None])
    for dtype in FLOATS:
        case("CheckNumericsV2", tensor=numbers(dtype, 2), message="m")
        refused("CheckNumericsV2", tensor=np.array([1, -INF]).astype(dtype), message="m")


CHAINS = [[], ["Relu"], ["Relu6"], ["Elu"], ["LeakyRelu"], ["Tanh"], ["Sigmoid"]]


def fused_ones():
    conv = dict(strides=[1, 1, 1, 1], padding="SAME", host_args=[])
    for chain in CHAINS:
        one = dict(fused_ops=["BiasAdd"] + chain)
        if chain not in CHAINS[5:]:
            case("_FusedConv2D", input=numbers(F, 2, 4, 5, 3), filter=numbers(F, 3, 2, 3, 4), args=[numbers(F, 4)], leakyrelu_alpha=0.3, num_args=1, **conv, **one)
        case("_FusedMatMul", a=numbers(F, 3, 4), b=numbers(F, 4, 5), args=[numbers(F, 5)], leakyrelu_alpha=0.3, **one)
        if chain in CHAINS[:4]:
            normed = [numbers(F, 4), numbers(F, 4), numbers(F, 4), numbers(F, 4, low=0.5)]
            case("_FusedConv2D", input=numbers(F, 1, 4, 5, 3), filter=numbers(F, 3, 2, 3, 4), args=normed, epsilon=0.01, fused_ops=["FusedBatchNorm"] + chain, num_args=4, **conv)
    for rest in (dict(strides=[1, 2, 1, 1], padding="VALID"), dict(strides=[1, 1, 1, 1], padding="SAME", dilations=[1, 2, 2, 1]),
                 dict(strides=[1, 1, 2, 1], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0])):
        case("_FusedConv2D", input=numbers(F, 1, 6, 7, 2), filter=numbers(F, 2, 3, 2, 3), args=[numbers(F, 3)], host_args=[], fused_ops=["BiasAdd", "Relu"], num_args=1, **rest)
    case("_FusedConv2D", input=numbers(D, 1, 4, 5, 3), filter=numbers(D, 1, 1, 3, 4), args=[numbers(D, 4)], fused_ops=["BiasAdd", "Relu"], num_args=1, **conv)
    case("_FusedConv2D", input=numbers(F, 0, 4, 5, 3), filter=numbers(F, 1, 1, 3, 4), args=[numbers(F, 4)], fused_ops=["BiasAdd"], num_args=1, **conv)
    for a, b in ((False, True), (True, False), (True, True)):
        case("_FusedMatMul", a=numbers(F, *((4, 3) if a else (3, 4))), b=numbers(F, *((5, 4) if b else (4, 5))), args=[numbers(F, 5)],
             transpose_a=a, transpose_b=b, fused_ops=["BiasAdd", "Relu"])
    for dtype in (H, B16):
        case("_FusedMatMul", a=numbers(dtype, 3, 4), b=numbers(dtype, 4, 5), args=[numbers(dtype, 5)], fused_ops=["BiasAdd", "Relu"])
    case("_FusedMatMul", a=numbers(F, 0, 4), b=numbers(F, 4, 5), args=[numbers(F, 5)], fused_ops=["BiasAdd"])


# A fused form that TensorFlow's CPU kernels have by oneDNN alone.
ONEDNN_ONLY = ("_FusedDepthwiseConv2dNative",)


def fused_depthwise():
    for dtype in (H, B16, F):
        for chain in (["BiasAdd"], ["BiasAdd", "Relu"], ["BiasAdd", "Relu6"], ["BiasAdd", "Elu"]):
            for rest in (dict(strides=[1, 1, 1, 1], padding="SAME"), dict(strides=[1, 2, 2, 1], padding="VALID")):
                case("_FusedDepthwiseConv2dNative", input=numbers(dtype, 2, 5, 4, 3), filter=numbers(dtype, 3, 2, 3, 2), args=[numbers(dtype, 6)], fused_ops=chain, **rest)


def corners():
    case("Reshape", tensor=numbers(F, 2, 3), shape=Const(ints(-1)))
    case("Fill", shapes_known=False, dims=I32(3), value=F(2))
    case("Reshape", shapes_known=False, tensor=numbers(F, 2, 3), shape=I32(-1))
    case("Reverse", shapes_known=False, tensor=F(3), dims=np.array([True]))
    case("ReverseV2", shapes_known=False, tensor=F(3), axis=ints(1))
    case("Pow", x=numbers(I8, 0), y=I8(-1))
    case("Xlog1py", x=C64([1, 2j]), y=C64([1e-7, 1e-7 + 1e-7j]))
    case("QuantizeAndDequantizeV2", input=numbers(F, 3), input_min=F(-1), input_max=F(1), num_bits=1)
    case("TopKV2", input=F([3, 1, 9, 4, 7, 5, 8, 2, 6]), k=I32(4), sorted=False)
    wild = F([[0, 0, 1, 1], [NAN, 0, 1, 1], [0, 0, INF, INF], [0, 0, 1.1, 1], [-INF, 0, 1, 1], [0, 0, 3e38, 3e38]])
    for order in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]):
        case("NonMaxSuppressionV3", boxes=wild[order], scores=F([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), max_output_size=I32(6), iou_threshold=F(0.5), score_threshold=F(0.1))
        case("NonMaxSuppressionV2", boxes=wild[order], scores=F([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), max_output_size=I32(6), iou_threshold=F(0.5))


def diagonals():
    for dtype in NUMBERS + [np.bool_]:
        case("MatrixDiag", diagonal=numbers(dtype, 2, 3))
        case("MatrixDiagPart", input=numbers(dtype, 2, 3, 4))
        case("MatrixSetDiag", input=numbers(dtype, 2, 3, 4), diagonal=numbers(dtype, 2, 3))
    for dtype in (F, D, I32, I64, C64):
        case("Diag", diagonal=numbers(dtype, 2, 3))
        case("DiagPart", input=numbers(dtype, 2, 3, 2, 3))
    case("Diag", diagonal=numbers(F, 0))
    refused("DiagPart", input=numbers(F, 2, 3))
    for align in ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"):
        for low, high in ((0, 0), (-1, 1), (1, 2), (-2, -1), (-1, 0), (0, 3), (-2, 3)):
            k = I32(low) if low == high else ints(low, high)
            length = min(3 + min(high, 0), 4 - max(low, 0))
            shape = (2, length) if low == high else (2, high - low + 1, length)
            case("MatrixDiagPartV3", input=numbers(F, 2, 3, 4), k=k, padding_value=F(9), align=align)
            case("MatrixSetDiagV3", input=numbers(F, 2, 3, 4), diagonal=numbers(F, *shape), k=k, align=align)
            case("MatrixDiagV3", diagonal=numbers(F, *shape), k=k, num_rows=I32(3), num_cols=I32(4), padding_value=F(9), align=align)
    case("MatrixDiagPartV2", input=numbers(F, 3, 3), k=ints(-1, 1), padding_value=F(-1))
    case("MatrixSetDiagV2", input=numbers(F, 3, 3), diagonal=numbers(F, 2), k=ints(1))
    for rows, columns in ((-1, -1), (-1, 4), (4, -1), (4, 3), (3, 9)):
        case("MatrixDiagV2", diagonal=numbers(F, 2, 3), k=I32(0), num_rows=I32(rows), num_cols=I32(columns), padding_value=F(0))
    case("MatrixDiagV2", diagonal=numbers(F, 3, 2), k=Const(ints(0, 2)), num_rows=Const(I32(-1)), num_cols=Const(I32(-1)), padding_value=F(5))
    refused("MatrixDiagPartV3", input=numbers(F, 3, 4), k=I32(4), padding_value=F(0))
    refused("MatrixDiagPartV3", input=numbers(F, 3, 4), k=ints(1, 0), padding_value=F(0))
    refused("MatrixSetDiagV3", input=numbers(F, 3, 4), diagonal=numbers(F, 2), k=I32(0))
    refused("MatrixDiagV3", diagonal=numbers(F, 2, 3), k=I32(0), num_rows=I32(2), num_cols=I32(5), padding_value=F(0))
    refused("MatrixDiagV3", diagonal=numbers(F, 2, 3), k=I32(0), num_rows=I32(5), num_cols=I32(5), padding_value=F(0))


def sparse_tensors():
    indices, shape = I64([[0, 1], [2, 0], [2, 3]]), I64([4, 5])
    for new in ([20], [2, -1], [5, 4], [1, 4, 5], [2, 2, 5]):
        case("SparseReshape", input_indices=indices, input_shape=shape, new_shape=I64(new))
    case("SparseReshape", input_indices=np.zeros((0, 2), I64), input_shape=I64([0, 3]), new_shape=I64([3, 0]))
    for new in ([7], [-1, -1], [3, -1], [-2, -10]):
        refused("SparseReshape", input_indices=indices, input_shape=shape, new_shape=I64(new))
    for dtype in NUMBERS + [np.bool_]:
        case("SparseFillEmptyRows", indices=indices, values=numbers(dtype, 3), dense_shape=shape, default_value=numbers(dtype))
        case("SparseReorder", input_indices=I64([[2, 1], [0, 3], [2, 0]]), input_values=numbers(dtype, 3), input_shape=shape)
    case("SparseFillEmptyRows", indices=I64([[2, 1], [0, 3], [2, 0]]), values=strings(3), dense_shape=shape, default_value=strings())
    case("SparseFillEmptyRows", indices=np.zeros((0, 2), I64), values=numbers(F, 0), dense_shape=I64([2, 5]), default_value=F(3))
    case("SparseFillEmptyRows", indices=np.zeros((0, 2), I64), values=numbers(F, 0), dense_shape=I64([0, 5]), default_value=F(3))
    refused("SparseFillEmptyRows", indices=I64([[4, 0]]), values=F([1]), dense_shape=shape, default_value=F(3))
    refused("SparseFillEmptyRows", indices=I64([[-1, 0]]), values=F([1]), dense_shape=shape, default_value=F(3))
    for dtype in FLOATS + [I32, C64, C128]:
        for a in (False, True):
            for b in (False, True):
                dense = numbers(dtype, *((2, 4 if a else 5) if b else (4 if a else 5, 2)))
                case("SparseTensorDenseMatMul", a_indices=I64([[0, 1], [2, 0], [2, 3], [2, 3]]), a_values=numbers(dtype, 4), a_shape=shape, b=dense, adjoint_a=a, adjoint_b=b)
    case("SparseTensorDenseMatMul", a_indices=ints(1, 2).reshape(1, 2), a_values=numbers(F, 1), a_shape=shape, b=numbers(F, 5, 3))
    case("SparseTensorDenseMatMul", a_indices=np.zeros((0, 2), I64), a_values=numbers(F, 0), a_shape=shape, b=numbers(F, 5, 3))
    refused("SparseTensorDenseMatMul", a_indices=I64([[4, 0]]), a_values=F([1]), a_shape=shape, b=numbers(F, 5, 3))
    refused("SparseTensorDenseMatMul", a_indices=I64([[0, 0]]), a_values=F([1]), a_shape=shape, b=numbers(F, 4, 3))
    for start, size in (((0, 0), (4, 5)), ((1, 0), (2, 2)), ((2, 3), (9, 9)), ((4, 0), (1, 1))):
        case("SparseSlice", indices=indices, values=numbers(F, 3), shape=shape, start=I64(start), size=I64(size))
    for axis in (0, 1, -1):
        case("SparseConcat", indices=[indices, I64([[0, 0], [3, 4]])], values=[numbers(F, 3), numbers(F, 2)], shapes=[shape, shape], concat_dim=axis)
    refused("SparseConcat", indices=[indices, indices], values=[numbers(F, 3), numbers(F, 3)], shapes=[shape, I64([4, 6])], concat_dim=0)


def raggeds():
    for dtype in (F, D, I32, I64):
        case("RaggedRange", starts=np.array([0, 5, 8]).astype(dtype), limits=np.array([3, 7, 2]).astype(dtype), deltas=np.array([1, 1, -2]).astype(dtype), Tsplits=tf.int64)
    case("RaggedRange", starts=I32(0), limits=ints(3, 0, 2), deltas=I32(1), Tsplits=tf.int32)
    case("RaggedRange", starts=I32(0), limits=I32(3), deltas=I32(1))
    case("RaggedRange", starts=F(0), limits=F([1, 0.3]), deltas=F(0.1))
    refused("RaggedRange", starts=I32(0), limits=ints(3), deltas=I32(0))
    refused("RaggedRange", starts=ints(0, 1), limits=ints(3), deltas=I32(1))
    splits = I64([0, 2, 2, 5])
    for shape in (Const(I64(-1)), I64([-1, -1]), I64([2, 4]), I64([5, 1]), I64([-1, 2])):
        case("RaggedTensorToTensor", shape=shape, values=numbers(F, 5), default_value=F(9), row_partition_tensors=[splits], row_partition_types=["ROW_SPLITS"])
        case("RaggedTensorToTensor", shape=shape, values=strings(5), default_value=np.array(b"-", object), row_partition_tensors=[I64(3), I64([0, 0, 2, 2, 2])], row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"])
    for shape in ([-1, -1, -1], [2, 2, 3]):
        case("RaggedTensorToTensor", shape=ints(*shape), values=numbers(I64, 5), default_value=I64(0), row_partition_tensors=[I64([0, 1, 3]), splits], row_partition_types=["ROW_SPLITS", "ROW_SPLITS"])
        case("RaggedTensorToTensor", shape=ints(*shape), values=numbers(I64, 5), default_value=I64(0), row_partition_tensors=[I64(2), I64([0, 0, 1]), I64([0, 0, 2, 2, 2])], row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS", "VALUE_ROWIDS"])
    case("RaggedTensorToTensor", shape=I64([-1, -1, 2]), values=numbers(F, 5, 2), default_value=F([7, 8]), row_partition_tensors=[splits], row_partition_types=["ROW_SPLITS"])
    case("RaggedTensorToTensor", shape=I64([-1, -1, -1]), values=numbers(F, 5, 2), default_value=F(3), row_partition_tensors=[splits], row_partition_types=["ROW_SPLITS"])
    case("RaggedTensorToTensor", shape=I64([-1, -1]), values=numbers(F, 0), default_value=F(3), row_partition_tensors=[I64([0, 0, 0])], row_partition_types=["ROW_SPLITS"])
    refused("RaggedTensorToTensor", shape=I64([-1, -1]), values=numbers(F, 5), default_value=F([1, 2]), row_partition_tensors=[splits], row_partition_types=["ROW_SPLITS"])
    for dtype in (F, I64, np.bool_):
        case("RaggedTensorToSparse", rt_nested_splits=[splits], rt_dense_values=numbers(dtype, 5))
    case("RaggedTensorToSparse", rt_nested_splits=[I64([0, 1, 3]), splits], rt_dense_values=strings(5))
    case("RaggedTensorToSparse", rt_nested_splits=[ints(0, 2, 3)], rt_dense_values=numbers(F, 3, 2))
    case("RaggedTensorToSparse", rt_nested_splits=[I64([0])], rt_dense_values=numbers(F, 0))
    for wrong in ((0, 2, 1, 5), (1, 2, 5), (0, 4)):
        refused("RaggedTensorToSparse", rt_nested_splits=[I64(wrong)], rt_dense_values=numbers(F, 5))


def countings():
    for dtype in (I32, I64, F, D):
        case("Bincount", arr=ints(1, 3, 1, 7), size=I32(5), weights=numbers(dtype, 4))
        case("Bincount", arr=I32([[0, 1], [1, 1]]), size=I32(3), weights=numbers(dtype, 0))
        for index in (I32, I64):
            case("DenseBincount", input=index([1, 3, 1, 7]), size=index(5), weights=numbers(dtype, 4))
            case("DenseBincount", input=index([[1, 3], [1, 1]]), size=index(4), weights=numbers(dtype, 0))
            case("DenseBincount", input=index([[1, 3], [1, 1]]), size=index(4), weights=numbers(dtype, 2, 2))
            case("DenseBincount", input=index([[1, 3], [1, 1]]), size=index(4), weights=numbers(dtype, 0), binary_output=True)
    case("Bincount", arr=NO_INTS, size=I32(2), weights=numbers(F, 0))
    refused("Bincount", arr=ints(-1), size=I32(5), weights=numbers(F, 0))
    refused("Bincount", arr=ints(1), size=I32(-5), weights=numbers(F, 0))
    refused("DenseBincount", input=ints(-1), size=I32(5), weights=numbers(F, 0))


def index_maths():
    for dtype in REALS:
        case("ListDiff", x=numbers(dtype, 9), y=numbers(dtype, 4))
        case("Cross", a=numbers(dtype, 2, 3), b=numbers(dtype, 2, 3))
    case("ListDiff", x=strings(9), y=strings(2), out_idx=tf.int64)
    case("ListDiff", x=numbers(F, 0), y=numbers(F, 2))
    refused("Cross", a=numbers(F, 2, 2), b=numbers(F, 2, 2))
    for dtype in SIGNED + UNSIGNED:
        case("PopulationCount", x=numbers(dtype, 9, low=-99, high=99))
    for dtype in (I32, I64):
        case("UnravelIndex", indices=dtype([5, 0, 23]), dims=dtype([2, 3, 4]))
        case("UnravelIndex", indices=dtype(7), dims=dtype([3, 4]))
    refused("UnravelIndex", indices=I32(12), dims=ints(3, 4))
    for dtype in (F, D, I32, I64, U8, H):
        rows = np.sort(numbers(dtype, 2, 6), 1)
        for out in (tf.int32, tf.int64):
            case("LowerBound", sorted_inputs=rows, values=numbers(dtype, 2, 4), out_type=out)
            case("UpperBound", sorted_inputs=rows, values=numbers(dtype, 2, 4), out_type=out)
    predictions = F([[0.1, 0.3, 0.3], [0.5, NAN, 0.1], [0.2, 0.3, INF], [0.1, 0.2, 0.3]])
    for k in (1, 2):
        case("InTopK", predictions=predictions, targets=ints(1, 0, 1, 0), k=k)
        case("InTopKV2", predictions=predictions, targets=I64([2, 2, 9, -1]), k=I64(k))
    refused("InTopKV2", predictions=predictions, targets=ints(1), k=I32(1))
    for dtype in (I32, I64):
        case("DataFormatVecPermute", x=dtype([1, 2, 3, 4]))
        case("DataFormatVecPermute", x=dtype([[1, 2], [3, 4], [5, 6], [7, 8]]), src_format="NCHW", dst_format="NHWC")
        case("DataFormatVecPermute", x=dtype([1, 2]), src_format="NHWC", dst_format="NCHW")
        case("DataFormatDimMap", x=dtype([[0, 1], [2, -1]]))
        case("DataFormatDimMap", x=dtype(3), src_format="NCHW", dst_format="NHWC")
    case("ConcatOffset", concat_dim=I32(1), shape=[ints(2, 3, 4), ints(2, 7, 4), ints(2, 1, 4)])
    refused("ConcatOffset", concat_dim=I32(1), shape=[ints(2, 3), ints(3, 3)])
    refused("ConcatOffset", concat_dim=I32(2), shape=[ints(2, 3), ints(2, 3)])


def colors():
    for dtype in FLOATS:
        pixels = np.concatenate([random.uniform(0, 1, (20, 3)), [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 1]]]).astype(dtype)
        case("RGBToHSV", images=pixels)
        case("HSVToRGB", images=pixels)
    images = random.uniform(0, 1, (2, 3, 4, 3)).astype(F)
    case("AdjustContrastv2", images=images, contrast_factor=F(1.7))
    case("AdjustSaturation", images=images, scale=F(0.4))
    case("AdjustSaturation", images=images, scale=F(3))
    for delta in (0.3, -0.7, 0):
        case("AdjustHue", images=images, delta=F(delta))
    case("AdjustContrastv2", images=random.uniform(0, 255, (3, 4, 2)).astype(F), contrast_factor=F(0))
    refused("AdjustHue", images=numbers(F, 2, 2, 4), delta=F(0.1))
    refused("RGBToHSV", images=numbers(F, 2, 4))


def volumes():
    for dtype in (H, B16, F, D):
        if dtype in (B16, F):
            case("MaxPool3D", input=numbers(dtype, 2, 4, 5, 6, 3), ksize=[1, 2, 3, 2, 1], strides=[1, 1, 2, 2, 1], padding="SAME")
            case("AvgPool3D", input=numbers(dtype, 2, 4, 5, 6, 3), ksize=[1, 2, 3, 2, 1], strides=[1, 1, 2, 2, 1], padding="SAME")
        case("DepthwiseConv2dNativeBackpropInput", input_sizes=ints(2, 5, 4, 3), filter=numbers(dtype, 2, 3, 3, 2), out_backprop=numbers(dtype, 2, 3, 2, 6), strides=[1, 2, 2, 1], padding="SAME")
        if dtype != B16:
            case("Conv3DBackpropInputV2", input_sizes=Const(ints(1, 4, 5, 3, 2)), filter=numbers(dtype, 2, 3, 2, 2, 3), out_backprop=numbers(dtype, 1, 2, 3, 2, 3), strides=[1, 2, 2, 2, 1], padding="SAME")
    case("MaxPool3D", input=numbers(F, 1, 4, 5, 6, 2), ksize=[1, 2, 2, 2, 1], strides=[1, 3, 1, 2, 1], padding="VALID")
    case("AvgPool3D", input=numbers(F, 1, 4, 5, 6, 2), ksize=[1, 2, 2, 2, 1], strides=[1, 3, 1, 2, 1], padding="VALID")
    case("Conv3DBackpropInputV2", input_sizes=I64([2, 4, 5, 3, 2]), filter=numbers(F, 2, 3, 2, 2, 3), out_backprop=numbers(F, 2, 3, 3, 2, 3), strides=[1] * 5, padding="VALID")
    refused("Conv3DBackpropInputV2", input_sizes=ints(2, 4, 5, 3, 2), filter=numbers(F, 2, 3, 2, 2, 3), out_backprop=numbers(F, 2, 4, 3, 2, 3), strides=[1] * 5, padding="VALID")
    case("DepthwiseConv2dNativeBackpropInput", input_sizes=ints(1, 5, 4, 3), filter=numbers(F, 2, 3, 3, 1), out_backprop=numbers(F, 1, 4, 2, 3), strides=[1, 1, 1, 1], padding="VALID")
    for dtype in [H, B16, F, D] + SIGNED + UNSIGNED[:2]:
        case("MaxPoolWithArgmax", input=numbers(dtype, 2, 5, 4, 3), ksize=[1, 2, 3, 1], strides=[1, 2, 2, 1], padding="SAME")
    for batch in (False, True):
        case("MaxPoolWithArgmax", input=numbers(F, 2, 5, 4, 3), ksize=[1, 2, 2, 1], strides=[1, 1, 2, 1], padding="VALID", include_batch_in_index=batch, Targmax=tf.int32 if batch else tf.int64)
    for dtype in NUMBERS:
        case("ExtractImagePatches", images=numbers(dtype, 2, 5, 4, 3), ksizes=[1, 2, 3, 1], strides=[1, 1, 2, 1], rates=[1, 2, 1, 1], padding="SAME")
    case("ExtractImagePatches", images=numbers(F, 1, 5, 6, 2), ksizes=[1, 2, 2, 1], strides=[1, 2, 3, 1], rates=[1, 1, 2, 1], padding="VALID")
    for dtype in [H, F, D, U8, U16] + SIGNED:
        case("ResizeArea", images=numbers(dtype, 2, 5, 4, 3), size=ints(3, 2))
    for size in ((7, 3), (1, 1), (5, 4), (9, 11)):
        for align in (False, True):
            case("ResizeArea", images=numbers(F, 1, 5, 4, 2), size=ints(*size), align_corners=align)
    refused("ResizeArea", images=numbers(F, 1, 5, 4, 2), size=ints(0, 2))


def spectra():
    for dtype in (C64, C128):
        for points in (1, 2, 8, 7, 12, 15):
            case("FFT", input=numbers(dtype, 2, points))
            case("IFFT", input=numbers(dtype, 2, points))
        case("FFT2D", input=numbers(dtype, 2, 4, 3))
        case("IFFT2D", input=numbers(dtype, 4, 5))
        case("FFT3D", input=numbers(dtype, 2, 3, 4, 3))
        case("IFFT3D", input=numbers(dtype, 3, 4, 3))
    for dtype, wide in ((F, C64), (D, C128)):
        half, whole = dict(Tcomplex=tf.as_dtype(wide)), dict(Treal=tf.as_dtype(dtype))
        for points in (1, 2, 8, 7):
            case("RFFT", input=numbers(dtype, 2, 9), fft_length=ints(points), **half)
            case("IRFFT", input=numbers(wide, 2, 5), fft_length=ints(points), **whole)
        case("RFFT2D", input=numbers(dtype, 2, 4, 6), fft_length=Const(ints(3, 6)), **half)
        case("RFFT3D", input=numbers(dtype, 3, 4, 6), fft_length=ints(3, 4, 6), **half)
        case("IRFFT2D", input=numbers(wide, 4, 4), fft_length=ints(4, 6), **whole)
        case("IRFFT3D", input=numbers(wide, 2, 3, 4, 4), fft_length=ints(3, 4, 7), **whole)
        case("Complex", real=numbers(dtype, 2, 1), imag=numbers(dtype, 3), Tout=tf.as_dtype(wide))
    case("RFFT", input=numbers(F, 0, 8), fft_length=ints(8))
    refused("RFFT", input=numbers(F, 2, 4), fft_length=ints(-1))
    refused("RFFT", input=numbers(F, 2, 4), fft_length=ints(4, 4))


def text_of(value):
    return np.array(value, object)


def wave(channels, rate, samples, extra=b""):
    """A RIFF file of 16-bit samples."""
    data = np.asarray(samples, "<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + extra + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def sounds():
    samples = random.integers(-32768, 32768, 24)
    for channels in (1, 2):
        file = text_of(wave(channels, 16000, samples))
        case("DecodeWav", contents=file)
        for desired_channels in (-1, 1, 2, 3):
            for desired_samples in (-1, 5, 40):
                case("DecodeWav", contents=file, desired_channels=desired_channels, desired_samples=desired_samples)
    case("DecodeWav", contents=text_of(wave(1, 8000, samples, b"LIST" + struct.pack("<I", 4) + b"abcd")))
    case("DecodeWav", contents=text_of(wave(1, 8000, [])))
    for wrong in (b"", b"RIFF", wave(1, 8000, samples)[:-3], wave(0, 8000, samples), wave(1, 8000, samples).replace(b"WAVE", b"WAVX")):
        refused("DecodeWav", contents=text_of(wrong))
    for squared in (False, True):
        case("AudioSpectrogram", input=numbers(F, 64, 2), window_size=16, stride=8, magnitude_squared=squared)
        case("AudioSpectrogram", input=numbers(F, 50, 1), window_size=13, stride=7, magnitude_squared=squared)
    case("AudioSpectrogram", input=numbers(F, 7, 1), window_size=13, stride=7)
    spectrogram = random.uniform(0, 9, (2, 3, 257)).astype(F)
    case("Mfcc", spectrogram=spectrogram, sample_rate=Const(I32(16000)))
    case("Mfcc", spectrogram=spectrogram[:, :, :65], sample_rate=I32(16000), upper_frequency_limit=7000, lower_frequency_limit=100, filterbank_channel_count=10, dct_coefficient_count=10)
    case("Mfcc", spectrogram=0 * spectrogram, sample_rate=I32(8000))


def characters():
    words = texts("", "a\u00c4\u4e16\U0001f600z", b"\xc3", b"a\xe4\xb8b", b"\xf0\x9f\x98", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5x", b"\x01\x00\x1f\x7f", b"\xff\xfe")
    wide = texts("h\u00e9\U0001f600".encode("utf-16-be"), b"\xd8\x00\x00a", b"\x00", b"\xdc\x00\x00b")
    wider = texts("h\u00e9\U0001f600".encode("utf-32-be"), b"\x00\x11\x00\x00", b"\x00\x00")
    for errors in ("replace", "ignore"):
        for control in (False, True):
            for out in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
                case("UnicodeTranscode", input=words, input_encoding="UTF-8", output_encoding=out, errors=errors, replace_control_characters=control, replacement_char=0x3F if control else 65533)
        for encoding, given in (("UTF-8", words), ("UTF-16-BE", wide), ("UTF-32-BE", wider)):
            case("UnicodeDecode", input=given, input_encoding=encoding, errors=errors)
            case("UnicodeDecodeWithOffsets", input=given, input_encoding=encoding, errors=errors)
        case("UnicodeEncode", input_values=ints(104, 0xe9, 0x1f600, 0xd800, 0x110000, -1), input_splits=I64([0, 3, 3, 6]), output_encoding="UTF-8", errors=errors)
    case("UnicodeTranscode", input=texts(b"h\xe9"), input_encoding="ISO-8859-1", output_encoding="UTF-8")
    case("UnicodeTranscode", input=texts(b"h\xe9"), input_encoding="US-ASCII", output_encoding="UTF-8")
    for out in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
        case("UnicodeEncode", input_values=ints(104, 0xe9, 0x4e16, 0x1f600), input_splits=ints(0, 1, 4), output_encoding=out)
    refused("UnicodeTranscode", input=words, input_encoding="UTF-8", output_encoding="UTF-8", errors="strict")
    refused("UnicodeDecode", input=words, input_encoding="UTF-8", errors="strict")
    refused("UnicodeEncode", input_values=ints(-1), input_splits=ints(0, 1), output_encoding="UTF-8", errors="strict")
    refused("UnicodeEncode", input_values=ints(65), input_splits=ints(0, 2), output_encoding="UTF-8")


def runs():
    data = texts("a", "bb", "c", "d", "e", "f")
    for pad in (-1, 0, 1, 2, 9):
        for widths in ([1], [2], [1, 3], [4]):
            for short in (False, True):
                case("StringNGrams", data=data, data_splits=I64([0, 1, 1, 3, 6]), separator="|", ngram_widths=widths, left_pad="L", right_pad="R", pad_width=pad, preserve_short_sequences=short)
    case("StringNGrams", data=data, data_splits=ints(0, 6), separator="", ngram_widths=[2], left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False)
    case("StringNGrams", data=strings(0), data_splits=ints(0), separator="", ngram_widths=[2], left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False)
    refused("StringNGrams", data=data, data_splits=ints(0, 7), separator="", ngram_widths=[2], left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False)
    refused("StringNGrams", data=data, data_splits=ints(0, 3, 2, 6), separator="", ngram_widths=[2], left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False)


def gradients():
    for dtype in FLOATS:
        x, g = F([-7, -1, -0.5, 0, 0.25, 1, 5.5, 6, 7]).astype(dtype), numbers(dtype, 9)
        for op in ("Relu", "Relu6", "Softplus", "Softsign", "LeakyRelu"):
            case(op + "Grad", gradients=g, features=x)
        for op in ("Elu", "Selu"):
            case(op + "Grad", gradients=g, outputs=x)
        for op in ("Tanh", "Sigmoid", "Sqrt", "Rsqrt", "Inv", "Reciprocal"):
            case(op + "Grad", y=x + dtype(8), dy=F([-2, -1, 0, 1, 2, 3, 4, 5, 6]).astype(dtype))
    for dtype in SIGNED + UNSIGNED:
        for op in ("ReluGrad", "Relu6Grad"):
            case(op, gradients=numbers(dtype, 2, 5), features=numbers(dtype, 2, 5))
    for dtype in (C64, C128):
        for op in ("Tanh", "Sigmoid", "Sqrt", "Rsqrt", "Inv", "Reciprocal"):
            case(op + "Grad", y=numbers(dtype, 4), dy=numbers(dtype, 4))
    for op in ("Sqrt", "Rsqrt"):
        case(op + "Grad", y=F([0, INF, NAN, 0]), dy=F([0, 1, 1, 2]))
    for op in ("ReluGrad", "Relu6Grad"):
        case(op, gradients=F([1, NAN, 3, NAN, INF]), features=F([NAN, 1, -0.0, -1, -2]))
    case("LeakyReluGrad", gradients=numbers(F, 3, 4), features=numbers(F, 3, 4), alpha=0.05)
    refused("TanhGrad", y=numbers(F, 3), dy=numbers(F, 4))
    for dtype in NUMBERS:
        if dtype not in (U16, U32, U64):  # TensorFlow's own BiasAddGrad lacks them
            case("BiasAddGrad", out_backprop=numbers(dtype, 2, 3, 4))
    for shape in ((2, 3), (2, 3, 4, 5), (0, 3), (2, 3, 2, 2, 2)):
        for layout in ("NHWC", "NCHW") if len(shape) > 2 else ("NHWC",):
            case("BiasAddGrad", out_backprop=numbers(F, *shape), data_format=layout)
    for dtype in (H, B16, F, D, I32, I64, U8):
        x = numbers(dtype, 2, 6, 5, 3)
        y = tf.nn.max_pool2d(x.astype(D), 2, 2, "VALID").numpy().astype(dtype)
        case("MaxPoolGrad", orig_input=x, orig_output=y, grad=numbers(dtype, 2, 3, 2, 3), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    x = np.maximum(numbers(F, 1, 5, 6, 2), 0)  # many equal
    x[0, 2, 2, 0] = NAN
    for window, stride, padding, pads in ((3, 2, "SAME", []), (3, 1, "VALID", []), (2, 3, "SAME", []), (3, 2, "EXPLICIT", [0, 0, 1, 0, 1, 1, 0, 0])):
        rest = dict(ksize=[1, window, window, 1], strides=[1, stride, stride, 1], padding=padding)
        y = tf.raw_ops.MaxPool(input=x, explicit_paddings=pads, **rest).numpy()
        case("MaxPoolGrad", orig_input=x, orig_output=y, grad=numbers(F, *y.shape), explicit_paddings=pads, **rest)
        if padding != "EXPLICIT":
            for dtype in FLOATS:
                case("AvgPoolGrad", orig_input_shape=ints(*x.shape), grad=numbers(dtype, *y.shape), **rest)
    case("AvgPoolGrad", orig_input_shape=Const(ints(1, 4, 4, 1)), grad=numbers(F, 1, 2, 2, 1), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    for dtype in FLOATS + [I32, I64, np.bool_, C64]:
        case("StridedSliceGrad", shape=ints(4, 5), begin=ints(1, 4), end=ints(4, 0), strides=ints(2, -2), dy=numbers(dtype, 2, 2))
    case("StridedSliceGrad", shape=ints(4, 5, 3), begin=ints(0, 2, 0), end=ints(0, 3, 0), strides=ints(1, 1, 1), begin_mask=5, end_mask=5, shrink_axis_mask=2, dy=numbers(F, 4, 3))
    case("StridedSliceGrad", shape=I64([4, 5, 3]), begin=I64([0, 0, 1]), end=I64([0, 0, 2]), strides=I64([1, 1, 1]), ellipsis_mask=1, new_axis_mask=2, dy=numbers(F, 4, 5, 1, 1))
    case("StridedSliceGrad", shape=Const(ints(3)), begin=Const(ints(0)), end=Const(ints(0)), strides=Const(ints(1)), dy=numbers(F, 0))
    refused("StridedSliceGrad", shape=ints(4), begin=ints(0), end=ints(2), strides=ints(1), dy=numbers(F, 3))
    for training in (False, True):
        for layout in ("NHWC", "NCHW") if training else ("NHWC",):
            sides = (2, 3, 4, 5) if layout == "NHWC" else (2, 5, 3, 4)
            rest = dict(scale=numbers(F, 5), reserve_space_1=numbers(F, 5), reserve_space_2=numbers(F, 5, low=0.5), epsilon=0.01, is_training=training, data_format=layout)
            case("FusedBatchNormGrad", y_backprop=numbers(F, *sides), x=numbers(F, *sides), **rest)
            for dtype in (H, B16, F):
                case("FusedBatchNormGradV2", y_backprop=numbers(dtype, *sides), x=numbers(dtype, *sides), **rest)
                case("FusedBatchNormGradV3", y_backprop=numbers(dtype, *sides), x=numbers(dtype, *sides), reserve_space_3=numbers(F, 5), **rest)
    case("FusedBatchNormGradV3", y_backprop=numbers(F, 1, 2, 2, 2, 3), x=numbers(F, 1, 2, 2, 2, 3), scale=numbers(F, 3), reserve_space_1=numbers(F, 3), reserve_space_2=numbers(F, 3, low=0.5),
         reserve_space_3=numbers(F, 3), is_training=False, data_format="NDHWC")


def randoms():
    """What nodes with seeds draw first; odd sizes, since numbers come in groups, and more than one thread's share."""
    seeds = dict(seed=5, seed2=-9)
    for dtype in FLOATS:
        for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
            case(op, shape=ints(3, 7), dtype=dtype, **seeds)
        for op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
            case(op, shape=ints(3, 7), seed=ints(3, -4), dtype=dtype)
            case(op + "V2", shape=I64([3, 7]), key=U64([2**63 + 11]), counter=U64([2**64 - 2, 5]), alg=I32(1), dtype=dtype)
    for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        case(op, shape=I64([3001]), dtype=F, seed=2**40 + 7)
        case(op, shape=ints(), dtype=F, **seeds)
        case(op, shape=ints(2, 0), dtype=D, seed2=1)
        refused(op, shape=ints(-1), dtype=F, **seeds)
        refused(op, shape=I32(3), dtype=F, **seeds)
    for op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
        case(op, shape=ints(3001), seed=I64([2**62 + 1, -2**50]), dtype=F)
        case(op, shape=ints(), seed=I64([0, 0]))
        case(op + "V2", shape=ints(5, 0), key=U64([1]), counter=U64([1, 2]), alg=I32(1))
        case(op + "V2", shape=ints(5), key=U64([1]), counter=U64([1, 2, 3]), alg=I32(3))
        refused(op, shape=ints(2), seed=ints(1, 2, 3))
        refused(op, shape=ints(2, -2), seed=ints(1, 2))
        refused(op + "V2", shape=ints(5), key=U64([1, 1]), counter=U64([1, 2]), alg=I32(1))
        refused(op + "V2", shape=ints(5), key=U64([1]), counter=U64([1, 2]), alg=I32(2))
    for dtype in (I32, I64):
        limits = np.iinfo(dtype)
        for low, high in ((-3, 90), (limits.min, limits.max), (5, 6)):
            case("RandomUniformInt", shape=ints(3, 7), minval=dtype(low), maxval=dtype(high), **seeds)
            case("StatelessRandomUniformInt", shape=ints(3, 7), seed=ints(3, -4), minval=dtype(low), maxval=dtype(high))
        case("RandomUniformInt", shape=ints(0), minval=dtype(4), maxval=dtype(2), **seeds)
        case("StatelessRandomUniformInt", shape=ints(0), seed=ints(3, 4), minval=dtype(4), maxval=dtype(2))
        refused("RandomUniformInt", shape=ints(1), minval=dtype(4), maxval=dtype(4), **seeds)
        refused("StatelessRandomUniformInt", shape=ints(1), seed=ints(3, 4), minval=dtype(4), maxval=dtype(3))
    for dtype in (I32, I64, U32, U64):
        limits = np.iinfo(dtype)
        for low, high in ((3, 90), (limits.min, limits.max)) if dtype in (I32, I64) else ():  # TensorFlow has no others
            case("StatelessRandomUniformIntV2", shape=ints(3, 7), key=U64([7]), counter=U64([1, 2]), alg=I32(1), minval=dtype(low), maxval=dtype(high))
        case("StatelessRandomUniformFullInt", shape=ints(3, 7), seed=I64([3, -4]), dtype=dtype)
        case("StatelessRandomUniformFullIntV2", shape=ints(3, 7), key=U64([7]), counter=U64([1, 2]), alg=I32(3), dtype=dtype)
        if dtype in (I32, I64):
            refused("StatelessRandomUniformIntV2", shape=ints(1), key=U64([7]), counter=U64([1, 2]), alg=I32(1), minval=dtype(4), maxval=dtype(4))
    refused("StatelessRandomUniformFullInt", shape=ints(3), seed=U32([3, 4]), dtype=U32)
    for seed in (ints(3, -4), I64([-2**63, 2**63 - 1])):
        case("StatelessRandomGetKeyCounter", seed=seed)
        case("StatelessRandomGetKeyCounterAlg", seed=seed)
    case("StatelessRandomGetAlg")
    refused("StatelessRandomGetKeyCounter", seed=ints(1))
    for dtype in FLOATS:
        logits = numbers(dtype, 3, 5)
        for wanted in (I32, I64):
            case("Multinomial", logits=logits, num_samples=I32(7), output_dtype=wanted, **seeds)
            case("StatelessMultinomial", logits=logits, num_samples=I32(7), seed=ints(3, -4), output_dtype=wanted)
    odd = F([[NAN, 1, 2], [-INF, -INF, 0], [INF, 1, 1], [-INF, NAN, -INF], [80, -80, 79]])
    for logits, count in ((odd, 9), (numbers(F, 0, 3), 4), (numbers(F, 2, 3), 0), (numbers(F, 2, 1), 3)):
        case("Multinomial", logits=logits, num_samples=I32(count), **seeds)
        case("StatelessMultinomial", logits=logits, num_samples=I32(count), seed=I64([1, 2]))
    for logits, count in ((numbers(F, 2, 0), 3), (numbers(F, 2, 2), -1)):
        refused("Multinomial", logits=logits, num_samples=I32(count), **seeds)
        refused("StatelessMultinomial", logits=logits, num_samples=I32(count), seed=I64([1, 2]))
    for dtype in NUMBERS + [np.bool_]:
        case("RandomShuffle", value=numbers(dtype, 11), **seeds)
    for value in (strings(6, 2), numbers(F, 5, 2, 3), numbers(F, 1, 4), numbers(F), numbers(F, 4, 0), numbers(F, 0)):
        case("RandomShuffle", value=value, **seeds)


def encoders():
    for dtype in (U8, U16):
        for channels in (1, 2, 3, 4):
            image = random.integers(0, np.iinfo(dtype).max + 1, (5, 7, channels)).astype(dtype)
            case("EncodePng", image=image, compression=channels)
    smooth = (np.arange(18 * 21 * 3).reshape(18, 21, 3) // 5).astype(U8)
    case("EncodePng", image=np.stack([smooth, 255 - smooth]))
    case("EncodePng", image=np.zeros((0, 3, 3, 1), U8))
    for shape, compression in (((3, 3), -1), ((2, 2, 5), -1), ((2, 2, 0), -1), ((2, 2, 1), 10), ((2, 2, 1), -2)):
        refused("EncodePng", image=np.zeros(shape, U8), compression=compression)
    case("EncodeJpeg", image=smooth)
    case("EncodeJpeg", image=smooth[:, :, :1], format="grayscale", quality=0)
    case("EncodeJpeg", image=smooth, format="rgb", quality=100, chroma_downsampling=False)
    case("EncodeJpeg", image=smooth, progressive=True, optimize_size=True, quality=60)
    case("EncodeJpeg", image=smooth[:1, :1], density_unit="cm", x_density=-1, y_density=70000, xmp_metadata="<x/>")
    case("EncodeJpegVariableQuality", images=smooth, quality=I32(30))
    case("EncodeJpegVariableQuality", images=smooth[:, :, :1], quality=I32(95))
    for shape, given in (((1, 3, 3, 1), {}), ((3, 3, 2), {}), ((3, 3, 1), dict(format="rgb")), ((3, 3, 3), dict(format="grayscale")), ((3, 3, 3), dict(quality=101)), ((3, 3, 3), dict(quality=-1))):
        refused("EncodeJpeg", image=np.zeros(shape, U8), **given)
    for shape, quality in (((3, 3, 3), 101), ((3, 3, 2), 50)):
        refused("EncodeJpegVariableQuality", images=np.zeros(shape, U8), quality=I32(quality))


def outlines():
    boxes = F([[[0.1, 0.2, 0.6, 0.9], [-0.5, -0.5, 1.5, 0.5], [0.6, 0.1, 0.2, 0.9], [2, 0, 3, 1]], [[0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5], [-0.2, 0.3, 0.4, 1.3], [-2, 0, -1, 1]]])
    many = np.concatenate([boxes, random.uniform(0, 1, (2, 9, 4)).astype(F)], axis=1)
    for dtype in (H, F):
        for channels in (1, 3, 4):
            images = numbers(dtype, 2, 9, 11, channels)
            case("DrawBoundingBoxes", images=images, boxes=many)
            case("DrawBoundingBoxesV2", images=images, boxes=boxes, colors=numbers(F, 3, channels))
    case("DrawBoundingBoxesV2", images=numbers(F, 2, 9, 11, 3), boxes=boxes, colors=numbers(F, 0, 3))
    case("DrawBoundingBoxesV2", images=numbers(F, 2, 9, 11, 1), boxes=boxes, colors=numbers(F, 2, 4))
    case("DrawBoundingBoxes", images=numbers(F, 1, 1, 1, 1), boxes=boxes[:1])
    case("DrawBoundingBoxes", images=numbers(F, 1, 4, 4, 1), boxes=boxes[:1, :0])
    refused("DrawBoundingBoxes", images=numbers(F, 1, 4, 4, 2), boxes=boxes[:1])
    refused("DrawBoundingBoxes", images=numbers(F, 1, 4, 4, 1), boxes=boxes)
    refused("DrawBoundingBoxes", images=numbers(F, 1, 4, 4, 1), boxes=boxes[:1, :, :3])
    refused("DrawBoundingBoxes", images=numbers(F, 4, 4, 1), boxes=boxes[:1])
    refused("DrawBoundingBoxesV2", images=numbers(F, 2, 4, 4, 3), boxes=boxes, colors=numbers(F, 1, 2))


def projections():
    turned = F([[0.8, -0.6, 2.3, 0.6, 0.8, -1.7, 0, 0], [1, 0.2, -3, 0.1, 1, 4, 0.05, -0.02]])
    for mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST"):
        for interpolation in ("NEAREST", "BILINEAR"):
            for dtype in (U8, I32, I64, H, F, D) if mode == "CONSTANT" else (F,):
                given = dict(images=numbers(dtype, 2, 5, 6, 2), transforms=turned, output_shape=ints(7, 8), interpolation=interpolation, fill_mode=mode)
                case("ImageProjectiveTransformV2", **given)
                case("ImageProjectiveTransformV3", fill_value=F(3.7), **given)
            far = F([[1, 0, -40, 0, 1, 33, 0, 0]])
            case("ImageProjectiveTransformV2", images=numbers(F, 1, 4, 3, 1), transforms=far, output_shape=ints(9, 9), interpolation=interpolation, fill_mode=mode)
            case("ImageProjectiveTransformV2", images=numbers(F, 1, 1, 1, 1), transforms=far, output_shape=ints(2, 3), interpolation=interpolation, fill_mode=mode)
    case("ImageProjectiveTransformV3", images=numbers(F, 1, 4, 4, 1), transforms=F([[1, 0, 0, 0, 1, 0, -0.5, 0]]), output_shape=ints(4, 4), interpolation="BILINEAR", fill_value=F(2))
    case("ImageProjectiveTransformV3", images=numbers(U8, 1, 4, 4, 1), transforms=far, output_shape=ints(2, 2), interpolation="NEAREST", fill_value=F(300.7))
    case("ImageProjectiveTransformV2", images=numbers(F, 0, 4, 4, 1), transforms=far, output_shape=ints(2, 2), interpolation="NEAREST")
    for shape, transforms in (((0, 2), far), ((2, 2), far[:, :7]), ((2, 2), np.repeat(far, 2, 0))):
        refused("ImageProjectiveTransformV2", images=numbers(F, 3, 4, 4, 1), transforms=transforms, output_shape=ints(*shape), interpolation="NEAREST")
    refused("ImageProjectiveTransformV3", images=numbers(F, 1, 4, 4, 1), transforms=far, output_shape=ints(2, 2), interpolation="NEAREST", fill_value=F([1]))


def glimpses():
    images = numbers(F, 3, 6, 5, 2)
    for op in ("ExtractGlimpse", "ExtractGlimpseV2"):
        for centered in (True, False):
            for normalized in (True, False):
                scale = 0.2 if normalized else 1
                for offsets in (F([[0, 0], [1.5, -0.7], [-1, 2]]), F([[9, 9], [-9, 0], [3, 2.6]])):
                    for size in (ints(3, 2), ints(8, 9)):
                        case(op, input=images, size=size, offsets=F(offsets * F(scale)), centered=centered, normalized=normalized, uniform_noise=False, noise="zero")
        case(op, input=images, size=ints(2, 2), offsets=np.zeros((3, 2), F), uniform_noise=False, noise="")
        case(op, input=images, size=ints(0, 2), offsets=np.zeros((3, 2), F))
        refused(op, input=images, size=ints(-1, 2), offsets=np.zeros((3, 2), F))
        refused(op, input=images, size=ints(1, 2), offsets=np.zeros((2, 2), F))


def bytes_of(dtype, *shape):
    plain = {tf.qint8: I8, tf.quint8: U8, tf.qint32: I32}[dtype]
    limits = np.iinfo(plain)
    return Quantized(random.integers(limits.min, limits.max + 1, shape).astype(plain), dtype)


def older_quantized():
    ranges = ((-2.0, 3.0), (0.0, 4.0), (1.0, 2.0), (-3.0, -1.0), (-0.3, 7.7))
    pairs = [(a, b) for i, a in enumerate(ranges) for b in ranges[i % 2 :: 2]]
    for (low, high), (low2, high2) in pairs:
        ends = dict(min_a=F(low), max_a=F(high), min_b=F(low2), max_b=F(high2))
        case("QuantizedMatMul", a=bytes_of(tf.quint8, 3, 4), b=bytes_of(tf.quint8, 4, 5), Toutput=tf.qint32, **ends)
        ends = dict(min_input=F(low), max_input=F(high), min_bias=F(low2), max_bias=F(high2), out_type=tf.qint32)
        for dtype in (tf.quint8, tf.qint8):
            case("QuantizedBiasAdd", input=bytes_of(dtype, 2, 3, 4), bias=bytes_of(dtype, 4), **ends)
        ends = dict(min_x=F(low), max_x=F(high), min_y=F(low2), max_y=F(high2))
        for x, y in (((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 4)), ((), (2, 3)), ((5,), (1,)), ((1,), (1,))):
            case("QuantizedAdd", x=bytes_of(tf.quint8, *x), y=bytes_of(tf.quint8, *y), **ends)
            case("QuantizedMul", x=bytes_of(tf.quint8, *x), y=bytes_of(tf.quint8, *y), **ends)
    ends = dict(min_a=F(-1), max_a=F(2), min_b=F(-1), max_b=F(1))
    for transpose_a in (False, True):
        a = bytes_of(tf.quint8, *((4, 3) if transpose_a else (3, 4)))
        case("QuantizedMatMul", a=a, b=bytes_of(tf.quint8, 5, 4), transpose_a=transpose_a, transpose_b=True, Toutput=tf.qint32, **ends)
    case("QuantizedMatMul", a=bytes_of(tf.quint8, 0, 4), b=bytes_of(tf.quint8, 4, 2), Toutput=tf.qint32, **ends)
    refused("QuantizedMatMul", a=bytes_of(tf.quint8, 2, 3), b=bytes_of(tf.quint8, 4, 2), Toutput=tf.qint32, **ends)
    refused("QuantizedMatMul", a=bytes_of(tf.quint8, 2, 4), b=bytes_of(tf.quint8, 4, 2), Toutput=tf.qint32, **{**ends, "min_a": F(2)})
    refused("QuantizedBiasAdd", input=bytes_of(tf.quint8, 2, 3), bias=bytes_of(tf.quint8, 2), min_input=F(0), max_input=F(1), min_bias=F(0), max_bias=F(1), out_type=tf.qint32)
    for op in ("QuantizedAdd", "QuantizedMul"):
        case(op, x=bytes_of(tf.quint8, 0, 3), y=bytes_of(tf.quint8, 0, 3), min_x=F(0), max_x=F(1), min_y=F(0), max_y=F(2))
        refused(op, x=bytes_of(tf.quint8, 3), y=bytes_of(tf.quint8, 3), min_x=F(1), max_x=F(1), min_y=F(0), max_y=F(2))
    for height, width, rows, columns, stride in ((5, 6, 3, 3, 1), (7, 5, 2, 3, 2), (14, 9, 3, 3, 4), (6, 8, 1, 1, 3), (4, 4, 4, 4, 1)):
        for padding in ("SAME", "VALID"):
            for (low, high), (low2, high2) in (pairs[0], pairs[3], pairs[8]):
                case("QuantizedConv2D", input=bytes_of(tf.quint8, 2, height, width, 3), filter=bytes_of(tf.quint8, rows, columns, 3, 2), min_input=F(low), max_input=F(high), min_filter=F(low2), max_filter=F(high2), strides=[1, stride, stride, 1], padding=padding)
    for strides in ([1, 1, 2, 1], [1, 2, 2, 2]):
        refused("QuantizedConv2D", input=bytes_of(tf.quint8, 1, 4, 4, 1), filter=bytes_of(tf.quint8, 2, 2, 1, 1), min_input=F(0), max_input=F(1), min_filter=F(0), max_filter=F(1), strides=strides, padding="SAME")
    for low, high in ranges + ((1.0, 1.0),):
        for dtype in (tf.quint8, tf.qint32):
            for op in ("QuantizedRelu", "QuantizedRelu6"):
                case(op, features=bytes_of(dtype, 4, 5), min_features=F(low), max_features=F(high), out_type=dtype)
    for op in ("QuantizedMaxPool", "QuantizedAvgPool"):
        for dtype in (tf.quint8, tf.qint8):
            for ksize, strides in (([1, 2, 3, 1], [1, 1, 2, 1]), ([1, 3, 1, 1], [1, 2, 1, 1])):
                for padding in ("SAME", "VALID"):
                    case(op, input=bytes_of(dtype, 2, 5, 4, 3), min_input=F(-1), max_input=F(2), ksize=ksize, strides=strides, padding=padding)
    for dtype in (tf.quint8, tf.qint32):
        case("QuantizedReshape", tensor=bytes_of(dtype, 2, 6), shape=ints(3, -1), input_min=F(-1), input_max=F(2))
        refused("QuantizedReshape", tensor=bytes_of(dtype, 2, 6), shape=ints(5, -1), input_min=F(-1), input_max=F(2))
        for axis in (0, 1):
            for chosen in (((-1, 2), (0.5, 3), (-4, 0.1)), ((-1, 2), (-1, 2), (0, 1)), ((1, 2), (1, 2), (1, 2)), ((-3, 3), (-1, 2), (-3, 3))):
                shapes = [(size, 3) if axis == 0 else (2, size) for size in (1, 4, 2)]
                case("QuantizedConcat", concat_dim=I32(axis), values=[bytes_of(dtype, *shape) for shape in shapes], input_mins=[F(low) for low, _ in chosen], input_maxes=[F(high) for _, high in chosen])
    refused("QuantizedConcat", concat_dim=I32(2), values=[bytes_of(tf.quint8, 2, 3)] * 2, input_mins=[F(0)] * 2, input_maxes=[F(1)] * 2)
    for low, high in ((-100.0, 100.0), (-80.0, 120.0), (-5000.0, 4000.0)):
        sums = [Quantized((bytes_of(tf.qint32, 40).value * scale).astype(I32), tf.qint32) for scale in (1, 0.01, 0.0001)]
        for x in sums:
            case("RequantizationRange", input=x, input_min=F(low), input_max=F(high))
            case("QuantizeDownAndShrinkRange", input=x, input_min=F(low), input_max=F(high), out_type=tf.quint8)
            for out_type in (tf.quint8, tf.qint8):
                for wanted in ((-0.7, 0.4), (-30.0, 70.0), (-90.0, 0.0), (0.0, 0.0)):
                    if abs(wanted[1] - wanted[0]) < 10 and x is sums[0]:
                        continue  # TensorFlow's fixed point overflows
                    case("Requantize", input=x, input_min=F(low), input_max=F(high), requested_output_min=F(wanted[0]), requested_output_max=F(wanted[1]), out_type=out_type)
    nothing = Quantized(np.zeros(0, I32), tf.qint32)
    case("Requantize", input=nothing, input_min=F(0), input_max=F(1), requested_output_min=F(0), requested_output_max=F(1), out_type=tf.quint8)
    case("QuantizeDownAndShrinkRange", input=nothing, input_min=F(-1), input_max=F(1), out_type=tf.quint8)
    case("RequantizationRange", input=nothing, input_min=F(-1), input_max=F(1))
    for low, high in ((0.5, 1), (0, -1)):
        refused("Requantize", input=sums[0], input_min=F(0), input_max=F(1), requested_output_min=F(low), requested_output_max=F(high), out_type=tf.quint8)


def padded_convolutions():
    """Of one image: what TensorFlow makes of a batch's others is not what it makes of them alone."""
    for dtype in FLOATS:
        for mode, paddings in (("REFLECT", [[0, 0], [1, 2], [2, 1], [0, 0]]), ("SYMMETRIC", [[0, 0], [3, 0], [0, 2], [0, 0]])):
            for padding, stride in (("VALID", 1), ("SAME", 2)):
                given = dict(input=numbers(dtype, 1, 5, 6, 3), paddings=ints(*paddings), filter=numbers(dtype, 3, 2, 3, 4), mode=mode, strides=[1, stride, stride, 1], padding=padding)
                case("FusedPadConv2D", **given)
                if dtype in (F, H):
                    for align_corners in (False, True):
                        case("FusedResizeAndPadConv2D", size=ints(7, 9), resize_align_corners=align_corners, **given)


def sets():
    a, b = ints([3, 1, 3], [2, 2, 5]), ints([1, 9], [5, 2])
    sparse = dict(set2_indices=I64([[0, 0], [0, 1], [1, 0]]), set2_shape=I64([2, 2]))
    first = dict(set1_indices=I64([[0, 0], [0, 1], [2, 0]]), set1_shape=I64([3, 2]))
    second = dict(set2_indices=I64([[0, 0], [1, 1], [2, 0]]), set2_shape=I64([3, 4]))
    for operation in ("a-b", "b-a", "intersection", "UNION"):
        given = dict(set_operation=operation)
        case("DenseToDenseSetOperation", set1=a, set2=b, **given)
        case("DenseToDenseSetOperation", set1=random.integers(0, 4, (2, 3, 4)), set2=random.integers(0, 4, (2, 3, 2)), **given)
        case("DenseToSparseSetOperation", set1=a, set2_values=ints(1, 9, 5), **sparse, **given)
        case("SparseToSparseSetOperation", set1_values=ints(1, 4, 5), set2_values=ints(1, 9, 6), **first, **second, **given)
        case("DenseToDenseSetOperation", set1=texts("b", "a", "", "c", "c", "c").reshape(2, 3), set2=texts("a", "d").reshape(2, 1), **given)
        case("SparseToSparseSetOperation", set1_values=texts("b", "a", "c"), set2_values=texts("a", "b", "c"), **first, **second, **given)
    union = dict(set_operation="union")
    for dtype in SIGNED + [U8, U16]:
        case("DenseToDenseSetOperation", set1=numbers(dtype, 2, 3), set2=numbers(dtype, 2, 2), **union)
        case("SetSize", set_indices=first["set1_indices"], set_values=np.array([4, 4, 5], dtype), set_shape=first["set1_shape"])
    case("DenseToDenseSetOperation", set1=a[:, :0], set2=b[:, :0], **union)
    case("DenseToDenseSetOperation", set1=a[:0], set2=b[:0], **union)
    nothing = (np.zeros((0, 2), I64), np.zeros(0, I32), I64([3, 2]))
    case("SparseToSparseSetOperation", set1_indices=nothing[0], set1_values=nothing[1], set1_shape=nothing[2], set2_indices=nothing[0], set2_values=nothing[1], set2_shape=nothing[2], **union)
    case("SetSize", set_indices=nothing[0], set_values=nothing[1], set_shape=nothing[2])
    case("SetSize", set_indices=I64([[0, 1, 0], [1, 1, 1]]), set_values=ints(4, 4), set_shape=I64([2, 2, 2]))
    refused("DenseToDenseSetOperation", set1=a, set2=b[:1], **union)
    refused("DenseToDenseSetOperation", set1=a[0], set2=b[0], **union)
    for indices, shape in (([[1, 0], [0, 1], [0, 0]], [2, 2]), ([[0, 0], [0, 0], [1, 0]], [2, 2]), ([[0, 0], [0, 1], [1, 0]], [2, 1]), ([[0, 0], [0, 1], [1, 0]], [3, 2])):
        refused("DenseToSparseSetOperation", set1=a, set2_indices=I64(indices), set2_values=ints(1, 9, 5), set2_shape=I64(shape), **union)
    refused("SparseToSparseSetOperation", set1_values=ints(1, 4, 5), set2_values=ints(1, 9, 6), **first, **{**second, "set2_shape": I64([4, 4])}, **union)
    refused("SetSize", set_indices=I64([[0, 0], [5, 1]]), set_values=ints(4, 4), set_shape=I64([3, 2]))
    refused("SetSize", set_indices=I64([[0], [1]]), set_values=ints(4, 4), set_shape=I64([3]))


def sparse_counts():
    rows, flat = ints([1, 3, 1], [0, 2, 9]), ints(4, 4, 1)
    sparse = dict(indices=I64([[0, 0], [0, 2], [2, 1]]), values=flat, dense_shape=I64([3, 3]))
    for bounds in (dict(), dict(maxlength=3), dict(minlength=12), dict(minlength=7, maxlength=2), dict(maxlength=0)):
        for binary in (False, True):
            given = dict(binary_output=binary, **bounds)
            for dtype in (I32, I64, F, D):
                case("DenseCountSparseOutput", values=rows, weights=numbers(dtype, 2, 3), **given)
            case("DenseCountSparseOutput", values=rows.astype(I64), weights=F([]), **given)
            case("DenseCountSparseOutput", values=rows[0], weights=I64([]), **given)
            case("SparseCountSparseOutput", weights=F([]), **sparse, **given)
            case("SparseCountSparseOutput", weights=numbers(I64, 3), **sparse, **given)
            case("RaggedCountSparseOutput", splits=I64([0, 2, 2, 3]), values=flat, weights=F([]), **given)
            case("RaggedCountSparseOutput", splits=I64([0, 2, 2, 3]), values=flat.astype(I64), weights=numbers(D, 3), **given)
    plain = dict(binary_output=False)
    for values in (np.zeros((2, 0), I32), np.zeros(0, I32)):
        case("DenseCountSparseOutput", values=values, weights=F([]), **plain)
    case("SparseCountSparseOutput", indices=I64([[0], [2]]), values=ints(4, 4), dense_shape=I64([5]), weights=F([]), **plain)
    case("SparseCountSparseOutput", indices=I64([[0, 1, 1], [2, 0, 0]]), values=ints(4, 4), dense_shape=I64([5, 3, 3]), weights=F([]), **plain)
    case("SparseCountSparseOutput", indices=I64([[2, 0], [0, 0]]), values=ints(4, 4), dense_shape=I64([3, 3]), weights=F([]), **plain)
    case("SparseCountSparseOutput", indices=np.zeros((0, 2), I64), values=NO_INTS, dense_shape=I64([3, 3]), weights=F([]), **plain)
    for values, weights in ((ints([1, -3]), F([])), (ints([1, 3]), F([1, 2])), (I32(3), F([])), (ints([[3]]), F([])), (np.zeros((0, 3), I32), F([]))):
        refused("DenseCountSparseOutput", values=values, weights=weights, **plain)
    for index in ([5, 0], [0, 7]):
        refused("SparseCountSparseOutput", indices=I64([index]), values=ints(4), dense_shape=I64([3, 3]), weights=F([]), **plain)
    for splits in ([0, 2, 5], [1, 2, 3], []):
        refused("RaggedCountSparseOutput", splits=I64(splits), values=flat, weights=F([]), **plain)


def sparse_sums():
    index, other = I64([[0, 0], [0, 2], [1, 1], [2, 0]]), I64([[0, 1], [0, 2], [2, 0], [2, 2]])
    shape = I64([3, 3])
    for dtype in SIGNED + [F, D, C64, C128]:
        least = {C64: F, C128: D}.get(dtype, dtype)
        for threshold in (0, 1, 100):
            case("SparseAdd", a_indices=index, a_values=numbers(dtype, 4), a_shape=shape, b_indices=other, b_values=numbers(dtype, 4), b_shape=shape, thresh=least(threshold))
    nothing = np.zeros((0, 2), I64)
    case("SparseAdd", a_indices=nothing, a_values=F([]), a_shape=shape, b_indices=other, b_values=numbers(F, 4), b_shape=shape, thresh=F(0))
    refused("SparseAdd", a_indices=index, a_values=numbers(F, 4), a_shape=shape, b_indices=other, b_values=numbers(F, 4), b_shape=I64([3, 4]), thresh=F(0))
    deep = dict(input_indices=I64([[0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 2, 0], [1, 2, 1]]), input_shape=I64([2, 3, 2]))
    for op in ("SparseReduceSum", "SparseReduceSumSparse", "SparseReduceMax", "SparseReduceMaxSparse"):
        for dtype in [H, F, D] + SIGNED + [U8, U16] + ([C64, C128] if "Sum" in op else []):
            case(op, input_values=numbers(dtype, 5), reduction_axes=ints(1), **deep)
        for axes in (NO_INTS, ints(0), ints(-1), ints(0, 2), ints(2, 0, 2), ints(0, 1, 2), I32(1)):
            for keep_dims in (False, True):
                case(op, input_values=numbers(F, 5), reduction_axes=axes, keep_dims=keep_dims, **deep)
        case(op, input_indices=I64([[1, 1], [0, 0], [0, 1]]), input_values=numbers(F, 3), input_shape=I64([2, 2]), reduction_axes=ints(0))
        case(op, input_indices=nothing, input_values=F([]), input_shape=shape, reduction_axes=ints(0))
        refused(op, input_values=numbers(F, 5), reduction_axes=ints(3), **deep)
    for dtype in (H, F, D):
        case("SparseSoftmax", sp_indices=index, sp_values=numbers(dtype, 4), sp_shape=shape)
        case("SparseSoftmax", sp_indices=deep["input_indices"], sp_values=numbers(dtype, 5), sp_shape=deep["input_shape"])
    case("SparseSoftmax", sp_indices=nothing, sp_values=F([]), sp_shape=shape)
    refused("SparseSoftmax", sp_indices=I64([[0]]), sp_values=F([1]), sp_shape=I64([3]))
    for dtype in (F, I32, C64, np.bool_):
        case("SparseSplit", split_dim=I64(1), indices=index, values=numbers(dtype, 4), shape=shape, num_split=2)
    case("SparseSplit", split_dim=I64(0), indices=index, values=strings(4), shape=shape, num_split=3)
    case("SparseSplit", split_dim=I64(-1), indices=index, values=numbers(F, 4), shape=I64([3, 7]), num_split=3)
    case("SparseSplit", split_dim=I64(0), indices=nothing, values=F([]), shape=shape, num_split=1)
    refused("SparseSplit", split_dim=I64(1), indices=index, values=numbers(F, 4), shape=shape, num_split=4)
    refused("SparseSplit", split_dim=I64(2), indices=index, values=numbers(F, 4), shape=shape, num_split=2)


for family in (matrices, specials, decoders, resamplings, crosses, losses, counts_and_places, distances, ragged_rows, parse_sequences, formats, tables, sounds, characters, runs, volumes, spectra, diagonals, sparse_tensors, raggeds, countings, index_maths, colors, corners, functions, plain_ones, fused_ones, fused_depthwise, fills, tiles, selects, scans, reverses, blocks, einsums, images, fake_quants, bands, suppressions, scatters, segments, sparse_segments, joins, string_numbers, string_splits, regexes, encodings, parse_examples, partitions, pictures, quantizations, small_ones, recurrences, tops, transforms, uniques, gradients, randoms, encoders, outlines, projections, glimpses, older_quantized, padded_convolutions, sets, sparse_counts, sparse_sums):
    family()


# Ops that new graphs may no longer have, and a version of graphs that had them.
REMOVED = {"BatchNormWithGlobalNormalization": 8}


def defaults(op):
    """The attributes that tensors do not say, as their defaults."""
    definition, values = op_def_registry.get(op), {}
    said = {name for argument in definition.input_arg for name in (argument.type_attr, argument.type_list_attr, argument.number_attr)}
    for attribute in definition.attr:
        if attribute.HasField("default_value") and attribute.name not in said:
            value = attribute.default_value
            kind = value.WhichOneof("value")
            values[attribute.name] = list(value.list.i or value.list.s) if kind == "list" else getattr(value, kind)
    return values


def build(op, number, arguments, feeds, shapes_known):
    """The op's node; its fed tensors go to `feeds`."""
    v1, made = tf.compat.v1, 0

    def tensor(value):
        nonlocal made
        name, made = f"c{number}/x{made}", made + 1
        if isinstance(value, Const):
            return tf.constant(value.value, name=name)
        if isinstance(value, Quantized):
            placeholder = v1.placeholder(value.dtype, value.value.shape if shapes_known else None, name=name)
            feeds[placeholder.name] = value
            return placeholder
        value = np.asarray(value)
        dtype = tf.string if value.dtype == object else tf.as_dtype(value.dtype)
        placeholder = v1.placeholder(dtype, value.shape if shapes_known else None, name=name)
        feeds[placeholder.name] = value
        return placeholder

    def is_tensor(value):
        return isinstance(value, (Const, Quantized, np.ndarray, np.generic))

    def argument(value):
        if is_tensor(value):
            return tensor(value)
        if isinstance(value, list) and value and is_tensor(value[0]):
            return [tensor(one) for one in value]
        return value

    given = {key: argument(value) for key, value in arguments.items()}
    if op.startswith("_"):  # what graph optimizers leave has no Python function of its own
        given = {**defaults(op), **given}
        return tf.nest.flatten(op_def_library.apply_op(op, name=f"c{number}/y", **given))
    return tf.nest.flatten(getattr(tf.raw_ops, op)(name=f"c{number}/y", **given))


def as_numpy(value):
    return value.value.astype(value.dtype.as_numpy_dtype) if isinstance(value, Quantized) else value


def as_proto(value):
    if not isinstance(value, Quantized):
        return tf.make_tensor_proto(value)
    proto = tf.make_tensor_proto(np.zeros(0, F))
    proto.dtype = value.dtype.as_datatype_enum
    proto.tensor_shape.CopyFrom(tf.TensorShape(value.value.shape).as_proto())
    plain = {tf.qint8: I8, tf.quint8: U8, tf.qint16: I16, tf.quint16: U16, tf.qint32: I32}[value.dtype]
    proto.tensor_content = value.value.astype(plain).tobytes()
    return proto


def write(op):
    graph, feeds, response = tf.Graph(), {}, predict_pb2.PredictResponse()
    with graph.as_default():
        if op in REMOVED:
            tf.import_graph_def(graph_pb2.GraphDef(versions=versions_pb2.VersionDef(producer=REMOVED[op])), name="")

        def run(results):
            with tf.compat.v1.Session(graph=graph) as session:
                return session.run(results, {graph.get_tensor_by_name(name): as_numpy(value) for name, value in feeds.items()})

        number, results = 0, []
        for _, arguments, shapes_known in (entry for entry in good if entry[0] == op):
            results += build(op, number, arguments, feeds, shapes_known)
            number += 1
        values = run(results) if results else []
        for _, arguments in (entry for entry in bad if entry[0] == op):
            refused_results = build(op, number, arguments, feeds, shapes_known=op.endswith(("BatchND", "SpaceND")))
            number += 1
            try:
                run(refused_results)
            except (tf.errors.InvalidArgumentError, tf.errors.OutOfRangeError, tf.errors.FailedPreconditionError):
                continue
            raise SystemExit(f"{op}: TensorFlow takes {arguments}")
    for name, value in feeds.items():
        response.outputs[name].CopyFrom(as_proto(value))
    for result, value in zip(results, values):
        quantized = result.dtype.base_dtype in QUANTIZED
        response.outputs[result.name].CopyFrom(as_proto(Quantized(value, result.dtype.base_dtype)) if quantized else tf.make_tensor_proto(value, dtype=result.dtype.base_dtype))
    for suffix, message in ((".graph.pb", graph.as_graph_def()), (".golden.pb", response)):
        with open(os.path.join(HERE, op + suffix), "wb") as file:
            file.write(message.SerializeToString(deterministic=True))


os.makedirs(HERE, exist_ok=True)
for op in sorted({op for op, *_ in good + bad}):
    if len(sys.argv) > 1 and op not in sys.argv[1:]:
        continue
    if op in ONEDNN_ONLY and os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0":
        subprocess.run([sys.executable, __file__, op], env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"}, check=True)
    else:
        write(op)

"""Writes graph/op_outputs_table.inc: the ops of TensorFlow that have several output arguments, with the names of these.

usage: make_op_outputs.py > graph/op_outputs_table.inc      (with TensorFlow installed)
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session as client

ops = op_def_pb2.OpList()
ops.ParseFromString(client.TF_GetBuffer(client.TF_GetAllOpList()))
print("// Written by scripts/make_op_outputs.py: op, and its output arguments in order; NAME*ATTR is a list, as long as the")
print("// attribute says (an int, or a list of types).")
for op in sorted(ops.op, key=lambda op: op.name.encode()):
    if len(op.output_arg) < 2 or op.name.startswith("_"):
        continue
    names = []
    for arg in op.output_arg:
        length = arg.number_attr or arg.type_list_attr
        names.append(arg.name + ("*" + length if length else ""))
    print('{"%s", "%s"},' % (op.name, " ".join(names)))

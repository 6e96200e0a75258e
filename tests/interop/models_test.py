#!/usr/bin/env python3
"""Nine graphs give TensorFlow's outputs: through `floe run`, tritonclient and the stubs of tensorflow-serving-api, from one server."""

import os
import unittest

import floe_testing
from floe_testing import CALL_SECONDS, MODELS, Case, Server, check_close, make_repository, run_program, short_name

import grpc
import numpy as np
import tensorflow as tf
import tritonclient.grpc as triton
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
from tritonclient.utils import np_to_triton_dtype

# The typed field of a TensorProto.
TYPED_FIELDS = {np.dtype(np.float32): "float_val", np.dtype(np.int32): "int_val"}


def typed_proto(array):
    proto = tf.make_tensor_proto(0, dtype=array.dtype, shape=array.shape)
    field = TYPED_FIELDS[array.dtype]
    proto.ClearField(field)
    getattr(proto, field).extend(array.ravel().tolist())
    return proto


def content_proto(array):
    proto = tf.make_tensor_proto(0, dtype=array.dtype, shape=array.shape)
    proto.ClearField(TYPED_FIELDS[array.dtype])
    proto.tensor_content = array.tobytes()
    return proto


class FloeRunTest(unittest.TestCase):
    def test_floe_run(self):
        for case in map(Case, MODELS):
            with self.subTest(case.name):
                folder = floe_testing.temporary_folder()
                arguments = ["run", case.path, "--output-dir", folder]
                for k, name in enumerate(case.input_names):
                    arguments += ["--input", f"{name}={case.folder}/in_{k}.npy"]
                for name in case.output_names:
                    arguments += ["--fetch", name]
                outcome = run_program("floe", *arguments)
                self.assertEqual(outcome.returncode, 0, outcome.stderr)
                case.check(self, [np.load(os.path.join(folder, f"{k}.npy")) for k in range(len(case.outputs))])


class ServedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = [Case(name) for name in MODELS]
        cls.server = Server("--model-repository", make_repository(MODELS))
        cls.channel = grpc.insecure_channel(cls.server.grpc, options=[("grpc.max_receive_message_length", -1)])
        cls.prediction = prediction_service_pb2_grpc.PredictionServiceStub(cls.channel)
        cls.triton = triton.InferenceServerClient(cls.server.grpc)

    @classmethod
    def tearDownClass(cls):
        cls.triton.close()
        cls.channel.close()
        status = cls.server.stop()
        if status != 0:
            raise AssertionError(f"floe serve ended with {status}:\n" + "".join(cls.server.log[-20:]))

    def predict(self, case, inputs, output_filter=()):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = case.name
        for name, proto in inputs.items():
            request.inputs[name].CopyFrom(proto)
        request.output_filter.extend(output_filter)
        return self.prediction.Predict(request, timeout=CALL_SECONDS)

    def infer(self, case, inputs, outputs=None):
        sent = []
        for name, array in inputs.items():
            tensor = triton.InferInput(name, array.shape, np_to_triton_dtype(array.dtype))
            tensor.set_data_from_numpy(array)
            sent.append(tensor)
        wanted = None if outputs is None else [triton.InferRequestedOutput(name) for name in outputs]
        return self.triton.infer(case.name, sent, outputs=wanted, client_timeout=CALL_SECONDS)

    def test_floe_client(self):
        for case in self.cases:
            for api in ("kserve", "tfserving"):
                with self.subTest(case.name, api=api):
                    folder = floe_testing.temporary_folder()
                    arguments = ["infer", case.name, "--api", api, "--server", self.server.grpc, "--output-dir", folder]
                    for k, name in enumerate(case.input_names):
                        arguments += ["--input", f"{name}={case.folder}/in_{k}.npy"]
                    for name in case.output_names:
                        arguments += ["--fetch", name]
                    outcome = run_program("floe-client", *arguments)
                    self.assertEqual(outcome.returncode, 0, outcome.stderr)
                    case.check(self, [np.load(os.path.join(folder, f"{k}.npy")) for k in range(len(case.outputs))])

    def test_tritonclient(self):
        for case in self.cases:
            with self.subTest(case.name):
                # By node, and all outputs.
                result = self.infer(case, {short_name(n): x for n, x in zip(case.input_names, case.inputs)})
                case.check(self, [result.as_numpy(short_name(name)) for name in case.output_names])
                # By tensor, and one output at a time.
                for name, wanted in zip(case.output_names, case.outputs):
                    result = self.infer(case, dict(zip(case.input_names, case.inputs)), [name])
                    self.assertEqual(len(result.get_response().outputs), 1)
                    check_close(self, f"{case.name} {name}", wanted, result.as_numpy(name))

    def test_tensorflow_serving_stubs(self):
        for case in self.cases:
            for make in (content_proto, typed_proto):
                with self.subTest(case.name, make=make.__name__):
                    response = self.predict(case, {short_name(n): make(x) for n, x in zip(case.input_names, case.inputs)})
                    self.assertEqual(set(response.outputs), {short_name(name) for name in case.output_names})
                    self.assertEqual(response.model_spec.name, case.name)
                    self.assertEqual(response.model_spec.version.value, 1)
                    self.assertEqual(response.model_spec.signature_name, "serving_default")
                    for proto in response.outputs.values():
                        self.assertFalse(proto.tensor_content, "answers come in typed fields, as from TensorFlow Serving")
                    case.check(self, [tf.make_ndarray(response.outputs[short_name(name)]) for name in case.output_names])

    def test_output_filter(self):
        case = next(c for c in self.cases if c.name == "gear")
        wanted = short_name(case.output_names[1])
        response = self.predict(case, {case.input_names[0]: content_proto(case.inputs[0])}, [wanted])
        self.assertEqual(list(response.outputs), [wanted])
        check_close(self, wanted, case.outputs[1], tf.make_ndarray(response.outputs[wanted]))

    def test_other_batch_sizes(self):
        """Where a model's batch is free, every row of a batch that was never sent before is the right one."""
        tried = 0
        for case in self.cases:
            metadata = self.triton.get_model_metadata(case.name)
            if any(not list(tensor.shape) or tensor.shape[0] != -1 for tensor in metadata.inputs):
                continue
            tried += 1
            for batch in (2, 5):
                with self.subTest(case.name, batch=batch):
                    result = self.infer(case, {n: np.repeat(x, batch, axis=0) for n, x in zip(case.input_names, case.inputs)})
                    for name, wanted in zip(case.output_names, case.outputs):
                        check_close(self, f"{case.name} {name}", np.repeat(wanted, batch, axis=0), result.as_numpy(short_name(name)))
        self.assertGreater(tried, 0)

    def test_the_last_typed_value_repeats(self):
        case = next(c for c in self.cases if c.name == "emotion")
        few = tf.make_tensor_proto(0, dtype=tf.float32, shape=case.inputs[0].shape)
        few.ClearField("float_val")
        few.float_val.extend([0.25, 0.5])
        full = np.full(case.inputs[0].shape, 0.5, np.float32)
        full.flat[0] = 0.25
        name = short_name(case.input_names[0])
        answers = [tf.make_ndarray(self.predict(case, {name: proto}).outputs["Identity"]) for proto in (few, content_proto(full))]
        np.testing.assert_array_equal(*answers)


if __name__ == "__main__":
    floe_testing.main()

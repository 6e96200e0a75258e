#!/usr/bin/env python3
"""Bad requests of both API families: each gets the right gRPC code and one line that names the thing, what was wanted and what came; and the server
goes on serving."""

import unittest

import floe_testing
from floe_testing import CALL_SECONDS, Case, Server, check_close, make_repository

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import wrappers_pb2
from grpc import StatusCode
from tensorflow_serving.apis import (get_model_metadata_pb2, get_model_status_pb2, model_pb2, model_service_pb2_grpc, predict_pb2,
                                     prediction_service_pb2_grpc)
from tritonclient.grpc import service_pb2, service_pb2_grpc

MODEL = "emotion"
INPUT = "input_1"
OUTPUT = "Identity"


class RequestsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.case = Case(MODEL)
        cls.image = cls.case.inputs[0]
        cls.server = Server("--model-repository", make_repository([MODEL, "gear"]))
        cls.channel = grpc.insecure_channel(cls.server.grpc)
        cls.prediction = prediction_service_pb2_grpc.PredictionServiceStub(cls.channel)
        cls.models = model_service_pb2_grpc.ModelServiceStub(cls.channel)
        cls.kserve = service_pb2_grpc.GRPCInferenceServiceStub(cls.channel)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        status = cls.server.stop()
        if status != 0:
            raise AssertionError(f"floe serve ended with {status}:\n" + "".join(cls.server.log[-20:]))

    def tearDown(self):
        """Whatever the test sent, a good request is still answered."""
        response = self.kserve.ModelInfer(self.kserve_request(), timeout=CALL_SECONDS)
        got = np.frombuffer(response.raw_output_contents[0], np.float32).reshape(self.case.outputs[0].shape)
        check_close(self, "after the test", self.case.outputs[0], got)

    def refused(self, call, request, code, *parts):
        with self.assertRaises(grpc.RpcError) as caught:
            call(request, timeout=CALL_SECONDS)
        error = caught.exception
        self.assertEqual(error.code(), code, error.details())
        self.assertNotIn("\n", error.details())
        for part in parts:
            self.assertIn(part, error.details())

    # KServe v2

    def kserve_request(self, **changes):
        request = service_pb2.ModelInferRequest(model_name=MODEL)
        tensor = request.inputs.add(name=INPUT, datatype="FP32", shape=self.image.shape)
        tensor.name = changes.get("name", tensor.name)
        tensor.datatype = changes.get("datatype", tensor.datatype)
        if "shape" in changes:
            tensor.shape[:] = changes["shape"]
        request.raw_input_contents.append(changes.get("raw", self.image.tobytes()))
        return request

    def infer_refused(self, request, code, *parts):
        self.refused(self.kserve.ModelInfer, request, code, *parts)

    def test_kserve_unknown_model(self):
        request = self.kserve_request()
        request.model_name = "emotoin"
        self.infer_refused(request, StatusCode.NOT_FOUND, "'emotoin'", "did you mean 'emotion'")
        request.model_name = ""
        self.infer_refused(request, StatusCode.INVALID_ARGUMENT, "model")
        self.refused(self.kserve.ModelMetadata, service_pb2.ModelMetadataRequest(name="nobody"), StatusCode.NOT_FOUND, "'nobody'")
        self.refused(self.kserve.ModelConfig, service_pb2.ModelConfigRequest(name="nobody"), StatusCode.NOT_FOUND, "'nobody'")

    def test_kserve_versions(self):
        request = self.kserve_request()
        request.model_version = "1"
        self.kserve.ModelInfer(request, timeout=CALL_SECONDS)
        request.model_version = "7"
        self.infer_refused(request, StatusCode.NOT_FOUND, MODEL, "7")
        for version in ("one", "-1", "1x", "99999999999999999999"):
            request.model_version = version
            with self.subTest(version), self.assertRaises(grpc.RpcError) as caught:
                self.kserve.ModelInfer(request, timeout=CALL_SECONDS)
            self.assertIn(caught.exception.code(), (StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND))
            self.assertIn(version, caught.exception.details())

    def test_kserve_wrong_inputs(self):
        bad = StatusCode.INVALID_ARGUMENT
        self.infer_refused(self.kserve_request(name="input_l"), bad, "'input_l'", INPUT)
        self.infer_refused(self.kserve_request(datatype="FP31"), bad, INPUT, "FP31")
        self.infer_refused(self.kserve_request(datatype=""), bad, INPUT)
        self.infer_refused(self.kserve_request(datatype="INT32"), bad, INPUT, "INT32", "FP32")
        self.infer_refused(self.kserve_request(datatype="FP64", raw=self.image.astype(np.float64).tobytes()), bad, INPUT, "FP64", "FP32")
        self.infer_refused(self.kserve_request(shape=[64, 64, 1]), bad, INPUT, "[64,64,1]")
        self.infer_refused(self.kserve_request(shape=[1, 32, 128, 1]), bad, INPUT, "[1,32,128,1]", "64")
        self.infer_refused(self.kserve_request(shape=[1, 1, 64, 64, 1]), bad, INPUT, "[1,1,64,64,1]")
        self.infer_refused(self.kserve_request(shape=[]), bad, INPUT)

    def test_kserve_sizes_that_do_not_fit(self):
        bad = StatusCode.INVALID_ARGUMENT
        raw = self.image.tobytes()
        self.infer_refused(self.kserve_request(raw=raw[:-1]), bad, INPUT, str(len(raw)), str(len(raw) - 1))
        self.infer_refused(self.kserve_request(raw=raw + b"x"), bad, INPUT, str(len(raw)), str(len(raw) + 1))
        self.infer_refused(self.kserve_request(raw=b""), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[2, 64, 64, 1]), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[-1, 64, 64, 1]), bad, INPUT, "-1")
        self.infer_refused(self.kserve_request(shape=[-1, -64, 64, 1]), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[2**63 - 1, 64, 64, 1]), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[2**40, 2**40, 1, 1]), bad, INPUT)
        # Products that wrap around to a size that fits, and to nothing.
        self.infer_refused(self.kserve_request(shape=[2**62, 64, 64, 1], raw=b""), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[2**32, 2**32, 1, 1], raw=b""), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[0, 64, 64, 1]), bad, INPUT)
        self.infer_refused(self.kserve_request(shape=[1] * 300), bad, INPUT)

    def test_kserve_missing_and_doubled(self):
        bad = StatusCode.INVALID_ARGUMENT
        self.infer_refused(service_pb2.ModelInferRequest(model_name=MODEL), bad, f"'{INPUT}'")
        doubled = self.kserve_request()
        doubled.inputs.append(doubled.inputs[0])
        doubled.raw_input_contents.append(doubled.raw_input_contents[0])
        self.infer_refused(doubled, bad, f"'{INPUT}'")
        # The same tensor under both of its names.
        doubled.inputs[1].name = INPUT + ":0"
        self.infer_refused(doubled, bad, INPUT)
        # One raw entry an input.
        extra = self.kserve_request()
        extra.raw_input_contents.append(b"more")
        self.infer_refused(extra, bad, "raw_input_contents", "2", "1")
        both = self.kserve_request()
        both.inputs[0].contents.fp32_contents.append(1)
        self.infer_refused(both, bad, INPUT)

    def test_kserve_typed_contents(self):
        bad = StatusCode.INVALID_ARGUMENT
        request = self.kserve_request()
        del request.raw_input_contents[:]
        self.infer_refused(request, bad, INPUT, "4096", "0")
        contents = request.inputs[0].contents
        contents.fp32_contents.extend(self.image.ravel().tolist()[:-1])
        self.infer_refused(request, bad, INPUT, "4096", "4095")
        contents.fp32_contents.append(float(self.image.ravel()[-1]))
        response = self.kserve.ModelInfer(request, timeout=CALL_SECONDS)
        got = response.raw_output_contents
        values = np.frombuffer(got[0], np.float32) if got else np.array(response.outputs[0].contents.fp32_contents, np.float32)
        check_close(self, "typed", self.case.outputs[0], values.reshape(self.case.outputs[0].shape))
        contents.fp32_contents.append(0)
        self.infer_refused(request, bad, INPUT, "4096", "4097")
        del contents.fp32_contents[:]
        contents.fp64_contents.extend(self.image.ravel().tolist())
        self.infer_refused(request, bad, INPUT, "fp32_contents", "fp64_contents")

    def test_kserve_unknown_output(self):
        request = self.kserve_request()
        request.outputs.add(name="Identitty")
        self.infer_refused(request, StatusCode.INVALID_ARGUMENT, "'Identitty'", OUTPUT)

    # TensorFlow Serving

    def predict_request(self, name=INPUT, **changes):
        """One input; `shape`, `dtype` and fields of TensorProto as they are given, the image's content by default."""
        request = predict_pb2.PredictRequest(model_spec=model_pb2.ModelSpec(name=MODEL))
        proto = request.inputs[name]
        proto.dtype = changes.pop("dtype", tf.float32.as_datatype_enum)
        for size in changes.pop("shape", self.image.shape):
            proto.tensor_shape.dim.add(size=size)
        changes = changes or {"tensor_content": self.image.tobytes()}
        for field, value in changes.items():
            if field == "tensor_content":
                proto.tensor_content = value
            else:
                getattr(proto, field).extend(value)
        return request

    def predict_refused(self, request, code, *parts):
        self.refused(self.prediction.Predict, request, code, *parts)

    def test_predict_unknown_model_version_signature(self):
        request = self.predict_request()
        request.model_spec.name = "emotoin"
        self.predict_refused(request, StatusCode.NOT_FOUND, "'emotoin'", "did you mean 'emotion'")
        request.model_spec.name = ""
        self.predict_refused(request, StatusCode.INVALID_ARGUMENT, "model")
        request = self.predict_request()
        request.model_spec.version.CopyFrom(wrappers_pb2.Int64Value(value=7))
        self.predict_refused(request, StatusCode.NOT_FOUND, MODEL, "7")
        request = self.predict_request()
        request.model_spec.version_label = "canary"
        with self.assertRaises(grpc.RpcError) as caught:
            self.prediction.Predict(request, timeout=CALL_SECONDS)
        self.assertIn("canary", caught.exception.details())
        request = self.predict_request()
        request.model_spec.signature_name = "serving_defalt"
        self.predict_refused(request, StatusCode.INVALID_ARGUMENT, "'serving_defalt'", "'serving_default'")
        request.model_spec.signature_name = "serving_default"
        self.prediction.Predict(request, timeout=CALL_SECONDS)

    def test_predict_wrong_inputs(self):
        bad = StatusCode.INVALID_ARGUMENT
        self.predict_refused(self.predict_request(name="input_l"), bad, "'input_l'", INPUT)
        self.predict_refused(self.predict_request(dtype=tf.float64.as_datatype_enum, double_val=[1]), bad, INPUT, "float64", "float32")
        self.predict_refused(self.predict_request(dtype=0), bad, INPUT)
        self.predict_refused(self.predict_request(dtype=tf.resource.as_datatype_enum), bad, INPUT)
        self.predict_refused(self.predict_request(shape=[64, 64, 1]), bad, INPUT, "[64,64,1]")
        self.predict_refused(self.predict_request(shape=[1, 32, 128, 1]), bad, INPUT, "[1,32,128,1]", "64")
        unknown_rank = self.predict_request()
        unknown_rank.inputs[INPUT].tensor_shape.unknown_rank = True
        self.predict_refused(unknown_rank, bad, INPUT)

    def test_predict_sizes_that_do_not_fit(self):
        bad = StatusCode.INVALID_ARGUMENT
        content = self.image.tobytes()
        self.predict_refused(self.predict_request(tensor_content=content[:-1]), bad, INPUT, str(len(content)), str(len(content) - 1))
        self.predict_refused(self.predict_request(tensor_content=content + b"x"), bad, INPUT, str(len(content) + 1))
        self.predict_refused(self.predict_request(float_val=[0.0] * 4097), bad, INPUT, "4096", "4097")
        self.predict_refused(self.predict_request(shape=[-1, 64, 64, 1]), bad, INPUT, "-1")
        self.predict_refused(self.predict_request(shape=[2**62, 64, 64, 1], float_val=[1]), bad, INPUT)
        self.predict_refused(self.predict_request(shape=[2**32, 2**32, 1, 1], float_val=[1]), bad, INPUT)
        # One value that would repeat until memory ends.
        request = self.predict_request(shape=[2**40, 64, 64, 1], float_val=[1])
        with self.assertRaises(grpc.RpcError) as caught:
            self.prediction.Predict(request, timeout=CALL_SECONDS)
        self.assertIn(caught.exception.code(), (StatusCode.INVALID_ARGUMENT, StatusCode.RESOURCE_EXHAUSTED))
        self.assertIn(INPUT, caught.exception.details())

    def test_predict_missing_doubled_and_unknown_output(self):
        bad = StatusCode.INVALID_ARGUMENT
        missing = predict_pb2.PredictRequest(model_spec=model_pb2.ModelSpec(name=MODEL))
        self.predict_refused(missing, bad, f"'{INPUT}'")
        doubled = self.predict_request()
        doubled.inputs[INPUT + ":0"].CopyFrom(doubled.inputs[INPUT])
        self.predict_refused(doubled, bad, INPUT)
        request = self.predict_request()
        request.output_filter.append("Identitty")
        self.predict_refused(request, bad, "'Identitty'", OUTPUT)

    def test_metadata_and_status_of_nothing(self):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "nobody"
        self.refused(self.prediction.GetModelMetadata, request, StatusCode.NOT_FOUND, "'nobody'")
        request.model_spec.name = MODEL
        request.metadata_field[:] = ["graph_def"]
        self.refused(self.prediction.GetModelMetadata, request, StatusCode.INVALID_ARGUMENT, "graph_def")
        request.metadata_field[:] = []
        self.refused(self.prediction.GetModelMetadata, request, StatusCode.INVALID_ARGUMENT)
        status = get_model_status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name="nobody"))
        self.refused(self.models.GetModelStatus, status, StatusCode.NOT_FOUND, "'nobody'")

    # Below both

    def test_bytes_that_are_no_message(self):
        for method in ("/tensorflow.serving.PredictionService/Predict", "/inference.GRPCInferenceService/ModelInfer"):
            call = self.channel.unary_unary(method, request_serializer=lambda b: b, response_deserializer=lambda b: b)
            for junk in (b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f", bytes(range(256))):
                with self.subTest(method, junk=junk[:6]), self.assertRaises(grpc.RpcError) as caught:
                    call(junk, timeout=CALL_SECONDS)
                # gRPC itself answers these; its callback API says UNIMPLEMENTED where the others say INTERNAL.
                self.assertIn(caught.exception.code(), (StatusCode.INTERNAL, StatusCode.UNIMPLEMENTED))

    def test_methods_that_are_none(self):
        call = self.channel.unary_unary("/tensorflow.serving.PredictionService/Guess", request_serializer=lambda b: b)
        self.refused(call, b"", StatusCode.UNIMPLEMENTED)

    def test_a_deadline_that_has_passed(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.kserve.ModelInfer(self.kserve_request(), timeout=1e-6)
        self.assertEqual(caught.exception.code(), StatusCode.DEADLINE_EXCEEDED)


if __name__ == "__main__":
    floe_testing.main()

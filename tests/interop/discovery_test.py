#!/usr/bin/env python3
"""What a server says of itself: metadata and status of both API families, health, reflection, and the HTTP port's pages."""

import unittest
import urllib.error
import urllib.request

import floe_testing
from floe_testing import CALL_SECONDS, MODELS, Case, Server, make_repository, short_name

import grpc
import tensorflow as tf
import tritonclient.grpc as triton
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tensorflow_serving.apis import (get_model_metadata_pb2, get_model_status_pb2, model_service_pb2_grpc, prediction_service_pb2_grpc)
from tritonclient.utils import np_to_triton_dtype

SERVICES = {"tensorflow.serving.PredictionService", "tensorflow.serving.ModelService", "inference.GRPCInferenceService",
            "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


class DiscoveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = [Case(name) for name in MODELS]
        cls.server = Server("--model-repository", make_repository(MODELS))
        cls.channel = grpc.insecure_channel(cls.server.grpc)
        cls.triton = triton.InferenceServerClient(cls.server.grpc)

    @classmethod
    def tearDownClass(cls):
        cls.triton.close()
        cls.channel.close()
        status = cls.server.stop()
        if status != 0:
            raise AssertionError(f"floe serve ended with {status}:\n" + "".join(cls.server.log[-20:]))

    def test_kserve_server(self):
        self.assertTrue(self.triton.is_server_live())
        self.assertTrue(self.triton.is_server_ready())
        metadata = self.triton.get_server_metadata()
        self.assertEqual(metadata.name, "floe")
        self.assertTrue(metadata.version)
        self.assertTrue(self.triton.is_model_ready("emotion"))
        self.assertTrue(self.triton.is_model_ready("emotion", "1"))
        self.assertFalse(self.triton.is_model_ready("emotion", "7"))
        self.assertFalse(self.triton.is_model_ready("nobody"))

    def test_kserve_metadata(self):
        for case in self.cases:
            with self.subTest(case.name):
                metadata = self.triton.get_model_metadata(case.name)
                self.assertEqual(metadata.name, case.name)
                self.assertEqual(list(metadata.versions), ["1"])
                self.assertEqual({tensor.name for tensor in metadata.inputs}, {short_name(name) for name in case.input_names})
                self.assertEqual({tensor.name for tensor in metadata.outputs}, {short_name(name) for name in case.output_names})
                tensors = {tensor.name: tensor for tensor in [*metadata.inputs, *metadata.outputs]}
                for name, array in zip([*case.input_names, *case.output_names], [*case.inputs, *case.outputs]):
                    tensor = tensors[short_name(name)]
                    self.assertEqual(tensor.datatype, np_to_triton_dtype(array.dtype))
                    self.assertEqual(len(tensor.shape), array.ndim)
                    for wanted, size in zip(tensor.shape, array.shape):
                        self.assertIn(wanted, (-1, size))

    def test_kserve_config(self):
        config = self.triton.get_model_config("gear").config
        self.assertEqual(config.name, "gear")
        self.assertEqual([tensor.name for tensor in config.input], ["input_1"])
        self.assertEqual({tensor.name for tensor in config.output}, {"Identity", "Identity_1", "Identity_2"})
        self.assertEqual(config.input[0].data_type, triton.model_config_pb2.TYPE_FP32)

    def test_signature(self):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        for case in self.cases:
            with self.subTest(case.name):
                request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
                request.model_spec.name = case.name
                response = stub.GetModelMetadata(request, timeout=CALL_SECONDS)
                self.assertEqual(response.model_spec.name, case.name)
                self.assertEqual(response.model_spec.version.value, 1)
                signatures = get_model_metadata_pb2.SignatureDefMap()
                self.assertTrue(response.metadata["signature_def"].Unpack(signatures))
                signature = signatures.signature_def["serving_default"]
                self.assertEqual(signature.method_name, "tensorflow/serving/predict")
                self.assertEqual({key: info.name for key, info in signature.inputs.items()},
                                 {short_name(name): name for name in case.input_names})
                self.assertEqual({key: info.name for key, info in signature.outputs.items()},
                                 {short_name(name): name for name in case.output_names})
                for infos, names, arrays in ((signature.inputs, case.input_names, case.inputs), (signature.outputs, case.output_names, case.outputs)):
                    for name, array in zip(names, arrays):
                        info = infos[short_name(name)]
                        self.assertEqual(tf.as_dtype(info.dtype), tf.as_dtype(array.dtype))
                        self.assertTrue(tf.TensorShape(info.tensor_shape).is_compatible_with(array.shape), info)

    def test_model_status(self):
        stub = model_service_pb2_grpc.ModelServiceStub(self.channel)
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "emotion"
        for version in (None, 1):
            if version is not None:
                request.model_spec.version.value = version
            [status] = stub.GetModelStatus(request, timeout=CALL_SECONDS).model_version_status
            self.assertEqual(status.version, 1)
            self.assertEqual(status.state, get_model_status_pb2.ModelVersionStatus.AVAILABLE)
            self.assertEqual(status.status.error_code, 0)

    def test_health(self):
        stub = health_pb2_grpc.HealthStub(self.channel)
        for service in ("", "emotion", "gear"):
            response = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=CALL_SECONDS)
            self.assertEqual(response.status, health_pb2.HealthCheckResponse.SERVING, service)
        with self.assertRaises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=CALL_SECONDS)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=CALL_SECONDS)
        self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
        watch.cancel()

    def test_reflection(self):
        database = ProtoReflectionDescriptorDatabase(self.channel)
        self.assertLessEqual(SERVICES, set(database.get_services()))
        pool = descriptor_pool.DescriptorPool(database)
        predict = pool.FindServiceByName("tensorflow.serving.PredictionService").FindMethodByName("Predict")
        self.assertEqual(predict.input_type.full_name, "tensorflow.serving.PredictRequest")
        self.assertIn("inputs", predict.input_type.fields_by_name)
        infer = pool.FindServiceByName("inference.GRPCInferenceService").FindMethodByName("ModelInfer")
        self.assertEqual(infer.output_type.full_name, "inference.ModelInferResponse")
        self.assertTrue(pool.FindServiceByName("tensorflow.serving.ModelService").FindMethodByName("GetModelStatus"))
        self.assertTrue(pool.FindServiceByName("grpc.health.v1.Health").FindMethodByName("Check"))

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.server.http}{path}", timeout=CALL_SECONDS) as response:
            return response.status, response.read().decode()

    def test_http(self):
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual(self.get("/readyz")[0], 200)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.get("/nothing-here")
        self.assertEqual(caught.exception.code, 404)
        caught.exception.close()

    def test_metrics(self):
        case = self.cases[0]
        tensor = triton.InferInput(short_name(case.input_names[0]), case.inputs[0].shape, "FP32")
        tensor.set_data_from_numpy(case.inputs[0])

        def count():
            page = self.get("/metrics")[1]
            return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith("floe_requests_total{") and "emotion" in line)

        before = count()
        for _ in range(3):
            self.triton.infer(case.name, [tensor], client_timeout=CALL_SECONDS)
        self.assertEqual(count() - before, 3)
        page = self.get("/metrics")[1]
        for phase in ("queue", "input", "compute", "output", "total"):
            self.assertRegex(page, rf'floe_request_duration_seconds_bucket{{[^}}]*phase="{phase}"')


if __name__ == "__main__":
    floe_testing.main()

#!/usr/bin/env python3
"""SIGTERM: what is in flight is answered, the rest refused with UNAVAILABLE, and the server exits 0."""

import signal
import time
import unittest

import floe_testing
from floe_testing import CALL_SECONDS, Case, Server, check_close, make_repository

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

MODEL = "mobilenet_v2"
IN_FLIGHT = 12


class ShutdownTest(unittest.TestCase):
    def setUp(self):
        self.case = Case(MODEL)
        self.server = Server("--model-repository", make_repository([MODEL]), "--instances", "1", "--threads", "1")
        self.addCleanup(self.server.kill)
        self.channel = grpc.insecure_channel(self.server.grpc)
        self.addCleanup(self.channel.close)
        self.kserve = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)
        self.request = service_pb2.ModelInferRequest(model_name=MODEL)
        self.request.inputs.add(name=self.case.input_names[0], datatype="FP32", shape=self.case.inputs[0].shape)
        self.request.raw_input_contents.append(self.case.inputs[0].tobytes())

    def check(self, response):
        got = np.frombuffer(response.raw_output_contents[0], np.float32).reshape(self.case.outputs[0].shape)
        check_close(self, MODEL, self.case.outputs[0], got)

    def start_calls(self):
        """Calls of which some are answered and the others have reached the server: they went out before the first on the same connection."""
        self.check(self.kserve.ModelInfer(self.request, timeout=CALL_SECONDS))
        calls = [self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS) for _ in range(IN_FLIGHT)]
        last = self.kserve.ServerLive(service_pb2.ServerLiveRequest(), timeout=CALL_SECONDS)
        self.assertTrue(last.live)
        return calls

    def test_what_is_in_flight_is_answered(self):
        calls = self.start_calls()
        self.assertFalse(all(call.done() for call in calls), "nothing is in flight any more")
        self.server.terminate()
        for call in calls:
            self.check(call.result())
        self.assertEqual(self.server.wait(), 0, "".join(self.server.log[-20:]))
        with self.assertRaises(grpc.RpcError) as caught:
            self.kserve.ModelInfer(self.request, timeout=CALL_SECONDS)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_what_comes_later_is_refused(self):
        """Requests that keep coming are answered right or refused with UNAVAILABLE, and do not keep the server alive."""
        answered = refused = 0
        self.check(self.kserve.ModelInfer(self.request, timeout=CALL_SECONDS))
        calls = [self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS) for _ in range(4)]
        self.server.terminate()
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            calls.append(self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS))
            time.sleep(0.01)
        for call in calls:
            if call.exception() is None:
                self.check(call.result())
                answered += 1
            else:
                self.assertEqual(call.code(), grpc.StatusCode.UNAVAILABLE, call.details())
                refused += 1
        self.assertEqual(self.server.wait(), 0, "".join(self.server.log[-20:]))
        self.assertGreater(answered, 0)
        self.assertGreater(refused, 0)

    def test_an_idle_server_ends_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                server = Server("--model-repository", make_repository([MODEL]))
                channel = grpc.insecure_channel(server.grpc)
                stub = health_pb2_grpc.HealthStub(channel)
                # A client that only watches does not keep it either.
                watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=CALL_SECONDS)
                self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
                started = time.monotonic()
                server.process.send_signal(number)
                self.assertEqual(server.wait(), 0, "".join(server.log[-20:]))
                self.assertLess(time.monotonic() - started, 10)
                channel.close()

    def test_a_second_signal_ends_it_at_once(self):
        calls = [self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS) for _ in range(200)]
        calls[0].result()
        self.server.terminate()
        time.sleep(0.1)
        started = time.monotonic()
        self.server.terminate()
        self.server.wait()
        self.assertLess(time.monotonic() - started, 3)


if __name__ == "__main__":
    floe_testing.main()

#!/usr/bin/env python3
"""SIGTERM: what is in flight is answered, the rest refused with UNAVAILABLE, and the server exits 0."""

import signal
import time
import unittest
import urllib.request

import floe_testing
from floe_testing import CALL_SECONDS, Case, Server, check_close, make_repository

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

MODEL = "mobilenet_v2"
# Its requests are one frame: they have arrived or they have not.
SMALL_MODEL = "emotion"
IN_FLIGHT = 24


def make_request(case):
    request = service_pb2.ModelInferRequest(model_name=case.name)
    request.inputs.add(name=case.input_names[0], datatype="FP32", shape=case.inputs[0].shape)
    request.raw_input_contents.append(case.inputs[0].tobytes())
    return request


class ShutdownTest(unittest.TestCase):
    def setUp(self):
        self.case = Case(MODEL)
        self.server = Server("--model-repository", make_repository([MODEL, SMALL_MODEL]), "--instances", "1", "--threads", "1", "--max-queue", "2000")
        self.addCleanup(self.server.kill)
        self.channel = grpc.insecure_channel(self.server.grpc)
        self.addCleanup(self.channel.close)
        self.kserve = service_pb2_grpc.GRPCInferenceServiceStub(self.channel)
        self.request = make_request(self.case)

    def check(self, response, case=None):
        case = case or self.case
        got = np.frombuffer(response.raw_output_contents[0], np.float32).reshape(case.outputs[0].shape)
        check_close(self, case.name, case.outputs[0], got)

    def counts(self):
        """How many requests the server has answered, and how many it has and has not answered."""
        with urllib.request.urlopen(f"http://{self.server.http}/metrics", timeout=CALL_SECONDS) as response:
            lines = response.read().decode().splitlines()

        def total(series):
            return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series + "{")))

        return total("floe_requests_total"), total("floe_in_flight")

    def start_calls(self):
        """Calls that have all reached the server, and of which some are not answered yet. That they were sent says nothing: large messages wait for
        the connection's flow control."""
        for _ in range(10):
            before, _ = self.counts()
            calls = [self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS) for _ in range(IN_FLIGHT)]
            seen = None
            # Twice the same: a request that is just ending may count on both sides.
            while seen != (seen := self.counts()) or sum(seen) - before != IN_FLIGHT:
                pass
            _, waiting = seen
            if waiting > 0:
                return calls
            for call in calls:
                self.check(call.result())
        self.fail("the server answers faster than it can be asked")

    def test_what_is_in_flight_is_answered(self):
        calls = self.start_calls()
        self.server.terminate()
        for call in calls:
            self.check(call.result())
        self.assertEqual(self.server.wait(), 0, "".join(self.server.log[-20:]))
        with self.assertRaises(grpc.RpcError) as caught:
            self.kserve.ModelInfer(self.request, timeout=CALL_SECONDS)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_what_comes_later_is_refused(self):
        """Requests that keep coming are answered right or refused with UNAVAILABLE, and do not keep the server alive."""
        small = Case(SMALL_MODEL)
        request = make_request(small)
        calls = self.start_calls()
        later = []
        self.server.terminate()
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            later.append(self.kserve.ModelInfer.future(request, timeout=CALL_SECONDS))
            time.sleep(0.01)
        for call in calls:
            self.check(call.result())
        refused = 0
        for call in later:
            if call.exception() is None:
                self.check(call.result(), small)
            else:
                self.assertEqual(call.code(), grpc.StatusCode.UNAVAILABLE, call.details())
                refused += 1
        self.assertEqual(self.server.wait(), 0, "".join(self.server.log[-20:]))
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
        calls = [self.kserve.ModelInfer.future(self.request, timeout=CALL_SECONDS) for _ in range(1000)]
        calls[0].result()
        self.server.terminate()
        time.sleep(0.1)
        self.assertIsNone(self.server.process.poll())
        started = time.monotonic()
        self.server.terminate()
        self.assertNotEqual(self.server.wait(), 0)
        self.assertLess(time.monotonic() - started, 2)
        # Or there would have been nothing left to wait for.
        self.assertTrue(any(call.exception() is not None for call in calls))


if __name__ == "__main__":
    floe_testing.main()

"""grpcio's client of the interoperability suite. Arguments: descriptor file, target; --only and a case's name; for TLS the root
certificate; to show a certificate of its own, that and its key.

Runs every case, or the only one, and prints a line for each: its name and "ok", or what went wrong.
"""

import sys
import threading

import grpc

from testing import METHODS, Messages

messages = Messages(sys.argv[1])
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"


class Stub:
    def __init__(self, channel):
        for name, (kind, request, response) in METHODS.items():
            setattr(self, name, getattr(channel, kind)(
                "/grpc.testing.TestService/" + name,
                request_serializer=getattr(messages, request).SerializeToString,
                response_deserializer=getattr(messages, response).FromString,
            ))
        for service, attribute in (("TestService", "UnimplementedCall"), ("UnimplementedService", "UnimplementedService")):
            setattr(self, attribute, channel.unary_unary(
                f"/grpc.testing.{service}/UnimplementedCall",
                request_serializer=messages.Empty.SerializeToString,
                response_deserializer=messages.Empty.FromString,
            ))


def zeros(size):
    return messages.Payload(body=bytes(size))


def equal(expected, actual):
    if expected != actual:
        raise AssertionError(f"expected {expected!r}, was {actual!r}")


def ask(*sizes, payload=0):
    request = messages.StreamingOutputCallRequest(payload=zeros(payload))
    for size in sizes:
        request.response_parameters.add(size=size)
    return request


def fails(code, call, details=None):
    try:
        call()
    except grpc.RpcError as error:
        equal(code, error.code())
        if details is not None:
            equal(details, error.details())
    else:
        raise AssertionError(f"expected {code}")


class Pipe:
    """Requests that are put in one by one."""

    def __init__(self):
        self.items, self.ready = [], threading.Condition()

    def put(self, item):
        with self.ready:
            self.items.append(item)
            self.ready.notify()

    def __iter__(self):
        while True:
            with self.ready:
                while not self.items:
                    self.ready.wait()
                item = self.items.pop(0)
            if item is None:
                return
            yield item


def empty_unary(stub):
    equal(messages.Empty(), stub.EmptyCall(messages.Empty()))


def large_unary(stub):
    response = stub.UnaryCall(messages.SimpleRequest(response_size=314159, payload=zeros(271828)))
    equal(bytes(314159), response.payload.body)


def client_streaming(stub):
    sizes = (27182, 8, 1828, 45904)
    response = stub.StreamingInputCall(iter(messages.StreamingInputCallRequest(payload=zeros(size)) for size in sizes))
    equal(74922, response.aggregated_payload_size)


def server_streaming(stub):
    sizes = [len(response.payload.body) for response in stub.StreamingOutputCall(ask(31415, 9, 2653, 58979))]
    equal([31415, 9, 2653, 58979], sizes)


def ping_pong(stub):
    pipe = Pipe()
    responses = stub.FullDuplexCall(iter(pipe))
    for want, send in ((31415, 27182), (9, 8), (2653, 1828), (58979, 45904)):
        pipe.put(ask(want, payload=send))
        equal(want, len(next(responses).payload.body))
    pipe.put(None)
    equal([], list(responses))
    equal(grpc.StatusCode.OK, responses.code())


def empty_stream(stub):
    equal([], list(stub.FullDuplexCall(iter(()))))


def client_compressed_unary(stub):
    request = messages.SimpleRequest(response_size=314159, payload=zeros(271828))
    request.expect_compressed.value = True
    fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.UnaryCall(request))
    equal(314159, len(stub.UnaryCall(request, compression=grpc.Compression.Gzip).payload.body))
    equal(314159, len(stub.UnaryCall(request, compression=grpc.Compression.Deflate).payload.body))


def server_compressed_unary(stub):
    for compressed in (True, False):
        request = messages.SimpleRequest(response_size=314159, payload=zeros(271828))
        request.response_compressed.value = compressed
        equal(314159, len(stub.UnaryCall(request).payload.body))


def client_compressed_streaming(stub):
    requests = []
    for size in (27182, 45904):
        requests.append(messages.StreamingInputCallRequest(payload=zeros(size)))
        requests[-1].expect_compressed.value = True
    equal(73086, stub.StreamingInputCall(iter(requests), compression=grpc.Compression.Gzip).aggregated_payload_size)


def server_compressed_streaming(stub):
    request = ask(31415, 92653)
    request.response_parameters[0].compressed.value = True
    request.response_parameters[1].compressed.value = False
    equal([31415, 92653], [len(response.payload.body) for response in stub.StreamingOutputCall(request)])


def timeout_on_sleeping_server(stub):
    pipe = Pipe()
    pipe.put(ask(payload=27182))
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stub.FullDuplexCall(iter(pipe), timeout=0.001)))
    pipe.put(None)


def server_side_timeout(stub):
    # Long enough for the request to reach the server, which then sleeps beyond the deadline.
    request = ask(1)
    request.response_parameters[0].interval_us = 10_000_000
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stub.StreamingOutputCall(request, timeout=0.25)))


def cancel_after_begin(stub):
    pipe = Pipe()
    call = stub.StreamingInputCall.future(iter(pipe))
    call.cancel()
    equal(grpc.StatusCode.CANCELLED, call.code())
    pipe.put(None)


def cancel_after_first_response(stub):
    pipe = Pipe()
    call = stub.FullDuplexCall(iter(pipe))
    pipe.put(ask(31415, payload=27182))
    equal(31415, len(next(call).payload.body))
    call.cancel()
    fails(grpc.StatusCode.CANCELLED, lambda: next(call))
    pipe.put(None)


def fails_with(stub, message):
    request = messages.SimpleRequest()
    request.response_status.code = 2
    request.response_status.message = message
    fails(grpc.StatusCode.UNKNOWN, lambda: stub.UnaryCall(request), message)
    request = messages.StreamingOutputCallRequest()
    request.response_status.code = 2
    request.response_status.message = message
    fails(grpc.StatusCode.UNKNOWN, lambda: list(stub.FullDuplexCall(iter((request,)))), message)


def status_code_and_message(stub):
    fails_with(stub, "test status message")


def special_status_message(stub):
    fails_with(stub, SPECIAL)


def unimplemented_method(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.UnimplementedCall(messages.Empty()))


def unimplemented_service(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.UnimplementedService(messages.Empty()))


def custom_metadata(stub):
    request = messages.SimpleRequest(response_size=314159, payload=zeros(271828))
    _, call = stub.UnaryCall.with_call(request, metadata=(INITIAL, TRAILING))
    equal(INITIAL[1], dict(call.initial_metadata()).get(INITIAL[0]))
    equal(TRAILING[1], dict(call.trailing_metadata()).get(TRAILING[0]))
    duplex = stub.FullDuplexCall(iter((ask(31415),)), metadata=(INITIAL, TRAILING))
    equal([31415], [len(response.payload.body) for response in duplex])
    equal(INITIAL[1], dict(duplex.initial_metadata()).get(INITIAL[0]))
    equal(TRAILING[1], dict(duplex.trailing_metadata()).get(TRAILING[0]))


CASES = (
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, client_compressed_unary,
    server_compressed_unary, client_compressed_streaming, server_compressed_streaming, timeout_on_sleeping_server,
    server_side_timeout, cancel_after_begin, cancel_after_first_response, status_code_and_message,
    special_status_message, unimplemented_method, unimplemented_service, custom_metadata,
)


def channel_to(target, files):
    if not files:
        return grpc.insecure_channel(target)
    contents = []
    for file in files:
        with open(file, "rb") as stream:
            contents.append(stream.read())
    root, certificate, key = contents + [None] * (3 - len(contents))
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(root, key, certificate))


def main():
    target, rest, cases = sys.argv[2], sys.argv[3:], CASES
    if rest[:1] == ["--only"]:
        cases = [case for case in CASES if case.__name__ == rest[1]]
        rest = rest[2:]
    channel = channel_to(target, rest)
    with channel:
        stub = Stub(channel)
        for case in cases:
            try:
                case(stub)
                print(case.__name__, "ok", flush=True)
            except Exception as error:  # every case reports, whatever went wrong
                print(case.__name__, f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)


main()

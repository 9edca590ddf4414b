"""grpcio's server of the interoperability suite. Arguments: descriptor file; for TLS a certificate and its
key; to take only clients with a certificate, the root of theirs.

Prints its port, serves until its standard input ends.
"""

import sys
import time
from concurrent import futures

import grpc

from testing import METHODS, Messages

messages = Messages(sys.argv[1])
CODES = {code.value[0]: code for code in grpc.StatusCode}
INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return messages.Payload(body=bytes(size))


def echo_metadata(context):
    received = dict(context.invocation_metadata())
    if INITIAL in received:
        context.send_initial_metadata(((INITIAL, received[INITIAL]),))
    if TRAILING in received:
        context.set_trailing_metadata(((TRAILING, received[TRAILING]),))


def fail_if_asked(request, context):
    if request.HasField("response_status") and request.response_status.code:
        context.abort(CODES[request.response_status.code], request.response_status.message)


def answers(request, context):
    for parameters in request.response_parameters:
        if parameters.interval_us:
            time.sleep(parameters.interval_us / 1e6)
        if parameters.HasField("compressed") and not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages.StreamingOutputCallResponse(payload=zeros(parameters.size))


class Service:
    def EmptyCall(self, request, context):
        echo_metadata(context)
        return messages.Empty()

    def UnaryCall(self, request, context):
        if request.HasField("response_compressed") and request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        fail_if_asked(request, context)
        return messages.SimpleResponse(payload=zeros(request.response_size))

    def StreamingOutputCall(self, request, context):
        if any(p.HasField("compressed") and p.compressed.value for p in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        yield from answers(request, context)

    def StreamingInputCall(self, requests, context):
        size = sum(len(request.payload.body) for request in requests)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in requests:
            fail_if_asked(request, context)
            yield from answers(request, context)


def main():
    service = Service()
    handlers = {
        name: getattr(grpc, kind + "_rpc_method_handler")(
            getattr(service, name),
            request_deserializer=getattr(messages, request).FromString,
            response_serializer=getattr(messages, response).SerializeToString,
        )
        for name, (kind, request, response) in METHODS.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.testing.TestService", handlers),))
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as certificate, open(sys.argv[3], "rb") as key:
            pair = (key.read(), certificate.read())
        root = None
        if len(sys.argv) > 4:
            with open(sys.argv[4], "rb") as stream:
                root = stream.read()
        credentials = grpc.ssl_server_credentials([pair], root, require_client_auth=root is not None)
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


main()

"""grpcio's side of the gRPC benchmark (bench/grpc.sh).

  grpc_echo.py serve               prints its port; serves until its standard input ends
  grpc_echo.py call HOST:PORT SERVER_PID SECONDS

Messages stay bytes: a protobuf message with one field of bytes is 0x0a, a length below 128, and the bytes.
"""

import json
import os
import queue
import sys
import threading
import time
from concurrent import futures

import grpc

POURED = 1000
MESSAGE = b"\x0a\x64" + bytes(100)
SERVICE = "orchestrator.bench.Echo"


def unary(request, context):
    return request


def chat(requests, context):
    yield from requests


def pour(request, context):
    for _ in range(int(request[2:])):
        yield MESSAGE


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
        "Pour": grpc.unary_stream_rpc_method_handler(pour),
    }),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


def unary_lane(channel, seconds, latencies):
    call = channel.unary_unary(f"/{SERVICE}/Unary")
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        call(MESSAGE)
        latencies.append(time.perf_counter() - start)
    return len(latencies)


def chat_lane(channel, seconds, latencies):
    requests = queue.SimpleQueue()
    responses = channel.stream_stream(f"/{SERVICE}/Chat")(iter(requests.get, None))
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        requests.put(MESSAGE)
        next(responses)
        latencies.append(time.perf_counter() - start)
    requests.put(None)
    for _ in responses:
        pass
    return len(latencies)


def pour_lane(channel, seconds, latencies):
    call = channel.unary_stream(f"/{SERVICE}/Pour")
    digits = str(POURED).encode()
    request = bytes((0x0A, len(digits))) + digits
    count = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        count += sum(1 for _ in call(request))
    return count


def measure(channel, lane, lanes, seconds):
    latencies = [[] for _ in range(lanes)]
    counts = [0] * lanes

    def run(index):
        counts[index] = lane(channel, seconds, latencies[index])

    threads = [threading.Thread(target=run, args=(index,)) for index in range(lanes)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count = sum(counts)
    return count, count / (time.perf_counter() - start), sorted(x for one in latencies for x in one)


def processor_time(server):
    """Seconds of this process and the server's."""
    with open(f"/proc/{server}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def call(target, server, seconds):
    with grpc.insecure_channel(target) as channel:
        kinds = (
            ("unary, one at a time", 1, unary_lane),
            ("unary, 16 at once", 16, unary_lane),
            ("chat, one at a time", 1, chat_lane),
            ("chat, 16 streams", 16, chat_lane),
            ("server streaming", 1, pour_lane),
        )
        for _, lanes, lane in kinds:
            measure(channel, lane, lanes, seconds)
        for name, lanes, lane in kinds:
            before = processor_time(server)
            done, rate, latencies = measure(channel, lane, lanes, seconds)
            spent = processor_time(server) - before
            count = len(latencies)
            print(json.dumps({
                "name": name,
                "per_second": round(rate),
                "processor": round(spent / done * 1e6, 1),
                "p50": round(latencies[count // 2] * 1e6, 1) if count else None,
                "p99": round(latencies[count * 99 // 100] * 1e6, 1) if count else None,
            }), flush=True)


if sys.argv[1:] == ["serve"]:
    serve()
elif len(sys.argv) == 5 and sys.argv[1] == "call":
    call(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
else:
    sys.exit(__doc__)

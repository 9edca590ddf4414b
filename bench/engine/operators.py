"""Nanoseconds of processor time per operator from Python, in the same rounds as operators.cpp and OperatorBenchmark.cs."""
import time

import torch


def nanoseconds(body):
    for _ in range(50):
        body()
    best = float("inf")
    for _ in range(3):
        count = 0
        start = now = time.process_time()
        while now - start < 0.05:
            for _ in range(100):
                body()
            count += 100
            now = time.process_time()
        best = min(best, (now - start) / count * 1e9)
    return best


def report(name, size, body):
    print(name, size, round(nanoseconds(body)), flush=True)


torch.set_num_threads(1)
for size in (4, 64, 256, 512):
    x, y = torch.ones(size, size), torch.ones(size, size)
    leaf, z = torch.ones(size, size, requires_grad=True), torch.ones(size, size)
    report("add", size, lambda: x + y)
    report("add_grad", size, lambda: leaf + y)
    report("mul_", size, lambda: z.mul_(y))
    report("exp", size, lambda: x.exp())
    report("softmax", size, lambda: x.softmax(-1))
    report("sum_dim", size, lambda: x.sum(1))
    report("view", size, lambda: x.view(size * size))
    report("transpose", size, lambda: x.transpose(0, 1))
    report("matmul", size, lambda: x.matmul(y))
    report("cat", size, lambda: torch.cat([x, y], 0))

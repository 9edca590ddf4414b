#!/usr/bin/env python3
"""The peer: a straightforward T5 v1.1 training loop in plain PyTorch, one process or DDP over Gloo.

It does what a careful user of PyTorch writes: torch.nn modules, F.linear, F.cross_entropy, one Adafactor
step a batch, DistributedDataParallel for more than one process. Prints one JSON object with tokens/s
(encoder + decoder tokens). Run it with Debian's python3 and python3-torch:

    OMP_NUM_THREADS=1 LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp \
        /usr/bin/python3 bench/peers/t5_pytorch.py --processes 2 --threads 1
"""

import argparse
import json
import math
import os
import socket
import statistics
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def relative_buckets(queries, keys, bidirectional, buckets=32, distance=128):
    relative = torch.arange(keys)[None, :] - torch.arange(queries)[:, None]
    offset = torch.zeros_like(relative)
    if bidirectional:
        buckets //= 2
        offset = (relative > 0).long() * buckets
        relative = relative.abs()
    else:
        relative = (-relative).clamp(min=0)
    exact = buckets // 2
    far = exact + (torch.log(relative.clamp(min=1).float() / exact) / math.log(distance / exact) * (buckets - exact)).long()
    return offset + torch.where(relative < exact, relative, far.clamp(max=buckets - 1))


class Attention(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.heads, self.d_kv = a.heads, a.d_kv
        inner = a.heads * a.d_kv
        self.q = nn.Linear(a.d_model, inner, bias=False)
        self.k = nn.Linear(a.d_model, inner, bias=False)
        self.v = nn.Linear(a.d_model, inner, bias=False)
        self.o = nn.Linear(inner, a.d_model, bias=False)

    def forward(self, x, memory, bias):
        split = lambda t: t.view(t.shape[0], t.shape[1], self.heads, self.d_kv).transpose(1, 2)
        q, k, v = split(self.q(x)), split(self.k(memory)), split(self.v(memory))
        scores = torch.matmul(q, k.transpose(-1, -2))
        if bias is not None:
            scores = scores + bias
        weights = F.softmax(scores, dim=-1)
        return self.o(torch.matmul(weights, v).transpose(1, 2).reshape(x.shape[0], x.shape[1], -1))


class FeedForward(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.wi_0 = nn.Linear(a.d_model, a.d_ff, bias=False)
        self.wi_1 = nn.Linear(a.d_model, a.d_ff, bias=False)
        self.wo = nn.Linear(a.d_ff, a.d_model, bias=False)

    def forward(self, x):
        gate = self.wi_0(x)
        gate = 0.5 * gate * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (gate + 0.044715 * gate.pow(3))))
        return self.wo(gate * self.wi_1(x))


class Block(nn.Module):
    def __init__(self, a, decoder):
        super().__init__()
        self.norm_self, self.attention = RMSNorm(a.d_model), Attention(a)
        self.norm_cross, self.cross = (RMSNorm(a.d_model), Attention(a)) if decoder else (None, None)
        self.norm_ff, self.ff = RMSNorm(a.d_model), FeedForward(a)

    def forward(self, x, bias, memory=None):
        h = self.norm_self(x)
        x = x + self.attention(h, h, bias)
        if self.cross is not None:
            x = x + self.cross(self.norm_cross(x), memory, None)
        return x + self.ff(self.norm_ff(x))


class Stack(nn.Module):
    def __init__(self, a, decoder):
        super().__init__()
        self.decoder = decoder
        self.blocks = nn.ModuleList(Block(a, decoder) for _ in range(a.layers))
        self.relative_bias = nn.Embedding(32, a.heads)
        self.final_norm = RMSNorm(a.d_model)

    def forward(self, x, memory=None):
        n = x.shape[1]
        bias = self.relative_bias(relative_buckets(n, n, not self.decoder)).permute(2, 0, 1)[None]
        if self.decoder:
            bias = bias + torch.full((n, n), float("-inf")).triu(1)
        for block in self.blocks:
            x = block(x, bias, memory)
        return self.final_norm(x)


class T5(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.shared = nn.Embedding(a.vocabulary, a.d_model)
        self.encoder, self.decoder = Stack(a, False), Stack(a, True)
        self.lm_head = nn.Linear(a.d_model, a.vocabulary, bias=False)

    def forward(self, inputs, targets):
        memory = self.encoder(self.shared(inputs))
        shifted = F.pad(targets[:, :-1], (1, 0))
        logits = self.lm_head(self.decoder(self.shared(shifted), memory)).flatten(0, 1)
        log_z = torch.logsumexp(logits, -1)
        return F.cross_entropy(logits, targets.flatten()) + 1e-4 * log_z.pow(2).mean()


class Adafactor:
    """Shazeer and Stern 2018 with T5X's rules: factored where both dimensions are at least 128."""

    def __init__(self, parameters):
        self.parameters, self.state, self.step_index = list(parameters), {}, 0

    @torch.no_grad()
    def step(self, rate):
        self.step_index += 1
        beta = 1.0 - self.step_index**-0.8
        for p in self.parameters:
            g2 = p.grad.square() + 1e-30
            if p.dim() == 2 and min(p.shape) >= 128:
                row, col = self.state.setdefault(p, (torch.zeros(p.shape[0]), torch.zeros(p.shape[1])))
                row.mul_(beta).add_(g2.mean(1), alpha=1 - beta)
                col.mul_(beta).add_(g2.mean(0), alpha=1 - beta)
                update = p.grad * (row / row.mean()).rsqrt()[:, None] * col.rsqrt()[None, :]
            else:
                v = self.state.setdefault(p, torch.zeros_like(p))
                v.mul_(beta).add_(g2, alpha=1 - beta)
                update = p.grad * v.rsqrt()
            clip = max(1.0, update.square().mean().sqrt().item())
            scale = max(1e-3, p.square().mean().sqrt().item())
            p.add_(update, alpha=-rate * scale / clip)
            p.grad = None


def train(rank, a, port):
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = T5(a)
    if a.processes > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        dist.init_process_group("gloo", rank=rank, world_size=a.processes)
        model = nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
    optimizer = Adafactor(model.parameters())
    generator = torch.Generator().manual_seed(2 + rank)
    draw = lambda length: torch.randint(2, a.vocabulary, (a.batch, length), generator=generator)
    times, processor, loss = [], [], None
    for step in range(a.warmup + a.steps):
        inputs, targets = draw(a.inputs), draw(a.targets)
        if a.processes > 1:
            dist.barrier()
        begin, spent = time.perf_counter(), time.process_time()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
            loss = model(inputs, targets)
        loss.backward()
        optimizer.step(0.01)
        if step >= a.warmup:
            times.append(time.perf_counter() - begin)
            processor.append(time.process_time() - spent)
    if rank == 0:
        seconds = statistics.median(times)
        tokens = a.processes * a.batch * (a.inputs + a.targets)
        print(json.dumps({
            "peer": "pytorch " + torch.__version__, "processes": a.processes, "threads": a.threads,
            "precision": "bf16" if a.bf16 else "fp32", "parameters": sum(p.numel() for p in model.parameters()),
            "step_seconds": round(seconds, 4), "step_seconds_best": round(min(times), 4),
            "processor_seconds_best": round(min(processor), 4),
            "tokens_per_second": round(tokens / seconds, 1), "loss": round(loss.item(), 4)}), flush=True)
    if a.processes > 1:
        dist.destroy_process_group()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(processes=1, threads=1, steps=8, warmup=3, batch=8, inputs=256, targets=64, d_model=256,
                            d_ff=1024, d_kv=64, heads=4, layers=4, vocabulary=8192).items():
        p.add_argument("--" + name.replace("_", "-"), type=int, default=value, help=f"default {value}")
    p.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    a = p.parse_args()
    if a.processes == 1:
        train(0, a, 0)
        return
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    mp.spawn(train, (a, port), a.processes)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The peer: a straightforward training loop of a rotary GPT in plain PyTorch, one process.

It does what a careful user of PyTorch writes: torch.nn modules, F.layer_norm, F.gelu, F.cross_entropy, torch.optim.AdamW.
Prints one JSON object with tokens/s. Run it with Debian's python3 and python3-torch:

    OMP_NUM_THREADS=1 LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp /usr/bin/python3 bench/peers/gpt_pytorch.py
"""

import argparse
import json
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.heads, self.width = a.heads, a.d_model // a.heads
        self.turned = self.width // 4
        self.qkv = nn.Linear(a.d_model, 3 * a.d_model)
        self.out = nn.Linear(a.d_model, a.d_model)

    def rotate(self, x, cos, sin):
        turned, rest = x[..., : self.turned], x[..., self.turned :]
        a, b = turned.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin, rest), -1)

    def forward(self, x, cos, sin, mask):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, self.heads, 3, self.width).permute(3, 0, 2, 1, 4)
        q, k = self.rotate(q, cos, sin), self.rotate(k, cos, sin)
        weights = F.softmax(torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.width) + mask, dim=-1)
        return self.out(torch.matmul(weights, v).transpose(1, 2).reshape(n, t, d))


class Block(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.norm_1, self.attention = nn.LayerNorm(a.d_model), Attention(a)
        self.norm_2, self.up, self.down = nn.LayerNorm(a.d_model), nn.Linear(a.d_model, a.d_ff), nn.Linear(a.d_ff, a.d_model)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.norm_1(x), cos, sin, mask)
        return x + self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.embedding = nn.Embedding(a.vocabulary, a.d_model)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(a) for _ in range(a.layers))
        self.norm = nn.LayerNorm(a.d_model)
        pairs = a.d_model // a.heads // 8
        angles = torch.arange(a.targets)[:, None] * 10000.0 ** (-torch.arange(pairs) / pairs)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.full((a.targets, a.targets), float("-inf")).triu(1))

    def forward(self, targets):
        x = self.embedding(F.pad(targets[:, :-1], (1, 0)))
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        logits = F.linear(self.norm(x), self.embedding.weight).flatten(0, 1)
        return F.cross_entropy(logits, targets.flatten())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(threads=1, steps=8, warmup=3, batch=8, inputs=0, targets=128, d_model=128, d_ff=512, d_kv=32, heads=4, layers=4,
                            vocabulary=896).items():
        p.add_argument("--" + name.replace("_", "-"), type=int, default=value, help=f"default {value}")
    p.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    p.add_argument("--gpt", action="store_true", help="taken for the sake of the caller; this is a GPT")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = Gpt(a)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
    generator = torch.Generator().manual_seed(2)
    times, processor, loss = [], [], None
    for step in range(a.warmup + a.steps):
        targets = torch.randint(2, a.vocabulary, (a.batch, a.targets), generator=generator)
        begin, spent = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
            loss = model(targets)
        loss.backward()
        optimizer.step()
        if step >= a.warmup:
            times.append(time.perf_counter() - begin)
            processor.append(time.process_time() - spent)
    seconds = statistics.median(times)
    print(json.dumps({
        "peer": "pytorch " + torch.__version__, "processes": 1, "threads": a.threads, "precision": "bf16" if a.bf16 else "fp32",
        "parameters": sum(p.numel() for p in model.parameters()), "step_seconds": round(seconds, 4), "step_seconds_best": round(min(times), 4),
        "processor_seconds_best": round(min(processor), 4), "tokens_per_second": round(a.batch * a.targets / seconds, 1),
        "loss": round(loss.item(), 4)}), flush=True)


if __name__ == "__main__":
    main()

"""Loads a folder as Hugging Face transformers loads a T5, with nothing but json, struct and torch, and computes its logits.

usage: transformers_t5.py FOLDER REQUEST.json, where REQUEST is {"input_ids": [[...]], "labels": [[...]]}; prints {"logits": [...], "dtype": ...}.
Written from the documented formats (safetensors, transformers' sharded checkpoints, T5Config) and the T5 paper; independent of the product.
"""
import json
import math
import os
import struct
import sys

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(bytes(data[8 : 8 + length]))
    # load_state_dict() of transformers refuses files without this.
    assert header.pop("__metadata__")["format"] in ("pt", "tf", "flax", "mlx"), path
    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        assert first == end, f"{name} leaves a gap"
        end = last
        count = math.prod(entry["shape"])
        flat = torch.frombuffer(data, dtype=DTYPES[entry["dtype"]], count=count, offset=8 + length + first)
        tensors[name] = flat.reshape(entry["shape"])
    assert 8 + length + end == len(data), path
    return tensors


def load(folder):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    assert config["model_type"] == "t5" and config["architectures"] == ["T5ForConditionalGeneration"]
    index = os.path.join(folder, "model.safetensors.index.json")
    single = os.path.join(folder, "model.safetensors")
    if os.path.exists(single):
        weights = read_safetensors(single)
    else:
        with open(index) as file:
            index = json.load(file)
        weights = {}
        for name in sorted(set(index["weight_map"].values())):
            part = read_safetensors(os.path.join(folder, name))
            assert set(part) == {key for key, place in index["weight_map"].items() if place == name}
            weights.update(part)
        assert index["metadata"]["total_size"] == sum(t.numel() * t.element_size() for t in weights.values())
    dtypes = {tensor.dtype for tensor in weights.values()}
    assert len(dtypes) == 1 and str(dtypes.pop()) == "torch." + config["torch_dtype"]
    if os.path.exists(os.path.join(folder, "spiece.model")):
        with open(os.path.join(folder, "tokenizer_config.json")) as file:
            tokenizer = json.load(file)
        assert tokenizer["tokenizer_class"] == "T5Tokenizer" and tokenizer["extra_ids"] == 100
        # T5Tokenizer refuses extra ids beside another number of special tokens.
        assert len(tokenizer["additional_special_tokens"]) == 100
        with open(os.path.join(folder, "special_tokens_map.json")) as file:
            assert json.load(file)["eos_token"] == "</s>"
    return config, {name: tensor.float() for name, tensor in weights.items()}


def buckets(distance, bidirectional, count, longest):
    offset = torch.zeros_like(distance)
    if bidirectional:
        count //= 2
        offset = (distance > 0).long() * count
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = count // 2
    far = exact + (torch.log(distance.float() / exact) / math.log(longest / exact) * (count - exact)).long()
    return offset + torch.where(distance < exact, distance, far.clamp(max=count - 1))


class T5:
    def __init__(self, config, weights):
        self.config, self.weights = config, weights

    def norm(self, x, name):
        return self.weights[name] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config["layer_norm_epsilon"]))

    def linear(self, x, name):
        return x @ self.weights[name].t()

    def attention(self, x, memory, prefix, bias):
        heads, width = self.config["num_heads"], self.config["d_kv"]
        q, k, v = (
            self.linear(source, f"{prefix}.{name}.weight").view(source.shape[0], -1, heads, width).transpose(1, 2)
            for source, name in ((x, "q"), (memory, "k"), (memory, "v"))
        )
        context = torch.softmax(q @ k.transpose(-1, -2) + bias, -1) @ v
        return self.linear(context.transpose(1, 2).reshape(x.shape[0], -1, heads * width), f"{prefix}.o.weight")

    def feed_forward(self, x, prefix):
        if self.config["is_gated_act"]:
            a = self.linear(x, f"{prefix}.wi_0.weight")
            gelu = 0.5 * a * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (a + 0.044715 * a.pow(3))))
            hidden = gelu * self.linear(x, f"{prefix}.wi_1.weight")
        else:
            hidden = torch.relu(self.linear(x, f"{prefix}.wi.weight"))
        return self.linear(hidden, f"{prefix}.wo.weight")

    def stack(self, name, ids, mask, memory=None, memory_mask=None):
        decoder = memory is not None
        x = self.weights["shared.weight"][ids]
        places = torch.arange(ids.shape[1])
        bucket = buckets(
            places[None, :] - places[:, None], not decoder, self.config["relative_attention_num_buckets"], self.config["relative_attention_max_distance"])
        table = self.weights[f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        bias = table[bucket].permute(2, 0, 1)[None] + (1.0 - mask[:, None, None, :]) * torch.finfo(torch.float32).min
        if decoder:
            bias = bias.masked_fill(places[None, :] > places[:, None], torch.finfo(torch.float32).min)
        for block in range(self.config["num_decoder_layers" if decoder else "num_layers"]):
            layer = f"{name}.block.{block}.layer."
            normed = self.norm(x, layer + "0.layer_norm.weight")
            x = x + self.attention(normed, normed, layer + "0.SelfAttention", bias)
            if decoder:
                normed = self.norm(x, layer + "1.layer_norm.weight")
                hidden = (1.0 - memory_mask[:, None, None, :]) * torch.finfo(torch.float32).min
                x = x + self.attention(normed, memory, layer + "1.EncDecAttention", hidden)
            last = layer + ("2" if decoder else "1")
            x = x + self.feed_forward(self.norm(x, last + ".layer_norm.weight"), last + ".DenseReluDense")
        return self.norm(x, f"{name}.final_layer_norm.weight")

    def logits(self, input_ids, labels):
        mask = (input_ids != self.config["pad_token_id"]).float()
        memory = self.stack("encoder", input_ids, mask)
        start = torch.full((labels.shape[0], 1), self.config["decoder_start_token_id"])
        shifted = torch.cat([start, labels[:, :-1]], 1)
        hidden = self.stack("decoder", shifted, torch.ones(shifted.shape), memory, mask)
        if self.config["tie_word_embeddings"]:
            return (hidden * self.config["d_model"] ** -0.5) @ self.weights["shared.weight"].t()
        return self.linear(hidden, "lm_head.weight")


def main():
    config, weights = load(sys.argv[1])
    with open(sys.argv[2]) as file:
        request = json.load(file)
    with torch.no_grad():
        logits = T5(config, weights).logits(torch.tensor(request["input_ids"]), torch.tensor(request["labels"]))
    print(json.dumps({"logits": logits.flatten().tolist(), "dtype": config["torch_dtype"]}))


main()

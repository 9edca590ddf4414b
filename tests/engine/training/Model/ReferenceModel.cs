using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Optim;
using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Model;

/// <summary>
/// Decoders and encoders in plain operators and recorded autograd, float64, one row at a time, written from the papers and from what Hugging Face documents
/// of GPTNeoXForCausalLM, GPT2LMHeadModel and BertForMaskedLM: shares nothing with the product but names of weights.
/// </summary>
internal sealed class ReferenceModel : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ResolvedModel _model;
    private readonly Dictionary<string, Tensor> _weights = new(StringComparer.Ordinal);

    public ReferenceModel(ResolvedModel model, FlatParameters parameters)
    {
        _model = model;
        foreach (var slice in parameters.Slices)
        {
            _weights[slice.Name] = tensor(Array.ConvertAll(parameters.WeightSpan(slice.Name).ToArray(), value => (double)value), slice.Shape, requires_grad: true);
        }
    }

    private bool IsDecoder => _model.Family == ModelFamily.Gpt;

    private bool IsNeoX => IsDecoder && _model.Positions == PositionKind.Rotary;

    /// <summary>The gradient of a weight after <see cref="Loss"/>.</summary>
    public double[] Gradient(string name) =>
        _weights[name].grad is { } gradient ? gradient.contiguous().data<double>().ToArray() : new double[_weights[name].NumberOfElements];

    /// <summary>The summed loss of the targets that count, and its gradients in the weights.</summary>
    public double Loss(TokenBatch batch, double zWeight)
    {
        var total = zeros([1], float64);
        for (var row = 0; row < batch.Rows; row++)
        {
            var (from, length) = (row * batch.TargetLength, batch.TargetLength);
            var tokens = IsDecoder ? [0, .. batch.Targets[from..(from + length - 1)]] : batch.Inputs[from..(from + length)];
            var logits = Logits(tokens, IsDecoder ? null : tokens.Select(token => token != 0).ToArray());
            for (var i = 0; i < length; i++)
            {
                if (batch.Counts(from + i))
                {
                    var logZ = logits[i].logsumexp(0);
                    total = total + logZ - logits[i][batch.Targets[from + i]] + (zWeight * logZ * logZ);
                }
            }
        }

        total.sum().backward();
        return total.item<double>();
    }

    /// <summary>Logits [T, V] of one row.</summary>
    public Tensor Logits(long[] tokens, bool[]? seen)
    {
        var positions = arange(tokens.Length, dtype: int64);
        var x = W(IsNeoX ? "gpt_neox.embed_in.weight" : IsDecoder ? "transformer.wte.weight" : "bert.embeddings.word_embeddings.weight").index_select(0, tensor(tokens));
        if (_model.Positions == PositionKind.Learned)
        {
            x = x + W(IsDecoder ? "transformer.wpe.weight" : "bert.embeddings.position_embeddings.weight").index_select(0, positions);
        }

        if (_model.TokenTypes > 0)
        {
            x = x + W("bert.embeddings.token_type_embeddings.weight")[0];
        }

        if (!IsDecoder)
        {
            x = LayerNorm(x, "bert.embeddings.LayerNorm");
        }

        for (var block = 0; block < _model.EncoderLayers + _model.DecoderLayers; block++)
        {
            x = IsNeoX ? NeoXBlock(x, block) : IsDecoder ? Gpt2Block(x, block) : BertBlock(x, block, seen!);
        }

        if (!IsDecoder)
        {
            var h = LayerNorm(Gelu(Linear(x, "cls.predictions.transform.dense")), "cls.predictions.transform.LayerNorm");
            return h.matmul(W("bert.embeddings.word_embeddings.weight").t()) + W("cls.predictions.bias");
        }

        var head = (IsNeoX, _model.TiedEmbeddings) switch
        {
            (true, true) => "gpt_neox.embed_in.weight",
            (true, false) => "embed_out.weight",
            (false, true) => "transformer.wte.weight",
            _ => "lm_head.weight",
        };
        return LayerNorm(x, IsNeoX ? "gpt_neox.final_layer_norm" : "transformer.ln_f").matmul(W(head).t());
    }

    public void Dispose() => _scope.Dispose();

    private Tensor NeoXBlock(Tensor x, int block)
    {
        var prefix = $"gpt_neox.layers.{block}.";
        var qkv = Linear(LayerNorm(x, prefix + "input_layernorm"), prefix + "attention.query_key_value").view(x.shape[0], _model.Heads, 3, _model.DKv);
        var context = Attend(qkv.select(2, 0), qkv.select(2, 1), qkv.select(2, 2), null);
        x = x + Linear(context, prefix + "attention.dense");
        return x + Linear(Gelu(Linear(LayerNorm(x, prefix + "post_attention_layernorm"), prefix + "mlp.dense_h_to_4h")), prefix + "mlp.dense_4h_to_h");
    }

    private Tensor Gpt2Block(Tensor x, int block)
    {
        var prefix = $"transformer.h.{block}.";
        var qkv = Conv(LayerNorm(x, prefix + "ln_1"), prefix + "attn.c_attn").view(x.shape[0], 3, _model.Heads, _model.DKv);
        x = x + Conv(Attend(qkv.select(1, 0), qkv.select(1, 1), qkv.select(1, 2), null), prefix + "attn.c_proj");
        return x + Conv(Gelu(Conv(LayerNorm(x, prefix + "ln_2"), prefix + "mlp.c_fc")), prefix + "mlp.c_proj");
    }

    private Tensor BertBlock(Tensor x, int block, bool[] seen)
    {
        var prefix = $"bert.encoder.layer.{block}.";
        Tensor Heads(string name) => Linear(x, prefix + "attention.self." + name).view(x.shape[0], _model.Heads, _model.DKv);
        var context = Attend(Heads("query"), Heads("key"), Heads("value"), seen);
        x = LayerNorm(x + Linear(context, prefix + "attention.output.dense"), prefix + "attention.output.LayerNorm");
        return LayerNorm(x + Linear(Gelu(Linear(x, prefix + "intermediate.dense")), prefix + "output.dense"), prefix + "output.LayerNorm");
    }

    // Queries, keys, values [T, H, E] to [T, H x E].
    private Tensor Attend(Tensor q, Tensor k, Tensor v, bool[]? seen)
    {
        if (_model.Positions == PositionKind.Rotary)
        {
            (q, k) = (Rotate(q), Rotate(k));
        }

        var length = q.shape[0];
        var scores = q.transpose(0, 1).matmul(k.permute(1, 2, 0)) / Math.Sqrt(_model.DKv);
        var hidden = new double[length * length];
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < length; j++)
            {
                hidden[(i * length) + j] = (seen is null ? j <= i : seen[j]) ? 0.0 : -1e30;
            }
        }

        var weights = (scores + tensor(hidden, [1, length, length])).softmax(-1);
        return weights.matmul(v.transpose(0, 1)).transpose(0, 1).reshape(length, _model.Inner);
    }

    // Su et al. 2021, equation 34, with GPT-NeoX's pairing of value i with value i + width / 2.
    private Tensor Rotate(Tensor x)
    {
        var (length, half) = (x.shape[0], _model.RotaryWidth / 2);
        var (cos, sin) = (new double[length * half], new double[length * half]);
        for (var i = 0; i < cos.Length; i++)
        {
            var angle = (i / half) / Math.Pow(_model.RotaryBase, 2.0 * (i % half) / _model.RotaryWidth);
            (cos[i], sin[i]) = (Math.Cos(angle), Math.Sin(angle));
        }

        var (c, s) = (tensor(cos, [length, 1, half]), tensor(sin, [length, 1, half]));
        var (a, b) = (x.narrow(2, 0, half), x.narrow(2, half, half));
        return cat([(a * c) - (b * s), (b * c) + (a * s), x.narrow(2, 2 * half, _model.DKv - (2 * half))], 2);
    }

    private Tensor Gelu(Tensor x) => _model.FeedForward == FeedForwardKind.GeluErf
        ? x * 0.5 * (1.0 + (x / Math.Sqrt(2.0)).erf())
        : x * 0.5 * (1.0 + (Math.Sqrt(2.0 / Math.PI) * (x + (0.044715 * x * x * x))).tanh());

    private Tensor LayerNorm(Tensor x, string name)
    {
        var centred = x - x.mean([-1L], keepdim: true);
        return (centred / ((centred * centred).mean([-1L], keepdim: true) + _model.NormEpsilon).sqrt() * W(name + ".weight")) + W(name + ".bias");
    }

    private Tensor Linear(Tensor x, string name) => x.matmul(W(name + ".weight").t()) + W(name + ".bias");

    private Tensor Conv(Tensor x, string name) => x.matmul(W(name + ".weight")) + W(name + ".bias");

    private Tensor W(string name) => _weights[name];
}

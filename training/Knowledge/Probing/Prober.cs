using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Knowledge.Probing;

// Letters: B = texts, L = tokens of a text, R = B x L, D = width.

/// <summary>Trains probes of every task at every position together, on a frozen model of which a low-rank update of the embedding is trained beside them.</summary>
/// <remarks>
/// All probes read one pass through the model, and share the embedding's update, which is trained on the sum of their losses: a probe has no weight in
/// common with another but this. (The paper trains each of the 36 tasks of a P-probe alone, with an update of its own, at 36 times the cost.)
/// On the CPU, in fp32; the same seed gives the same bits.
/// </remarks>
internal sealed unsafe class Prober : IDisposable
{
    private readonly ILanguageModel _model;
    private readonly BiosProbeRequest _asked;
    private readonly FlatParameters _weights;
    private readonly AdamW _updateOptimizer;
    private readonly AdamW _headOptimizer;
    private readonly ProbeHead[][] _heads;

    /// <summary>Probes that have learned nothing.</summary>
    /// <param name="model">The model as <see cref="BioProbe.AdaptationOf"/> adapts it; not owned. Its update is set to initial values.</param>
    /// <param name="asked">How they are trained.</param>
    /// <param name="tasks">What they tell at each position.</param>
    /// <param name="positions">Number of positions.</param>
    public Prober(ILanguageModel model, BiosProbeRequest asked, IReadOnlyList<ProbeTask> tasks, int positions)
    {
        (_model, _asked) = (model, asked);
        var width = model.Shape.DModel;
        _weights = new FlatParameters([.. Enumerable.Range(0, positions).SelectMany(position => tasks.SelectMany(task => ProbeHead.WeightsOf(task, position, width)))]);
        ProbeHead.Initialise(_weights, asked.Seed, width);
        _heads = [.. Enumerable.Range(0, positions).Select(position => tasks.Select(task => new ProbeHead(_weights, task, position, asked.Kind)).ToArray())];
        var optimizer = new OptimizerSpec { Kind = OptimizerKind.Adamw, Epsilon = 1e-6, WeightDecay = asked.WeightDecay, NoDecay = "" };
        foreach (var slice in model.Parameters.Trained)
        {
            WeightInitializer.Fill(model.Shape, slice.Name, slice.Shape, asked.Seed, model.Parameters.Weights + slice.Offset);
        }

        _updateOptimizer = new AdamW(model.Parameters, optimizer);
        _headOptimizer = new AdamW(_weights, optimizer);
    }

    /// <summary>Trains the probes.</summary>
    /// <param name="texts">What they are trained on; each is read once before any is read again.</param>
    /// <param name="progress">Gets the number of steps that are done.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <exception cref="InvalidOperationException">The loss is not finite.</exception>
    public void Train(IReadOnlyList<ProbeText> texts, Action<int> progress, CancellationToken cancellationToken)
    {
        var order = new SampleOrder(_asked.Seed, texts.Count);
        var batch = new ProbeText[_asked.BatchOrDefault];
        for (var step = 1; step <= _asked.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < batch.Length; i++)
            {
                var (epoch, index) = Math.DivRem(((step - 1L) * batch.Length) + i, texts.Count);
                batch[i] = texts[(int)order.At(epoch, index)];
            }

            var loss = ForwardBackward(batch, step);
            if (!double.IsFinite(loss))
            {
                throw new InvalidOperationException($"The loss of step {step} is {loss}; the model has values that are not finite, or the learning rate is too large.");
            }

            var rate = _asked.LearningRate * (1.0 - ((step - 1.0) / _asked.Steps));
            _updateOptimizer.Step(_model.Parameters.Gradients, 1f / batch.Length, rate, step);
            _headOptimizer.Step(_weights.Gradients, 1f / batch.Length, rate, step);
            progress(step);
        }
    }

    /// <summary>Sets the gradients of all that is trained to those of the loss, summed over texts, positions and tasks.</summary>
    /// <param name="texts">The batch.</param>
    /// <param name="step">The step, of which its dropout is a function.</param>
    /// <returns>The loss, nats.</returns>
    public double ForwardBackward(IReadOnlyList<ProbeText> texts, int step)
    {
        _model.Parameters.ZeroGradients();
        _weights.ZeroGradients();
        var (tokens, places) = ProbeText.Rows(texts);
        using var layer = Reader.Read(tokens, texts.Count, training: true, (long)SeededRandom.Combine((ulong)_asked.Seed, (ulong)step));
        using var gradient_RD = zeros_like(layer.Values_RD);
        var loss = 0.0;
        for (var position = 0; position < _heads.Length; position++)
        {
            using var index = TensorMemory.Of(places[position], [texts.Count], CPU);
            using var x_BD = layer.Values_RD.index_select(0, index);
            using var dx_BD = zeros_like(x_BD);
            foreach (var head in _heads[position])
            {
                loss += head.LossBackward(x_BD, Labels(head.Task, texts), dx_BD, layer.Pass);
            }

            gradient_RD.index_add_(0, index, dx_BD, 1);
        }

        layer.Backward(gradient_RD);
        return loss;
    }

    /// <summary>Tests the probes.</summary>
    /// <param name="texts">What they are tested on.</param>
    /// <param name="progress">Gets the number of texts that are done.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>The share of texts for which a task's class is told, by position.</returns>
    public IReadOnlyList<IReadOnlyDictionary<ProbeTask, double>> Test(IReadOnlyList<ProbeText> texts, Action<int> progress, CancellationToken cancellationToken)
    {
        var right = _heads.Select(heads => new int[heads.Length]).ToArray();
        var done = 0;
        foreach (var batch in texts.Chunk(_asked.BatchOrDefault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (tokens, places) = ProbeText.Rows(batch);
            using var layer = Reader.Read(tokens, batch.Length);
            for (var position = 0; position < _heads.Length; position++)
            {
                using var index = TensorMemory.Of(places[position], [batch.Length], CPU);
                using var x_BD = layer.Values_RD.index_select(0, index);
                for (var head = 0; head < _heads[position].Length; head++)
                {
                    right[position][head] += _heads[position][head].Right(x_BD, Labels(_heads[position][head].Task, batch), layer.Pass);
                }
            }

            progress(done += batch.Length);
        }

        return [.. _heads.Zip(right, (heads, counts) => heads.Zip(counts).ToDictionary(pair => pair.First.Task, pair => (double)pair.Second / texts.Count))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var head in _heads.SelectMany(heads => heads))
        {
            head.Dispose();
        }

        _updateOptimizer.Dispose();
        _headOptimizer.Dispose();
        _weights.Dispose();
    }

    private IReader Reader => (IReader)_model;

    private static long[] Labels(ProbeTask task, IReadOnlyList<ProbeText> texts) => [.. texts.Select(text => (long)task.Labels[(int)text.Person.Index])];
}

using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using TorchSharp;

namespace Orchestrator.Training.Knowledge.Bios;

/// <summary>What a model remembers inside the biographies that it read, every token before the one asked about being the right one.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its vocabulary.</param>
/// <param name="batch">Sequences at once.</param>
public sealed class BioMemoryMeasure(ILanguageModel model, Tokenizer tokenizer, int batch)
{
    private readonly Tally[] _attributes = [.. BioAttributes.All.Select(_ => new Tally())];
    private readonly Tally[] _positions = [.. BioAttributes.All.Select(_ => new Tally())];
    private readonly HashSet<int> _used = [Tokenizer.Pad, Tokenizer.Eos];
    private double _nameLoss;
    private double _valueLoss;
    private long _biographies;
    private long _pronouns;

    /// <summary>Measures on biographies.</summary>
    /// <param name="biographies">The biographies.</param>
    /// <param name="progress">Called with biographies done.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public BioMemory Run(IEnumerable<Biography> biographies, Action<long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(biographies);
        ArgumentNullException.ThrowIfNull(progress);
        foreach (var rows in biographies.SelectMany(Rows).Chunk(batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(rows);
            progress(_biographies);
        }

        return new BioMemory(
            ByName(tally => tally.First), ByName(tally => tally.Whole), _attributes.Average(tally => tally.First), _attributes.Average(tally => tally.Whole),
            [.. _positions.Select(tally => tally.First)]);
    }

    /// <summary>What the model stores, of biographies measured; null where it is no decoder alone: there a loss is not that of the text.</summary>
    public BioCapacity? Capacity(BioFacts facts)
    {
        if (model.Shape.Family != ModelFamily.Gpt || _biographies == 0)
        {
            return null;
        }

        var unused = (model.Shape.Vocabulary - _used.Count) * (long)model.Shape.DModel * (model.Shape.TiedEmbeddings ? 1 : 2);
        return BioCapacity.Of(facts, _nameLoss / _biographies, _valueLoss / _biographies, _pronouns == _biographies, model.Parameters.ParameterCount - unused);
    }

    private IEnumerable<MemoryRow> Rows(Biography biography)
    {
        var tokens = BioTokens.Of(biography, tokenizer);
        _used.UnionWith(tokens.Tokens);
        _biographies++;
        _pronouns += tokens.Pronoun is null ? 0 : 1;
        return MemoryRow.For(tokens, model.Shape.Family, tokenizer);
    }

    private void Add(MemoryRow[] rows)
    {
        using var scope = torch.NewDisposeScope();
        var tokens = MemoryRow.Batch(rows);
        var likeliest = new long[tokens.Targets.Length];
        var losses = model.TokenLosses(tokens, likeliest);
        foreach (var (number, row) in rows.Index())
        {
            var start = number * tokens.TargetLength;
            foreach (var attribute in BioAttributes.All)
            {
                if (row.Values[(int)attribute] is { } span)
                {
                    var (first, whole) = Right(start, span);
                    var position = row.Of.Biography.Order.Index().First(one => one.Item == attribute).Index;
                    _attributes[(int)attribute].Add(first, whole);
                    _positions[position].Add(first, whole);
                    // The employer's city is a function of the employer: it holds nothing of its own.
                    _valueLoss += attribute == BioAttribute.CompanyCity ? 0 : Loss(start, span);
                }
            }

            _nameLoss += Loss(start, row.Name);
            _valueLoss += Loss(start, row.Pronoun);
        }

        (bool First, bool Whole) Right(int start, TokenSpan span)
        {
            var right = Enumerable.Range(start + span.First, span.Count).Select(place => likeliest[place] == tokens.Targets[place]).ToArray();
            return (right[0], right.All(one => one));
        }

        double Loss(int start, TokenSpan? span) => span is { } there ? losses.AsSpan(start + there.First, there.Count).ToArray().Sum(loss => (double)loss) : 0;
    }

    private Dictionary<string, double> ByName(Func<Tally, double> accuracy) =>
        BioAttributes.All.ToDictionary(attribute => attribute.Name(), attribute => accuracy(_attributes[(int)attribute]));

    private sealed class Tally
    {
        private long _all;
        private long _first;
        private long _whole;

        public double First => 100.0 * _first / Math.Max(1, _all);

        public double Whole => 100.0 * _whole / Math.Max(1, _all);

        public void Add(bool first, bool whole)
        {
            _all++;
            _first += first ? 1 : 0;
            _whole += whole ? 1 : 0;
        }
    }
}

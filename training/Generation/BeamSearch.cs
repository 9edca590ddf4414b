using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Generation;

/// <summary>Beam search as Hugging Face transformers has it (BeamSearchScorer; <c>early_stopping</c> false or true).</summary>
/// <remarks>
/// Each step ranks the 2K best continuations of a row's K beams by their summed log-probability. One that ends is a hypothesis if it is among the first K;
/// its score is the sum / length^α, the end token counted. The others fill the beams. A row is done when it has K hypotheses and, without early
/// stopping, the best running sum at its present length could not beat the worst of them. At the length limit the running beams are hypotheses too.
/// </remarks>
internal sealed class BeamSearch(IIncrementalDecoder decoder, GenerationOptions options)
{
    private readonly int _beams = options.Beams;

    /// <summary>The best hypothesis of each row.</summary>
    /// <exception cref="BadInputException">There are more beams than half the vocabulary.</exception>
    public IReadOnlyList<GeneratedSequence> Run()
    {
        var rows = Enumerable.Range(0, decoder.Rows).Select(_ => new Row()).ToArray();
        long[] next = [.. decoder.FirstTokens];
        var open = rows;
        // Before the first step a row has one beam.
        foreach (var row in rows)
        {
            row.Beams.Add(new Beam(null, 0, 0, 0));
        }

        for (var length = 1; length <= options.MaxTokens && open.Length > 0; length++)
        {
            using (var logits = new StepLogits(decoder.Step(next)))
            {
                if (2 * _beams > logits.Vocabulary)
                {
                    throw new BadInputException($"beams: it was {_beams}; a vocabulary of {logits.Vocabulary} tokens allows {logits.Vocabulary / 2} at most.");
                }

                for (int i = 0, first = 0; i < open.Length; i++)
                {
                    var beams = open[i].Beams.Count;
                    Advance(open[i], logits, first, length);
                    first += beams;
                }
            }

            open = [.. open.Where(row => !row.Done)];
            if (open.Length > 0 && length < options.MaxTokens)
            {
                decoder.Select([.. open.SelectMany(row => row.Beams).Select(beam => beam.From)]);
                next = [.. open.SelectMany(row => row.Beams).Select(beam => beam.Token)];
            }
        }

        foreach (var row in open)
        {
            foreach (var beam in row.Beams)
            {
                Add(row, beam, options.MaxTokens);
            }
        }

        return [.. rows.Select(row => row.Hypotheses[0].Beam.ToSequence())];
    }

    private void Advance(Row row, StepLogits logits, int first, int length)
    {
        var candidates = row.Beams
            .SelectMany((beam, number) => TokenSampler.Likeliest(logits.Row(first + number), 2 * _beams)
                .Select(token => new Beam(beam, token, beam.Sum + logits.LogProbability(first + number, token), first + number)))
            .OrderByDescending(beam => beam.Sum).ThenBy(beam => beam.From).ThenBy(beam => beam.Token)
            .Take(2 * _beams).ToArray();
        row.Beams.Clear();
        for (var rank = 0; rank < candidates.Length && row.Beams.Count < _beams; rank++)
        {
            if (!options.StopAtEnd || candidates[rank].Token != SequenceGenerator.End)
            {
                row.Beams.Add(candidates[rank]);
            }
            else if (rank < _beams)
            {
                Add(row, candidates[rank], length);
            }
        }

        row.Done = row.Hypotheses.Count >= _beams
            && (options.EarlyStopping || row.Hypotheses[^1].Score >= Score(candidates[0].Sum, length));
    }

    // The best K stay, the best first; of equal ones the earlier.
    private void Add(Row row, Beam beam, int length)
    {
        var score = Score(beam.Sum, length);
        var at = row.Hypotheses.FindIndex(other => other.Score < score);
        row.Hypotheses.Insert(at < 0 ? row.Hypotheses.Count : at, (beam, score));
        if (row.Hypotheses.Count > _beams)
        {
            row.Hypotheses.RemoveAt(_beams);
        }
    }

    private double Score(double sum, int length) => sum / Math.Pow(length, options.LengthPenalty);

    private sealed class Row
    {
        public List<Beam> Beams { get; } = [];

        public List<(Beam Beam, double Score)> Hypotheses { get; } = [];

        public bool Done { get; set; }
    }

    /// <summary>A beam's newest token, the beam it grew from, the sum of their log-probabilities, and the decoder's row they came from.</summary>
    private sealed record Beam(Beam? Before, long Token, double Sum, int From)
    {
        public GeneratedSequence ToSequence()
        {
            var (tokens, logProbabilities) = (new List<long>(), new List<float>());
            for (var beam = this; beam.Before is not null; beam = beam.Before)
            {
                tokens.Insert(0, beam.Token);
                logProbabilities.Insert(0, (float)(beam.Sum - beam.Before.Sum));
            }

            return new GeneratedSequence([.. tokens], [.. logProbabilities]);
        }
    }
}

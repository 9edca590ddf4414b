using System.Collections.Concurrent;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Data.Tasks;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>Turns examples into tokens, each text ended by EOS. Thread-safe.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="inputLength">Tokens of an input at most, EOS included.</param>
/// <param name="targetLength">Tokens of a target at most, EOS included.</param>
public sealed class TaskTokens(Tokenizer tokenizer, int inputLength, int targetLength)
{
    private const int Together = 1024;

    /// <summary>Tokens of an input at most, EOS included.</summary>
    public int InputLength => inputLength;

    /// <summary>Tokens of a target at most, EOS included.</summary>
    public int TargetLength => targetLength;

    /// <summary>The token that stands for a masked one, as where an encoder alone reads a corpus.</summary>
    internal int Mask => tokenizer.Sentinel(0);

    /// <summary>An example's input and the first of its targets; what is too long is cut, its EOS kept.</summary>
    public (int[] Input, int[] Target) Of(TaskExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        return (Ended(example.Input, inputLength), Ended(example.Targets[0], targetLength));
    }

    /// <summary>Looks at every example of tasks, and refuses those that are too long and may not be cut.</summary>
    /// <returns>A sentence for each task of which examples are cut.</returns>
    /// <exception cref="BadInputException">An example is too long; the message names its file and line.</exception>
    public IReadOnlyList<string> RequireLengths(TaskSet tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var notes = new List<string>();
        foreach (var task in tasks.Tasks)
        {
            var (inputs, targets) = (0L, 0L);
            foreach (var (count, read, where) in Parts(task))
            {
                var counts = Cut(task, count, read, where);
                (inputs, targets) = (inputs + counts.Inputs, targets + counts.Targets);
            }

            if (inputs + targets > 0)
            {
                notes.Add($"Of task {task.Spec.Name}'s {task.TrainCount + task.ValidationCount} examples {inputs} inputs are cut to {inputLength} tokens and {targets} targets to {targetLength}.");
            }
        }

        return notes;
    }

    /// <summary>Counts the examples that tasks train on, and the tokens of their inputs and targets.</summary>
    public (long Examples, long Tokens) Count(TaskSet tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        var (examples, tokens) = (0L, 0L);
        foreach (var task in tasks.Tasks)
        {
            examples += task.TrainCount;
            Parallel.For(
                0L,
                task.TrainCount,
                () => 0L,
                (number, _, sum) =>
                {
                    var (input, target) = Of(task.Train(number));
                    return sum + input.Length + target.Length;
                },
                sum => Interlocked.Add(ref tokens, sum));
        }

        return (examples, tokens);
    }

    private static (long Count, Func<long, TaskExample> Read, Func<long, string> Where)[] Parts(TaskData task) =>
        [(task.TrainCount, task.Train, task.WhereTrain), (task.ValidationCount, task.Validation, task.WhereValidation)];

    private (long Inputs, long Targets) Cut(TaskData task, long count, Func<long, TaskExample> read, Func<long, string> where)
    {
        var (inputs, targets) = (0L, 0L);
        // Of all that are too long, the one that comes first is named, whichever thread finds its own first.
        var found = new ConcurrentBag<(long Number, string Problem)>();
        Parallel.For(0L, (count + Together - 1) / Together, (chunk, loop) =>
        {
            for (var number = chunk * Together; number < Math.Min(count, (chunk + 1) * Together); number++)
            {
                var example = read(number);
                var input = Excess(example.Input, inputLength);
                var target = Excess(example.Targets[0], targetLength);
                if (!task.Spec.Truncate && (input ?? target) is { } tokens)
                {
                    var (what, field, limit) = input is null ? ("target", "target_length", targetLength) : ("input", "input_length", inputLength);
                    found.Add((number, $"the {what} has {tokens} tokens with its end and data.{field} is {limit}; raise it, or give task {task.Spec.Name} truncate: true."));
                    loop.Break();
                    return;
                }

                Interlocked.Add(ref inputs, input is null ? 0 : 1);
                Interlocked.Add(ref targets, target is null ? 0 : 1);
            }
        });
        return found.IsEmpty ? (inputs, targets) : throw new BadInputException($"{where(found.Min().Number)}: {found.Min().Problem}");
    }

    // How many tokens a text has where that is too many. No token of ASCII text is shorter than a character, but the mark of the first word.
    private long? Excess(string text, int limit)
    {
        if (text.Length + 2 <= limit && Ascii.IsValid(text))
        {
            return null;
        }

        var tokens = tokenizer.Encode(text).Length + 1;
        return tokens > limit ? tokens : null;
    }

    private int[] Ended(string text, int limit)
    {
        var tokens = tokenizer.Encode(text);
        return [.. tokens.AsSpan(0, Math.Min(tokens.Length, limit - 1)), Tokenizer.Eos];
    }
}

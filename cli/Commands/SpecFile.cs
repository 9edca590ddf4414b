using Orchestrator.Core;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Commands;

/// <summary>Reads a run spec for a command.</summary>
internal static class SpecFile
{
    /// <summary>The spec in a file, its corpus as an absolute path.</summary>
    /// <exception cref="BadInputException">Every mistake in it, a line each.</exception>
    public static RunSpec Read(string path)
    {
        var result = SpecReader.ReadFile(path);
        return result.Spec ?? throw new BadInputException(string.Join('\n', result.Errors));
    }

    /// <summary>The spec for so many workers; null leaves the spec's own word.</summary>
    /// <exception cref="BadInputException">There are more workers than microbatches, or none.</exception>
    public static RunSpec WithWorkers(RunSpec spec, int? workers)
    {
        if (workers is not { } count)
        {
            return spec;
        }

        if (count < 1 || count > spec.Batch.Microbatches)
        {
            throw new BadInputException(
                $"--workers must be from 1 to {spec.Batch.Microbatches}, since a step has {spec.Batch.Microbatches} microbatches and a worker needs one of its own; was {count}.");
        }

        return spec with { Workers = spec.Workers with { Min = Math.Min(spec.Workers.Min, count), Max = count } };
    }
}

using System.Security.Cryptography;
using Grpc.Core;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Checks what is submitted against all that can be known before anything starts.</summary>
internal sealed class Submissions(CoordinatorSettings settings, TimeProvider clock)
{
    /// <exception cref="RpcException"><see cref="StatusCode.InvalidArgument"/> with every mistake, a line each.</exception>
    public RunFacts Read(SubmitRequest request)
    {
        RpcEdge.Require(request.IdempotencyKey.Length <= 256, $"idempotency_key must have at most 256 characters, had {request.IdempotencyKey.Length}");
        RpcEdge.Require(request.Owner.Length <= 256, $"owner must have at most 256 characters, had {request.Owner.Length}");
        RpcEdge.Require(request.OutDir.Length == 0 || Path.IsPathFullyQualified(request.OutDir), $"out_dir must be a full path, was {request.OutDir}");
        var read = SpecReader.Read(request.SpecYaml, "spec");
        RpcEdge.Require(read.Spec is not null, string.Join('\n', read.Errors));
        var spec = read.Spec!;
        RpcEdge.Require(Path.IsPathFullyQualified(spec.Data.Corpus), $"data.corpus must be a full path when a run is submitted, was {spec.Data.Corpus}");

        var id = $"{spec.Name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
        try
        {
            var manifest = CorpusManifest.Load(spec.Data.Corpus);
            ResolvedModel.From(spec.Model, manifest.Vocabulary.Size);
            return new RunFacts
            {
                Id = id,
                Order = 0,
                Name = spec.Name,
                SpecYaml = request.SpecYaml,
                SpecDigest = SpecDigest.Of(spec, manifest.Fingerprint),
                OutDir = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutDir.Length > 0 ? request.OutDir : Path.Combine(settings.DataFolder, "runs", id))),
                Owner = request.Owner,
                IdempotencyKey = request.IdempotencyKey,
                MinWorkers = spec.Workers.Min,
                MaxWorkers = spec.Workers.Max,
                Microbatches = spec.Batch.Microbatches,
                SamplesPerStep = (long)spec.Batch.Microbatches * spec.Batch.Microbatch,
                SamplesPerEpoch = SamplesPerEpoch(spec, manifest),
                TotalSteps = spec.Batch.Steps,
                Submitted = clock.GetUtcNow(),
            };
        }
        catch (BadInputException e)
        {
            throw RpcEdge.Failure(StatusCode.InvalidArgument, e.Message);
        }
    }

    private static long SamplesPerEpoch(RunSpec spec, CorpusManifest manifest)
    {
        SpanLengths lengths;
        try
        {
            lengths = SpanLengths.For(spec.Data.InputLength, spec.Objective.NoiseDensity, spec.Objective.MeanSpanLength);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new BadInputException($"data.input_length and objective do not go together: {e.Message}", e);
        }

        var samples = manifest.Train.SampleCount(lengths.Raw);
        return samples > 0
            ? samples
            : throw new BadInputException(
                $"data.corpus is too small: {spec.Data.Corpus} has {manifest.Train.Tokens} tokens to train on and one sample takes {lengths.Raw}; name a larger corpus or a shorter data.input_length");
    }
}

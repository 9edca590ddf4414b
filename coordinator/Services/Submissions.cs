using System.Security.Cryptography;
using Grpc.Core;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Checks what is submitted against all that can be known before anything starts.</summary>
internal sealed class Submissions(CoordinatorSettings settings)
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
        foreach (var (field, path) in SpecPaths.Of(spec))
        {
            RpcEdge.Require(Path.IsPathFullyQualified(path), $"{field} must be a full path when a run is submitted, was {path}");
        }

        var id = $"{spec.Name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
        try
        {
            var input = RunInput.Require(spec);
            KnowledgeProbe.Require(spec);
            return new RunFacts
            {
                Id = id,
                Order = 0,
                Name = spec.Name,
                SpecYaml = request.SpecYaml,
                SpecDigest = input.SpecDigest,
                OutDir = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutDir.Length > 0 ? request.OutDir : Path.Combine(settings.DataFolder, "runs", id))),
                Owner = request.Owner,
                IdempotencyKey = request.IdempotencyKey,
                MinWorkers = spec.Workers.Min,
                MaxWorkers = spec.Workers.Max,
                ReplaceStragglers = spec.Workers.Straggler == StragglerPolicy.Replace,
                Microbatches = spec.Batch.Microbatches,
                SamplesPerStep = (long)spec.Batch.Microbatches * spec.Batch.Microbatch,
                SamplesPerEpoch = input.SamplesPerEpoch,
                TotalSteps = spec.Batch.Steps,
                Submitted = default,
            };
        }
        catch (BadInputException e)
        {
            throw RpcEdge.Failure(StatusCode.InvalidArgument, e.Message);
        }
    }
}

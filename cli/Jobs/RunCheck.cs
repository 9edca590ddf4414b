using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Jobs;

/// <summary>Refuses a run that a worker would refuse, before anything is started or written.</summary>
internal static class RunCheck
{
    /// <summary>Checks a spec whose files are here; one whose files are elsewhere is checked there.</summary>
    /// <exception cref="BadInputException">It cannot run; the message names the field.</exception>
    public static async Task RequireAsync(CommandContext context, RunSpec spec)
    {
        if (!RunCheckRequest.Concerns(spec) || !SpecPaths.Of(spec).All(path => Path.Exists(path.Path)))
        {
            return;
        }

        await JobProcess.RunAsync(
            RunCheckRequest.JobName, new RunCheckRequest { Spec = SpecWriter.Write(spec) }, Environment.ProcessorCount, log: null, _ => { }, context.Interrupts.Soft);
    }
}

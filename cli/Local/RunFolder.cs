using System.Security.Cryptography;
using Orchestrator.Cli.Commands;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Local;

/// <summary>The folder of a run on this machine: its spec, its checkpoints, and a coordinator's state.</summary>
/// <param name="Root">The folder, absolute.</param>
internal sealed record RunFolder(string Root)
{
    /// <summary>The run's spec.</summary>
    public string Spec => Path.Combine(Root, "run.yaml");

    /// <summary>Where the coordinator keeps its state.</summary>
    public string Coordinator => Path.Combine(Root, "coordinator");

    /// <summary>Holds the coordinator's URL while it serves.</summary>
    public string Endpoint => Path.Combine(Coordinator, "endpoint");

    /// <summary>Holds the token that every call carries; readable by its owner alone.</summary>
    public string Token => Path.Combine(Coordinator, "token");

    /// <summary>A child's log file.</summary>
    public string Log(string name) => Path.Combine(Root, "logs", name.Replace(' ', '-') + ".log");

    /// <summary>The folder at a path as the user gave it.</summary>
    public static RunFolder At(string path) => new(NamedPaths.Full("--out", path));

    /// <summary>Whether a run was ever started here.</summary>
    public bool HasRun => File.Exists(Spec) && Directory.Exists(Coordinator);

    /// <summary>Refuses a spec that cannot be trained here, before anything is written.</summary>
    /// <exception cref="BadInputException">The spec's corpus cannot be used, or the folder holds work of another spec.</exception>
    public void Require(RunSpec spec)
    {
        KnowledgeProbe.Require(spec);
        if (FolderSpec.Problem(Root, RunInput.Require(spec).SpecDigest) is { } problem)
        {
            throw new BadInputException($"{problem}.");
        }
    }

    /// <summary>Claims the folder for this process until the claim is disposed.</summary>
    /// <exception cref="BadInputException">Another process has it, or it cannot be written.</exception>
    public IDisposable Claim()
    {
        try
        {
            Directory.CreateDirectory(Root);
            var claim = new FileStream(Path.Combine(Root, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            claim.SetLength(0);
            claim.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString()));
            claim.Flush();
            return claim;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BadInputException($"The folder {Root} cannot be written; name another with --out.", e);
        }
        catch (IOException e)
        {
            throw new BadInputException(
                Directory.Exists(Root) && File.Exists(Path.Combine(Root, ".lock"))
                    ? $"Another orchestrator is writing to {Root}; wait until it has ended, or name another folder with --out."
                    : $"The folder {Root} cannot be made: {e.Message}",
                e);
        }
    }

    /// <summary>Waits until a coordinator that an earlier, killed owner of the folder left behind has left too.</summary>
    public async Task AwaitLeftoversAsync(TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        var held = Path.Combine(Coordinator, "lock");
        var began = clock.GetTimestamp();
        while (File.Exists(held) && clock.GetElapsedTime(began) < patience)
        {
            try
            {
                new FileStream(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                return;
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellationToken);
            }
        }
    }

    /// <summary>The folder's token; made at the first call.</summary>
    public string ReadOrMakeToken()
    {
        if (File.Exists(Token))
        {
            return File.ReadAllText(Token).Trim();
        }

        Directory.CreateDirectory(Coordinator);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var writer = new StreamWriter(Token, options);
        writer.WriteLine(token);
        return token;
    }
}

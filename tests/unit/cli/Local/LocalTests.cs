using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;
using Orchestrator.Core;
using Xunit;

namespace Orchestrator.Tests.Cli.Local;

public sealed class LocalTests
{
    [Fact]
    public void A_workers_environment_bounds_its_threads_and_tunes_malloc()
    {
        var variables = WorkerEnvironment.For(threads: 3, token: "secret", _ => null);

        Assert.Equal("3", variables["OMP_NUM_THREADS"]);
        Assert.Contains("glibc.malloc.mmap_threshold=", variables["GLIBC_TUNABLES"], StringComparison.Ordinal);
        Assert.Equal("secret", variables["ORCHESTRATOR_TOKEN"]);
        Assert.Equal("1", variables["ORCHESTRATOR_CHILD"]);
    }

    [Fact]
    public void What_the_user_has_set_stays_but_the_token_is_the_sessions()
    {
        var variables = WorkerEnvironment.For(threads: 3, token: "secret", name => "mine");

        Assert.DoesNotContain("OMP_NUM_THREADS", variables.Keys);
        Assert.DoesNotContain("GLIBC_TUNABLES", variables.Keys);
        Assert.Equal("secret", variables["ORCHESTRATOR_TOKEN"]);
    }

    [Fact]
    public void A_folder_can_be_claimed_once_at_a_time()
    {
        using var temporary = new TemporaryFolder();
        var folder = RunFolder.At(temporary.Path);
        using (folder.Claim())
        {
            var refused = Assert.Throws<BadInputException>(() => folder.Claim());
            Assert.Equal($"Another orchestrator is writing to {temporary.Path}; wait until it has ended, or name another folder with --out.", refused.Message);
        }

        folder.Claim().Dispose();
    }

    [Fact]
    public void The_token_is_made_once_and_only_its_owner_can_read_it()
    {
        using var temporary = new TemporaryFolder();
        var folder = RunFolder.At(temporary.Path);

        var token = folder.ReadOrMakeToken();

        Assert.Equal(64, token.Length);
        Assert.Equal(token, folder.ReadOrMakeToken());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Token));
    }

    [Fact]
    public async Task A_child_leaves_when_its_standard_input_ends_and_its_output_is_in_its_log()
    {
        using var temporary = new TemporaryFolder();
        var log = Path.Combine(temporary.Path, "logs", "child.log");
        using var child = ChildProcess.Start("child", "/bin/sh", ["-c", "echo started; cat; echo last words >&2; exit 7"], new Dictionary<string, string>(), log);

        await child.StopAsync(TimeSpan.FromSeconds(20), TimeProvider.System);

        Assert.Equal(7, await child.Exited);
        Assert.Equal("last words", child.LastLine());
    }

    [Fact]
    public async Task A_child_that_does_not_leave_is_killed()
    {
        using var temporary = new TemporaryFolder();
        using var child = ChildProcess.Start("child", "/bin/sleep", ["60"], new Dictionary<string, string>(), Path.Combine(temporary.Path, "log"));

        await child.StopAsync(TimeSpan.Zero, TimeProvider.System);

        Assert.Equal(137, await child.Exited);
    }

    [Fact]
    public void A_child_is_in_a_session_of_its_own()
    {
        using var temporary = new TemporaryFolder();
        using var child = ChildProcess.Start("child", "/bin/sleep", ["60"], new Dictionary<string, string>(), Path.Combine(temporary.Path, "log"));
        try
        {
            // /proc/PID/stat: pid (comm) state ppid pgrp session ...; the session is the child's own once setsid has run.
            bool Own() => File.ReadAllText($"/proc/{child.Id}/stat").Split(") ")[1].Split(' ')[3] == $"{child.Id}";
            Assert.True(SpinWait.SpinUntil(Own, TimeSpan.FromSeconds(20)));
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public void The_second_interrupt_is_the_hard_one()
    {
        using var interrupts = new Interrupts();

        interrupts.Interrupt();
        Assert.True(interrupts.Soft.IsCancellationRequested);
        Assert.False(interrupts.Hard.IsCancellationRequested);

        interrupts.Interrupt();
        Assert.True(interrupts.Hard.IsCancellationRequested);
    }
}

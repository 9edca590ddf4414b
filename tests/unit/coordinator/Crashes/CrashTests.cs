using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>The coordinator dies as by kill -9 at every place where it writes; the next start goes on as if it had not.</summary>
public sealed class CrashTests
{
    private static readonly string[] s_places =
    [
        "commit.begin", "commit.begun", "commit.AddRun", "commit.AddEvent", "commit.AddStep", "commit.ChangeRun", "commit.AddCheckpoint", "commit.RemoveCheckpoint",
        "commit.AddLogLine", "commit.written", "commit.done", "publish", "published", "ledger.append", "ledger.appended", "ledger.fsync", "ledger.rename", "ledger.renamed",
    ];

    public static TheoryData<string> Everywhere => [.. s_places.SelectMany(place => Enumerable.Range(1, 12).Select(time => $"{place}:{time}"))];

    [Theory]
    [InlineData("commit.AddStep:2")]
    [InlineData("commit.written:1")]
    [InlineData("commit.done:3")]
    [InlineData("ledger.append:2")]
    [InlineData("ledger.rename:1")]
    public Task A_coordinator_killed_while_it_writes_loses_nothing_that_it_acknowledged(string failpoint) => TellAsync(failpoint);

    [Theory]
    [Trait("Length", "long")]
    [MemberData(nameof(Everywhere))]
    public Task A_coordinator_killed_anywhere_loses_nothing_that_it_acknowledged(string failpoint) => TellAsync(failpoint);

    private static async Task TellAsync(string failpoint)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var files = await CoordinatorFixture.StartAsync();
        var data = Path.Combine(files.Folder, "killed");
        var story = new Story(files.Spec(steps: 6), files.OutDir);
        var ended = false;
        if (await CoordinatorProcess.StartAsync(data, failpoint) is { } first)
        {
            await using (first)
            {
                ended = await story.GoOnAsync(first.Channel, limit.Token);
                if (!ended)
                {
                    await first.DieAsync();
                }
            }
        }

        // A second crash at the same place, as the story goes on; then no more.
        for (var life = 0; life < 3 && !ended; life++)
        {
            if (await CoordinatorProcess.StartAsync(data, life == 0 ? failpoint : null) is not { } next)
            {
                continue;
            }

            await using (next)
            {
                if (life > 0)
                {
                    await story.CheckAsync(next.Channel);
                }

                ended = await story.GoOnAsync(next.Channel, limit.Token);
            }
        }

        Assert.True(ended, $"the run did not end: {story.Broke}");
        await using var last = (await CoordinatorProcess.StartAsync(data, failpoint: null))!;
        await story.CheckAsync(last.Channel);
    }
}

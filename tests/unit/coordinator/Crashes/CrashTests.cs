using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>The coordinator dies as by kill -9 at every place where it writes; the next start goes on as if it had not.</summary>
public sealed class CrashTests
{
    private const int Often = 12;

    // With how often a coordinator that is not killed passes them, or the first dozen.
    private static readonly (string Place, int Times)[] s_places =
    [
        ("lead.claimed", 1), ("lead.done", 1), ("token.put", 1), ("token.done", 1), ("endpoint.rename", 1), ("endpoint.renamed", 1),
        ("commit.begin", Often), ("commit.begun", Often), ("commit.AddRun", 2), ("commit.Inherit", 1), ("commit.AddEvent", Often), ("commit.AddStep", 9),
        ("commit.ChangeRun", Often), ("commit.AddCheckpoint", 2), ("commit.RemoveCheckpoint", 2), ("commit.AddLogLine", 2), ("commit.written", Often), ("commit.done", Often),
        ("publish", Often), ("published", Often), ("ledger.append", 9), ("ledger.appended", 9), ("ledger.fsync", 1), ("ledger.rename", 1), ("ledger.renamed", 1),
    ];

    public static TheoryData<string> Everywhere => [.. s_places.SelectMany(at => Enumerable.Range(1, at.Times).Select(time => $"{at.Place}:{time}"))];

    [Theory]
    [InlineData("commit.AddStep:2")]
    [InlineData("commit.written:1")]
    [InlineData("commit.done:3")]
    [InlineData("commit.Inherit:1")]
    [InlineData("ledger.append:2")]
    [InlineData("ledger.rename:1")]
    [InlineData("lead.claimed:1")]
    [InlineData("endpoint.rename:1")]
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
        var first = new Story(files.Spec(steps: 6), files.OutDir);
        // A longer run of the same spec takes the folder's steps and checkpoints over.
        Story[] stories = [first, new Story(files.Spec(steps: 9), files.OutDir, steps: 9, first)];
        if (await CoordinatorProcess.StartAsync(data, failpoint) is { } killed)
        {
            await using (killed)
            {
                Assert.False(await GoOnAsync(stories, killed, limit.Token), $"{failpoint} was not passed");
                Assert.Equal(CoordinatorProcess.Killed, await killed.DieAsync());
            }
        }

        // A second crash at the same place, as the story goes on; then no more.
        var ended = false;
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
                    await CheckAsync(stories, next);
                }

                ended = await GoOnAsync(stories, next, limit.Token);
            }
        }

        Assert.True(ended, $"the runs did not end: {stories[0].Broke} {stories[1].Broke}");
        await using var last = (await CoordinatorProcess.StartAsync(data, failpoint: null))!;
        await CheckAsync(stories, last);
    }

    private static async Task<bool> GoOnAsync(Story[] stories, CoordinatorProcess coordinator, CancellationToken cancellationToken)
    {
        foreach (var story in stories)
        {
            if (!await story.GoOnAsync(coordinator.Channel, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task CheckAsync(Story[] stories, CoordinatorProcess coordinator)
    {
        foreach (var story in stories)
        {
            await story.CheckAsync(coordinator.Channel);
        }
    }
}

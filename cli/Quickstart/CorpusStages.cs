using System.Text.Json;
using Spectre.Console;

namespace Orchestrator.Cli.Quickstart;

/// <summary>Shows the corpus job's events as the quickstart's first three stages.</summary>
internal sealed class CorpusStages : IAsyncDisposable
{
    private readonly QuickstartScript _script;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _bars;
    private readonly Lock _state = new();
    private readonly List<JsonElement> _reports = [];
    private (string Stage, long Done, long? Total, string Unit) _now = ("", 0, null, "");
    private int _stage;

    /// <summary>Begins with the first stage.</summary>
    public CorpusStages(QuickstartScript script, string text)
    {
        _script = script;
        _script.Stage(1, $"take English text from {text}");
        _stage = 1;
        _bars = script.Screen is { } screen ? Task.Run(() => DrawAsync(screen)) : Task.CompletedTask;
    }

    /// <summary>Takes one event of the job.</summary>
    public void Take(JsonElement happened)
    {
        switch (happened.GetProperty("event").GetString())
        {
            case "progress":
                Progress(happened);
                break;
            case "report":
                // Printed when the bars are gone.
                lock (_state)
                {
                    _reports.Add(happened.Clone());
                }

                if (_script.Screen is null)
                {
                    PrintReports();
                }

                break;
            case "skipped":
                _script.Say("The corpus is there from before.");
                break;
            case "finished":
                Reach(3);
                lock (_state)
                {
                    _reports.Add(happened.Clone());
                }

                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await _bars;
        PrintReports();
    }

    private void Progress(JsonElement happened)
    {
        var stage = happened.GetProperty("stage").GetString()!;
        long? total = happened.TryGetProperty("total", out var t) && t.ValueKind == JsonValueKind.Number ? t.GetInt64() : null;
        lock (_state)
        {
            _now = (stage, happened.GetProperty("done").GetInt64(), total, happened.GetProperty("unit").GetString() ?? "");
        }

        Reach(stage switch { "vocabulary" => 2, "tokenise" or "baselines" => 3, _ => 1 });
        _script.Progress(happened);
    }

    private void Reach(int stage)
    {
        for (; _stage < stage; _stage++)
        {
            if (_script.Screen is null)
            {
                Announce(_stage + 1);
            }
        }
    }

    private void Announce(int stage)
    {
        _script.Stage(stage, stage == 2 ? $"train a vocabulary of {QuickstartSpec.Pieces} pieces" : "write shards of token ids");
    }

    private void PrintReports()
    {
        lock (_state)
        {
            foreach (var report in _reports)
            {
                if (report.GetProperty("event").GetString() == "report")
                {
                    _script.Report(report);
                }
                else
                {
                    _script.CorpusFacts(report);
                }
            }

            _reports.Clear();
        }
    }

    private async Task DrawAsync(IAnsiConsole screen)
    {
        await screen.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                string[] names = ["text", "vocabulary", "shards"];
                var tasks = names.Select(n => context.AddTask(n, autoStart: false)).ToArray();
                while (!_ended.Task.IsCompleted)
                {
                    await Task.WhenAny(_ended.Task, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
                    Update(tasks, names);
                }
            });
    }

    private void Update(ProgressTask[] tasks, string[] names)
    {
        lock (_state)
        {
            for (var index = 0; index < tasks.Length; index++)
            {
                if (index + 1 > _stage)
                {
                    break;
                }

                tasks[index].StartTask();
                var now = index + 1 == _stage;
                tasks[index].IsIndeterminate = now && _now.Total is null;
                tasks[index].MaxValue = now ? Math.Max(1, _now.Total ?? 1) : 1;
                tasks[index].Value = now ? (_now.Total is null ? 0 : _now.Done) : 1;
                tasks[index].Description = now && _now.Stage.Length > 0 ? $"{names[index]} [grey]{_now.Stage} {_now.Done} {_now.Unit}[/]" : names[index];
            }
        }
    }
}

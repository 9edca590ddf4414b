using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Bios.Rewriting;
using Orchestrator.Tests.Training.Knowledge.Probing;
using Orchestrator.Tests.Worker.Rewriting;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using Orchestrator.Worker.Jobs;
using Orchestrator.Worker.Rewriting;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class BiosRewriteJobTests : IDisposable
{
    private const string KeyVariable = "ORCHESTRATOR_TEST_REWRITE_KEY";
    private const string Key = "sk-secret-of-this-test";

    private readonly TemporaryFolder _folder = new();
    private readonly IReadOnlyList<BioPerson> _people;
    private readonly Biography[] _source;

    public BiosRewriteJobTests()
    {
        new BioDataset(new BioPopulation(4, 12, 0, BioLists.Standard), BioVariant.Parse("permute2")).Write(_folder["bios"], null, CancellationToken.None);
        _people = BioReader.People(_folder["bios"]);
        _source = [.. BioReader.Biographies(_folder["bios"], _people)];
        Environment.SetEnvironmentVariable(KeyVariable, Key);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);
        _folder.Dispose();
    }

    [Fact]
    public async Task Through_every_failure_that_passes_each_biography_comes_out_rewritten_in_the_order_of_the_source()
    {
        await using var server = await ChatServer.StartAsync((context, prompt, number) =>
        {
            switch (number % 7)
            {
                case 1:
                    context.Response.Headers.RetryAfter = "0";
                    return ChatServer.FailAsync(context, 429, "slow down");
                case 2:
                    return ChatServer.FailAsync(context, 500, "oops");
                case 3:
                    return context.Response.WriteAsync("<html>not JSON</html>");
                case 4:
                    return context.Response.WriteAsync("{\"choices\":[]}");
                case 5 when number < 10:
                    context.Abort();
                    return Task.CompletedTask;
                default:
                    return ChatServer.CompleteAsync(context, "Once more:\n\n" + BiographyIn(prompt));
            }
        });

        var (code, events) = Run(Request(server) with { Concurrency = 3, Retries = 50 });

        Assert.Equal(0, code);
        var finished = events[^1];
        Assert.Equal((24, 24, 0), (finished.GetProperty("biographies").GetInt32(), finished.GetProperty("kept").GetInt32(), finished.GetProperty("left_out").GetInt32()));
        Assert.Equal(_source.Select(biography => "Once more: " + biography.Text), Written().Select(biography => biography.Text));
        Assert.Equal(_source.Select(biography => biography.Person.Index), Written().Select(biography => biography.Person.Index));
        Assert.InRange(server.MostOpen, 1, 3);
        Assert.All(server.Authorizations, value => Assert.Equal($"Bearer {Key}", value));
        Assert.True(File.Exists(_folder[$"bior/{BioFiles.TestQuestions}"]));
    }

    [Fact]
    public async Task A_text_that_lost_something_is_asked_for_again_in_another_way_and_left_out_after_the_last_attempt()
    {
        var hopeless = _source[5];
        await using var server = await ChatServer.StartAsync((context, prompt, _) =>
        {
            var biography = BiographyIn(prompt);
            var lost = biography == hopeless.Text || prompt.StartsWith(FirstPrompt(biography), StringComparison.Ordinal);
            return ChatServer.CompleteAsync(context, lost ? biography.Replace(PersonOf(biography)[BioAttribute.Major], "something", StringComparison.Ordinal) : biography);
        });

        var (_, events) = Run(Request(server) with { Attempts = 3 });

        var finished = events[^1];
        Assert.Equal((23, 1), (finished.GetProperty("kept").GetInt32(), finished.GetProperty("left_out").GetInt32()));
        Assert.Equal((23 * 2) + 3, finished.GetProperty("attempts").GetInt32());
        Assert.Equal(1, finished.GetProperty("lost").GetProperty("major").GetInt32());
        Assert.DoesNotContain(hopeless.Text, Written().Select(biography => biography.Text));
        Assert.Equal(server.Prompts.Count, server.Prompts.Distinct().Count());
    }

    [Fact]
    public async Task A_rewriting_that_was_interrupted_goes_on_where_it_was()
    {
        using var interrupt = new CancellationTokenSource();
        await using var server = await ChatServer.StartAsync((context, prompt, number) =>
        {
            if (number == 9)
            {
                interrupt.Cancel();
            }

            return ChatServer.CompleteAsync(context, BiographyIn(prompt));
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Request(server) with { Concurrency = 1 }, interrupt.Token));
        var path = _folder[$"bior/{RewriteFile.FileName}"];
        var kept = File.ReadAllLines(path).Length - 1;
        Assert.InRange(kept, 1, 8);
        Assert.False(File.Exists(_folder[$"bior/{BioFiles.Biographies}"]));
        // A killed writer's last line.
        File.AppendAllText(path, "{\"number\":3,\"att");
        var asked = server.Prompts.Count;

        var (_, events) = Run(Request(server));

        Assert.Equal(kept, Assert.Single(events, happened => happened.GetProperty("event").GetString() == "resumed").GetProperty("biographies").GetInt32());
        Assert.Equal(24 - kept, server.Prompts.Count - asked);
        Assert.Equal(_source.Select(biography => biography.Text), Written().Select(biography => biography.Text));
        Assert.Contains("rewritten by another model", Assert.Throws<BadInputException>(() => Run(Request(server) with { Model = "other" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_endpoint_refuses_for_good_is_an_error_at_once_and_never_tells_the_key()
    {
        await using var server = await ChatServer.StartAsync((context, _, _) => ChatServer.FailAsync(context, 401, $"no access with {context.Request.Headers.Authorization}"));

        var error = Assert.Throws<BadInputException>(() => Run(Request(server) with { Concurrency = 1 }));

        Assert.Contains("answered 401 Unauthorized: no access with Bearer ***", error.Message, StringComparison.Ordinal);
        Assert.Contains("--key-env", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        Assert.Single(server.Prompts);
        Assert.DoesNotContain(Key, string.Concat(Directory.GetFiles(_folder["bior"]).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_never_answers_is_given_up_after_the_last_retry()
    {
        await using var server = await ChatServer.StartAsync(async (context, prompt, number) =>
        {
            if (number <= 4)
            {
                await ChatServer.CompleteAsync(context, BiographyIn(prompt));
                return;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        var error = Assert.Throws<EndpointException>(() => Run(Request(server) with { Concurrency = 1, Retries = 2, TimeoutSeconds = 0.15 }));

        Assert.Contains("gave no text in 3 tries (no answer within 0.15 s); what is written stays", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, File.ReadAllLines(_folder[$"bior/{RewriteFile.FileName}"]).Length - 1);
    }

    [Fact]
    public void A_key_that_is_not_there_is_refused_before_anything_is_written()
    {
        var request = Request("http://127.0.0.1:1/v1") with { KeyVariable = "ORCHESTRATOR_TEST_NO_SUCH_KEY" };
        Assert.Contains("ORCHESTRATOR_TEST_NO_SUCH_KEY is not set", Assert.Throws<BadInputException>(() => Run(request)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["bior"]));
    }

    [Fact]
    public async Task A_checkpoint_rewrites_too_and_one_that_tells_nothing_leaves_no_biographies()
    {
        using var model = LanguageModels.Create(ProbeData.Shape("t5"));
        model.Initialise(5);
        await File.WriteAllBytesAsync(_folder["spiece.model"], ProbeData.Vocabulary, TestContext.Current.CancellationToken);
        using (var writer = new CheckpointWriter(_folder["checkpoints"], new CheckpointOptions(), TimeProvider.System))
        {
            await writer.Save(new CheckpointContent
            {
                Step = 7,
                Cursor = new CheckpointCursor(0, 0),
                SpecDigest = "spec",
                Shape = model.Shape,
                Model = model.Parameters.WeightViews,
                Optimizer = [],
                Vocabulary = _folder["spiece.model"],
            });
        }

        var request = new BiosRewriteRequest { Data = _folder["bios"], Out = _folder["bior"], Checkpoint = _folder["checkpoints"], Attempts = 2, MaxTokens = 4 };
        Assert.StartsWith("model: none of 24 biographies was told whole in 2 attempts", Assert.Throws<BadInputException>(() => Run(request)).Message, StringComparison.Ordinal);
        Assert.Equal(24, File.ReadAllLines(_folder[$"bior/{RewriteFile.FileName}"]).Count(line => line.Contains("\"lost\":\"name\"", StringComparison.Ordinal)));
        Assert.False(File.Exists(_folder[$"bior/{BioFiles.Biographies}"]));
    }

    private static (int Code, List<JsonElement> Events) Run(BiosRewriteRequest request, CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter();
        var job = new BiosRewriteJob(TimeProvider.System, firstPause: TimeSpan.FromMilliseconds(1));
        var code = job.Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), cancellationToken);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())]);
    }

    private BiosRewriteRequest Request(ChatServer server) => Request(server.Url);

    private BiosRewriteRequest Request(string url) =>
        new() { Data = _folder["bios"], Out = _folder["bior"], Endpoint = url, Model = "writer", KeyVariable = KeyVariable };

    private Biography[] Written() => [.. BioReader.Biographies(_folder["bior"], BioReader.People(_folder["bior"]))];

    private string BiographyIn(string prompt) => _source.Select(biography => biography.Text).Single(text => prompt.Contains(text, StringComparison.Ordinal));

    private BioPerson PersonOf(string text) => _source.Single(biography => biography.Text == text).Person;

    private string FirstPrompt(string text)
    {
        var number = Array.FindIndex(_source, biography => biography.Text == text);
        return RewritePrompts.Standard.For(seed: 1, number, attempt: 0, text);
    }
}

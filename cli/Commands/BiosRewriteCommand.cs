using System.CommandLine;
using System.Text.Json;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Has a language model tell biographies in other words.</summary>
internal static class BiosRewriteCommand
{
    public static Command Create(CommandContext context)
    {
        var fallback = new BiosRewriteRequest();
        var data = new Argument<string>("DATA") { Description = "The folder of people and biographies" };
        var output = new Option<string>("--out") { Description = "The folder of what is rewritten; started again with the same folder, it goes on", HelpName = "DIR", Required = true };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "The model: a T5's or GPT's checkpoint, run, or Hugging Face folder", HelpName = "DIR" };
        var endpoint = new Option<string?>("--endpoint") { Description = "Or the base URL of an OpenAI-compatible interface, with --model", HelpName = "URL" };
        var model = new Option<string?>("--model") { Description = "The model's name at the endpoint", HelpName = "NAME" };
        var key = new Option<string?>("--key-env") { Description = "The environment variable that holds the endpoint's key", HelpName = "VAR" };
        var prompts = new Option<string?>("--prompts") { Description = "A file of prompts, one a line, with {biography} (left out: the product's own)", HelpName = "FILE" };
        var attempts = new Option<int>("--attempts") { Description = "Texts made of a biography at most, until one tells all", HelpName = "N", DefaultValueFactory = _ => fallback.Attempts };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests at once", HelpName = "N", DefaultValueFactory = _ => fallback.Concurrency };
        var timeout = new Option<double>("--timeout") { Description = "A request without an answer for so many seconds is made again", HelpName = "SECONDS", DefaultValueFactory = _ => fallback.TimeoutSeconds };
        var retries = new Option<int>("--retries") { Description = "A request that fails in passing is made again so often at most", HelpName = "N", DefaultValueFactory = _ => fallback.Retries };
        var temperature = new Option<double>("--temperature") { Description = "Logits are divided by this before sampling", HelpName = "X", DefaultValueFactory = _ => fallback.Temperature };
        var length = new Option<int?>("--max-length") { Description = "Tokens of a text at most (left out: 256, or what the endpoint chooses)", HelpName = "N" };
        var seed = new Option<long>("--seed") { Description = "Of prompts, and of what a checkpoint samples", HelpName = "N", DefaultValueFactory = _ => fallback.Seed };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "rewrite",
            "Has a language model tell biographies in other words, and keeps the texts in which the name and all six attributes survive.",
            "orchestrator study bios rewrite bios --endpoint http://127.0.0.1:8000/v1 --model NAME --key-env API_KEY --out bior",
            "orchestrator study bios rewrite bios --checkpoint runs/paraphrase --out bior")
        {
            data, output, checkpoint, endpoint, model, key, prompts, attempts, concurrency, timeout, retries, temperature, length, seed, json,
        };
        command.SetAction((parsed, _) =>
        {
            var request = new BiosRewriteRequest
            {
                Data = parsed.FullPath(data),
                Out = parsed.FullPath(output),
                Checkpoint = parsed.FullPathOrNull(checkpoint),
                Endpoint = parsed.GetValue(endpoint),
                Model = parsed.GetValue(model),
                KeyVariable = parsed.GetValue(key),
                Prompts = parsed.FullPathOrNull(prompts),
                Attempts = parsed.GetValue(attempts),
                Concurrency = parsed.GetValue(concurrency),
                TimeoutSeconds = parsed.GetValue(timeout),
                Retries = parsed.GetValue(retries),
                Temperature = parsed.GetValue(temperature),
                MaxTokens = parsed.GetValue(length),
                Seed = parsed.GetValue(seed),
            };
            request.Validate();
            return JobCommands.RunAsync(context, BiosRewriteRequest.JobName, request, parsed.GetValue(json), Text);
        });
        return command;
    }

    private static string? Text(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "resumed" => $"{happened.GetProperty("biographies").GetInt64()} biographies were done already.",
        "finished" => $"{happened.GetProperty("kept").GetInt64()} of {happened.GetProperty("biographies").GetInt64()} biographies rewritten in {happened.GetProperty("out").GetString()}, "
            + $"after {happened.GetProperty("attempts").GetInt64()} attempts{Lost(happened.GetProperty("lost"))}",
        _ => null,
    };

    private static string Lost(JsonElement lost) => lost.EnumerateObject().Any()
        ? "; left out for want of " + string.Join(", ", lost.EnumerateObject().Select(reason => $"{reason.Name} {reason.Value.GetInt64()}"))
        : "";
}

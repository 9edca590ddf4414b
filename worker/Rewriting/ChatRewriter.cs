using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Orchestrator.Worker.Rewriting;

/// <summary>A model behind an OpenAI-compatible chat completions endpoint as a rewriter.</summary>
/// <remarks>
/// What fails in passing (no connection, no answer in time, 408, 425, 429, 5xx, an answer that cannot be read) is asked again after a pause that doubles, or that
/// the endpoint names in Retry-After; what it refuses for good is an error at once. The key is sent, and appears nowhere else.
/// </remarks>
internal sealed class ChatRewriter : IRewriter
{
    private const int LargestAnswer = 4 << 20;
    private const int ShownOfAnswer = 200;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(60);

    private readonly BiosRewriteRequest _asked;
    private readonly Uri _url;
    private readonly string? _key;
    private readonly HttpClient _client;
    private readonly TimeProvider _clock;
    private readonly ResiliencePipeline<string> _again;

    /// <summary>An endpoint; nothing is sent yet.</summary>
    /// <param name="asked">Where it is, and how it is asked.</param>
    /// <param name="key">Its key, or null.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="firstPause">How long it waits before it asks again for the first time.</param>
    public ChatRewriter(BiosRewriteRequest asked, string? key, TimeProvider clock, TimeSpan firstPause)
    {
        (_asked, _key, _clock) = (asked, key, clock);
        _url = new Uri(asked.Endpoint!.TrimEnd('/') + "/chat/completions");
        _client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LargestAnswer };
        _client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        var builder = new ResiliencePipelineBuilder<string> { TimeProvider = clock };
        if (asked.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<string>
            {
                ShouldHandle = new PredicateBuilder<string>().Handle<HttpRequestException>().Handle<TimeoutRejectedException>().Handle<PassingException>(),
                MaxRetryAttempts = asked.Retries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = firstPause,
                MaxDelay = s_longestPause,
                UseJitter = true,
                DelayGenerator = static retry => ValueTask.FromResult((retry.Outcome.Exception as PassingException)?.Pause),
            });
        }

        _again = builder.AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(asked.TimeoutSeconds) }).Build();
    }

    /// <inheritdoc/>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{_url} {_asked.Model} {_asked.Temperature} {_asked.MaxTokens} {_asked.Seed}");

    /// <inheritdoc/>
    /// <exception cref="BadInputException">The endpoint refuses the requests.</exception>
    /// <exception cref="EndpointException">It does not answer one of them, however often it is asked.</exception>
    public async IAsyncEnumerable<(RewritePrompt Prompt, string Text)> RewriteAsync(
        IReadOnlyList<RewritePrompt> prompts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Who reads slowly slows the requests down.
        var answers = Channel.CreateBounded<(RewritePrompt, string)>(_asked.Concurrency);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asking = AskAllAsync(prompts, answers.Writer, stop.Token);
        try
        {
            await foreach (var answer in answers.Reader.ReadAllAsync(cancellationToken))
            {
                yield return answer;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await asking;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // Never throws: what went wrong reaches the reader, after what went well before it.
    private async Task AskAllAsync(IReadOnlyList<RewritePrompt> prompts, ChannelWriter<(RewritePrompt, string)> answers, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = _asked.Concurrency, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(prompts, options, async (prompt, token) => await answers.WriteAsync((prompt, await AskAsync(prompt, token)), token));
            answers.Complete();
        }
        catch (Exception error)
        {
            answers.Complete(error);
        }
    }

    private async Task<string> AskAsync(RewritePrompt prompt, CancellationToken cancellationToken)
    {
        try
        {
            return await _again.ExecuteAsync(async token => await AskOnceAsync(prompt, token), cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutRejectedException or PassingException)
        {
            var last = error is TimeoutRejectedException ? $"no answer within {_asked.TimeoutSeconds} s" : error.Message.TrimEnd('.');
            throw new EndpointException($"endpoint: {_url} gave no text in {_asked.Retries + 1} tries ({last}); what is written stays, and the same command goes on.", error);
        }
    }

    private async ValueTask<string> AskOnceAsync(RewritePrompt prompt, CancellationToken cancellationToken)
    {
        var body = new Dictionary<string, object>
        {
            ["model"] = _asked.Model!,
            ["messages"] = new[] { new { role = "user", content = prompt.Prompt } },
            ["temperature"] = _asked.Temperature,
        };
        if (_asked.MaxTokens is { } most)
        {
            body["max_tokens"] = most;
        }

        // Bytes, whose length is known and sent: a plain server reads by Content-Length and takes no chunks.
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        using var response = await _client.PostAsync(_url, content, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var said = $"{(int)response.StatusCode} {response.ReasonPhrase}: {Shown(answer)}";
            throw Passes(response.StatusCode)
                ? new PassingException(said, Pause(response.Headers.RetryAfter))
                : new BadInputException($"endpoint: {_url} answered {said}; check the URL, --model and --key-env.");
        }

        return Content(answer) ?? throw new PassingException($"an answer that is no chat completion: {Shown(answer)}", pause: null);
    }

    private static bool Passes(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private static string? Content(string answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private TimeSpan? Pause(RetryConditionHeaderValue? after)
    {
        var pause = after?.Delta ?? (after?.Date is { } date ? date - _clock.GetUtcNow() : null);
        return pause is { } wanted ? TimeSpan.FromTicks(Math.Clamp(wanted.Ticks, 0, s_longestPause.Ticks)) : null;
    }

    // An endpoint may repeat what it was sent.
    private string Shown(string answer)
    {
        var text = _key is null ? answer : answer.Replace(_key, "***", StringComparison.Ordinal);
        text = text.ReplaceLineEndings(" ").Trim();
        return text.Length <= ShownOfAnswer ? text : text[..ShownOfAnswer] + "…";
    }

    /// <summary>A failure that may pass.</summary>
    private sealed class PassingException(string message, TimeSpan? pause) : Exception(message)
    {
        /// <summary>How long the endpoint asks to wait, or null.</summary>
        public TimeSpan? Pause => pause;
    }
}

/// <summary>An endpoint does not answer; the message is a sentence for people.</summary>
internal sealed class EndpointException(string message, Exception inner) : Exception(message, inner);

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>Keeps what is logged, and tells when a line comes.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);

    public IReadOnlyCollection<(LogLevel Level, string Text)> Lines => _lines;

    public string? Category { get; private set; }

    /// <summary>Ends when a line that contains the text has come.</summary>
    public Task LineWith(string text)
    {
        var awaited = _awaited.GetOrAdd(text, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Complete();
        return awaited.Task;
    }

    public ILogger CreateLogger(string categoryName)
    {
        Category = categoryName;
        return this;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This recorder has no providers.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue((logLevel, formatter(state, exception)));
        Complete();
    }

    public void Dispose()
    {
    }

    private void Complete()
    {
        foreach (var (text, awaited) in _awaited)
        {
            if (_lines.Any(line => line.Text.Contains(text, StringComparison.Ordinal)))
            {
                awaited.TrySetResult();
            }
        }
    }
}

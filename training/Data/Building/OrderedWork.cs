using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Orchestrator.Training.Data.Building;

/// <summary>Maps a sequence on several threads; results come in the order of the sequence, whatever the number of threads.</summary>
internal static class OrderedWork
{
    // Items go from thread to thread in bunches: a page alone costs less work than its way.
    private const int Bunch = 16;
    private const int BunchBytes = 1 << 20;
    private const int MaxAhead = 4;
    private const long MaxAheadBytes = 32 << 20;

    /// <summary>Maps every item.</summary>
    /// <param name="items">Read on the caller's thread, at most 64 items a thread ahead of the results.</param>
    /// <param name="threads">How many threads work.</param>
    /// <param name="work">Done on any of them.</param>
    /// <param name="cancellationToken">Stops the sequence.</param>
    /// <param name="size">Bytes that an item takes, where some may be large: no more than 32 MB of them, or one, are ahead of the results.</param>
    public static IEnumerable<TResult> Map<TItem, TResult>(
        IEnumerable<TItem> items, int threads, Func<TItem, TResult> work, CancellationToken cancellationToken, Func<TItem, long>? size = null) =>
        MapEach(
            Bunches(items, size), threads, bunch => bunch.ConvertAll(item => work(item)), bunch => size is null ? 0 : bunch.Sum(size), cancellationToken).SelectMany(results => results);

    /// <summary>The items in bunches of sixteen, or of about 1 MB where that is less.</summary>
    private static IEnumerable<List<T>> Bunches<T>(IEnumerable<T> items, Func<T, long>? size)
    {
        var (bunch, bytes) = (new List<T>(Bunch), 0L);
        foreach (var item in items)
        {
            bunch.Add(item);
            bytes += size?.Invoke(item) ?? 0;
            if (bunch.Count == Bunch || bytes >= BunchBytes)
            {
                yield return bunch;
                (bunch, bytes) = (new List<T>(Bunch), 0);
            }
        }

        if (bunch.Count > 0)
        {
            yield return bunch;
        }
    }

    private static IEnumerable<TResult> MapEach<TItem, TResult>(
        IEnumerable<TItem> items, int threads, Func<TItem, TResult> work, Func<TItem, long> size, CancellationToken cancellationToken)
    {
        using var queue = new BlockingCollection<Job<TItem, TResult>>(new ConcurrentQueue<Job<TItem, TResult>>());
        var workers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            workers[i] = new Thread(() =>
            {
                foreach (var job in queue.GetConsumingEnumerable(CancellationToken.None))
                {
                    job.Do(work);
                }
            })
            { IsBackground = true, Name = $"work-{i}" };
            workers[i].Start();
        }

        try
        {
            var (ahead, bytes) = (new Queue<(Job<TItem, TResult> Job, long Bytes)>(), 0L);
            foreach (var item in items)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (job, own) = (new Job<TItem, TResult>(item), size(item));
                queue.Add(job, cancellationToken);
                ahead.Enqueue((job, own));
                bytes += own;
                while (ahead.Count >= threads * 4 || (bytes > MaxAheadBytes && ahead.Count > 0))
                {
                    var done = ahead.Dequeue();
                    bytes -= done.Bytes;
                    yield return done.Job.Wait(cancellationToken);
                }
            }

            while (ahead.TryDequeue(out var left))
            {
                yield return left.Job.Wait(cancellationToken);
            }
        }
        finally
        {
            while (queue.TryTake(out _))
            {
            }

            queue.CompleteAdding();
            foreach (var worker in workers)
            {
                worker.Join();
            }
        }
    }

    /// <summary>Reads a sequence ahead on a thread of its own, so that what makes its items is not waited for.</summary>
    /// <param name="items">The sequence.</param>
    /// <param name="size">Bytes that an item takes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IEnumerable<T> Ahead<T>(IEnumerable<T> items, Func<T, long> size, CancellationToken cancellationToken) =>
        AheadEach(Bunches(items, size), cancellationToken).SelectMany(bunch => bunch);

    private static IEnumerable<T> AheadEach<T>(IEnumerable<T> items, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var queue = new BlockingCollection<T>(MaxAhead);
        Exception? fault = null;
        var reader = new Thread(() =>
        {
            try
            {
                foreach (var item in items)
                {
                    queue.Add(item, stop.Token);
                }
            }
            catch (Exception error)
            {
                // Thrown where the items are taken.
                fault = error;
            }
            finally
            {
                queue.CompleteAdding();
            }
        })
        { IsBackground = true, Name = "read-ahead" };
        reader.Start();
        try
        {
            foreach (var item in queue.GetConsumingEnumerable(cancellationToken))
            {
                yield return item;
            }

            if (fault is not null)
            {
                ExceptionDispatchInfo.Throw(fault);
            }
        }
        finally
        {
            stop.Cancel();
            reader.Join();
        }
    }

    private sealed class Job<TItem, TResult>(TItem item)
    {
        private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Do(Func<TItem, TResult> work)
        {
            try
            {
                _done.SetResult(work(item));
            }
            catch (Exception error)
            {
                // Thrown where the result is waited for.
                _done.SetException(error);
            }
        }

        public TResult Wait(CancellationToken cancellationToken)
        {
            try
            {
                _done.Task.Wait(cancellationToken);
            }
            catch (AggregateException error)
            {
                ExceptionDispatchInfo.Throw(error.InnerException!);
            }

            return _done.Task.Result;
        }
    }
}

using System.Collections.Concurrent;
using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;

namespace Orchestrator.Training.Data;

/// <summary>Prepares microbatches ahead of the computation, on threads of its own, at most <c>capacity</c> at a time.</summary>
/// <remarks>
/// Microbatches are made in the order they were enqueued in and are to be taken in that order. What one holds does not depend
/// on the threads. One consumer; <see cref="Enqueue"/> may come from another thread.
/// </remarks>
public sealed class InputPipeline : IDisposable
{
    private readonly IMicrobatchSource _source;
    private readonly BlockingCollection<Work> _queue = new(new ConcurrentQueue<Work>());
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;
    private readonly Lock _lock = new();
    private readonly Dictionary<(long Step, int Slot), Work> _pending = [];
    private TaskCompletionSource _arrival = NewArrival();

    /// <summary>Starts the threads.</summary>
    /// <param name="source">Makes the microbatches.</param>
    /// <param name="capacity">How many may wait ready to be taken, at least 1.</param>
    /// <param name="threads">Threads that make them, at least 1.</param>
    public InputPipeline(IMicrobatchSource source, int capacity = 8, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _source = source;
        _room = new SemaphoreSlim(capacity);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Loop) { IsBackground = true, Name = $"input-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Samples in an epoch.</summary>
    public long SampleCount => _source.SampleCount;

    /// <summary>Announces a step's work; what was announced before and not taken stays.</summary>
    /// <param name="step">The step.</param>
    /// <param name="samples">Its samples, microbatches x microbatch of them.</param>
    /// <param name="slots">The slots this worker computes.</param>
    public void Enqueue(long step, IReadOnlyList<SampleRange> samples, SlotRange slots)
    {
        ArgumentNullException.ThrowIfNull(samples);
        lock (_lock)
        {
            for (var slot = slots.First; slot < slots.End; slot++)
            {
                var work = new Work(step, samples, slot);
                if (_pending.TryAdd((step, slot), work))
                {
                    _queue.Add(work, CancellationToken.None);
                }
            }

            _arrival.TrySetResult();
            _arrival = NewArrival();
        }
    }

    /// <summary>Takes a microbatch, waiting until it is ready (and announced, where it is not yet).</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Microbatch Take(long step, int slot, CancellationToken cancellationToken)
    {
        while (true)
        {
            Work? work;
            Task arrival;
            lock (_lock)
            {
                _pending.TryGetValue((step, slot), out work);
                arrival = _arrival.Task;
            }

            if (work is null)
            {
                arrival.Wait(cancellationToken);
                continue;
            }

            try
            {
                work.Made.Task.Wait(cancellationToken);
            }
            catch (AggregateException error)
            {
                throw new InvalidOperationException($"The input of step {step}, slot {slot} could not be prepared: {error.InnerException!.Message}", error.InnerException);
            }

            lock (_lock)
            {
                _pending.Remove((step, slot));
            }

            Return(work);
            return work.Made.Task.Result;
        }
    }

    /// <summary>Drops what was announced and not taken, as when the slots change hands.</summary>
    public void Clear()
    {
        List<Work> dropped;
        lock (_lock)
        {
            dropped = [.. _pending.Values];
            _pending.Clear();
            while (_queue.TryTake(out _))
            {
            }
        }

        foreach (var work in dropped)
        {
            Return(work);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _stop.Dispose();
        _room.Dispose();
        _queue.Dispose();
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives back a work's place, once, whether it was taken or dropped.</summary>
    private void Return(Work work)
    {
        if (work.Release())
        {
            _room.Release();
        }
    }

    private void Loop()
    {
        try
        {
            while (true)
            {
                // A place first, then the work: so places go to works in the order of the queue.
                _room.Wait(_stop.Token);
                var work = _queue.Take(_stop.Token);
                if (!work.Hold())
                {
                    _room.Release();
                    continue;
                }

                try
                {
                    work.Made.SetResult(_source.Make(work.Step, work.Samples, work.Slot));
                }
                catch (Exception error)
                {
                    // Whoever takes this microbatch gets the reason.
                    work.Made.SetException(error);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private sealed class Work(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        private const int Waiting = 0;
        private const int Holding = 1;
        private const int Done = 2;
        private int _place = Waiting;

        public long Step => step;

        public IReadOnlyList<SampleRange> Samples => samples;

        public int Slot => slot;

        public TaskCompletionSource<Microbatch> Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Takes a place; false where the work was dropped.</summary>
        public bool Hold() => Interlocked.CompareExchange(ref _place, Holding, Waiting) == Waiting;

        /// <summary>Ends the work; true where it held a place.</summary>
        public bool Release() => Interlocked.Exchange(ref _place, Done) == Holding;
    }
}

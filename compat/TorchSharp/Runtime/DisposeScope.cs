using System.Collections.Immutable;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Owns the tensors that its thread makes while it is the innermost scope, and disposes them with itself, except those that were
/// moved out or detached.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    // Every tensor knows its place in here, so that it comes and goes without a search.
    private readonly List<Tensor> _held = [];
    private DisposeScopeManager? _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    // A tensor refers to its scope, so a scope that is finalized has no tensor left that anybody could use.
    ~DisposeScope()
    {
        foreach (var held in _held)
        {
            held.Abandon();
        }
    }

    internal DisposeScope? OuterScope { get; set; }

    private DisposeScopeManager Manager => _manager ?? throw new ObjectDisposedException(nameof(DisposeScope));

    /// <summary>What the scope holds now, as a copy.</summary>
    public IReadOnlyList<IDisposable> DisposablesView => Manager is null ? [] : _held.ToImmutableArray();

    /// <summary>How many things the scope holds now.</summary>
    public int DisposablesCount => Manager is null ? 0 : _held.Count;

    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(OuterScope, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Move(scope, disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable => (MoveToOther(scope, first), MoveToOther(scope, second));

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second), MoveToOther(scope, third));

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) =>
        MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            Move(scope, disposable);
        }
    }

    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (Detach(first), Detach(second));

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable => (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, (IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    public void Attach(IDisposable disposable)
    {
        if (Add(disposable))
        {
            Manager.Counts.AttachedToScopeCount++;
        }
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var attached = disposables.ToList();
        attached.ForEach(Attach);
        return attached;
    }

    /// <summary>Disposes everything the scope holds; the scope goes on.</summary>
    public void DisposeEverything() => DisposeEverythingBut([]);

    /// <summary>Disposes everything the scope holds except what is named; that stays in the scope.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        _ = Manager;
        var kept = inKeep.ToHashSet<IDisposable>(ReferenceEqualityComparer.Instance);
        // What a tensor disposes with itself may lie in the scope too, so the end of the list is looked at anew each time.
        for (var place = _held.Count - 1; place >= 0; place = Math.Min(place, _held.Count) - 1)
        {
            if (!kept.Contains(_held[place]))
            {
                _held[place].Dispose();
            }
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    public void Dispose()
    {
        if (_manager is { } manager)
        {
            DisposeEverything();
            manager.Remove(this);
            _manager = null;
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Says that something in the scope was disposed by hand.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        _ = Manager;
        if (disposable is Tensor tensor && Holds(tensor))
        {
            Forget(tensor);
            tensor.OwningDisposeScope = null;
        }
    }

    public bool Contains(IDisposable disposable) => disposable is Tensor tensor && Holds(tensor);

    // Hot: every tensor passes here twice.
    internal void Register(Tensor tensor)
    {
        tensor.slot = _held.Count;
        _held.Add(tensor);
    }

    internal void Forget(Tensor tensor)
    {
        var end = _held.Count - 1;
        var last = _held[end];
        _held[tensor.slot] = last;
        last.slot = tensor.slot;
        _held.RemoveAt(end);
    }

    private bool Holds(Tensor tensor) => ReferenceEquals(tensor.OwningDisposeScope, this);

    /// <summary>Puts one tensor in the place of another, wherever that was.</summary>
    internal static void Replace(Tensor original, Tensor replacement)
    {
        if (original.OwningDisposeScope is { } scope)
        {
            scope.Forget(original);
            original.OwningDisposeScope = null;
            scope.Add(replacement);
        }
    }

    private void Move(DisposeScope? scope, IDisposable disposable)
    {
        _ = Manager;
        if (disposable is not Tensor tensor || !Holds(tensor))
        {
            return;
        }

        if (scope is not null)
        {
            scope.Add(tensor);
        }
        else
        {
            Forget(tensor);
            Manager.Counts.DetachedFromScopeCount++;
            tensor.OwningDisposeScope = null;
        }
    }

    private bool Add(IDisposable disposable)
    {
        var tensor = disposable as Tensor
            ?? throw new InvalidOperationException("DisposeScope can only manage Tensor or PackedSequence");
        if (Holds(tensor))
        {
            return false;
        }

        tensor.OwningDisposeScope?.Forget(tensor);
        Register(tensor);
        tensor.OwningDisposeScope = this;
        return true;
    }
}

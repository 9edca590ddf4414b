namespace Orchestrator.Training.Data.Remote;

/// <summary>Blocks on disk, at most so many bytes of them; those that were not used for the longest time go first. Thread-safe.</summary>
internal sealed class BlockCache : IDisposable
{
    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly FileStream _lock;
    private readonly Lock _guard = new();
    private readonly LinkedList<(string Name, long Bytes)> _byUse = [];
    private readonly Dictionary<string, LinkedListNode<(string Name, long Bytes)>> _blocks = [];
    private long _bytes;

    /// <summary>Opens a cache; what an earlier process left in it counts.</summary>
    /// <param name="root">Each process has a folder of its own in here.</param>
    /// <param name="maxBytes">The bound.</param>
    public BlockCache(string root, long maxBytes)
    {
        _maxBytes = maxBytes;
        (_folder, _lock) = Claim(root);
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) == ".block")
            {
                Remember(Path.GetFileName(path), new FileInfo(path).Length);
            }
            else if (path != _lock.Name)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Reads from a block; false where it is not here.</summary>
    public bool TryRead(string name, int offset, Span<byte> bytes)
    {
        lock (_guard)
        {
            if (!_blocks.TryGetValue(name + ".block", out var node))
            {
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
            using var file = File.OpenHandle(Path.Combine(_folder, node.Value.Name));
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(file, bytes[done..], offset + done);
                done += read > 0 ? read : throw new EndOfStreamException($"The cached block '{name}' is too short.");
            }

            return true;
        }
    }

    /// <summary>Whether a block is here.</summary>
    public bool Has(string name)
    {
        lock (_guard)
        {
            return _blocks.ContainsKey(name + ".block");
        }
    }

    /// <summary>Keeps a block, and lets others go where there is no room.</summary>
    public void Add(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name + ".block");
        File.WriteAllBytes(path + ".tmp", bytes);
        lock (_guard)
        {
            File.Move(path + ".tmp", path, overwrite: true);
            Remember(name + ".block", bytes.Length);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static (string Folder, FileStream Lock) Claim(string root)
    {
        for (var number = 0; ; number++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, $"{number}")).FullName;
            try
            {
                return (folder, new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
            }
            catch (IOException) when (number < 4096)
            {
                // Another process of this machine has it.
            }
        }
    }

    private void Remember(string name, long bytes)
    {
        if (_blocks.Remove(name, out var known))
        {
            _byUse.Remove(known);
            _bytes -= known.Value.Bytes;
        }

        _blocks[name] = _byUse.AddLast((name, bytes));
        _bytes += bytes;
        while (_bytes > _maxBytes && _byUse.Count > 1)
        {
            var oldest = _byUse.First!.Value;
            _byUse.RemoveFirst();
            _blocks.Remove(oldest.Name);
            _bytes -= oldest.Bytes;
            File.Delete(Path.Combine(_folder, oldest.Name));
        }
    }
}

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
    private readonly HashSet<string> _unchecked = [];
    private readonly Func<string, byte[], bool> _isRight;
    private long _bytes;

    /// <summary>Opens a cache; what an earlier process left in it counts, and is checked when it is first read.</summary>
    /// <param name="root">Each process has a folder of its own in here.</param>
    /// <param name="maxBytes">The bound.</param>
    /// <param name="isRight">Whether these are the bytes of the block of this name.</param>
    public BlockCache(string root, long maxBytes, Func<string, byte[], bool> isRight)
    {
        (_maxBytes, _isRight) = (maxBytes, isRight);
        (_folder, _lock) = Claim(root);
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) == ".block")
            {
                Remember(Path.GetFileName(path), new FileInfo(path).Length);
                _unchecked.Add(Path.GetFileName(path));
            }
            else if (path != _lock.Name)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Reads from a block; false where it is not here, or not as it was put here.</summary>
    public bool TryRead(string name, int offset, Span<byte> bytes)
    {
        lock (_guard)
        {
            if (!_blocks.TryGetValue(name + ".block", out var node))
            {
                return false;
            }

            if (!IsKnown(name, node.Value.Name) || !TryRead(node.Value.Name, bytes, offset))
            {
                Forget(node);
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
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
            _unchecked.Remove(name + ".block");
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

    /// <summary>Whether a block was fetched by this process, or is what it would fetch.</summary>
    private bool IsKnown(string name, string fileName)
    {
        if (!_unchecked.Contains(fileName))
        {
            return true;
        }

        var path = Path.Combine(_folder, fileName);
        var isRight = File.Exists(path) && _isRight(name, File.ReadAllBytes(path));
        _unchecked.Remove(fileName);
        return isRight;
    }

    private bool TryRead(string fileName, Span<byte> bytes, int offset)
    {
        try
        {
            using var file = File.OpenHandle(Path.Combine(_folder, fileName));
            while (!bytes.IsEmpty)
            {
                var read = RandomAccess.Read(file, bytes, offset);
                if (read == 0)
                {
                    return false;
                }

                bytes = bytes[read..];
                offset += read;
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private void Forget(LinkedListNode<(string Name, long Bytes)> node)
    {
        _byUse.Remove(node);
        _blocks.Remove(node.Value.Name);
        _unchecked.Remove(node.Value.Name);
        _bytes -= node.Value.Bytes;
        File.Delete(Path.Combine(_folder, node.Value.Name));
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
            Forget(_byUse.First!);
        }
    }
}

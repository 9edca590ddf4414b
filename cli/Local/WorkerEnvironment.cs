namespace Orchestrator.Cli.Local;

/// <summary>The environment of a process that computes. It must stand before the process starts: libc and OpenMP read it then.</summary>
internal static class WorkerEnvironment
{
    /// <summary>
    /// Freed memory is kept and grown in large pieces: without it every big temporary tensor is mapped and faulted in anew,
    /// which took softmax from 15 to 43 ms.
    /// </summary>
    public const string Malloc =
        "glibc.malloc.mmap_threshold=8589934592:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456";

    /// <summary>What to set for a child. A variable that the user has set stays as the user set it, except those that tie child and parent.</summary>
    /// <param name="threads">Compute threads of the process.</param>
    /// <param name="token">The coordinator's token, or null.</param>
    /// <param name="current">The value a variable has now, or null.</param>
    public static IReadOnlyDictionary<string, string> For(int threads, string? token, Func<string, string?> current)
    {
        var count = threads.ToString();
        var variables = new Dictionary<string, string>();
        SetUnlessThere("OMP_NUM_THREADS", count);
        SetUnlessThere("OPENBLAS_NUM_THREADS", count);
        SetUnlessThere("MKL_NUM_THREADS", count);
        SetUnlessThere("GLIBC_TUNABLES", Malloc);
        // Idle compute threads of one process must not spin on a core that another process's threads need.
        SetUnlessThere("OMP_WAIT_POLICY", "passive");
        variables["ORCHESTRATOR_CHILD"] = "1";
        if (token is not null)
        {
            variables["ORCHESTRATOR_TOKEN"] = token;
        }

        return variables;

        void SetUnlessThere(string name, string value)
        {
            if (string.IsNullOrEmpty(current(name)))
            {
                variables[name] = value;
            }
        }
    }
}

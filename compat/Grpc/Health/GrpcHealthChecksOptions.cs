using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which of the application's health checks make up the health of which gRPC service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>The services; at first the server as a whole, by all checks.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Whether the results published last are told instead of new ones.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Whether watching calls go on while the application stops, rather than ending with NotServing.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

/// <summary>Services by name.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly SortedDictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Sets which checks make up a service's health.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => _mappings[name] = new(name, predicate);

    /// <summary>Adds a service.</summary>
    /// <exception cref="ArgumentException">It is there already.</exception>
    public void Add(ServiceMapping service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _mappings.Add(service.Name, service);
    }

    /// <summary>Removes a service.</summary>
    public void Remove(string name) => _mappings.Remove(name);

    /// <inheritdoc/>
    public void Clear() => _mappings.Clear();

    /// <inheritdoc/>
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _mappings.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) => _mappings.Remove(item.Name);

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}

/// <summary>Which checks make up a service's health.</summary>
public sealed class ServiceMapping
{
    /// <summary>Creates a mapping.</summary>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>The service.</summary>
    public string Name { get; }

    /// <summary>Whether a check counts.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }
}

/// <summary>A check that a mapping judges.</summary>
public sealed class HealthCheckMapContext
{
    /// <summary>Creates a context.</summary>
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    /// <summary>The check's name.</summary>
    public string Name { get; }

    /// <summary>The check's tags.</summary>
    public IEnumerable<string> Tags { get; }
}

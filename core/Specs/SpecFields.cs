using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace Orchestrator.Core.Specs;

/// <summary>One field of a section as YAML knows it.</summary>
/// <param name="Key">Its name in YAML.</param>
/// <param name="Property">The property that holds it.</param>
internal sealed record SpecField(string Key, PropertyInfo Property)
{
    /// <summary>The type without its nullability.</summary>
    public Type Type { get; } = Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>Whether null may be written.</summary>
    public bool AllowsNull { get; } = new NullabilityInfoContext().Create(Property).WriteState == NullabilityState.Nullable;

    /// <summary>The type of an element where the field is a list, else null.</summary>
    public Type? Element { get; } =
        Property.PropertyType.IsGenericType && Property.PropertyType.GetGenericTypeDefinition() == typeof(SpecList<>) ? Property.PropertyType.GetGenericArguments()[0] : null;

    /// <summary>Whether the field is itself a section.</summary>
    public bool IsSection => Type.IsClass && Type != typeof(string) && Element is null;

    /// <summary>Whether the arithmetic does not depend on it.</summary>
    public bool IsIncidental { get; } = Property.IsDefined(typeof(IncidentalAttribute));

    /// <summary>Whether it names a file or folder.</summary>
    public bool IsPath { get; } = Property.IsDefined(typeof(FilePathAttribute));

    /// <summary>Whether the digest leaves it out while it has its default.</summary>
    public bool IsAddedLater { get; } = Property.IsDefined(typeof(AddedLaterAttribute));

    /// <summary>The optimizers that have it; null: not a matter of the optimizer.</summary>
    public IReadOnlyList<OptimizerKind>? Optimizers { get; } = Property.GetCustomAttribute<OptimizersAttribute>()?.Kinds;

    /// <summary>The families of models that have it; null: all.</summary>
    public IReadOnlyList<ModelFamily>? Families { get; } = Property.GetCustomAttribute<FamiliesAttribute>()?.Families;

    /// <summary>The numbers allowed, where there is a rule.</summary>
    public AllowedRangeAttribute? Range { get; } = Property.GetCustomAttribute<AllowedRangeAttribute>();

    /// <summary>Whether a section has it: a model has the fields of its family.</summary>
    public bool BelongsTo(object section) => Families is null || section is not ModelSpec model || Families.Contains(model.Family);
}

/// <summary>The fields of each section, read once from the records themselves: they are the only list of names, ranges and defaults.</summary>
internal static class SpecFields
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<SpecField>> Known = new();

    /// <summary>The fields of a section in the order of their declaration.</summary>
    public static IReadOnlyList<SpecField> Of(Type section) => Known.GetOrAdd(section, static type =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is not null)
            .Select(property => new SpecField(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name), property))]);

    /// <summary>How an enum's value is written.</summary>
    public static string Word(object value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()!);
}

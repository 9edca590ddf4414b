using System.Reflection;
using System.Runtime.Loader;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>The stand-in offers nothing that TorchSharp does not: what compiles against one compiles against the other.</summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void Every_public_member_of_the_stand_in_is_one_of_torchsharp()
    {
        var folder = Environment.GetEnvironmentVariable("TORCHSHARP_DIR");
        Assert.SkipUnless(Directory.Exists(folder), "TORCHSHARP_DIR names no folder with TorchSharp's own assemblies.");
        var context = new AssemblyLoadContext("TorchSharp", isCollectible: true);
        context.Resolving += (_, name) => Path.Combine(folder!, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;

        var real = Members(context.LoadFromAssemblyPath(Path.GetFullPath(Path.Combine(folder!, "TorchSharp.dll"))));

        Assert.Empty(Members(typeof(Tensor).Assembly).Except(real, StringComparer.Ordinal));
    }

    private static HashSet<string> Members(Assembly assembly)
    {
        const BindingFlags declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        return [.. Types(assembly).Where(IsVisible).SelectMany(type => type.GetMembers(declared).Select(Signature).OfType<string>().Append(Name(type)))];
    }

    // Types whose own dependencies are absent are left out.
    private static IEnumerable<Type> Types(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException partial)
        {
            return partial.Types.OfType<Type>();
        }
    }

    private static bool IsVisible(Type type) => type.IsNested ? type.IsNestedPublic && IsVisible(type.DeclaringType!) : type.IsPublic;

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static string? Signature(MemberInfo member)
    {
        try
        {
            var owner = Name(member.DeclaringType!);
            return member switch
            {
                ConstructorInfo { IsStatic: false } made when IsVisible(made) => $"{owner}({Parameters(made.GetParameters())})",
                MethodInfo method when IsVisible(method) && !method.Name.Contains('.') && !method.Name.Contains('<') =>
                    $"{owner}.{Access(method)}{Name(method.ReturnType)} {method.Name}`{method.GetGenericArguments().Length}({Parameters(method.GetParameters())})",
                FieldInfo { IsPublic: true } field => $"{owner}.{Name(field.FieldType)} {field.Name}",
                _ => null,
            };
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static string Access(MethodInfo method) => (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "");

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
        (parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "") + Name(parameter.ParameterType) + " " + parameter.Name +
        (parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue ?? "null"}" : "")));

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.HasElementType)
        {
            return Name(type.GetElementType()!) + (type.IsArray ? $"[{type.GetArrayRank()}]" : type.IsByRef ? "&" : "*");
        }

        var name = (type.IsNested ? Name(type.DeclaringType!) + "+" : type.Namespace + ".") + type.Name;
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}

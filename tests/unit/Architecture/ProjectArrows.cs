using System.Xml.Linq;

namespace Orchestrator.Tests.Architecture;

/// <summary>Which project may depend on which, and the judgement over project files.</summary>
internal static class ProjectArrows
{
    // docs/architecture.md draws these. "grpc" and "torch" are the engines, wherever they come from; "native" the product's own libraries.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["core"] = [],
        ["protos"] = ["grpc"],
        ["training"] = ["core", "torch", "native"],
        ["worker"] = ["training", "protos", "torch", "grpc"],
        ["coordinator"] = ["core", "protos", "grpc"],
        ["cli"] = ["core", "protos", "grpc"],
        ["compat/Grpc"] = [],
        ["compat/TorchSharp"] = ["native"],
    };

    /// <summary>The project's arrows that are not allowed, as sentences. <paramref name="folder"/> is its folder from the root, with '/'.</summary>
    public static IReadOnlyList<string> Forbidden(string folder, XDocument project)
    {
        if (folder.StartsWith("tests/", StringComparison.Ordinal) || folder.StartsWith("bench", StringComparison.Ordinal))
        {
            return [];
        }

        if (!Allowed.TryGetValue(folder, out var allowed))
        {
            return [$"{folder} is no project of the layout"];
        }

        return [.. Arrows(folder, project).Where(to => !allowed.Contains(to)).Order(StringComparer.Ordinal).Select(to => $"{folder} -> {to}")];
    }

    private static IEnumerable<string> Arrows(string folder, XDocument project)
    {
        foreach (var reference in project.Descendants("ProjectReference"))
        {
            var target = Path.GetFullPath(Path.Combine("/", folder, Path.GetDirectoryName(Include(reference).Replace('\\', '/'))!));
            yield return target[1..];
        }

        foreach (var reference in project.Descendants("PackageReference").Concat(project.Descendants("Reference")))
        {
            if (Include(reference).StartsWith("Grpc.", StringComparison.Ordinal) && Include(reference) != "Grpc.Tools")
            {
                yield return "the package " + Include(reference) + " past Engines.props";
            }

            if (Include(reference).StartsWith("TorchSharp", StringComparison.Ordinal))
            {
                yield return "the package " + Include(reference) + " past Engines.props";
            }
        }

        var properties = project.Descendants().Select(e => (e.Name.LocalName, e.Value.Trim())).ToList();
        if (properties.Contains(("UsesTorch", "true")))
        {
            yield return "torch";
        }

        if (properties.Contains(("UsesNative", "true")))
        {
            yield return "native";
        }

        if (properties.Exists(p => p.LocalName == "UsesGrpc"))
        {
            yield return "grpc";
        }

        // Only the coordinator serves; the gRPC stand-in is what it serves with.
        var web = project.Root!.Attribute("Sdk")?.Value == "Microsoft.NET.Sdk.Web" || project.Descendants("FrameworkReference").Any();
        if (web && folder is not ("coordinator" or "compat/Grpc"))
        {
            yield return "ASP.NET Core";
        }
    }

    private static string Include(XElement reference) => reference.Attribute("Include")?.Value ?? "";
}

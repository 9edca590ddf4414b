using System.Xml.Linq;
using Xunit;

namespace Orchestrator.Tests.Architecture;

public sealed class ProjectArrowsTests
{
    [Fact]
    public void Every_project_depends_only_on_what_the_layout_allows()
    {
        var root = Repository.Root;
        var projects = Directory.EnumerateFiles(root, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("artifacts/", StringComparison.Ordinal) && !file.StartsWith("dist/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();

        var forbidden = projects.SelectMany(file =>
            ProjectArrows.Forbidden(Path.GetDirectoryName(file)!, XDocument.Load(Path.Combine(root, file))));

        Assert.Contains("core/Orchestrator.Core.csproj", projects);
        Assert.Empty(forbidden);
    }

    [Theory]
    [InlineData("core", "<ProjectReference Include='../training/Orchestrator.Training.csproj' />", "core -> training")]
    [InlineData("cli", "<ProjectReference Include='../worker/Orchestrator.Worker.csproj' />", "cli -> worker")]
    [InlineData("coordinator", "<UsesTorch>true</UsesTorch>", "coordinator -> torch")]
    [InlineData("training", "<FrameworkReference Include='Microsoft.AspNetCore.App' />", "training -> ASP.NET Core")]
    [InlineData("worker", "<PackageReference Include='Grpc.Net.Client' />", "worker -> the package Grpc.Net.Client past Engines.props")]
    [InlineData("extras", "", "extras is no project of the layout")]
    public void A_project_with_another_arrow_is_named(string folder, string item, string sentence)
    {
        var project = XDocument.Parse($"<Project Sdk='Microsoft.NET.Sdk'><ItemGroup>{item}</ItemGroup></Project>");

        Assert.Equal([sentence], ProjectArrows.Forbidden(folder, project));
    }
}

using System.Diagnostics;
using Xunit;

namespace Orchestrator.Tests.Kubernetes;

public sealed class KubernetesBaseTests
{
    private static readonly string s_node = Repository.PathOf("artifacts", "node");

    [Fact]
    public void Every_object_of_the_base_fits_Kubernetes_published_schemas()
    {
        SkipUnlessInstalled();
        var (code, output) = Check(Render());

        Assert.True(code == 0, output);
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.EndsWith(" ok", line, StringComparison.Ordinal));
        foreach (var expected in new[] { "StatefulSet/orchestrator-coordinator", "StatefulSet/orchestrator-worker", "Service/orchestrator-coordinator", "Secret/orchestrator-token" })
        {
            Assert.Contains(expected + " ok", lines);
        }
    }

    [Theory]
    [InlineData("podManagementPolicy: Parallel", "podManagementPolicy: Paralel", "podManagementPolicy must be equal to one of the allowed values")]
    [InlineData("runAsNonRoot: true", "runAsNonRot: true", "\"runAsNonRot\"' does not exist in type")]
    [InlineData("serviceName: orchestrator-worker", "serviceName: [1]", "serviceName must be string")]
    [InlineData("policy/v1", "policy/v9", "there is no policy/v9/PodDisruptionBudget in Kubernetes")]
    public void An_object_that_does_not_fit_is_named_with_its_fault(string right, string wrong, string fault)
    {
        SkipUnlessInstalled();
        var (code, output) = Check(Render().Replace(right, wrong, StringComparison.Ordinal));

        Assert.Equal(1, code);
        Assert.Contains(fault, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_run_without_root_and_are_probed_through_the_health_service()
    {
        Assert.SkipUnless(IsOnPath("kubectl"), "kubectl is not installed; ./build.sh test installs it");
        var rendered = Render();

        Assert.Equal(2, rendered.Split("runAsNonRoot: true").Length - 1);
        Assert.Equal(3, rendered.Split("          grpc:\n            port: 7070\n").Length - 1);
        // The token in the repository is empty, with which nothing starts.
        Assert.Contains("stringData:\n  token: \"\"", rendered, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_object_of_the_corpus_build_fits_and_a_part_is_asked_for_by_each_pods_index()
    {
        SkipUnlessInstalled();
        var rendered = Render("corpus");
        var (code, output) = Check(rendered);

        Assert.True(code == 0, output);
        Assert.Equal(["Job/corpus-merge ok", "Job/corpus-parts ok"], output.TrimEnd('\n').Split('\n').Select(line => line[line.IndexOf("Job/", StringComparison.Ordinal)..]).Order(StringComparer.Ordinal));
        var parts = System.Text.RegularExpressions.Regex.Match(rendered, "completions: (?<n>[0-9]+)").Groups["n"].Value;
        Assert.Contains($"$(JOB_COMPLETION_INDEX)/{parts}\n", rendered, StringComparison.Ordinal);
        Assert.Contains($"claimName: {System.Text.RegularExpressions.Regex.Match(Render(), "claimName: (?<name>orchestrator-shared)").Groups["name"].Value}\n", rendered, StringComparison.Ordinal);
    }

    private static void SkipUnlessInstalled() => Assert.SkipUnless(
        IsOnPath("kubectl") && IsOnPath("node") && Directory.Exists(Path.Combine(s_node, "node_modules", "kubernetes-models")),
        "kubectl, node or the packages of tests/unit/k8s/package.json are not installed; ./build.sh test installs them");

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Render(string folder = "base")
    {
        var (code, output) = Run("kubectl", ["kustomize", Repository.PathOf("k8s", folder)], "");
        Assert.True(code == 0, output);
        return output;
    }

    private static (int Code, string Output) Check(string objects) => Run("node", [Repository.PathOf("tests", "unit", "k8s", "check.mjs"), s_node], objects);

    private static (int Code, string Output) Run(string program, IEnumerable<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}

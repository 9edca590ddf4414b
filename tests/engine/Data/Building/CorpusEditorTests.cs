using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class CorpusEditorTests : IDisposable
{
    private const int Raw = 32;

    private readonly TemporaryFolder _folder = new();

    public CorpusEditorTests()
    {
        File.WriteAllBytes(_folder["given.model"], SmallText.Vocabulary);
        Build("a", 0, 60);
        Build("b", 60, 20);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merged_corpora_hold_the_documents_of_all_in_their_order()
    {
        var manifest = Assert.Single(Edit(new() { Edit = CorpusEdit.Merge, Corpora = [_folder["a"], _folder["b"]], Out = _folder["ab"] })).Manifest;

        Assert.Equal([.. Documents("a", c => c.Train), .. Documents("b", c => c.Train)], Documents("ab", c => c.Train));
        Assert.Equal([.. Documents("a", c => c.Validation), .. Documents("b", c => c.Validation)], Documents("ab", c => c.Validation));
        Assert.Equal(CorpusManifest.Load(_folder["a"]).Train.Bytes + CorpusManifest.Load(_folder["b"]).Train.Bytes, manifest.Train.Bytes);
        Assert.Empty(CorpusVerifier.Verify(_folder["ab"], _ => { }, CancellationToken.None));
    }

    [Fact]
    public void The_parts_of_a_split_are_the_corpus()
    {
        var parts = Edit(new() { Edit = CorpusEdit.Split, Corpora = [_folder["a"]], Parts = 2, Out = _folder["halves"] });

        Assert.Equal(Documents("a", c => c.Train), [.. Documents("halves/part-0", c => c.Train), .. Documents("halves/part-1", c => c.Train)]);
        Assert.Equal(Documents("a", c => c.Validation), [.. Documents("halves/part-0", c => c.Validation), .. Documents("halves/part-1", c => c.Validation)]);
        Assert.InRange(parts[0].Manifest.Train.Tokens / (double)parts[1].Manifest.Train.Tokens, 0.8, 1.25);
        Assert.Contains("choose fewer", Refused(new() { Edit = CorpusEdit.Split, Corpora = [_folder["a"]], Parts = 50, Out = _folder["many"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_merging_nor_splitting_copies_a_token_and_what_is_made_outlives_what_it_was_made_of()
    {
        Edit(new() { Edit = CorpusEdit.Merge, Corpora = [_folder["a"], _folder["b"]], Out = _folder["ab"] });
        Edit(new() { Edit = CorpusEdit.Split, Corpora = [_folder["ab"]], Parts = 3, Out = _folder["thirds"] });
        var documents = Documents("ab", c => c.Train);
        var part = CorpusManifest.Load(_folder["thirds/part-1"]);
        Assert.All(part.Train.Shards, shard => Assert.Contains(
            CorpusManifest.Load(_folder["a"]).Files.Concat(CorpusManifest.Load(_folder["b"]).Files), file => file.Sha256 == part.Files.Single(mine => mine.Name == shard + ".bin").Sha256));

        Directory.Delete(_folder["a"], recursive: true);
        Directory.Delete(_folder["b"], recursive: true);
        Assert.Empty(CorpusVerifier.Verify(_folder["ab"], _ => { }, CancellationToken.None));
        // They are one file by three names: a byte that changes in one changes in all.
        Turn(_folder["ab/train-00000.bin"]);
        Assert.Single(CorpusVerifier.Verify(_folder["thirds/part-0"], _ => { }, CancellationToken.None));
        Turn(_folder["ab/train-00000.bin"]);
        Directory.Delete(_folder["ab"], recursive: true);
        Assert.Equal(documents, [.. Enumerable.Range(0, 3).SelectMany(i => Documents($"thirds/part-{i}", c => c.Train))]);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Empty(CorpusVerifier.Verify(_folder[$"thirds/part-{i}"], _ => { }, CancellationToken.None)));
    }

    [Fact]
    public void A_part_reads_its_own_samples_from_the_middle_of_a_shard()
    {
        Edit(new() { Edit = CorpusEdit.Split, Corpora = [_folder["a"]], Parts = 2, Out = _folder["halves"] });
        using var whole = Corpus.Open(_folder["a"]);
        using var second = Corpus.Open(_folder["halves/part-1"]);
        var start = (int)(whole.Train.TokenCount - second.Train.TokenCount);
        var (expected, tokens) = (new int[second.Train.TokenCount], new int[second.Train.TokenCount]);
        whole.Train.ReadAt(start, expected);
        second.Train.ReadAt(0, tokens);
        Assert.Equal(expected, tokens);
        Assert.Equal(whole.Train.DocumentCount - 1 - whole.Train.DocumentAt(start), second.Train.DocumentAt(second.Train.TokenCount - 1));
        Assert.Equal(expected[..Raw], Samples(second.Train)[0].Split(' ').Select(token => int.Parse(token, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Tokens_that_lie_in_a_store_are_split_by_writing_them()
    {
        Edit(new() { Edit = CorpusEdit.Push, Corpora = [_folder["a"]], Url = _folder["store"] });
        Edit(new() { Edit = CorpusEdit.Attach, Url = _folder["store"], Out = _folder["attached"] });
        Edit(new() { Edit = CorpusEdit.Split, Corpora = [_folder["a"]], Parts = 2, Out = _folder["linked"] });
        Edit(new() { Edit = CorpusEdit.Split, Corpora = [_folder["attached"]], Parts = 2, Out = _folder["written"] });
        foreach (var part in new[] { "part-0", "part-1" })
        {
            Assert.Equal(Documents($"linked/{part}", c => c.Train), Documents($"written/{part}", c => c.Train));
            Assert.Equal(Documents($"linked/{part}", c => c.Validation), Documents($"written/{part}", c => c.Validation));
            Assert.Empty(CorpusVerifier.Verify(_folder[$"written/{part}"], _ => { }, CancellationToken.None));
            var (linked, written) = (CorpusManifest.Load(_folder[$"linked/{part}"]), CorpusManifest.Load(_folder[$"written/{part}"]));
            Assert.Equal((linked.Train.Documents, linked.Train.Tokens, linked.Train.Bytes), (written.Train.Documents, written.Train.Tokens, written.Train.Bytes));
        }
    }

    [Theory]
    [InlineData(CorpusEdit.Merge)]
    [InlineData(CorpusEdit.Split)]
    public void Damage_is_not_passed_on(CorpusEdit edit)
    {
        var bin = _folder["a/train-00000.bin"];
        var bytes = File.ReadAllBytes(bin);
        bytes[7] ^= 1;
        File.WriteAllBytes(bin, bytes);
        Assert.Contains(
            $"'{bin}' is damaged",
            Refused(new() { Edit = edit, Corpora = edit == CorpusEdit.Merge ? [_folder["b"], _folder["a"]] : [_folder["a"]], Out = _folder["x"] }),
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["x/manifest.json"]) || File.Exists(_folder["x/part-0/manifest.json"]));
    }

    [Fact]
    public void A_mixture_draws_by_weight_covers_every_corpus_and_copies_no_token()
    {
        var manifest = Assert.Single(Edit(new() { Edit = CorpusEdit.Mix, Corpora = [_folder["a"], _folder["b"]], Weights = [1, 1], Out = _folder["mix"] })).Manifest;
        Assert.Equal(["baselines.json", "mixture.json", "spiece.model"], Directory.EnumerateFiles(_folder["mix"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        using var mixture = Corpus.Open(_folder["mix"]);
        using var a = Corpus.Open(_folder["a"]);
        using var b = Corpus.Open(_folder["b"]);
        var (samplesA, samplesB) = (Samples(a.Train), Samples(b.Train));
        var mixed = Samples(mixture.Train);
        // The larger corpus once, and as much of the smaller one, which comes again.
        Assert.Equal(2 * samplesA.Count, mixed.Count);
        Assert.Equal(mixed.Count, manifest.Train.SampleCount(Raw));
        Assert.Equal(samplesA, mixed.Take(samplesA.Count));
        Assert.Equal(Enumerable.Range(0, samplesA.Count).Select(i => samplesB[i % samplesB.Count]), mixed.Skip(samplesA.Count));
        Assert.Equal(a.Validation.DocumentCount + b.Validation.DocumentCount, mixture.Validation.DocumentCount);
        Assert.Equal(a.Manifest.Train.Tokens + b.Manifest.Train.Tokens, mixture.Manifest.Train.Tokens);

        var bin = _folder["b/train-00000.bin"];
        var bytes = File.ReadAllBytes(bin);
        bytes[7] ^= 1;
        File.WriteAllBytes(bin, bytes);
        var fault = Assert.Single(CorpusVerifier.Verify(_folder["mix"], _ => { }, CancellationToken.None));
        Assert.Equal((bin, $"its SHA-256 is not the manifest's, first in bytes 0 to {bytes.Length - 1}"), (fault.File, fault.Fault));
    }

    [Fact]
    public void Other_weights_make_another_fingerprint_and_a_moved_mixture_finds_its_corpora()
    {
        string Mixed(string name, double weight) =>
            Edit(new() { Edit = CorpusEdit.Mix, Corpora = [_folder["a"], _folder["b"]], Weights = [weight, 1], Out = _folder[name] })[0].Manifest.Fingerprint;
        Assert.Equal(Mixed("one", 2), Mixed("two", 2));
        Assert.NotEqual(Mixed("three", 2.5), CorpusManifest.Load(_folder["one"]).Fingerprint);

        Assert.Contains("\"../a\"", File.ReadAllText(_folder["one/mixture.json"]), StringComparison.Ordinal);
        Assert.Contains("mixture", Refused(new() { Edit = CorpusEdit.Merge, Corpora = [_folder["a"], _folder["one"]], Out = _folder["x"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Corpora_of_different_vocabularies_do_not_go_together()
    {
        CorpusBuilder.Build(Request("other", 0, 60) with { Vocabulary = null, Training = new VocabularyOptions { Pieces = 310 } }, _ => { }, CancellationToken.None);
        foreach (var edit in new[] { CorpusEdit.Merge, CorpusEdit.Mix })
        {
            Assert.Contains("different vocabularies", Refused(new() { Edit = edit, Corpora = [_folder["a"], _folder["other"]], Weights = [1, 1], Out = _folder["x"] }), StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<(string Folder, CorpusManifest Manifest)> Edit(CorpusEditRequest request) => CorpusEditor.Edit(request, _ => { }, CancellationToken.None);

    private static void Turn(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var first = file.ReadByte();
        file.Position = 0;
        file.WriteByte((byte)(first ^ 1));
    }

    private static string Refused(CorpusEditRequest request) => Assert.Throws<BadInputException>(() => Edit(request)).Message;

    private static List<string> Samples(TokenStream stream)
    {
        var tokens = new int[Raw];
        return [.. Enumerable.Range(0, (int)stream.SampleCount(Raw)).Select(sample =>
        {
            stream.Read(sample, tokens);
            return string.Join(' ', tokens);
        })];
    }

    private List<int[]> Documents(string name, Func<Corpus, TokenStream> half)
    {
        using var corpus = Corpus.Open(_folder[name]);
        return [.. Enumerable.Range(0, (int)half(corpus).DocumentCount).Select(i => half(corpus).Document(i))];
    }

    private void Build(string name, int first, int pages) => CorpusBuilder.Build(Request(name, first, pages), _ => { }, CancellationToken.None);

    private CorpusBuildRequest Request(string name, int first, int pages)
    {
        var text = _folder[$"text-{name}"];
        Directory.CreateDirectory(text);
        for (var page = first; page < first + pages; page++)
        {
            File.WriteAllLines(Path.Combine(text, $"{page:D3}.txt"), SmallText.Lines.Skip(page * 30).Take(30));
        }

        return new CorpusBuildRequest { Inputs = [text], Out = _folder[name], Vocabulary = _folder["given.model"], ValidationOneIn = 5, ShardTokens = 8000, Threads = 2 };
    }
}

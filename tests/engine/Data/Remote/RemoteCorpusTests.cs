using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Data.Remote;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Remote;

public sealed class RemoteCorpusTests(RemoteCorpusTests.BuiltCorpus built) : IClassFixture<RemoteCorpusTests.BuiltCorpus>, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_serves_as_a_store_and_the_cache_keeps_its_bound()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"], CacheMegabytes = 1 });

        Assert.Empty(Directory.EnumerateFiles(_folder["attached"], "*.bin"));
        using var local = Corpus.Open(built.Folder);
        using var remote = Corpus.Open(_folder["attached"]);
        Assert.True(local.Train.TokenCount * 2 > 3 << 20, "the corpus must be larger than its cache for this test");
        Assert.Equal(Samples(local.Train), Samples(remote.Train));
        Assert.Equal(local.Train.Document(200), remote.Train.Document(200));
        Assert.Empty(CorpusVerifier.Verify(_folder["attached"], _ => { }, CancellationToken.None));
        Assert.Equal(local.Manifest.Fingerprint, remote.Manifest.Fingerprint);
        Assert.InRange(new DirectoryInfo(_folder["attached/.cache"]).EnumerateFiles("*.block", SearchOption.AllDirectories).Sum(file => file.Length), 1, 1 << 20);
    }

    [Fact]
    public async Task A_store_that_vanishes_is_waited_for_and_told_about()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        using var local = Corpus.Open(built.Folder);
        using var remote = Corpus.Open(_folder["attached"]);
        var told = new System.Collections.Concurrent.BlockingCollection<string>();
        remote.OnWaiting(news => told.Add(news.Text));
        Directory.Move(_folder["store"], _folder["gone"]);

        var reading = Task.Run(() => Samples(remote.Train), TestContext.Current.CancellationToken);

        Assert.True(told.TryTake(out var first, s_patience));
        Assert.Contains("the run waits and asks again", first, StringComparison.Ordinal);
        Assert.False(reading.IsCompleted);
        Directory.Move(_folder["gone"], _folder["store"]);
        Assert.Equal(Samples(local.Train), await reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.True(told.TryTake(out var last, s_patience));
        Assert.Contains("answers again", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_with_a_wrong_checksum_is_not_taken()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        var shard = _folder["store/train-00000.bin"];
        var good = File.ReadAllBytes(shard);
        File.WriteAllBytes(shard, [(byte)(good[0] ^ 1), .. good[1..]]);
        using var remote = Corpus.Open(_folder["attached"]);
        var told = new System.Collections.Concurrent.BlockingCollection<string>();
        remote.OnWaiting(news => told.Add(news.Text));

        var reading = Task.Run(() => remote.Train.Document(0), TestContext.Current.CancellationToken);

        Assert.True(told.TryTake(out var first, s_patience));
        Assert.Contains("the checksum of bytes 0 to 262144 of train-00000.bin is wrong", first, StringComparison.Ordinal);
        File.WriteAllBytes(shard, good);
        using var local = Corpus.Open(built.Folder);
        Assert.Equal(local.Train.Document(0), await reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_store_that_cannot_be_used_is_named_at_once()
    {
        Assert.Contains("cannot be used", Assert.Throws<BadInputException>(() => Attach(new() { Url = _folder["nowhere"] })).Message, StringComparison.Ordinal);
        Assert.Contains("neither s3://", Assert.Throws<BadInputException>(() => Attach(new() { Url = "ftp://host/x" })).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be used", Assert.Throws<BadInputException>(() => Push(new() { Url = "s3://bucket/x", Endpoint = "http://127.0.0.1:9" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_something_is_not_attached_over()
    {
        Push(new() { Url = _folder["store"] });
        Directory.CreateDirectory(_folder["attached"]);
        File.WriteAllText(_folder["attached/manifest.json"], "another corpus");

        var error = Assert.Throws<BadInputException>(() => Attach(new() { Url = _folder["store"] }));

        Assert.Equal($"out: the folder '{_folder["attached"]}' is not empty; name another with --out.", error.Message);
        Assert.Equal("another corpus", File.ReadAllText(_folder["attached/manifest.json"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder["attached"]));
    }

    [Fact]
    public void Attaching_what_is_not_there_or_damaged_leaves_no_folder()
    {
        Assert.Throws<BadInputException>(() => Attach(new() { Url = _folder["nowhere"] }));
        Assert.False(Directory.Exists(_folder["attached"]));

        Push(new() { Url = _folder["store"] });
        File.AppendAllText(_folder["store/baselines.json"], " ");
        Assert.Contains("baselines.json", Assert.Throws<BadInputException>(() => Attach(new() { Url = _folder["store"] })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["attached"]));
    }

    [Fact]
    public void An_attachment_that_was_killed_is_made_anew()
    {
        Push(new() { Url = _folder["store"] });
        Directory.CreateDirectory(_folder["attached/.attaching"]);
        File.WriteAllText(_folder["attached/.attaching/left.tmp"], "");

        Attach(new() { Url = _folder["store"] });

        Assert.False(File.Exists(_folder["attached/left.tmp"]));
        Assert.False(Directory.Exists(_folder["attached/.attaching"]));
        using var remote = Corpus.Open(_folder["attached"]);
    }

    [Fact]
    public void Verifying_reads_the_tokens_in_the_store_and_names_what_was_changed()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        var manifest = CorpusManifest.Load(_folder["attached"]);
        var read = 0L;
        Assert.Empty(CorpusVerifier.Verify(_folder["attached"], progress => read = progress.Done, CancellationToken.None));
        Assert.Equal(manifest.Files.Sum(file => file.Bytes), read);

        var shard = _folder["store/train-00001.bin"];
        var bytes = File.ReadAllBytes(shard);
        bytes[RemoteShards.BlockBytes + 5] ^= 1;
        File.WriteAllBytes(shard, bytes);
        File.WriteAllBytes(_folder["store/train-00000.bin"], File.ReadAllBytes(_folder["store/train-00000.bin"])[..^2]);

        var faults = CorpusVerifier.Verify(_folder["attached"], _ => { }, CancellationToken.None);

        Assert.Equal(["train-00000.bin", "train-00001.bin"], faults.Select(fault => fault.File));
        Assert.Contains("and the manifest says", faults[0].Fault, StringComparison.Ordinal);
        Assert.Equal(new ByteRange(RemoteShards.BlockBytes, RemoteShards.BlockBytes), Assert.Single(faults[1].Blocks));
    }

    [Fact]
    public void What_an_earlier_process_left_in_the_cache_is_checked_and_fetched_again_where_it_is_wrong()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        using var local = Corpus.Open(built.Folder);
        using (var earlier = Corpus.Open(_folder["attached"]))
        {
            Assert.Equal(local.Train.Document(0), earlier.Train.Document(0));
            Assert.Equal(local.Train.Document(200), earlier.Train.Document(200));
        }

        var blocks = Directory.GetFiles(_folder["attached/.cache"], "*.block", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        Assert.True(blocks.Count >= 2);
        var good = blocks.ConvertAll(File.ReadAllBytes);
        File.WriteAllBytes(blocks[0], [(byte)(good[0][0] ^ 1), .. good[0][1..]]);
        File.WriteAllBytes(blocks[1], good[1][..100]);

        using (var remote = Corpus.Open(_folder["attached"]))
        {
            Assert.Equal(Samples(local.Train), Samples(remote.Train));
        }

        Assert.Equal(good[0], File.ReadAllBytes(blocks[0]));
        Assert.Equal(good[1], File.ReadAllBytes(blocks[1]));
    }

    [Fact]
    public void A_block_that_is_right_is_not_fetched_again_by_the_next_process()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        using (var earlier = Corpus.Open(_folder["attached"]))
        {
            earlier.Train.Document(0);
        }

        Directory.Delete(_folder["store"], recursive: true);
        using var local = Corpus.Open(built.Folder);
        using var remote = Corpus.Open(_folder["attached"]);
        Assert.Equal(local.Train.Document(0), remote.Train.Document(0));
    }

    [Fact]
    public async Task Who_asks_while_a_store_is_waited_for_is_told_at_once_and_a_wrong_block_stays_waited_for_while_others_come()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        var shard = _folder["store/train-00000.bin"];
        var good = File.ReadAllBytes(shard);
        File.WriteAllBytes(shard, [(byte)(good[0] ^ 1), .. good[1..]]);
        using var local = Corpus.Open(built.Folder);
        using var remote = Corpus.Open(_folder["attached"]);
        var told = new System.Collections.Concurrent.BlockingCollection<StoreNews>();
        remote.OnWaiting(told.Add);
        var reading = Task.Run(() => remote.Train.Document(0), TestContext.Current.CancellationToken);
        Assert.True(told.TryTake(out var first, s_patience));
        Assert.NotNull(first!.Reason);

        Assert.Equal(local.Train.Document(200), remote.Train.Document(200));
        var again = new System.Collections.Concurrent.BlockingCollection<StoreNews>();
        remote.OnWaiting(again.Add);

        Assert.True(again.TryTake(out var second, s_patience));
        Assert.Equal(first, second);
        Assert.Empty(told);
        File.WriteAllBytes(shard, good);
        Assert.Equal(local.Train.Document(0), await reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.True(again.TryTake(out var last, s_patience));
        Assert.Null(last!.Reason);
    }

    [Fact]
    public async Task Who_reads_from_a_store_that_vanished_can_be_stopped()
    {
        Push(new() { Url = _folder["store"] });
        Attach(new() { Url = _folder["store"] });
        using var remote = Corpus.Open(_folder["attached"]);
        var told = new System.Collections.Concurrent.BlockingCollection<StoreNews>();
        remote.OnWaiting(told.Add);
        Directory.Delete(_folder["store"], recursive: true);
        var reading = Task.Run(() => remote.Train.Document(0), TestContext.Current.CancellationToken);
        Assert.True(told.TryTake(out _, s_patience));

        remote.StopWaiting();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_S3_server_that_dies_and_comes_back_costs_no_sample()
    {
        using var server = S3Server.Start(_folder["s3"]);
        var place = new RemoteShards { Url = "s3://texts/c4/en", Endpoint = server.Address };
        Push(place);
        Attach(place);
        using var local = Corpus.Open(built.Folder);
        using var remote = Corpus.Open(_folder["attached"]);
        Assert.Equal(local.Train.Document(1), remote.Train.Document(1));
        var told = new System.Collections.Concurrent.BlockingCollection<string>();
        remote.OnWaiting(news => told.Add(news.Text));
        server.Kill();

        var reading = Task.Run(() => Samples(remote.Train), TestContext.Current.CancellationToken);

        Assert.True(told.TryTake(out _, s_patience));
        Assert.False(reading.IsCompleted);
        server.StartAgain();
        Assert.Equal(Samples(local.Train), await reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    private static List<long> Samples(TokenStream stream)
    {
        const int Raw = 568;
        var tokens = new int[Raw];
        var order = new SampleOrder(3, stream.SampleCount(Raw));
        var sums = new List<long>();
        for (var i = 0L; i < order.Count; i++)
        {
            stream.Expect(order.At(0, Math.Min(i + 8, order.Count - 1)), Raw);
            stream.Read(order.At(0, i), tokens);
            sums.Add(tokens.Select((token, place) => token * (place + 1L)).Sum());
        }

        return sums;
    }

    private void Push(RemoteShards place) => RemoteCorpus.Push(built.Folder, place, _ => { }, CancellationToken.None);

    private void Attach(RemoteShards place) => RemoteCorpus.Attach(place, _folder["attached"], _ => { }, CancellationToken.None);

    /// <summary>A corpus of some megabytes of tokens: several blocks a shard.</summary>
    public sealed class BuiltCorpus : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public BuiltCorpus()
        {
            Directory.CreateDirectory(_folder["text"]);
            File.WriteAllBytes(_folder["given.model"], SmallText.Vocabulary);
            for (var page = 0; page < 300; page++)
            {
                File.WriteAllLines(_folder[$"text/{page:D3}.txt"], Enumerable.Range(0, 100).Select(i => $"Page {page} says {i * 7} times: {SmallText.Lines[(page + (i * 31)) % 3000]}"));
            }

            CorpusBuilder.Build(
                new CorpusBuildRequest { Inputs = [_folder["text"]], Out = Folder, Vocabulary = _folder["given.model"], ShardTokens = 600_000, Threads = 2 }, _ => { }, CancellationToken.None);
        }

        public string Folder => _folder["corpus"];

        public void Dispose() => _folder.Dispose();
    }
}

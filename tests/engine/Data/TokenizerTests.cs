using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Data;

public sealed class TokenizerTests
{
    [Fact]
    public void Ids_and_texts_are_those_of_SentencePiece_itself()
    {
        using var tokenizer = Tokenizer.Load(TestFiles.SharedGolden("sentencepiece/t5conv.model"));
        using var golden = JsonDocument.Parse(File.ReadAllBytes(TestFiles.SharedGolden("sentencepiece/pairs.json")));
        foreach (var pair in golden.RootElement.GetProperty("encode").EnumerateArray())
        {
            var ids = Ints(pair.GetProperty("ids"));
            Assert.Equal(ids, tokenizer.Encode(pair.GetProperty("text").GetString()!));
            Assert.Equal(pair.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }

        foreach (var pair in golden.RootElement.GetProperty("decode_only").EnumerateArray())
        {
            Assert.Equal(pair.GetProperty("decoded").GetString(), tokenizer.Decode(Ints(pair.GetProperty("ids"))));
        }

        var pieces = golden.RootElement.GetProperty("pieces").EnumerateArray().ToList();
        Assert.Equal(pieces.Count, tokenizer.PieceCount);
        Assert.All(pieces, piece => Assert.Equal(piece[1].GetString(), tokenizer.Piece(piece[0].GetInt32())));
    }

    [Fact]
    public void T5s_own_vocabulary_has_32000_pieces_and_sentinels_from_32099_down()
    {
        using var tokenizer = Tokenizer.Load(TestFiles.SharedData("t5/spiece.model"));

        Assert.Equal(32000, tokenizer.PieceCount);
        Assert.Equal(32100, tokenizer.VocabularySize);
        Assert.Equal(32099, tokenizer.Sentinel(0));
        Assert.Equal(32000, tokenizer.Sentinel(99));
        Assert.Equal("Thank you <extra_id_0> me to your party <extra_id_1> week.",
            tokenizer.Decode([.. tokenizer.Encode("Thank you"), 32099, .. tokenizer.Encode("me to your party"), 32098, .. tokenizer.Encode("week."), 1]));
    }

    [Fact]
    public void A_batch_gives_the_tokens_of_its_texts_end_to_end()
    {
        using var tokenizer = Tokenizer.Load(SmallText.Vocabulary);
        string[] texts = ["The server keeps its pages.", "", "Näive “quotes” are kept."];
        var bytes = texts.Select(Encoding.UTF8.GetBytes).ToArray();
        long[] offsets = [0, bytes[0].Length, bytes[0].Length, bytes[0].Length + bytes[2].Length];
        var tokens = new int[256];
        var ends = new long[3];

        var count = tokenizer.Encode([.. bytes.SelectMany(b => b)], offsets, tokens, ends);

        Assert.Equal(texts.SelectMany(tokenizer.Encode), tokens[..(int)count]);
        Assert.Equal(count, ends[2]);
        Assert.Equal(ends[0], ends[1]);
        Assert.True(tokenizer.Encode([.. bytes.SelectMany(b => b)], offsets, new int[3], ends) == count, "a short buffer is told what it needs");
    }

    [Fact]
    public void Training_twice_gives_the_same_bytes_and_the_asked_for_size()
    {
        var options = new VocabularyOptions { Pieces = 300 };
        var first = VocabularyTrainer.Train(SmallText.Lines, options);
        var second = VocabularyTrainer.Train(SmallText.Lines, options);

        Assert.Equal(first, second);
        using var tokenizer = Tokenizer.Load(first);
        Assert.Equal(300, tokenizer.PieceCount);
        Assert.Equal("<pad>", tokenizer.Piece(0));
        Assert.Equal("</s>", tokenizer.Piece(1));
        Assert.Equal("<unk>", tokenizer.Piece(2));
    }

    [Fact]
    public void Byte_pair_encoding_trains_too()
    {
        using var tokenizer = Tokenizer.Load(
            VocabularyTrainer.Train(SmallText.Lines, new VocabularyOptions { Pieces = 200, Kind = VocabularyKind.Bpe }));
        Assert.Equal(SmallText.Lines[0], tokenizer.Decode(tokenizer.Encode(SmallText.Lines[0])));
    }

    [Fact]
    public void Too_large_a_vocabulary_is_refused_with_the_fix()
    {
        var error = Assert.Throws<BadInputException>(
            () => VocabularyTrainer.Train(SmallText.Lines, new VocabularyOptions { Pieces = 30000 }));
        Assert.Contains("choose fewer pieces or more text", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.model"], "no model at all");
        Assert.Contains("x.model", Assert.Throws<BadInputException>(() => Tokenizer.Load(folder["x.model"])).Message, StringComparison.Ordinal);
        Assert.Contains("missing.model", Assert.Throws<BadInputException>(() => Tokenizer.Load(folder["missing.model"])).Message, StringComparison.Ordinal);
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];
}

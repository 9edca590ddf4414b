using System.Runtime.InteropServices;

namespace Orchestrator.Training.Data;

/// <summary>The C ABI of native/text: SentencePiece and CLD2.</summary>
internal static unsafe partial class TextLibrary
{
    /// <summary>A buffer was too small; the needed size was returned.</summary>
    public const int BufferTooSmall = 2;

    private const string Library = "liborchestrator_text.so";

    /// <summary>Throws the library's own reason where a call failed.</summary>
    /// <exception cref="InvalidOperationException">The status is not 0.</exception>
    public static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"SentencePiece: {LastError()}");
        }
    }

    /// <summary>Why the last call on this thread failed.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8((nint)orchestrator_text_last_error()) ?? "";

    [LibraryImport(Library)]
    public static partial byte* orchestrator_text_last_error();

    [LibraryImport(Library)]
    public static partial int orchestrator_text_is_english(byte* utf8, int length, out int isEnglish, out int percent);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_load(byte* model, long length, out nint processor);

    [LibraryImport(Library)]
    public static partial void orchestrator_text_free(nint processor);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_describe(TokenizerHandle processor, int* ids);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_encode(
        TokenizerHandle processor, byte* utf8, long* offsets, int count, int* ids, long capacity, long* ends, out long needed);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_decode(
        TokenizerHandle processor, int* ids, int count, byte* utf8, long capacity, out long length);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_piece(TokenizerHandle processor, int id, byte* utf8, long capacity, out long length);

    [LibraryImport(Library)]
    public static partial int orchestrator_text_train(
        byte* text, long* offsets, long count, byte** names, byte** values, int options, uint seed, out byte* model, out long length);

    [LibraryImport(Library)]
    public static partial void orchestrator_text_free_bytes(byte* bytes);
}

/// <summary>A loaded SentencePiece model.</summary>
internal sealed class TokenizerHandle : SafeHandle
{
    public TokenizerHandle(nint processor)
        : base(0, ownsHandle: true) => SetHandle(processor);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        TextLibrary.orchestrator_text_free(handle);
        return true;
    }
}

using System.Globalization;
using System.Text;

namespace Grpc.Wire;

/// <summary>Names and encodings of gRPC over HTTP/2.</summary>
/// <remarks>Source: doc/PROTOCOL-HTTP2.md of the gRPC project.</remarks>
internal static class Protocol
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string TimeoutHeader = "grpc-timeout";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";

    /// <summary>A header that callers set to choose the compression of a call; it does not travel.</summary>
    public const string CompressionRequestHeader = "grpc-internal-encoding-request";

    public const string Identity = "identity";

    /// <summary>What either side takes unless told otherwise: 4 MiB.</summary>
    public const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Whether a content type is gRPC's: itself, with a message format after a plus, or with parameters.</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>Whether a header belongs to the protocol or to HTTP and is no metadata.</summary>
    public static bool IsReserved(string name) =>
        name.StartsWith(':')
        || name.ToLowerInvariant() is StatusHeader or MessageHeader or TimeoutHeader or EncodingHeader or AcceptEncodingHeader
            or "content-type" or "content-encoding" or "content-length" or "te" or "host" or "accept-encoding" or "trailer" or "transfer-encoding" or "connection";

    /// <summary>Escapes a status message: UTF-8, with everything but printable ASCII and the per cent sign as %XX.</summary>
    public static string PercentEncode(string text)
    {
        if (text.All(IsPlain))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (IsPlain((char)octet))
            {
                escaped.Append((char)octet);
            }
            else
            {
                escaped.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();

        static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '%';
    }

    /// <summary>Undoes <see cref="PercentEncode"/>; a broken escape is kept as it is, as the protocol asks.</summary>
    public static string PercentDecode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var octets = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                octets.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                octets.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. octets]);
    }

    /// <summary>A timeout of at most eight digits and a unit, rounded up to a millisecond or to what fits.</summary>
    public static string EncodeTimeout(TimeSpan timeout)
    {
        const long limit = 100_000_000;
        var milliseconds = Math.Max(1, (timeout.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
        if (milliseconds < limit)
        {
            return milliseconds.ToString(CultureInfo.InvariantCulture) + "m";
        }

        var seconds = (milliseconds + 999) / 1000;
        return seconds < limit
            ? seconds.ToString(CultureInfo.InvariantCulture) + "S"
            : Math.Min(limit - 1, (seconds + 3599) / 3600).ToString(CultureInfo.InvariantCulture) + "H";
    }

    /// <summary>Reads a timeout.</summary>
    /// <returns>False if it is malformed.</returns>
    public static bool TryDecodeTimeout(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null
            || text.Length is < 2 or > 9
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        var ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticks < 0)
        {
            return false;
        }

        timeout = ticks == 0
            ? TimeSpan.FromTicks((value + 99) / 100)
            : TimeSpan.FromTicks((long)Math.Min(TimeSpan.MaxValue.Ticks / 2.0, (double)value * ticks));
        return true;
    }

    /// <summary>The bytes of a binary header, whose padding may be missing.</summary>
    /// <exception cref="FormatException">The text is not base64.</exception>
    public static byte[] FromBase64(string text)
    {
        text = text.TrimEnd('=');
        return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
    }
}

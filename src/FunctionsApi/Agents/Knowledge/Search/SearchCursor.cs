using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Api;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>Says where in the results of one search of one tenant to go on.</summary>
internal static class SearchCursor
{
    /// <summary>The most results that can be paged through.</summary>
    public const int MaxSkip = 10_000;

    private const int MarkBytes = 8;

    public static string Of(string tenant, string query, int skip)
    {
        var bytes = new byte[sizeof(int) + MarkBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes, skip);
        MarkOf(tenant, query, skip).CopyTo(bytes.AsSpan(sizeof(int)));
        return Base64Url.EncodeToString(bytes);
    }

    /// <returns>How many results to skip.</returns>
    /// <exception cref="ApiException">400: it is broken, or another search's.</exception>
    public static int Read(string cursor, string tenant, string query)
    {
        var bytes = new byte[sizeof(int) + MarkBytes];
        if (!Base64Url.IsValid(cursor, out var length) || length != bytes.Length)
            throw Wrong();
        Base64Url.DecodeFromChars(cursor, bytes);
        var skip = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (skip is < 1 or >= MaxSkip || !MarkOf(tenant, query, skip).SequenceEqual(bytes.AsSpan(sizeof(int))))
            throw Wrong();
        return skip;
    }

    private static ReadOnlySpan<byte> MarkOf(string tenant, string query, int skip) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}\n{skip}\n{query}")).AsSpan(0, MarkBytes);

    private static ApiException Wrong() => new(
        400, "invalid_parameter", "'cursor' is none of this search: send the 'next' of the answer before, with the same 'q', or leave it out.");
}

// What a quota entity holds in its task hub: a JSON string, so that no serializer's settings change it, of the format's name and
// base64url, which no nesting of JSON escapes:
//
//   "q1.AgAB…"     the entity's bytes
//   "q1b.GyQA…"    the same, packed by Brotli, from 1 KiB on
//
// Beyond some 30,000 characters the task hub would move it to blobs, which costs several requests more at each operation. A
// thousand instances at work on one partition have 20,000; tests hold to that.

using System.Buffers.Text;
using System.IO.Compression;
using System.Text.Json;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Ledgers;

/// <summary>A quota entity as the text that its task hub holds.</summary>
internal static class EntityText
{
    private const string Plain = "q1.";
    private const string Packed = "q1b.";
    private const int PackedFrom = 1024;
    private const int MaxBytes = 1024 * 1024;
    private const int Quality = 5;
    private const int Window = 18;

    public static string Write(QuotaEntity entity)
    {
        var bytes = QuotaEntityCodec.Encode(entity);
        return bytes.Length < PackedFrom ? Plain + Base64Url.EncodeToString(bytes) : Packed + Base64Url.EncodeToString(Pack(bytes));
    }

    /// <exception cref="InvalidDataException">It is no quota entity, or one of a version that this program does not know.</exception>
    public static QuotaEntity Read(string text)
    {
        if (text.StartsWith(Plain, StringComparison.Ordinal))
            return QuotaEntityCodec.Decode(Bytes(text.AsSpan(Plain.Length)));
        if (text.StartsWith(Packed, StringComparison.Ordinal))
            return QuotaEntityCodec.Decode(Unpack(Bytes(text.AsSpan(Packed.Length))));
        throw new InvalidDataException("It is no quota entity that this program knows.");
    }

    /// <summary>What the hub holds is JSON.</summary>
    /// <returns>Empty where it is no string.</returns>
    public static string FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, HubJson.Default.String) ?? "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    /// <exception cref="InvalidDataException">It is no base64url.</exception>
    public static byte[] Bytes(ReadOnlySpan<char> text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException("It is damaged.", e);
        }
    }

    private static ReadOnlySpan<byte> Pack(byte[] bytes)
    {
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        return BrotliEncoder.TryCompress(bytes, packed, out var length, Quality, Window)
            ? packed.AsSpan(0, length)
            : throw new InvalidOperationException("There is always room for what is packed.");
    }

    private static ReadOnlySpan<byte> Unpack(byte[] packed)
    {
        // Written by others it may claim any size.
        using var unpacked = new MemoryStream();
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = brotli.Read(buffer)) > 0;)
                if (unpacked.Length + read <= MaxBytes)
                    unpacked.Write(buffer, 0, read);
                else
                    throw new InvalidDataException("It is too large.");
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException("It is damaged.", e);
        }
        return unpacked.ToArray();
    }
}

// An id is recognised for 24 hours, or until 500,000 others of the tenant have come since, whichever is sooner: it must be looked for in
// memory, for a thousand of a request cannot be asked of the store one by one. Ids belong to generations. One ends when it has lasted
// 24 hours or has 500,000 ids; the one before it is remembered until then, so that nothing is forgotten too early.
//
// What is kept of an id is 8 bytes of its SHA-256: that a new id is taken for a known one happens once in some 10^13 events.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>The ids by which events that are sent again are recognised.</summary>
internal sealed class SeenIds
{
    public const int MaxIds = 500_000;

    /// <summary>Ids to a row: 16 KiB.</summary>
    public const int IdsPerPage = 2048;

    public static readonly TimeSpan RememberFor = TimeSpan.FromHours(24);

    private HashSet<ulong> _before = [];
    private HashSet<ulong> _present = [];

    /// <summary>About what they take in memory.</summary>
    public long Bytes => 24L * (_before.Count + _present.Count);

    public int PresentCount => _present.Count;

    public static ulong Hash(string id)
    {
        // An id has at most 128 characters, of at most 3 bytes each.
        Span<byte> text = stackalloc byte[3 * EventParser.MaxId];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(id, text)], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    public bool Contains(ulong id) => _before.Contains(id) || _present.Contains(id);

    public void Add(ulong id, bool toBefore = false) => (toBefore ? _before : _present).Add(id);

    public void Remove(ulong id) => _present.Remove(id);

    /// <summary>Begins another generation.</summary>
    public void Turn() => (_before, _present) = (_present, []);

    public static byte[] Encode(List<ulong> page)
    {
        var bytes = new byte[page.Count * sizeof(ulong)];
        for (var i = 0; i < page.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), page[i]);
        return bytes;
    }

    public static List<ulong> Decode(ReadOnlySpan<byte> bytes)
    {
        var page = new List<ulong>(IdsPerPage);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            page.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        return page;
    }
}

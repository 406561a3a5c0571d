using System.Text;

namespace FunctionsApi.Agents.Analytics.Journal;

/// <summary>
/// How many events there were of each name, a type or a page: as many names as fit into a row, in the order in which they came. Events
/// of further names are counted as others, so that a sender who makes up names all the time costs no more than a row.
/// </summary>
internal sealed class EventCounts
{
    /// <summary>What the names may take as bytes: some thousand of 50 characters.</summary>
    public const int MaxBytes = 60 * 1024;

    // The length of a name and its count.
    private const int Overhead = 2 + 10;

    private readonly Dictionary<string, long> _byName = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> ByName => _byName;

    /// <summary>Events of names that found no place.</summary>
    public long Others { get; private set; }

    public long Total => _byName.Values.Sum() + Others;

    /// <summary>At most what <see cref="Encode"/> gives.</summary>
    public int Bytes { get; private set; } = Overhead;

    /// <summary>What a name that is new takes.</summary>
    public static int SizeOf(string name) => Encoding.UTF8.GetByteCount(name) + Overhead;

    public void Add(string name)
    {
        if (_byName.TryGetValue(name, out var count))
            _byName[name] = count + 1;
        else if (!TrySet(name, 1))
            Others++;
    }

    /// <summary>Adds what others count, however many names that are.</summary>
    public void Add(EventCounts counts)
    {
        foreach (var (name, count) in counts._byName)
            _byName[name] = _byName.GetValueOrDefault(name) + count;
        Others += counts.Others;
    }

    public byte[] Encode()
    {
        using var stream = new MemoryStream(Bytes);
        using var writer = new BinaryWriter(stream);
        writer.Write7BitEncodedInt64(Others);
        foreach (var (name, count) in _byName)
        {
            writer.Write(name);
            writer.Write7BitEncodedInt64(count);
        }

        return stream.ToArray();
    }

    public static EventCounts Decode(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        using var reader = new BinaryReader(stream);
        var counts = new EventCounts { Others = reader.Read7BitEncodedInt64() };
        while (stream.Position < stream.Length)
            counts.TrySet(reader.ReadString(), reader.Read7BitEncodedInt64());
        return counts;
    }

    private bool TrySet(string name, long count)
    {
        var bytes = Bytes + SizeOf(name);
        if (bytes > MaxBytes)
            return false;
        _byName[name] = count;
        Bytes = bytes;
        return true;
    }
}

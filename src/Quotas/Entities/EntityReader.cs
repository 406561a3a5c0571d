using System.Buffers.Binary;
using System.Text;

namespace FunctionsApi.Quotas.Entities;

/// <summary>Reads what <see cref="EntityWriter"/> wrote, and trusts none of it.</summary>
/// <remarks>Every method throws <see cref="InvalidDataException"/> where the bytes are not what it reads.</remarks>
internal ref struct EntityReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public static InvalidDataException Damaged() => new("The quota entity is damaged.");

    public byte ReadByte() => Take(1)[0];

    public ulong ReadWhole() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public ulong ReadNumber()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
        throw Damaged();
    }

    public int ReadInt() => ReadNumber() is <= int.MaxValue and var value ? (int)value : throw Damaged();

    /// <summary>How many follow, each of at least a byte.</summary>
    public int ReadCount() => ReadInt() is var count && count <= _rest.Length ? count : throw Damaged();

    public string ReadText() => Encoding.UTF8.GetString(Take(ReadCount()));

    public Instant ReadTicks(Instant from) => new(unchecked(from.Ticks + ReadSigned()));

    public Instant ReadMilliseconds(Instant from) => new(unchecked(from.Ticks + ReadSigned() * TimeSpan.TicksPerMillisecond));

    public readonly void End()
    {
        if (!_rest.IsEmpty)
            throw Damaged();
    }

    private long ReadSigned()
    {
        var zigzag = ReadNumber();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw Damaged();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

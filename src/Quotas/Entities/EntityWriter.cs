using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FunctionsApi.Quotas.Entities;

/// <summary>Writes numbers, times and text to a borrowed buffer that grows.</summary>
internal sealed class EntityWriter : IDisposable
{
    private const int FirstBytes = 512;
    private const int MostBytesOfNumber = 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    public void Write(byte value) => Room(1)[_length++] = value;

    /// <summary>All eight bytes: for what is spread evenly.</summary>
    public void WriteWhole(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(sizeof(ulong)).AsSpan(_length), value);
        _length += sizeof(ulong);
    }

    /// <summary>Seven bits a byte, the lowest first: for what is mostly small.</summary>
    public void Write(ulong value)
    {
        var buffer = Room(MostBytesOfNumber);
        for (; value >= 0x80; value >>= 7)
            buffer[_length++] = (byte)(value | 0x80);
        buffer[_length++] = (byte)value;
    }

    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Write((uint)bytes);
        _length += Encoding.UTF8.GetBytes(text, Room(bytes).AsSpan(_length));
    }

    /// <summary>As a distance, to 100 ns.</summary>
    public void WriteTicks(Instant time, Instant from) => WriteSigned(time.Ticks - from.Ticks);

    /// <summary>As a distance in milliseconds, rounded up.</summary>
    /// <param name="time">The time.</param>
    /// <param name="from">A whole millisecond.</param>
    /// <returns>What was written.</returns>
    public Instant WriteMilliseconds(Instant time, Instant from)
    {
        var whole = time.MillisecondCeiling;
        WriteSigned((whole.Ticks - from.Ticks) / TimeSpan.TicksPerMillisecond);
        return whole;
    }

    public byte[] ToArray() => _buffer[.._length];

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    // Zigzag: the lowest bit is the sign, so that a small number on either side of zero stays small.
    private void WriteSigned(long value) => Write((ulong)((value << 1) ^ (value >> 63)));

    private byte[] Room(int bytes)
    {
        if (_buffer.Length - _length >= bytes)
            return _buffer;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + bytes));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        return _buffer = larger;
    }
}

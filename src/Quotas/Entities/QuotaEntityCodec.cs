using System.Collections.Immutable;
using System.Text;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>
/// An entity as bytes, small enough for a column of a table row: a version, then numbers of 1 to 10 bytes each, times as
/// distances from the entity's last one.
/// </summary>
public static class QuotaEntityCodec
{
    private const byte Version = 1;

    public static byte[] Encode(QuotaEntity entity)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(entity.LastTime.Ticks);
        writer.Write7BitEncodedInt(entity.Generation);
        writer.Write7BitEncodedInt(entity.Counters.Length);
        foreach (var counter in entity.Counters)
            Write(writer, counter, entity.LastTime);
        writer.Write7BitEncodedInt(entity.Instances.Length);
        foreach (var mark in entity.Instances)
        {
            writer.Write(mark.Instance.Value);
            writer.Write7BitEncodedInt64(mark.Operation);
            Write(writer, mark.Seen, entity.LastTime);
            writer.Write7BitEncodedInt(mark.Granted.Length);
            foreach (var permits in mark.Granted)
                writer.Write7BitEncodedInt(permits);
        }
        writer.Flush();
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not an entity of a version that this program knows.</exception>
    public static QuotaEntity Decode(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
            var version = reader.ReadByte();
            if (version != Version)
                throw new InvalidDataException(
                    $"The quota entity has format version {version}; this program knows version {Version}. Upgrade it.");

            var last = new Instant(reader.ReadInt64());
            return new()
            {
                LastTime = last,
                Generation = reader.Read7BitEncodedInt(),
                Counters = ReadMany(reader, () => ReadCounter(reader, last)),
                Instances = ReadMany(reader, () => new InstanceMark(
                    new(reader.ReadUInt64()),
                    reader.Read7BitEncodedInt64(),
                    ReadInstant(reader, last),
                    ReadMany(reader, reader.Read7BitEncodedInt))),
            };
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("The quota entity is damaged.", e);
        }
    }

    private static void Write(BinaryWriter writer, Counter counter, Instant last)
    {
        writer.Write((byte)counter.Algorithm);
        writer.Write(counter.Policy);
        switch (counter)
        {
            case FixedWindowCounter window:
                Write(writer, window.WindowEnd, last);
                writer.Write7BitEncodedInt(window.Used);
                writer.Write(window.BurstOpened is not null);
                if (window.BurstOpened is { } opened)
                    Write(writer, opened, last);
                break;
            case SlidingWindowCounter window:
                writer.Write7BitEncodedInt(window.Buckets.Length);
                foreach (var bucket in window.Buckets)
                {
                    Write(writer, bucket.Last, last);
                    writer.Write7BitEncodedInt(bucket.Permits);
                }
                Write(writer, window.Leases, last);
                break;
            case ConcurrencyCounter concurrency:
                Write(writer, concurrency.Leases, last);
                break;
        }
    }

    private static Counter ReadCounter(BinaryReader reader, Instant last)
    {
        var algorithm = (Algorithm)reader.ReadByte();
        var policy = reader.ReadString();
        return algorithm switch
        {
            Algorithm.FixedWindow => new FixedWindowCounter(policy)
            {
                WindowEnd = ReadInstant(reader, last),
                Used = reader.Read7BitEncodedInt(),
                BurstOpened = reader.ReadBoolean() ? ReadInstant(reader, last) : null,
            },
            Algorithm.SlidingWindow => new SlidingWindowCounter(policy)
            {
                Buckets = ReadMany(reader, () => new Bucket(ReadInstant(reader, last), reader.Read7BitEncodedInt())),
                Leases = ReadLeases(reader, last),
            },
            Algorithm.Concurrency => new ConcurrencyCounter(policy) { Leases = ReadLeases(reader, last) },
            _ => throw new InvalidDataException($"The quota entity counts by an unknown algorithm, {algorithm}."),
        };
    }

    private static void Write(BinaryWriter writer, ImmutableArray<InstanceLease> leases, Instant last)
    {
        writer.Write7BitEncodedInt(leases.Length);
        foreach (var lease in leases)
        {
            writer.Write(lease.Instance.Value);
            writer.Write7BitEncodedInt(lease.Permits);
            Write(writer, lease.Expires, last);
        }
    }

    private static ImmutableArray<InstanceLease> ReadLeases(BinaryReader reader, Instant last) => ReadMany(
        reader, () => new InstanceLease(new(reader.ReadUInt64()), reader.Read7BitEncodedInt(), ReadInstant(reader, last)));

    private static ImmutableArray<T> ReadMany<T>(BinaryReader reader, Func<T> read)
    {
        var count = reader.Read7BitEncodedInt();
        if (count < 0 || count > reader.BaseStream.Length)
            throw new InvalidDataException("The quota entity is damaged.");
        var all = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
            all.Add(read());
        return all.MoveToImmutable();
    }

    // Zigzag: a time may lie on either side of the last one, and most lie near it.
    private static void Write(BinaryWriter writer, Instant time, Instant last)
    {
        var distance = time.Ticks - last.Ticks;
        writer.Write7BitEncodedInt64((distance << 1) ^ (distance >> 63));
    }

    private static Instant ReadInstant(BinaryReader reader, Instant last)
    {
        var zigzag = reader.Read7BitEncodedInt64();
        return new(last.Ticks + ((long)((ulong)zigzag >> 1) ^ -(zigzag & 1)));
    }
}

// An entity as bytes. Instances are named once, and leases refer to them by their place:
//
//   version 4, last time, lagging, generation
//   instances   those that are remembered (id, operation, seen, granted), then those that only hold a lease (id)
//   counters    algorithm, policy, and what it counts
//
// Numbers have 1 to 10 bytes, times are distances from one nearby, and those of leases and instances whole milliseconds: a
// thousand instances take some 20 bytes each. The sizes are held to in EntitySizeTests.

using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>An entity as bytes, small enough for a table row.</summary>
public static class QuotaEntityCodec
{
    private const byte Version = 4;

    public static byte[] Encode(QuotaEntity entity)
    {
        using var writer = new EntityWriter();
        writer.Write(Version);
        writer.WriteWhole((ulong)entity.LastTime.Ticks);
        Write(writer, entity.Lagging, entity.LastTime);
        writer.Write((uint)entity.Generation);
        var places = WriteInstances(writer, entity);
        writer.Write((uint)entity.Counters.Length);
        foreach (var counter in entity.Counters)
            Write(writer, counter, entity.LastTime, places);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not an entity of the version that this program knows.</exception>
    public static QuotaEntity Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntityReader(bytes);
        var version = reader.ReadByte();
        if (version != Version)
            throw new InvalidDataException(
                $"The quota entity has format version {version}; this program knows version {Version}. "
                + (version > Version ? "Upgrade it." : "It was stored by an older one."));

        var last = new Instant((long)reader.ReadWhole());
        var lagging = ReadLagging(ref reader, last);
        var generation = reader.ReadInt();
        var (marks, ids) = ReadInstances(ref reader, last);
        var counters = ImmutableArray.CreateBuilder<Counter>(reader.ReadCount());
        while (counters.Count < counters.Capacity)
            counters.Add(ReadCounter(ref reader, last, ids));
        reader.End();
        return new()
        {
            LastTime = last,
            Lagging = lagging,
            Generation = generation,
            Counters = counters.MoveToImmutable(),
            Instances = marks,
        };
    }

    /// <returns>Each instance's place.</returns>
    private static Dictionary<InstanceId, int> WriteInstances(EntityWriter writer, QuotaEntity entity)
    {
        var places = new Dictionary<InstanceId, int>(entity.Instances.Length);
        writer.Write((uint)entity.Instances.Length);
        var seen = entity.LastTime.MillisecondCeiling;
        foreach (var mark in entity.Instances)
        {
            places[mark.Instance] = places.Count;
            writer.WriteWhole(mark.Instance.Value);
            writer.Write((ulong)mark.Operation);
            seen = writer.WriteMilliseconds(mark.Seen, seen);
            writer.Write((uint)mark.Granted.Length);
            foreach (var permits in mark.Granted)
                writer.Write((uint)permits);
        }

        var others = new List<InstanceId>();
        foreach (var counter in entity.Counters)
            foreach (var lease in LeasesOf(counter))
                if (places.TryAdd(lease.Instance, places.Count))
                    others.Add(lease.Instance);
        writer.Write((uint)others.Count);
        foreach (var instance in others)
            writer.WriteWhole(instance.Value);
        return places;
    }

    private static (ImmutableArray<InstanceMark> Marks, List<InstanceId> Ids) ReadInstances(ref EntityReader reader, Instant last)
    {
        var ids = new List<InstanceId>();
        var marks = ImmutableArray.CreateBuilder<InstanceMark>(reader.ReadCount());
        var seen = last.MillisecondCeiling;
        while (marks.Count < marks.Capacity)
        {
            var instance = new InstanceId(reader.ReadWhole());
            var operation = (long)reader.ReadNumber();
            seen = reader.ReadMilliseconds(seen);
            var granted = ImmutableArray.CreateBuilder<int>(reader.ReadCount());
            while (granted.Count < granted.Capacity)
                granted.Add(reader.ReadInt());
            marks.Add(new(instance, operation, seen, granted.MoveToImmutable()));
            ids.Add(instance);
        }

        for (var others = reader.ReadCount(); others > 0; others--)
            ids.Add(new(reader.ReadWhole()));
        return (marks.MoveToImmutable(), ids);
    }

    private static ImmutableArray<InstanceLease> LeasesOf(Counter counter) => counter switch
    {
        FixedWindowCounter window => window.Leases,
        SlidingWindowCounter window => window.Leases,
        ConcurrencyCounter concurrency => concurrency.Leases,
        _ => [],
    };

    private static void Write(EntityWriter writer, (Instant Since, Instant Latest)? lagging, Instant last)
    {
        writer.Write(lagging is null ? (byte)0 : (byte)1);
        if (lagging is not { } known)
            return;
        writer.WriteTicks(known.Since, last);
        writer.WriteTicks(known.Latest, last);
    }

    private static (Instant Since, Instant Latest)? ReadLagging(ref EntityReader reader, Instant last) =>
        reader.ReadByte() == 0 ? null : (reader.ReadTicks(last), reader.ReadTicks(last));

    private static void Write(EntityWriter writer, Counter counter, Instant last, Dictionary<InstanceId, int> places)
    {
        writer.Write((byte)counter.Algorithm);
        writer.Write(counter.Policy);
        switch (counter)
        {
            case FixedWindowCounter window:
                writer.WriteTicks(window.WindowEnd, last);
                writer.Write((uint)window.Used);
                Write(writer, window.BurstOpened, last);
                Write(writer, window.Leases, last, places);
                Write(writer, window.Previous, last);
                break;
            case SlidingWindowCounter window:
                writer.Write((uint)window.Buckets.Length);
                foreach (var bucket in window.Buckets)
                {
                    writer.WriteTicks(bucket.Last, last);
                    writer.Write((uint)bucket.Permits);
                }
                Write(writer, window.Leases, last, places);
                break;
            case ConcurrencyCounter concurrency:
                Write(writer, concurrency.Leases, last, places);
                break;
        }
    }

    private static Counter ReadCounter(ref EntityReader reader, Instant last, List<InstanceId> ids)
    {
        var algorithm = (Algorithm)reader.ReadByte();
        var policy = reader.ReadText();
        return algorithm switch
        {
            Algorithm.FixedWindow => new FixedWindowCounter(policy)
            {
                WindowEnd = reader.ReadTicks(last),
                Used = reader.ReadInt(),
                BurstOpened = ReadOptional(ref reader, last),
                Leases = ReadLeases(ref reader, last, ids),
                Previous = reader.ReadInt() is > 0 and var used ? new(reader.ReadTicks(last), used, ReadOptional(ref reader, last)) : default,
            },
            Algorithm.SlidingWindow => new SlidingWindowCounter(policy)
            {
                Buckets = ReadBuckets(ref reader, last),
                Leases = ReadLeases(ref reader, last, ids),
            },
            Algorithm.Concurrency => new ConcurrencyCounter(policy) { Leases = ReadLeases(ref reader, last, ids) },
            _ => throw new InvalidDataException($"The quota entity counts by an unknown algorithm, {algorithm}."),
        };
    }

    private static void Write(EntityWriter writer, CountedWindow previous, Instant last)
    {
        writer.Write((uint)previous.Used);
        if (previous.Used == 0)
            return;
        writer.WriteTicks(previous.WindowEnd, last);
        Write(writer, previous.BurstOpened, last);
    }

    private static void Write(EntityWriter writer, Instant? time, Instant last)
    {
        writer.Write(time is null ? (byte)0 : (byte)1);
        if (time is { } known)
            writer.WriteTicks(known, last);
    }

    private static Instant? ReadOptional(ref EntityReader reader, Instant last) => reader.ReadByte() == 0 ? null : reader.ReadTicks(last);

    private static ImmutableArray<Bucket> ReadBuckets(ref EntityReader reader, Instant last)
    {
        var buckets = ImmutableArray.CreateBuilder<Bucket>(reader.ReadCount());
        while (buckets.Count < buckets.Capacity)
            buckets.Add(new(reader.ReadTicks(last), reader.ReadInt()));
        return buckets.MoveToImmutable();
    }

    private static void Write(
        EntityWriter writer, ImmutableArray<InstanceLease> leases, Instant last, Dictionary<InstanceId, int> places)
    {
        writer.Write((uint)leases.Length);
        foreach (var lease in leases)
        {
            writer.Write((uint)places[lease.Instance]);
            writer.Write((uint)lease.Permits);
            writer.WriteMilliseconds(lease.Expires, last.MillisecondCeiling);
        }
    }

    private static ImmutableArray<InstanceLease> ReadLeases(ref EntityReader reader, Instant last, List<InstanceId> ids)
    {
        var leases = ImmutableArray.CreateBuilder<InstanceLease>(reader.ReadCount());
        while (leases.Count < leases.Capacity)
        {
            var place = reader.ReadInt();
            if (place >= ids.Count)
                throw EntityReader.Damaged();
            leases.Add(new(ids[place], reader.ReadInt(), reader.ReadMilliseconds(last.MillisecondCeiling)));
        }
        return leases.MoveToImmutable();
    }
}

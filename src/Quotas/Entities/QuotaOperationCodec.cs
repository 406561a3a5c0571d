// An operation as bytes, on its way to an entity that another process runs:
//
//   version 3, the sender's time, instance, id, generation
//   policies   the policy as the sender knows it, and what is asked of it
//
// Every part is written always, in the order of its declaration. A new part needs a new version: what does not know it must
// not apply the rest.

using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Quotas.Entities;

/// <summary>An operation, and when it was sent, as bytes.</summary>
public static class QuotaOperationCodec
{
    private const byte Version = 3;

    public static byte[] Encode(QuotaOperation operation, Instant now)
    {
        using var writer = new EntityWriter();
        writer.Write(Version);
        writer.WriteWhole((ulong)now.Ticks);
        writer.WriteWhole(operation.Instance.Value);
        writer.Write((ulong)operation.Id);
        writer.Write((uint)operation.Generation);
        writer.Write((uint)operation.Policies.Length);
        foreach (var part in operation.Policies)
            Write(writer, part, now);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not an operation of the version that this program knows.</exception>
    public static (QuotaOperation Operation, Instant Now) Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntityReader(bytes);
        if (reader.ReadByte() is not Version and var version)
            throw new InvalidDataException($"The operation has format version {version}; this program knows version {Version}.");
        var now = new Instant((long)reader.ReadWhole());
        var instance = new InstanceId(reader.ReadWhole());
        var id = (long)reader.ReadNumber();
        var generation = reader.ReadInt();
        var parts = ImmutableArray.CreateBuilder<PolicyOperation>(reader.ReadCount());
        while (parts.Count < parts.Capacity)
            parts.Add(ReadPart(ref reader, now));
        reader.End();
        return (new(instance, id, generation, parts.MoveToImmutable()), now);
    }

    private static void Write(EntityWriter writer, PolicyOperation part, Instant now)
    {
        Write(writer, part.Policy);
        writer.Write((uint)part.Need);
        writer.Write((uint)part.Pressing);
        writer.Write((uint)part.Want);
        Write(writer, part.LeaseFor);
        writer.Write((uint)part.Returned);
        writer.WriteTicks(part.WindowEnd, now);
        Write(writer, part.Spent);
        Write(writer, part.Refunded, now);
        Write(writer, part.Overdrawn);
        writer.Write((uint)part.Kept);
    }

    private static PolicyOperation ReadPart(ref EntityReader reader, Instant now) => new(ReadPolicy(ref reader))
    {
        Need = reader.ReadInt(),
        Pressing = reader.ReadInt(),
        Want = reader.ReadInt(),
        LeaseFor = ReadLength(ref reader),
        Returned = reader.ReadInt(),
        WindowEnd = reader.ReadTicks(now),
        Spent = ReadSpendings(ref reader),
        Refunded = ReadReleases(ref reader, now),
        Overdrawn = ReadSpendings(ref reader),
        Kept = reader.ReadInt(),
    };

    private static void Write(EntityWriter writer, Policy policy)
    {
        writer.Write(policy.Name);
        writer.Write((byte)policy.Algorithm);
        writer.Write((uint)policy.Limit);
        Write(writer, policy.Window);
        writer.Write((uint)(policy.Burst?.Factor ?? 0));
        Write(writer, policy.Burst?.Length ?? default);
        writer.Write(policy.Shadow ? (byte)1 : (byte)0);
    }

    private static Policy ReadPolicy(ref EntityReader reader) => new()
    {
        Name = reader.ReadText(),
        Algorithm = ReadAlgorithm(ref reader),
        Limit = reader.ReadInt(),
        Window = ReadLength(ref reader),
        Burst = ReadBurst(ref reader),
        Shadow = reader.ReadByte() != 0,
    };

    private static Algorithm ReadAlgorithm(ref EntityReader reader) =>
        (Algorithm)reader.ReadByte() is var algorithm && Enum.IsDefined(algorithm)
            ? algorithm
            : throw new InvalidDataException($"The operation asks for an unknown algorithm, {algorithm}.");

    private static Burst? ReadBurst(ref EntityReader reader)
    {
        var (factor, length) = (reader.ReadInt(), ReadLength(ref reader));
        return factor == 0 ? null : new(factor, length);
    }

    private static void Write(EntityWriter writer, ImmutableArray<Spending> spendings)
    {
        writer.Write((uint)spendings.Length);
        foreach (var spending in spendings)
        {
            Write(writer, spending.Ago);
            writer.Write((uint)spending.Permits);
        }
    }

    private static ImmutableArray<Spending> ReadSpendings(ref EntityReader reader)
    {
        var spendings = ImmutableArray.CreateBuilder<Spending>(reader.ReadCount());
        while (spendings.Count < spendings.Capacity)
            spendings.Add(new(ReadLength(ref reader), reader.ReadInt()));
        return spendings.MoveToImmutable();
    }

    private static void Write(EntityWriter writer, ImmutableArray<Release> releases, Instant now)
    {
        writer.Write((uint)releases.Length);
        foreach (var release in releases)
        {
            writer.WriteTicks(release.At, now);
            writer.Write((uint)release.Permits);
        }
    }

    private static ImmutableArray<Release> ReadReleases(ref EntityReader reader, Instant now)
    {
        var releases = ImmutableArray.CreateBuilder<Release>(reader.ReadCount());
        while (releases.Count < releases.Capacity)
            releases.Add(new(reader.ReadTicks(now), reader.ReadInt()));
        return releases.MoveToImmutable();
    }

    private static void Write(EntityWriter writer, TimeSpan length) => writer.WriteTicks(new(length.Ticks), default);

    private static TimeSpan ReadLength(ref EntityReader reader) => new(reader.ReadTicks(default).Ticks);
}

using System.Buffers.Text;
using System.Globalization;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Ledgers;

/// <summary>
/// What is sent to a quota entity, and what the entity makes of it. Signals arrive once, several times or late, and in any order:
/// whatever arrives, the entity comes to the same end, and it refuses nothing by an exception.
/// </summary>
/// <param name="Name">The entity's operation: <c>apply</c> or <c>reset</c>.</param>
/// <param name="Input">What of; text without a character that JSON escapes.</param>
internal readonly record struct EntitySignal(string Name, string Input)
{
    /// <summary>The entity's name in the task hub.</summary>
    public const string Entity = "quota";

    private const string ApplyName = "apply";
    private const string ResetName = "reset";
    private const string Unreadable = "unreadable";

    /// <summary>Applies an operation.</summary>
    public static EntitySignal Apply(QuotaOperation operation, Instant now) =>
        new(ApplyName, Base64Url.EncodeToString(QuotaOperationCodec.Encode(operation, now)));

    /// <summary>Starts all counters anew.</summary>
    /// <param name="entity">
    /// As it was read, null where it could not be read. An entity that was reset since ignores the signal, so that one that is
    /// delivered twice does not wipe out what was counted in between.
    /// </param>
    /// <param name="now">The time to start from.</param>
    public static EntitySignal Reset(QuotaEntity? entity, Instant now) =>
        new(ResetName, $"{entity?.Generation.ToString(CultureInfo.InvariantCulture) ?? Unreadable}.{now.Ticks.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>What the entity's function does.</summary>
    /// <remarks>
    /// What was long on its way is applied at the time when it is applied, and not at the one when it was sent: a backlog that comes in
    /// any order would look like operations of clocks that are behind, and set the entity's time back. An operation that its
    /// sender has given up, <see cref="QuotaEntity.RepeatFor"/> after it was sent, is ignored: the entity may have applied it and
    /// forgotten that it did.
    /// </remarks>
    /// <param name="state">The entity; null where it is new.</param>
    /// <param name="now">The time of the instance that runs the entity. Where the signal was sent later by its sender's clock, that counts.</param>
    /// <returns>What to keep; the same text where nothing changes.</returns>
    /// <exception cref="InvalidDataException">The entity, or the signal, cannot be read; nothing is to be changed.</exception>
    public string? Receive(string? state, Instant now) => Name switch
    {
        ApplyName => ReceiveApply(state, now),
        ResetName => ReceiveReset(state, now),
        _ => throw new InvalidDataException($"There is no operation '{Name}'."),
    };

    private string? ReceiveApply(string? state, Instant now)
    {
        var entity = state is null ? QuotaEntity.Empty : EntityText.Read(state);
        var (operation, sent) = QuotaOperationCodec.Decode(EntityText.Bytes(Input));
        if (now - sent >= QuotaEntity.RepeatFor)
            return state;
        var after = entity.ApplyAndRemember(operation, Instant.Max(sent, now));
        return state is not null && ReferenceEquals(after, entity) ? state : EntityText.Write(after);
    }

    private string? ReceiveReset(string? state, Instant now)
    {
        if (Input.Split('.') is not [var generation, var ticks]
            || !long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var sent))
            throw new InvalidDataException("The reset is damaged.");
        if (state is null)
            return null;
        var entity = TryRead(state);
        var expected = entity?.Generation.ToString(CultureInfo.InvariantCulture) ?? Unreadable;
        return generation == expected ? EntityText.Write((entity ?? QuotaEntity.Empty).Reset(Instant.Max(new(sent), now))) : state;
    }

    private static QuotaEntity? TryRead(string state)
    {
        try
        {
            return EntityText.Read(state);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}

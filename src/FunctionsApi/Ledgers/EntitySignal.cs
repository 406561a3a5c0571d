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
    /// <param name="state">The entity; null where it is new.</param>
    /// <returns>What to keep; the same text where nothing changes.</returns>
    /// <exception cref="InvalidDataException">The entity, or the signal, cannot be read; nothing is to be changed.</exception>
    public string? Receive(string? state) => Name switch
    {
        ApplyName => ReceiveApply(state),
        ResetName => ReceiveReset(state),
        _ => throw new InvalidDataException($"There is no operation '{Name}'."),
    };

    private string ReceiveApply(string? state)
    {
        var entity = state is null ? QuotaEntity.Empty : EntityText.Read(state);
        var (operation, now) = QuotaOperationCodec.Decode(EntityText.Bytes(Input));
        var after = entity.ApplyAndRemember(operation, now);
        return state is not null && ReferenceEquals(after, entity) ? state : EntityText.Write(after);
    }

    private string? ReceiveReset(string? state)
    {
        if (Input.Split('.') is not [var generation, var ticks]
            || !long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var now))
            throw new InvalidDataException("The reset is damaged.");
        if (state is null)
            return null;
        var entity = TryRead(state);
        var expected = entity?.Generation.ToString(CultureInfo.InvariantCulture) ?? Unreadable;
        return generation == expected ? EntityText.Write((entity ?? QuotaEntity.Empty).Reset(new(now))) : state;
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

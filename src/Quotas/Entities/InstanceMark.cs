using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Entities;

/// <summary>What an entity remembers of an instance's last operation, to answer it again.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Operation">The operation's id, 1 or more; 0 where nothing is remembered.</param>
/// <param name="Seen">When it was applied, rounded down to a whole millisecond, and so to one of the same window.</param>
/// <param name="Granted">The permits granted, in the order of the operation's parts.</param>
public readonly record struct InstanceMark(
    InstanceId Instance, long Operation, Instant Seen, ImmutableArray<int> Granted);

internal static class InstanceMarks
{
    /// <summary>The instance's mark; one without an operation where there is none.</summary>
    public static InstanceMark LastOf(this ImmutableArray<InstanceMark> marks, InstanceId instance)
    {
        // From the latest on: an instance that was heard of lately is likely to be heard of again.
        for (var i = marks.Length - 1; i >= 0; i--)
            if (marks[i].Instance == instance)
                return marks[i];
        return new(instance, 0, default, []);
    }

    /// <summary>A copy without one instance and without those that are forgotten, with room for one more.</summary>
    public static ImmutableArray<InstanceMark>.Builder Without(
        this ImmutableArray<InstanceMark> marks, InstanceId instance, Instant forgottenAt)
    {
        var rest = ImmutableArray.CreateBuilder<InstanceMark>(marks.Length + 1);
        foreach (var mark in marks)
            if (mark.Instance != instance && mark.Seen > forgottenAt)
                rest.Add(mark);
        return rest;
    }
}

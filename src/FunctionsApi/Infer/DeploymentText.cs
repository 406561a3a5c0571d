using System.Globalization;

namespace FunctionsApi.Infer;

/// <summary>Durations and sizes as an operator types them.</summary>
internal static class DeploymentText
{
    private static readonly (string Unit, TimeSpan Length)[] Durations =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1))];

    private static readonly (string Unit, long Bytes)[] Sizes =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1)];

    /// <param name="text">A whole number and <c>ms</c>, <c>s</c> or <c>m</c>, for example <c>30s</c>.</param>
    /// <returns>Null where it is none.</returns>
    public static TimeSpan? Duration(string text)
    {
        foreach (var (unit, length) in Durations)
        {
            if (Count(text, unit) is { } count)
                return length * count;
        }
        return null;
    }

    /// <param name="text">A whole number and <c>B</c>, <c>KiB</c>, <c>MiB</c> or <c>GiB</c>.</param>
    /// <returns>Bytes; null where it is none.</returns>
    public static long? Size(string text)
    {
        foreach (var (unit, bytes) in Sizes)
        {
            if (Count(text, unit) is { } count)
                return bytes * count;
        }
        return null;
    }

    public static string OfDuration(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerSecond == 0
        ? $"{duration.TotalSeconds:0}s"
        : $"{duration.TotalMilliseconds:0}ms";

    public static string OfSize(long bytes) => Sizes
        .Where(size => bytes % size.Bytes == 0 && bytes >= size.Bytes)
        .OrderByDescending(size => size.Bytes)
        .Select(size => $"{bytes / size.Bytes}{size.Unit}")
        .FirstOrDefault("0B");

    // 9 digits are more than any rule allows and fewer than any product here can overflow by.
    private static long? Count(string text, string unit)
    {
        var digits = text.EndsWith(unit, StringComparison.Ordinal) ? text.AsSpan(0, text.Length - unit.Length) : [];
        return digits.Length <= 9 && long.TryParse(digits, NumberStyles.None, null, out var count) ? count : null;
    }
}

// Which windows a policy may have.
//
// Fixed windows are aligned to UTC, so that a customer can foresee when one ends: "1h" ends on the hour, "24h" at
// midnight. A window of 7h would end at another time each day, and so at no time that means anything; hence a fixed
// window divides a day or is whole days. Sliding windows are kept in at most 60 buckets; beyond an hour, a bucket would
// hold permits for more than a minute too long.

namespace FunctionsApi.Quotas.Policies.PlanFiles;

internal static class WindowReader
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <returns>Null, and a report, where the algorithm can't have this window.</returns>
    public static TimeSpan? Read(JsonPart part, Algorithm algorithm, PlanErrors errors)
    {
        if (ReadLength(part, errors) is not { } window)
            return null;

        var (problem, remedy) = algorithm switch
        {
            Algorithm.FixedWindow when !DividesDay(window) =>
                ("neither divides a day nor is whole days, so its windows would end at odd times",
                    "Write a length such as \"15m\", \"1h\", \"6h\" or \"24h\"."),
            Algorithm.SlidingWindow when window > Policy.LongestSlidingWindow =>
                ("is too long for a sliding window", "Write at most \"1h\", or make it a fixed window."),
            _ => ("", ""),
        };
        if (problem.Length == 0)
            return window;

        errors.Add(part, $"\"{WindowLength.Write(window)}\" {problem}", remedy);
        return null;
    }

    /// <returns>Null, and a report, where the part is not a length from 1 s to 31 days.</returns>
    public static TimeSpan? ReadLength(JsonPart part, PlanErrors errors)
    {
        var problem = $"{part.Kind} stands here";
        if (part is JsonTextPart { Text: var text })
        {
            var length = WindowLength.Parse(text);
            if (length >= Shortest && length <= Policy.LongestWindow)
                return length;
            problem = $"{Wording.Quoted(text)} is not {(length is null ? "a length of time" : "within 1 s to 31 days")}";
        }

        errors.Add(part, problem, "Write whole seconds, minutes, hours or days, such as \"60s\", \"15m\", \"1h\" or \"24h\".");
        return null;
    }

    private static bool DividesDay(TimeSpan window) => Day.Ticks % window.Ticks == 0 || window.Ticks % Day.Ticks == 0;
}

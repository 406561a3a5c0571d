using System.Diagnostics;

namespace FunctionsApi.Telemetry;

/// <summary>Tells, where it is asked to, when each part of the server's start was over: what <c>cold-start</c> measures by.</summary>
internal static class StartTimes
{
    /// <summary>The environment variable that asks, whatever its value.</summary>
    public const string Variable = "FUNCTIONSAPI_START_TIMES";

    /// <summary>Begins the line that tells; then <c>part=time</c>, times by the machine's <see cref="Stopwatch"/>.</summary>
    public const string Announcement = "Start times: ";

    private static readonly List<string>? Marks = Environment.GetEnvironmentVariable(Variable) is null ? null : [];

    /// <param name="part">A word for what is over now.</param>
    public static void Mark(string part) => Marks?.Add($"{part}={Stopwatch.GetTimestamp()}");

    public static void Tell(TextWriter output)
    {
        if (Marks is not null)
            output.WriteLine(Announcement + string.Join(' ', Marks));
    }
}

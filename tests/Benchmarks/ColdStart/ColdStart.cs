using System.Diagnostics;
using FunctionsApi.Benchmarks.Servers;
using FunctionsApi.Telemetry;

namespace FunctionsApi.Benchmarks.ColdStart;

/// <summary>One start of a server, to the first 200.</summary>
/// <param name="Parts">What it spent its time on, in order: a word for the part, and milliseconds.</param>
internal sealed record ColdStart(IReadOnlyList<(string Part, double Milliseconds)> Parts)
{
    public double Milliseconds => Parts.Sum(part => part.Milliseconds);

    /// <summary>Starts a server, has it answer one request, and ends it.</summary>
    public static async Task<ColdStart> MeasureAsync(Func<Task<IServer>> startAsync, HttpRequestMessage request)
    {
        var started = Stopwatch.GetTimestamp();
        await using var server = await startAsync();
        var ready = Stopwatch.GetTimestamp();
        using var client = new HttpClient { BaseAddress = server.Address };
        using var response = await client.SendAsync(request);
        var answered = Stopwatch.GetTimestamp();
        response.EnsureSuccessStatusCode();

        var told = server.Greeting.SingleOrDefault(line => line.StartsWith(StartTimes.Announcement, StringComparison.Ordinal));
        var marks = told is null ? [("ready", ready)] : told[StartTimes.Announcement.Length..].Split(' ').Select(Mark);
        return Of(started, [.. marks, ("first answer", answered)]);
    }

    private static ColdStart Of(long started, IReadOnlyList<(string Part, long At)> marks) =>
        new([.. marks.Select((mark, i) => (
            mark.Part, Stopwatch.GetElapsedTime(i == 0 ? started : marks[i - 1].At, mark.At).TotalMilliseconds))]);

    private static (string Part, long At) Mark(string text) =>
        text.Split('=') is [var part, var at] ? (part, long.Parse(at)) : throw new FormatException(text);
}

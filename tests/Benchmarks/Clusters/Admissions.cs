// A client knows when it sent a request and when it was answered, and the server decided in between. Sorted, the n-th time
// of sending is no later than the n-th decision, and the n-th time of answering no sooner. So where the (n + limit)-th answer
// came less than a window after the n-th sending, more than the limit was admitted within a window, however requests and
// answers overtook each other.

using System.Globalization;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>When a client's requests were admitted, as far as it can tell.</summary>
/// <param name="sent">Microseconds of Unix time, sorted.</param>
/// <param name="answered">Likewise.</param>
internal sealed class Admissions(long[] sent, long[] answered)
{
    public int Count => sent.Length;

    /// <param name="file">As <c>saturate.lua</c> writes it.</param>
    public static Admissions Read(string file)
    {
        var times = File.ReadLines(file)
            .Select(line => line.Split(' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray())
            .ToArray();
        return new([.. times.Select(pair => pair[0]).Order()], [.. times.Select(pair => pair[1]).Order()]);
    }

    /// <summary>
    /// How much of a limit was used per window, from when the first limit was used up until the second was; 0 where it was not.
    /// </summary>
    public double Share(int limit, TimeSpan window) =>
        Count < 2 * limit ? 0 : window.TotalMicroseconds / (answered[2 * limit - 1] - answered[limit - 1]);

    /// <summary>How many were certainly admitted beyond the limit.</summary>
    public int Over(int limit, TimeSpan window) =>
        answered.Skip(limit).Zip(sent).Count(pair => pair.First - pair.Second < window.TotalMicroseconds);
}

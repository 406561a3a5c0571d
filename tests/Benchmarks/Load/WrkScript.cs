using System.Text.Json;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>
/// A script in this folder for the load generator <c>wrk</c>, whose connections stay open and send the next request when the last is
/// answered. It makes requests of <see cref="Work"/> and reports in one line.
/// </summary>
/// <param name="file">Its name.</param>
/// <param name="threads">Each has the script to itself, and its share of the connections.</param>
/// <param name="connections">As many as threads, or more.</param>
/// <param name="environment">What the script asks for beyond the work.</param>
internal sealed class WrkScript(string file, int threads, int connections, params IEnumerable<(string Name, string Value)> environment)
{
    private const string Mark = "RESULT ";

    /// <param name="address">With the path.</param>
    /// <param name="seconds">For how long.</param>
    /// <exception cref="InvalidOperationException">An answer was not what the script takes for good, or a connection broke: the
    /// figures mean nothing.</exception>
    public async Task<WrkResult> RunAsync(Uri address, int seconds)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Load", file);
        var command = Tool.Command(
            "wrk", $"-t{threads}", $"-c{connections}", $"-d{seconds}s", "--timeout", "30s", "-s", script, address.AbsoluteUri);
        command.Environment["WORK_BODY"] = Work.Body;
        foreach (var (name, value) in environment)
            command.Environment[name] = value;
        var output = await Tool.RunAsync(command);
        var result = output.Split('\n').SingleOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"{address} has not answered everything within {seconds} s.");
        var read = JsonSerializer.Deserialize<WrkResult>(result[Mark.Length..], JsonSerializerOptions.Web)!;
        return read is { NotOk: 0, Broken: 0, Requests: > 0 }
            ? read
            : throw new InvalidOperationException(
                $"{address} answered {read.Requests} requests within {seconds} s, {read.NotOk} with an error, and {read.Broken} connections broke.");
    }
}

/// <param name="Requests">Answered.</param>
/// <param name="Microseconds">How long it took.</param>
/// <param name="Bytes">Received, headers included.</param>
/// <param name="NotOk">Answers of 400 and above.</param>
/// <param name="Broken">Connections that could not be made, read or written, and requests that timed out.</param>
/// <param name="P99Microseconds">99 of 100 answers came sooner.</param>
internal sealed record WrkResult(long Requests, long Microseconds, long Bytes, long NotOk, long Broken, long P99Microseconds)
{
    public double PerSecond => Requests * 1e6 / Microseconds;

    public double BytesPerResponse => (double)Bytes / Requests;
}

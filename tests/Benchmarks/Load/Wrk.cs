using System.Text.Json;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Load;

/// <summary>The load generator <c>wrk</c>: one thread, connections that stay open, the next request when the last is answered.</summary>
/// <param name="connections">1 or more.</param>
/// <param name="authorization">The value of the Authorization header.</param>
internal sealed class Wrk(int connections, string authorization)
{
    private const string Mark = "RESULT ";
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Load", "infer.lua");

    /// <exception cref="InvalidOperationException">An answer was not 200, or a connection broke: the figures mean nothing.</exception>
    public async Task<WrkResult> RunAsync(Uri server, int seconds)
    {
        var command = Tool.Command(
            "wrk", "-t1", $"-c{connections}", $"-d{seconds}s", "-s", Script, new Uri(server, Work.Path).AbsoluteUri);
        command.Environment["WORK_BODY"] = Work.Body;
        command.Environment["WORK_AUTHORIZATION"] = authorization;
        var output = await Tool.RunAsync(command);
        var result = output.Split('\n').Single(line => line.StartsWith(Mark, StringComparison.Ordinal));
        var read = JsonSerializer.Deserialize<WrkResult>(result[Mark.Length..], JsonSerializerOptions.Web)!;
        return read is { NotOk: 0, Broken: 0, Requests: > 0 }
            ? read
            : throw new InvalidOperationException($"{server} answered {read.NotOk} requests with an error, and {read.Broken} connections broke.");
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

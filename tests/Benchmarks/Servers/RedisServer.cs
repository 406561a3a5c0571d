using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>Redis in memory alone, on a free port: <c>apt-get install redis-server</c>.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private RedisServer(ServerProcess process) => _process = process;

    public int Port => _process.Address.Port;

    /// <returns>Null where it is not installed.</returns>
    public static async Task<RedisServer?> TryStartAsync()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        try
        {
            return new(await ServerProcess.StartAsync(
                Tool.Command(
                    "redis-server", "--bind", "127.0.0.1", "--port", $"{address.Port}",
                    "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()),
                line => line.Contains("Ready to accept connections", StringComparison.Ordinal) ? address : null));
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>How many scripts it has run for its clients: what a decision of rate-limiter-flexible is.</summary>
    public async Task<long> ScriptsAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        await client.GetStream().WriteAsync("INFO commandstats\r\nQUIT\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream());
        var lines = (await reader.ReadToEndAsync()).Split("\r\n");
        return lines.Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal)).Sum(Calls);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // As in cmdstat_evalsha:calls=12,usec=345,…
    private static long Calls(string line) => long.Parse(line.Split("calls=")[1].Split(',')[0]);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

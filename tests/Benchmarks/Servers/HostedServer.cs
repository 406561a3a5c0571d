using System.Diagnostics;
using FunctionsApi.TestKit.Hosting;

namespace FunctionsApi.Benchmarks.Servers;

/// <summary>A published function app behind the double of the Functions host, which runs in this process.</summary>
internal sealed class HostedServer : IServer
{
    // Nobody's queues: the load is HTTP's.
    private const string NoQueues = "AccountName=none;AccountKey=bm9uZQ==;QueueEndpoint=http://127.0.0.1:1/none";

    private readonly FunctionsHost _host;

    private HostedServer(FunctionsHost host) => _host = host;

    public Uri Address => _host.Address;

    public IReadOnlyList<string> Greeting => [];

    public TimeSpan ProcessorTime
    {
        get
        {
            using var worker = Process.GetProcessById(_host.Worker.ProcessId);
            return worker.TotalProcessorTime;
        }
    }

    /// <summary>Starts a host and waits until the worker has loaded its functions.</summary>
    /// <param name="appDirectory">Where the app is published.</param>
    /// <param name="settings">The app settings.</param>
    public static async Task<IServer> StartAsync(string appDirectory, params IEnumerable<KeyValuePair<string, string?>> settings) =>
        new HostedServer(await FunctionsHost.StartAsync(new()
        {
            AppDirectory = appDirectory,
            Environment = new Dictionary<string, string?>(settings) { ["AzureWebJobsStorage"] = NoQueues },
        }));

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}

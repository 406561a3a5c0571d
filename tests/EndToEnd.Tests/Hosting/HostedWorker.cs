using System.Text.Json;
using FunctionsApi.TestKit.Hosting;
using FunctionsApi.TestKit.TaskHubs;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>The program as the Functions host runs it.</summary>
internal static class HostedWorker
{
    // Addresses that cannot be listened on: a program that heeds them fails to start.
    private static readonly (string, string)[] Misleading =
        [("ASPNETCORE_URLS", "http://192.0.2.1:80"), ("Kestrel__Endpoints__Other__Url", "http://192.0.2.1:81")];

    // Queues that are not there: a message is what a test with Azurite sends.
    private const string NoQueues = "AccountName=none;AccountKey=bm9uZQ==;QueueEndpoint=http://127.0.0.1:1/none";

    /// <summary>Starts a host with the store of an installation, in which the counters are as well, and waits until the worker answers.</summary>
    public static Task<FunctionsHost> ServeBehindHostAsync(this Installation installation, params (string Name, string Value)[] settings) =>
        FunctionsHost.StartAsync(installation.HostOptions(settings));

    /// <summary>Starts a host with the store of an installation and with the counters in durable entities, and waits until the worker answers.</summary>
    public static Task<FunctionsHost> ServeBehindHostAsync(this Installation installation, HostedTaskHub hub, params (string Name, string Value)[] settings) =>
        FunctionsHost.StartAsync(installation.HostOptions([("Quotas__Ledger", "entities"), .. settings]) with { Triggers = [hub], InputBindings = [hub] });

    /// <summary>How a host is started with the store of an installation, in which the counters are as well.</summary>
    public static FunctionsHostOptions HostOptions(this Installation installation, params (string Name, string Value)[] settings) => new()
    {
        // The build puts beside these tests what it publishes.
        AppDirectory = AppContext.BaseDirectory,
        Environment = installation.Environment([("ASPNETCORE_ENVIRONMENT", "Production"), ("AzureWebJobsStorage", NoQueues), ("Quotas__Ledger", "table"), .. Misleading, .. settings])
            .ToDictionary(setting => setting.Key, setting => (string?)setting.Value),
        RestartInterval = TimeSpan.Zero,
    };

    /// <summary>What stands in local.settings.sample.json, which <c>func start</c> puts into the environment.</summary>
    public static (string Name, string Value)[] Sample(Azurite azurite) =>
    [
        .. JsonElement.Parse(File.ReadAllText(Path.Combine(Built.RepositoryRoot, "local.settings.sample.json")))
            .GetProperty("Values").EnumerateObject()
            .Select(setting => (setting.Name, setting.Value.GetString()!.Replace("UseDevelopmentStorage=true", azurite.ConnectionString, StringComparison.Ordinal))),
        ("Storage__Path", ""),
    ];

    /// <param name="host">Through which.</param>
    /// <param name="key">Sent with every request, where there is one.</param>
    public static HttpClient Client(this FunctionsHost host, ApiKey? key = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Address, Timeout = Patience.Limit };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", key.Text);
        return client;
    }
}

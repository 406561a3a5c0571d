namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>A server that answers.</summary>
internal sealed class RunningServer
{
    private const string Announcement = "Listening on ";

    private RunningServer(ChildProcess process, Uri address) => (Process, Address) = (process, address);

    public ChildProcess Process { get; }

    public Uri Address { get; }

    public static async Task<RunningServer> WatchAsync(ChildProcess process)
    {
        var line = await process.LineAsync(Announcement);
        var server = new RunningServer(process, new(line[Announcement.Length..]));
        using var client = server.Client();
        (await client.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        return server;
    }

    /// <param name="key">Sent with every request, where there is one.</param>
    public HttpClient Client(ApiKey? key = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address, Timeout = Patience.Limit };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", key.Text);
        return client;
    }
}

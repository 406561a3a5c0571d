using FunctionsApi.TestKit.Hosting;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>
/// A worker whose host is killed. A shell is the process that has started it; the double of the host itself goes on listening, so that
/// nothing but its parent's death can tell the worker.
/// </summary>
public sealed class OrphanedWorkerTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_worker_whose_host_is_killed_stops_by_itself()
    {
        var app = Directory.CreateDirectory(_installation.PathOf("app")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "host.json"), Path.Combine(app, "host.json"));
        File.WriteAllText(Path.Combine(app, "worker.config.json"), """{ "description": { "defaultExecutablePath": "sh", "defaultWorkerPath": "host.sh" } }""");
        // Once: there is no host that would start it again.
        File.WriteAllText(Path.Combine(app, "host.sh"), $"""
            mkdir started || exit 1
            export FUNCTIONS_APPLICATION_DIRECTORY="{AppContext.BaseDirectory}" FUNCTIONS_WORKER_DIRECTORY="{AppContext.BaseDirectory}"
            "{Installation.Dotnet}" "{Path.Combine(AppContext.BaseDirectory, "FunctionsApi.dll")}" "$@" &
            wait
            """);
        await using var host = await FunctionsHost.StartAsync(_installation.HostOptions() with { AppDirectory = app });
        using (var client = host.Client())
            (await client.GetAsync("/healthz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // It kills the shell, and returns when nobody writes to the worker's output any more.
        await Patience.WaitAsync(host.Worker.KillAsync(), "the worker's end", () => $"{host.Worker.Output}");

        host.Worker.Output.All.ShouldContain(line => line.Contains("The Functions host that started this program is gone: stopping"));
    }
}

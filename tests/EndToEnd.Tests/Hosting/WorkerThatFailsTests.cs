using FunctionsApi.TestKit.Hosting;
using FunctionsApi.TestKit.Hosting.Workers;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>What the double of the host does with a worker that never gets as far as to speak to it: a script.</summary>
public sealed class WorkerThatFailsTests : IDisposable
{
    private readonly DirectoryInfo _app = Directory.CreateTempSubdirectory("functionsapi-");

    [Fact]
    public async Task A_worker_that_crashes_three_times_ends_the_host_which_repeats_what_it_said()
    {
        Publish("echo once >> starts; echo 'Quotas__Ledger is wrong.' >&2; exit 3");

        var lost = await Should.ThrowAsync<WorkerLostException>(StartAsync());

        lost.Message.ShouldStartWith("The worker ended with 3.");
        lost.Message.ShouldContain("Quotas__Ledger is wrong.");
        File.ReadAllLines(Path.Combine(_app.FullName, "starts")).Length.ShouldBe(3);
    }

    [Fact]
    public async Task A_worker_is_told_where_the_host_is_and_inherits_the_app_settings()
    {
        Publish("echo \"$*\"; echo \"$FUNCTIONS_WORKER_RUNTIME $FUNCTIONS_APPLICATION_DIRECTORY $WEBSITE_HOSTNAME $Quotas__Ledger\"; exit 1");

        var lost = await Should.ThrowAsync<WorkerLostException>(StartAsync());

        lost.Message.ShouldMatch(@"--host 127\.0\.0\.1 --port \d+ --workerId \S+ --requestId \S+ --grpcMaxMessageLength \d+");
        lost.Message.ShouldMatch(@"--functions-uri http://127\.0\.0\.1:\d+/ --functions-worker-id \S+ --functions-request-id \S+ --functions-grpc-max-message-length \d+");
        lost.Message.ShouldMatch($@"dotnet-isolated {_app.FullName} 127\.0\.0\.1:\d+ table");
    }

    public void Dispose() => _app.Delete(recursive: true);

    private void Publish(string script)
    {
        Write("host.json", """{ "version": "2.0" }""");
        Write("worker.config.json", """{ "description": { "defaultExecutablePath": "sh", "defaultWorkerPath": "worker.sh" } }""");
        Write("worker.sh", script);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_app.FullName, name), text);

    private Task<FunctionsHost> StartAsync() => FunctionsHost.StartAsync(new()
    {
        AppDirectory = _app.FullName,
        Environment = new Dictionary<string, string?> { ["Quotas__Ledger"] = "table" },
        RestartInterval = TimeSpan.Zero,
    });
}

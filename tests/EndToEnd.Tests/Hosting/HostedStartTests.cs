using FunctionsApi.EndToEnd.Tests.Hosting.Double;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Starts, ends and starts again under the Functions host.</summary>
public sealed class HostedStartTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task The_program_listens_where_the_host_asks_whatever_the_environment_says()
    {
        var server = await _installation.ServeBehindHostAsync();
        using var client = server.Client(await _installation.CreateKeyAsync());

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Process.Output.ShouldNotContain("192.0.2.1");
    }

    [Fact]
    public async Task A_port_that_is_none_is_named_with_the_remedy()
    {
        var server = _installation.Start(("FUNCTIONS_CUSTOMHANDLER_PORT", "many"));

        (await server.ExitAsync()).ShouldBe(1, server.Account);
        server.Errors.ShouldBe("FUNCTIONS_CUSTOMHANDLER_PORT is 'many': set it to a port, 1 to 65535, or unset it.");
    }

    [Fact]
    public async Task In_a_function_app_in_Azure_a_file_is_refused_and_the_store_is_named_that_is_not()
    {
        var server = _installation.Start(("FUNCTIONS_CUSTOMHANDLER_PORT", "7072"), ("WEBSITE_SITE_NAME", "acme-api"));

        (await server.ExitAsync()).ShouldBe(1, server.Account);
        server.Errors.ShouldStartWith("Storage__Provider is not 'tables', and this is the function app 'acme-api' in Azure");
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_said_each_time_until_the_host_gives_up()
    {
        var host = _installation.StartHost(settings: ("Storage__Path", "/proc/functionsapi.db"));

        for (var end = 1; end <= 3; end++)
            await Patience.UntilAsync(() => Task.FromResult(Lines(host, "has ended with 1").Count >= end), $"end {end} of the handler");
        await host.ExitAsync();

        Lines(host, "has ended with 1").Count.ShouldBe(3, host.Account);
        Lines(host, "handler: ").ShouldAllBe(line => line.Contains("'/proc/functionsapi.db' cannot be made.", StringComparison.Ordinal), host.Account);
    }

    [Fact]
    public async Task A_function_that_the_program_does_not_have_is_named_with_the_remedy()
    {
        var root = HostedServer.LayOut(_installation.PathOf("app"), HostMode.Proxying);
        File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(root, "swoop")).FullName, "function.json"),
            """{ "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 */5 * * * *" }] }""");
        var server = await RunningServer.WatchAsync(_installation.StartHostIn(root));
        using var client = server.Client();

        // What an operator can send to run a function by hand.
        using var answer = await client.PostJsonAsync("/admin/functions/swoop", """{"input":{}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        await Patience.UntilAsync(
            () => Task.FromResult(server.Process.Output.Contains("Remove the folder 'swoop' from the app root", StringComparison.Ordinal)), "the log line");
    }

    [Fact]
    public async Task A_handler_that_is_killed_is_replaced()
    {
        var server = await _installation.ServeBehindHostAsync();
        using var client = server.Client(await _installation.CreateKeyAsync());
        var first = server.HandlerId();

        HostedServer.Kill(first);
        await server.Process.LineAsync($"Handler {first} has ended with 137");

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        server.HandlerId().ShouldNotBe(first);
    }

    [Fact]
    public async Task A_handler_that_outlasts_the_hosts_time_is_replaced_and_has_lost_no_count()
    {
        await using var model = await SlowModel.StartAsync();
        model.Holds = true;
        var root = HostedServer.LayOut(_installation.PathOf("app"), HostMode.Proxying);
        HostedServer.SetFunctionTimeout(root, "00:00:03");
        var key = await _installation.CreateKeyAsync();
        await _installation.RunAsync("deployments", "set", "--tenant", "acme", "--id", "slow", "--backend", "http", "--url", model.Address);
        var server = await RunningServer.WatchAsync(_installation.StartHostIn(root));
        using var client = server.Client(key);
        var first = server.HandlerId();

        (await client.InferAsync("slow")).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        await server.Process.LineAsync($"Handler {first} has ended with 137");

        using var next = await client.InferAsync();
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
        next.Remaining().ShouldBeLessThanOrEqualTo(118);
    }

    [Fact]
    public async Task The_double_does_not_start_a_handler_again_that_ends_with_0()
    {
        var root = HostedServer.LayOut(_installation.PathOf("app"), HostMode.Proxying);
        Directory.Delete(Path.Combine(root, "bin"));
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(root, "bin")).FullName, "FunctionsApi"), "/bin/true");
        var host = _installation.StartHostIn(root);
        using var client = new HttpClient { BaseAddress = new((await host.LineAsync("Listening on ")).Split(' ')[^1]) };

        for (var n = 0; n < 2; n++)
            (await client.GetAsync("/healthz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);

        Lines(host, "is started on port").Count.ShouldBe(1, host.Account);
    }

    [Fact]
    public async Task A_handler_that_is_told_to_stop_does_not_look_as_if_all_were_well()
    {
        var server = await _installation.ServeBehindHostAsync();
        using var client = server.Client();
        var first = server.HandlerId();

        ChildProcess.Stop(first);
        await server.Process.LineAsync($"Handler {first} has ended with 1");

        (await client.GetAsync("/healthz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_handler_whose_host_is_killed_stops_in_good_order()
    {
        var key = await _installation.CreateKeyAsync();
        var server = await _installation.ServeBehindHostAsync();
        var handlerEnds = HostedServer.EndAsync(server.HandlerId());
        using (var client = server.Client(key))
            for (var n = 0; n < 5; n++)
                (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.Process.KillAsync();
        await handlerEnds;

        var usage = await _installation.AskAsync("usage", "--tenant", "acme");
        usage.GetProperty("totals").EnumerateArray().Single().GetProperty("admitted").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task When_the_host_shuts_down_its_handler_is_killed()
    {
        var server = await _installation.ServeBehindHostAsync();
        var handlerEnds = HostedServer.EndAsync(server.HandlerId());

        server.Process.Stop();

        (await server.Process.ExitAsync()).ShouldBe(0, server.Process.Account);
        await handlerEnds;
        server.Process.Output.ShouldNotContain("is gone: stopping");
    }

    private static List<string> Lines(ChildProcess process, string with) =>
        [.. process.Output.Split('\n').Where(line => line.Contains(with, StringComparison.Ordinal))];
}

using System.Net;
using FunctionsApi.Storage;
using FunctionsApi.Tests.Infer;
using FunctionsApi.Tests.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

public sealed class ProbeTests
{
    [Fact]
    public async Task A_server_is_alive_and_ready()
    {
        await using var host = await TestHost.StartAsync();
        (await host.Client.GetStringAsync("/healthz", TestHost.Cancelled)).ShouldBe("""{"status":"alive"}""");
        (await host.Client.GetStringAsync("/readyz", TestHost.Cancelled))
            .ShouldBe("""{"status":"ready","checks":{"storage":"ok","plans":"ok","ledger":"ok"}}""");
    }

    [Fact]
    public async Task A_server_whose_store_is_away_is_alive_and_not_ready_until_it_is_back()
    {
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store);
        store.Fails = true;
        using var unready = await host.Client.GetAsync("/readyz", TestHost.Cancelled);
        unready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await unready.Content.ReadAsStringAsync(TestHost.Cancelled))
            .ShouldBe("""{"status":"not ready","checks":{"storage":"unreachable","plans":"ok","ledger":"ok"}}""");
        (await host.Client.GetAsync("/healthz", TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);

        store.Fails = false;
        host.Time.Advance(TimeSpan.FromSeconds(1));
        (await host.Client.GetAsync("/readyz", TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_fails_is_logged_once_and_not_for_each_probe()
    {
        var store = new FailingTableStore(new InMemoryTableStore());
        await using var host = await TestHost.StartAsync(store: store);
        using var logs = new Logs();
        host.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
        store.Fails = true;
        for (var probe = 0; probe < 3; probe++)
        {
            (await host.Client.GetAsync("/readyz", TestHost.Cancelled)).Dispose();
            host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        logs.Lines.Where(line => line.Contains("Not ready", StringComparison.Ordinal)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_root_says_where_to_go()
    {
        await using var host = await TestHost.StartAsync();
        (await host.Client.GetStringAsync("/", TestHost.Cancelled)).ShouldContain("/openapi/v1.json");
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/nothing.txt")]
    [InlineData("/%2e%2e/etc/passwd")]
    public async Task Elsewhere_there_is_nothing(string path)
    {
        await using var host = await TestHost.StartAsync();
        using var response = await host.Client.GetAsync(path, TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled))
            .ShouldBe("""{"error":"not_found","message":"There is nothing at this address.","statusCode":404}""");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/openapi/v1.json")]
    public async Task What_can_only_be_read_takes_no_other_method(string path)
    {
        await using var host = await TestHost.StartAsync();
        using var response = await host.Client.PostAsync(path, null, TestHost.Cancelled);
        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"]);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled))
            .ShouldBe("""{"error":"method_not_allowed","message":"This address takes GET, HEAD.","statusCode":405}""");
    }
}

using System.Net;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class SecretTests
{
    private const string Secret = "s3cr3t-of-the-backend";

    [Theory]
    [InlineData("Authorization", "Bearer " + Secret)]
    [InlineData("X-Api-Key", Secret)]
    public async Task The_backend_gets_the_secret_in_its_header(string header, string value)
    {
        string? received = null;
        await using var upstream = await Upstream.StartAsync(http =>
        {
            received = http.Request.Headers[header];
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Secret = new(Secret, header) });
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        received.ShouldBe(value);
    }

    [Fact]
    public async Task The_callers_own_credential_does_not_reach_the_backend()
    {
        IHeaderDictionary? received = null;
        await using var upstream = await Upstream.StartAsync(http =>
        {
            received = http.Request.Headers;
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream);
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        received!.ContainsKey("Authorization").ShouldBeFalse();
    }

    [Fact]
    public async Task A_secret_may_be_in_an_environment_variable_of_the_server()
    {
        var variable = $"SECRET_{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(variable, Secret);
        string? received = null;
        await using var upstream = await Upstream.StartAsync(http =>
        {
            received = http.Request.Headers.Authorization;
            return Task.CompletedTask;
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Secret = new($"env:{variable}") });
        (await host.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        received.ShouldBe($"Bearer {Secret}");
    }

    [Fact]
    public async Task A_variable_that_is_missing_is_told_to_the_operator_and_not_to_the_caller()
    {
        await using var upstream = await Upstream.StartAsync(_ => Task.CompletedTask);
        await using var host = await InferHost.StartAsync(upstream, it => it with { Secret = new("env:NO_SUCH_VARIABLE") });
        var response = await host.InferAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.TextAsync()).ShouldNotContain("NO_SUCH_VARIABLE");
        host.Logs.Lines.ShouldContain(line => line.Contains("NO_SUCH_VARIABLE", StringComparison.Ordinal));
        upstream.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task No_failure_shows_the_secret_to_the_caller_or_in_the_log()
    {
        await using var upstream = await Upstream.StartAsync(async http =>
        {
            http.Response.StatusCode = 403;
            http.Response.ContentType = Secret;
            await http.Response.WriteAsync($"bad token {http.Request.Headers.Authorization}");
        });
        await using var host = await InferHost.StartAsync(upstream, it => it with { Secret = new(Secret) });
        await host.SetAsync(InferHost.To(UnusedAddress.Find(), it => it with { Id = "away", Secret = new(Secret) }));
        foreach (var id in (string[])["model", "away"])
        {
            var response = await host.PostAsync($$$"""{"deployment_id":"{{{id}}}","inputs":{}}""");
            response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
            $"{response} {await response.TextAsync()}".ShouldNotContain(Secret);
        }
        host.Logs.Lines.ShouldNotBeEmpty();
        host.Logs.Lines.ShouldAllBe(line => !line.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public void A_printed_deployment_hides_its_secret() =>
        InferHost.To(new("http://localhost"), it => it with { Secret = new(Secret) }).ToString().ShouldNotContain(Secret);
}

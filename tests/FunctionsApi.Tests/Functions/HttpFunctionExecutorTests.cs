using FunctionsApi.Functions;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Microsoft.Azure.Functions.Worker.Invocation;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>How the worker runs functions. That it answers is for the tests behind the double of the host to show.</summary>
public sealed class HttpFunctionExecutorTests
{
    [Fact]
    public async Task It_stands_before_the_workers_own()
    {
        var builder = Worker.CreateBuilder(["--functions-uri", "http://127.0.0.1:1/", "--functions-worker-id", "1", "--functions-request-id", "1"]);
        builder.Services.AddWorker(
            new AppSettings(new(), new(), new(), new(), new(), new()), host: null, new InMemoryTableStore(), TimeProvider.System);
        await using var services = builder.Services.BuildServiceProvider();

        services.GetRequiredService<IFunctionExecutor>().ShouldBeOfType<HttpFunctionExecutor>();
    }

    // It would compile the call of an internal class at each invocation, and mixes up concurrent ones.
    [Fact]
    public void The_build_generates_none() =>
        typeof(HttpFunction).Assembly.GetTypes().ShouldNotContain(type => type.Name == "DirectFunctionExecutor");
}

using System.Reflection;
using FunctionsApi.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>What the Functions host and the program alone must read alike from the functions' attributes.</summary>
public sealed class FunctionsTests
{
    private static readonly MethodInfo[] Functions =
    [
        .. from type in typeof(HttpFunction).Assembly.GetTypes()
           from method in type.GetMethods()
           where method.GetCustomAttribute<FunctionAttribute>() is not null
           select method,
    ];

    [Fact]
    public void Alone_the_program_finds_every_function_of_HTTP() =>
        Functions.Where(method => TriggerOf(method) is not null).ShouldBe(HttpFunction.All.Select(function => function.Method), ignoreOrder: true);

    [Fact]
    public void The_function_that_takes_everything_comes_last_as_the_host_tries_them_by_name() =>
        HttpFunction.All.OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase).Last().Route.ShouldBe("{*path}");

    [Fact]
    public void It_alone_takes_every_method() =>
        HttpFunction.All.Single(function => function.Methods.Count == 0).Route.ShouldBe("{*path}");

    [Fact]
    public void No_key_of_the_host_is_asked_for_besides_our_own() =>
        Functions.Select(TriggerOf).OfType<HttpTriggerAttribute>().ShouldAllBe(trigger => trigger.AuthLevel == AuthorizationLevel.Anonymous);

    [Fact]
    public void No_route_stands_where_the_host_answers_itself() =>
        HttpFunction.All.ShouldAllBe(function => !function.Route.StartsWith("admin") && !function.Route.StartsWith("runtime"));

    [Theory]
    [InlineData("/infer", "POST")]
    [InlineData("/Infer/", "POST")]
    [InlineData("/api/v1/ingestion/crawl/1", "DELETE, GET, HEAD")]
    [InlineData("/healthz", "GET, HEAD")]
    [InlineData("/infer/x", null)]
    [InlineData("/", null)]
    public void A_path_takes_the_methods_of_its_functions(string path, string? methods) =>
        new AllowedMethods(HttpFunction.All).At(new PathString(path)).ShouldBe(methods);

    [Theory]
    [InlineData(true, "--host", "127.0.0.1", "--functions-uri", "http://127.0.0.1:1/")]
    [InlineData(false)]
    [InlineData(false, "keys", "list", "--tenant", "acme")]
    public void The_host_is_known_by_what_it_tells_workers_alone(bool started, params string[] args) =>
        FunctionsHost.HasStarted(args).ShouldBe(started);

    private static HttpTriggerAttribute? TriggerOf(MethodInfo method) =>
        method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).SingleOrDefault(trigger => trigger is not null);
}

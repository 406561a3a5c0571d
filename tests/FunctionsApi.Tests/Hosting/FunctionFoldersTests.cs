using FunctionsApi.EndToEnd.Tests.Hosting.Double;
using FunctionsApi.Hosting.Triggers;
using FunctionsApi.Tests.Docs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Hosting;

/// <summary>The function folders and the program say the same about routes, methods and triggers.</summary>
public sealed class FunctionFoldersTests
{
    // The host asks for it to see whether the program is ready, and shows clients a page of its own.
    private const string OfTheHost = "/";

    private const string Methods = "DELETE GET HEAD OPTIONS PATCH POST PUT TRACE";

    private static readonly AppRoot Root = AppRoot.Read(Document.Repository);
    private static readonly FunctionRoutes Routes = new(Root.Functions);

    [Fact]
    public async Task Every_route_is_reached_through_exactly_one_function()
    {
        foreach (var (method, path) in await MappedAsync())
            Routes.All(method, path).Select(function => function.Name).ToList().ShouldHaveSingleItem($"{method} {path}");
    }

    [Fact]
    public async Task Every_HTTP_function_reaches_a_route()
    {
        var reached = (await MappedAsync()).Select(route => Routes.Find(route.Method, route.Path)?.Name).ToHashSet();
        Http.Select(function => function.Name).ShouldBeSubsetOf(reached.OfType<string>());
    }

    [Fact]
    public void Every_method_reaches_the_program_which_says_itself_what_it_does_not_take()
    {
        foreach (var function in Http)
            string.Join(' ', function.Methods.Order()).ShouldBe(Methods, function.Name);
    }

    [Fact]
    public async Task Every_other_function_is_mapped_and_every_mapped_one_has_its_folder()
    {
        await using var host = await TestHost.StartAsync(new() { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7072" });
        var mapped = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .SelectMany(endpoint => endpoint.Metadata.OfType<TriggeredFunction>())
            .Select(function => function.Name);
        mapped.ShouldBe(Root.Functions.Except(Http).Select(function => function.Name), ignoreOrder: true);
    }

    [Theory]
    [InlineData("/infer", "infer")]
    [InlineData("/INFER/nowhere", "infer")]
    [InlineData("/api/v1", "agents")]
    [InlineData("/api/v1/nowhere", "agents")]
    [InlineData("/dashboard/settings/usage", "dashboard")]
    [InlineData("/api/v2", null)]
    [InlineData("/", null)]
    [InlineData("/sweep", null)]
    [InlineData("/admin/functions/infer", null)]
    public void What_belongs_to_an_API_reaches_it_whether_there_is_something_or_not(string path, string? function) =>
        Routes.Find("POST", path)?.Name.ShouldBe(function);

    private static IEnumerable<Function> Http => Root.Functions.Where(function => function.Route is not null);

    private static async Task<IReadOnlyList<(string Method, string Path)>> MappedAsync()
    {
        await using var host = await TestHost.StartAsync();
        return
        [
            .. from endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
               let path = endpoint.RoutePattern.RawText!.Replace("{id}", "1", StringComparison.Ordinal)
               where path != OfTheHost
               from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
               select (method, path),
        ];
    }
}

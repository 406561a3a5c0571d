using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

public sealed class RoutesInReadmeTests
{
    [Fact]
    public async Task The_table_has_every_route_that_is_mapped_and_no_other()
    {
        await using var host = await TestHost.StartAsync();
        // Whoever answers GET answers HEAD; what is mapped for any method answers errors.
        var mapped =
            from endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
            where method != HttpMethods.Head
            select $"{method} {endpoint.RoutePattern.RawText}";
        Document.Readme.RowsAbout(code => code.Contains(" /", StringComparison.Ordinal)).Select(row => row[0]).ShouldBe(mapped, ignoreOrder: true);
    }
}

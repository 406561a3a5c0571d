using FunctionsApi.Functions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

public sealed class RoutesInReadmeTests
{
    [Fact]
    public void The_table_has_every_route_of_a_function_and_no_other()
    {
        // Each route that answers GET answers HEAD. The function that takes every route answers errors, and the one that has no name.
        var routes =
            from function in HttpFunction.All
            from method in function.Methods
            where method != "HEAD"
            select $"{method} /{function.Route}";
        Document.Readme.RowsAbout(code => code.Contains(" /", StringComparison.Ordinal)).Select(row => row[0])
            .ShouldBe(routes.Append("GET /"), ignoreOrder: true);
    }
}

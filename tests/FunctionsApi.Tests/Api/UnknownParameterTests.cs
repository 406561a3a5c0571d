using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

/// <summary>A parameter that is misspelt must not be silently without effect.</summary>
public sealed class UnknownParameterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_that_has_parameters_refuses_others_by_one_code_and_uses_nothing()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", agents: "free");
        var routes = await RoutesAsync(client);
        routes.Select(route => route.Path).ShouldContain("/api/v1/knowledge/search");

        foreach (var (method, path, query) in routes)
        {
            using var request = new HttpRequestMessage(new(method), $"{path}?{query}&nonesuch=1");
            using var response = await client.SendAsync(request, Cancel);

            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, path);
            var error = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
            error["error"]!.GetValue<string>().ShouldBe("unknown_parameter", path);
            error["message"]!.GetValue<string>().ShouldStartWith("'nonesuch' is no parameter here: there ", customMessage: path);
        }

        (await client.GetAsync("/api/v1/knowledge/search?q=word", Cancel)).Headers.GetValues("X-RateLimit-Remaining").ShouldBe(["999"]);
    }

    /// <summary>Those that have parameters by the document, with values for those that must be there.</summary>
    private static async Task<(string Method, string Path, string Query)[]> RoutesAsync(HttpClient client)
    {
        var document = JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json", Cancel));
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               where operation.Value.TryGetProperty("parameters", out var parameters)
                   && parameters.EnumerateArray().Any(parameter => parameter.GetProperty("in").GetString() == "query")
               select (operation.Name.ToUpperInvariant(), path.Name, Required(operation.Value.GetProperty("parameters"))),
        ];
    }

    private static string Required(JsonElement parameters) => string.Join('&', parameters.EnumerateArray()
        .Where(parameter => parameter.GetProperty("in").GetString() == "query" && parameter.TryGetProperty("required", out var required) && required.GetBoolean())
        .Select(parameter => $"{parameter.GetProperty("name").GetString()}=0123456789abcdef0123456789abcdef"));
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FunctionsApi.Functions;
using FunctionsApi.Tests.Api;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

/// <summary>The document is kept by hand; these keep it true.</summary>
public sealed class OpenApiTests
{
    private static readonly string[] QuotaHeaders =
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit"];

    private static readonly string[] UsesNoQuota = ["/api/v1/usage", "/api/v1/alerts", "/api/v1/alerts/test"];

    [Fact]
    public async Task It_has_every_route_of_a_function_and_no_other()
    {
        await using var host = await TestHost.StartAsync();
        var mapped = Routes.Select(route => $"{route.Method} {route.Pattern}");
        var document = await ReadAsync(host);
        var documented = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => (Path: path.Key, operation)))
            .Where(entry => entry.operation.Value!["tags"]![0]!.GetValue<string>() != "operations")
            .Select(entry => $"{entry.operation.Key.ToUpperInvariant()} {entry.Path}");
        documented.ShouldBe(mapped, ignoreOrder: true);
    }

    [Fact]
    public async Task What_it_says_of_operations_is_there()
    {
        await using var host = await TestHost.StartAsync();
        var document = await ReadAsync(host);
        foreach (var (path, operations) in document["paths"]!.AsObject())
            if (operations!["get"]?["tags"]?[0]?.GetValue<string>() == "operations")
                (await host.Client.GetAsync(path, TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
    }

    [Fact]
    public async Task Every_operation_tells_the_errors_that_any_request_may_meet()
    {
        await using var host = await TestHost.StartAsync();
        var document = await ReadAsync(host);
        foreach (var route in Routes)
        {
            var responses = document["paths"]![route.Pattern]![route.Method.ToLowerInvariant()]!["responses"]!.AsObject();
            string[] expected = ["401", "403", "405", "429", "500", "503"];
            // What uses no quota asks for no more than a limit can ever give.
            if (!UsesNoQuota.Contains(route.Pattern))
                expected = [.. expected, "422"];
            if (route.Method is "POST" or "PUT")
                expected = [.. expected, "400", "408", "413", "415"];
            expected.Except(responses.Select(response => response.Key)).ShouldBeEmpty(route.Pattern);
        }
    }

    [Fact]
    public async Task Every_reference_in_it_leads_somewhere()
    {
        await using var host = await TestHost.StartAsync();
        var document = await ReadAsync(host);
        foreach (var reference in References(document))
            reference.Split('/')[1..].Aggregate((JsonNode?)document, (node, name) => node?[name]).ShouldNotBeNull(reference);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Every_response_of_the_contract_is_as_it_says(string file)
    {
        await using var host = await TestHost.StartAsync();
        var document = await ReadAsync(host);
        var lines = await File.ReadAllLinesAsync(Path.Combine(ContractsDirectory, file), TestHost.Cancelled);
        if (!lines[0].StartsWith("HTTP", StringComparison.Ordinal))
            return;

        var api = file.Contains(".inference", StringComparison.Ordinal) ? "Inference" : "Agents";
        var status = lines[0].Split(' ')[1];
        var isError = status[0] >= '4';
        var response = isError ? Responses(document, api, status) : null;
        foreach (var header in lines[1..Array.IndexOf(lines, "")].Select(line => line.Split(':')[0]).Except(["Content-Type", "Content-Length"]))
            (isError ? response!["headers"]?[header] : document["components"]!["headers"]![header]).ShouldNotBeNull(header);
        if (!isError)
            return;

        var body = JsonNode.Parse(lines[^1].Length > 0 ? lines[^1] : lines[^2])!.AsObject();
        var type = lines.Single(line => line.StartsWith("Content-Type: ", StringComparison.Ordinal)).Split(": ")[1];
        var schema = response!["content"]![type]!["schema"]!["$ref"]!.GetValue<string>().Split('/')[^1];
        document["components"]!["schemas"]![schema]!["properties"]!.AsObject().Select(property => property.Key)
            .ShouldBe(body.Select(member => member.Key), ignoreOrder: true);
    }

    [Fact]
    public async Task It_is_not_sent_again_to_who_has_it()
    {
        await using var host = await TestHost.StartAsync();
        using var first = await host.Client.GetAsync("/openapi/v1.json", TestHost.Cancelled);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Headers.ETag!.Tag));
        (await host.Client.SendAsync(request, TestHost.Cancelled)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Every_header_of_a_known_caller_is_told()
    {
        await using var host = await TestHost.StartAsync();
        var document = await ReadAsync(host);
        foreach (var route in Routes)
            foreach (var (status, response) in document["paths"]![route.Pattern]![route.Method.ToLowerInvariant()]!["responses"]!.AsObject())
                if (status[0] is '2' or '3')
                    QuotaHeaders.Except(response!["headers"]!.AsObject().Select(header => header.Key)).ShouldBeEmpty(route.Pattern);
    }

    public static TheoryData<string> Contracts => [.. Directory.EnumerateFiles(ContractsDirectory, "*.http").Select(file => Path.GetFileName(file)).Order()];

    private static string ContractsDirectory { get; } = ContractFiles.Directory;

    private static JsonNode? Responses(JsonNode document, string api, string status) =>
        document["components"]!["responses"]!.AsObject()
            .Where(response => response.Key.StartsWith(api, StringComparison.Ordinal))
            .Select(response => response.Value!)
            .Single(response => response["content"]!["application/problem+json"]!["example"]!["status"]!.ToString() == status);

    private static IReadOnlyList<TestRoute> Routes { get; } = TestRoute.Of(HttpFunction.All);

    private static async Task<JsonNode> ReadAsync(TestHost host) =>
        JsonNode.Parse(await host.Client.GetStringAsync("/openapi/v1.json", TestHost.Cancelled))!;

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}

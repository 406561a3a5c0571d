using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.EndToEnd.Tests.Hosting;

/// <summary>Requests that only a host, or somebody who knows its ways, can send to the program.</summary>
[Collection(nameof(HostedApi))]
public sealed class HostedRequestsTests(HostedApi api)
{
    private const string Infer = """{"deployment_id":"echo","inputs":{"hello":"world"}}""";

    [Fact]
    public async Task What_is_streamed_to_the_host_is_read_and_what_is_too_long_is_refused_in_the_APIs_shape()
    {
        using var client = await ClientAsync();

        (await StatusAsync(client, Chunked(Infer))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(client, Chunked(new string(' ', 2 * 1024 * 1024)))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StatusAsync(client, new(HttpMethod.Get, "/api/v1/knowledge/search?q=a&q=b"))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_request_that_comes_past_the_host_is_told_where_to_go()
    {
        using var direct = new HttpClient { BaseAddress = api.Host.Worker.Address };

        using var answer = await direct.PostJsonAsync("/infer", Infer);

        answer.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .ShouldBe($$"""{"valid":false,"error":"This port is for the Azure Functions host alone. Send the request to {{api.Address.ToString().TrimEnd('/')}}."}""");
    }

    [Fact]
    public async Task A_client_that_sends_the_hosts_own_header_is_told_to_leave_it_out()
    {
        using var client = await ClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/usage") { Headers = { { "x-ms-invocation-id", "123" } } };

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    // As by a host that has indexed another version of the app.
    [Fact]
    public async Task An_invocation_of_a_function_that_is_not_there_fails_with_its_reason_and_the_worker_goes_on()
    {
        var sweep = api.Host.Find("sweep");
        var unknown = sweep with { Metadata = sweep.Metadata.Clone() };
        unknown.Metadata.FunctionId = "of-another-version";

        var answer = await api.Host.InvokeAsync(unknown, new TypedData { Json = "{}" }, cancellationToken: TestContext.Current.CancellationToken);

        answer.Result.Status.ShouldBe(StatusResult.Types.Status.Failure);
        answer.Result.Exception.Message.ShouldContain("of-another-version");
        using var client = await ClientAsync();
        (await StatusAsync(client, new(HttpMethod.Get, "/healthz"))).ShouldBe(HttpStatusCode.OK);
    }

    private async Task<HttpClient> ClientAsync() => api.Host.Client(new("", await api.KeyAsync("bob", "pro", "free")));

    private static HttpRequestMessage Chunked(string body) => new(HttpMethod.Post, "/infer")
    {
        Content = new StringContent(body, mediaType: new("application/json")),
        Headers = { TransferEncodingChunked = true },
    };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        using (var answer = await client.SendAsync(request))
            return answer.StatusCode;
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using FunctionsApi.Storage;
using FunctionsApi.Usage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Health;

/// <summary>What callers and operators see while the store fails or hangs, and afterwards.</summary>
public sealed class StoreTroubleTests : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    private readonly TroubledTableStore _store = new(new InMemoryTableStore());
    private TestHost _host = null!;

    public static TheoryData<Trouble, string, string, string> NeedsTheStore()
    {
        var rows = new TheoryData<Trouble, string, string, string>();
        foreach (var trouble in (Trouble[])[Trouble.Fails, Trouble.Hangs])
        {
            rows.Add(trouble, "POST", "/api/v1/ingestion/crawl", """{"url":"https://example.com/"}""");
            rows.Add(trouble, "GET", $"/api/v1/ingestion/crawl/{Guid.Empty:N}", "");
            rows.Add(trouble, "POST", "/api/v1/analytics/events", """{"type":"click"}""");
            rows.Add(trouble, "GET", "/api/v1/analytics/summary", "");
            rows.Add(trouble, "GET", "/api/v1/usage", "");
        }
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        _store.Trouble = Trouble.None;
        await _host.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(NeedsTheStore))]
    public async Task A_route_that_needs_the_store_answers_503_and_works_again_when_it_is_back(
        Trouble trouble, string method, string path, string body)
    {
        await StartAsync();
        using var client = await _host.ClientAsync("acme", "alice", agents: "pro");
        var before = (await SendAsync(client, method, path, body)).Status;
        before.ShouldNotBe(HttpStatusCode.BadRequest);

        _store.Trouble = trouble;
        ShouldBeUnavailable(await SendAsync(client, method, path, body));

        _store.Trouble = Trouble.None;
        await UntilAsync(async () => (await SendAsync(client, method, path, body)).Status == before);
    }

    [Theory]
    [InlineData(Trouble.Fails)]
    [InlineData(Trouble.Hangs)]
    public async Task A_key_that_was_never_seen_is_answered_503(Trouble trouble)
    {
        await StartAsync();
        using var client = await _host.ClientAsync("acme", "alice", inference: "pro");
        _store.Trouble = trouble;
        ShouldBeUnavailable(await InferAsync(client));
        _store.Trouble = Trouble.None;
        await UntilAsync(async () => (await InferAsync(client)).Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Trouble.Fails)]
    [InlineData(Trouble.Hangs)]
    public async Task Callers_who_are_known_go_on_inferring_and_what_they_used_is_written_when_the_store_is_back(Trouble trouble)
    {
        await StartAsync();
        using var client = await _host.ClientAsync("acme", "alice", inference: "enterprise");
        (await InferAsync(client)).Status.ShouldBe(HttpStatusCode.OK);
        _store.Trouble = trouble;
        // Permits in hand are spent; until the store is known to be away, and not slow, there are no others.
        var admitted = 1;
        for (var waited = 0; waited < 60; waited++)
        {
            admitted += (await InferAsync(client)).Status == HttpStatusCode.OK ? 1 : 0;
            await PassAsync(0.5);
        }
        // Beyond what any cache holds without asking.
        for (var i = 0; i < 60; i++)
        {
            (await InferAsync(client)).Status.ShouldBe(HttpStatusCode.OK);
            await PassAsync(1);
        }

        _store.Trouble = Trouble.None;
        await UntilAsync(async () => (await WrittenAsync()) == admitted + 60);
        await UntilAsync(async () => (await SendAsync(_host.Client, "GET", "/readyz", "")).Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Trouble.Fails)]
    [InlineData(Trouble.Hangs)]
    public async Task Where_it_denies_callers_without_permits_in_hand_are_answered_503(Trouble trouble)
    {
        await StartAsync("deny");
        using var client = await _host.ClientAsync("acme", "alice", inference: "pro", agents: "pro");
        (await InferAsync(client)).Status.ShouldBe(HttpStatusCode.OK);
        _store.Trouble = trouble;
        var refused = await InferAsync(client);
        for (var inHand = 0; refused.Status == HttpStatusCode.OK && inHand < 10; inHand++)
            refused = await InferAsync(client);
        ShouldBeUnavailable(refused);
        refused.Headers.ShouldContain("X-RateLimit-Limit");

        (await SendAsync(_host.Client, "GET", "/readyz", "")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _store.Trouble = Trouble.None;
        await UntilAsync(async () => (await InferAsync(client)).Status == HttpStatusCode.OK);
        await UntilAsync(async () => (await SendAsync(_host.Client, "GET", "/readyz", "")).Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Trouble.Fails)]
    [InlineData(Trouble.Hangs)]
    public async Task Probes_answer(Trouble trouble)
    {
        await StartAsync();
        _store.Trouble = trouble;
        (await SendAsync(_host.Client, "GET", "/healthz", "")).Status.ShouldBe(HttpStatusCode.OK);
        var ready = await SendAsync(_host.Client, "GET", "/readyz", "");
        ready.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ready.Body.ShouldContain("\"storage\":\"unreachable\"");
    }

    private static void ShouldBeUnavailable(Answer answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.ShouldContain("Retry-After");
        var body = JsonElement.Parse(answer.Body);
        if (body.TryGetProperty("valid", out var valid))
            valid.GetBoolean().ShouldBeFalse();
        else
            body.GetProperty("statusCode").GetInt32().ShouldBe(503);
        answer.Body.ShouldNotContain("secret");
    }

    private async Task StartAsync(string mode = "admit") =>
        _host = await TestHost.StartAsync(new() { ["Quotas:WhenLedgerUnavailable"] = mode }, store: _store);

    private Task<Answer> InferAsync(HttpClient client) =>
        SendAsync(client, "POST", "/infer", """{"deployment_id":"echo","inputs":{}}""");

    /// <summary>Lets time pass until it is answered.</summary>
    private async Task<Answer> SendAsync(HttpClient client, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var sent = client.SendAsync(request, TestHost.Cancelled);
        while (!await IsDoneAsync(sent))
            _host.Time.Advance(TimeSpan.FromMilliseconds(100));
        using var response = await sent;
        return new(
            response.StatusCode, await response.Content.ReadAsStringAsync(TestHost.Cancelled),
            [.. response.Headers.Select(header => header.Key)]);
    }

    private async Task<long> WrittenAsync()
    {
        var written = 0L;
        await foreach (var row in _store.QueryAsync(UsageTable.Name, new() { Partition = "acme" }, TestHost.Cancelled))
            written += (long)row.Values["admitted"];
        return written;
    }

    private async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await holds())
                return;
            await PassAsync(0.2);
        }
        (await holds()).ShouldBeTrue();
    }

    private async Task PassAsync(double seconds)
    {
        _host.Time.Advance(TimeSpan.FromSeconds(seconds));
        await IsDoneAsync(new TaskCompletionSource().Task);
    }

    private static async Task<bool> IsDoneAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Moment, TestHost.Cancelled);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private sealed record Answer(HttpStatusCode Status, string Body, IReadOnlyList<string> Headers);
}

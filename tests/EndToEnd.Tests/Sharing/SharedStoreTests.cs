namespace FunctionsApi.EndToEnd.Tests.Sharing;

public sealed class SharedStoreTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Two_servers_admit_together_what_one_would_while_commands_change_the_store()
    {
        const int limit = 2000;
        await _installation.ApplyPlansAsync(Plans.Sliding("1h", limit));
        var key = await _installation.CreateKeyAsync();
        var (one, other) = (await _installation.ServeAsync(), await _installation.ServeAsync());
        await using var atOne = new Hammer(key, clients: 4, () => Task.FromResult(one));
        await using var atOther = new Hammer(key, clients: 4, () => Task.FromResult(other));

        for (var user = 0; user < 3; user++)
        {
            await _installation.CreateKeyAsync(user: $"user{user}");
            await _installation.RunAsync("tenants", "set", "--tenant", "acme", "--inference", "pro");
            await _installation.RunAsync("usage", "--tenant", "acme");
        }

        await atOne.UntilAsync(h => h.Admitted + atOther.Admitted >= 0.95 * limit, "nearly the whole limit");
        await atOne.UntilAsync(h => h.Refused >= 100, "100 refusals by one");
        await atOther.UntilAsync(h => h.Refused >= 100, "100 refusals by the other");
        await atOne.StopAsync();
        await atOther.StopAsync();
        (atOne.Admitted + atOther.Admitted).ShouldBeInRange((int)(0.95 * limit), limit);
        (await _installation.AskAsync("keys", "list", "--tenant", "acme")).GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_by_every_server_within_30_seconds()
    {
        var key = await _installation.CreateKeyAsync();
        var kept = await _installation.CreateKeyAsync(user: "bob");
        RunningServer[] servers = [await _installation.ServeAsync(), await _installation.ServeAsync()];
        foreach (var server in servers)
            (await StatusAsync(server, key)).ShouldBe(HttpStatusCode.BadRequest);

        await _installation.RunAsync("keys", "revoke", key.Id);

        await Task.WhenAll(servers.Select(server => Patience.UntilAsync(
            async () => await StatusAsync(server, key) == HttpStatusCode.Unauthorized, "the revoked key to be refused")));
        foreach (var server in servers)
            (await StatusAsync(server, kept)).ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <returns>400 for a known key: the request itself is not valid, so that it uses no quota.</returns>
    private static async Task<HttpStatusCode> StatusAsync(RunningServer server, ApiKey key)
    {
        using var client = server.Client(key);
        using var answer = await client.PostJsonAsync("/infer", "{}");
        return answer.StatusCode;
    }
}

namespace FunctionsApi.EndToEnd.Tests.Durability;

public sealed class LostDataTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_server_whose_file_was_deleted_says_that_it_is_not_ready_and_why()
    {
        var server = await _installation.ServeAsync();
        using var client = server.Client();
        (await client.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_installation.StorePath)!, "store.db*"))
            File.Delete(file);

        await Patience.UntilAsync(
            async () => (await client.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.ServiceUnavailable,
            "/readyz to tell that the file is gone");
        (await client.GetStringAsync("/healthz", TestContext.Current.CancellationToken)).ShouldContain("alive");
        await server.Process.LineAsync("fail: FunctionsApi.Health.Readiness");
    }
}

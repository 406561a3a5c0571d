namespace FunctionsApi.EndToEnd.Tests.StartUp;

/// <summary>The program on Azure Tables: how it starts where the store is not as it should be, and where it is.</summary>
public sealed class TablesTests : IAsyncDisposable
{
    private const string WrongKey = "dGhlIGtleSBvZiBhbm90aGVyIGFjY291bnQ=";

    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_store_that_starts_later_is_waited_for()
    {
        await using var azurite = await Azurite.StartAsync();
        await azurite.StopAsync();

        var process = Start(azurite.ConnectionString);
        await Patience.UntilAsync(() => Task.FromResult(process.Errors.Length > 0), "the server to say that it waits");
        await azurite.RestartAsync();
        var server = await RunningServer.WatchAsync(process);

        process.Errors.ShouldBe(
            $"The Azure Table Storage at {azurite.Endpoint} is not running. Start Azurite, or correct the address. Trying again for 30 s.");
        using var client = server.Client();
        (await client.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_key_ends_the_start_at_once()
    {
        await using var azurite = await Azurite.StartAsync();

        var process = Start($"AccountName=devstoreaccount1;AccountKey={WrongKey};TableEndpoint={azurite.Endpoint}");

        (await process.ExitAsync()).ShouldBe(1, process.Account);
        process.Errors.ShouldStartWith($"The Azure Table Storage at {azurite.Endpoint} does not accept the account key");
        process.Errors.Split('\n').Length.ShouldBe(1, process.Account);
        process.Account.ShouldNotContain(WrongKey);
    }

    private ChildProcess Start(string connectionString) => _installation.Start(
        ("Storage__Provider", "tables"), ("Storage__ConnectionString", connectionString), ("Storage__Path", ""));
}

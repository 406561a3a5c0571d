using System.Net.Sockets;
using FunctionsApi.Storage;
using FunctionsApi.Storage.Sqlite;

namespace FunctionsApi.EndToEnd.Tests.StartUp;

/// <summary>What keeps the server from starting is said in one line, and the exit code is 1.</summary>
public sealed class RefusedStartTests : IAsyncDisposable
{
    private readonly Installation _installation = new();

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task A_file_that_is_no_database()
    {
        File.WriteAllText(_installation.StorePath, "Dear diary, today I was taken for a database.");

        (await ReasonAsync()).ShouldBe(
            $"'{_installation.StorePath}' is not an SQLite database. Move it away to start with an empty one, or choose another path.");
    }

    [Fact]
    public async Task A_damaged_database()
    {
        await _installation.CreateKeyAsync();
        var bytes = File.ReadAllBytes(_installation.StorePath);
        // All but the first page, which says how the file is made.
        bytes.AsSpan(4096).Fill(0xA5);
        File.WriteAllBytes(_installation.StorePath, bytes);

        (await ReasonAsync()).ShouldStartWith($"'{_installation.StorePath}' is damaged.");
    }

    [Fact]
    public async Task A_directory_that_nobody_can_write_to()
    {
        // Root may write to any other.
        const string path = "/proc/functionsapi.db";

        (await ReasonAsync(("Storage__Path", path))).ShouldBe(
            $"'{path}' cannot be made. Could not find file '{path}'. Choose a path that this user can write to.");
    }

    [Fact]
    public async Task A_port_in_use()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        (await ReasonAsync(("ASPNETCORE_URLS", $"http://{other.LocalEndpoint}"))).ShouldBe(
            $"Failed to bind to address http://{other.LocalEndpoint}: address already in use. "
            + "Another program listens there, perhaps this one, started before: stop it, or set ASPNETCORE_URLS to another address, such as "
            + $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port + 1}.");
    }

    [Fact]
    public async Task An_https_address_without_a_certificate()
    {
        var reason = await ReasonAsync(("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("HOME", _installation.PathOf("no-home")));

        reason.ShouldContain("set Kestrel__Certificates__Default__Path to a PFX file");
        reason.ShouldContain("'dotnet dev-certs https'");
    }

    [Fact]
    public async Task A_certificate_that_is_not_there() =>
        (await ReasonAsync(("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("Kestrel__Certificates__Default__Path", "/no/such.pfx")))
            .ShouldContain("set Kestrel__Certificates__Default__Path to a PFX file");

    [Fact]
    public async Task An_address_that_this_machine_does_not_have() =>
        (await ReasonAsync(("ASPNETCORE_URLS", "http://192.0.2.1:7072"))).ShouldBe(
            "ASPNETCORE_URLS is 'http://192.0.2.1:7072', and this machine has no such address. "
            + "Set it to one that it has, such as http://127.0.0.1:7073, or to http://*:7071 for all of them.");

    [Theory]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("nonsense")]
    public async Task An_address_that_is_none(string address) =>
        (await ReasonAsync(("ASPNETCORE_URLS", address))).ShouldContain(address);

    [Fact]
    public async Task A_misspelt_setting() =>
        (await ReasonAsync(("Quotas__WhenLedgerUnavailible", "deny"))).ShouldBe(
            "Quotas__WhenLedgerUnavailible is no setting: did you mean Quotas__WhenLedgerUnavailable?");

    [Fact]
    public async Task A_setting_that_has_no_such_value() =>
        (await ReasonAsync(("Quotas__WhenLedgerUnavailable", "perhaps"))).ShouldBe(
            "Quotas__WhenLedgerUnavailable is 'perhaps': set it to 'admit' or 'deny'.");

    [Fact]
    public async Task A_settings_file_that_is_no_JSON()
    {
        var file = _installation.PathOf("appsettings.json");
        File.WriteAllText(file, "{");

        (await ReasonAsync()).ShouldContain(file);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_unless_it_is_said_to_be_right()
    {
        await SeeTimeAsync(TimeProvider.System.GetUtcNow().AddHours(1));

        (await ReasonAsync()).ShouldContain("set Quotas__AcceptClockSetBack=true for one start if it is.");

        await _installation.ServeAsync(("Quotas__AcceptClockSetBack", "true"));
    }

    /// <summary>Leaves what a server leaves that ran at that time.</summary>
    private async Task SeeTimeAsync(DateTimeOffset time)
    {
        await using var store = await SqliteTableStore.OpenAsync(_installation.StorePath);
        var seen = new Dictionary<string, object> { ["At"] = time };
        await store.PutAsync("Meta", new(new("clock", ""), seen, PutCondition.None), TestContext.Current.CancellationToken);
    }

    private async Task<string> ReasonAsync(params (string Name, string Value)[] settings)
    {
        var server = _installation.Start(settings);

        (await server.ExitAsync()).ShouldBe(1, server.Account);
        server.Output.ShouldBeEmpty();
        server.Errors.Split('\n').Length.ShouldBe(1, server.Account);
        return server.Errors;
    }
}

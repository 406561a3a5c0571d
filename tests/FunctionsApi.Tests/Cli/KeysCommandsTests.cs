using System.Text.Json.Nodes;
using FunctionsApi.Cli;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Cli;

public sealed class KeysCommandsTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_key_is_listed_with_all_but_itself()
    {
        var key = JsonNode.Parse((await RunAsync(
            "keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "pro", "--agents", "free", "--expires", "90d", "--json")).Output)!;

        JsonNode.Parse((await RunAsync("keys", "list", "--tenant", "acme", "--json")).Output)!.AsArray().Single()!.ToJsonString().ShouldBe(
            new JsonObject
            {
                ["id"] = key["id"]!.GetValue<string>(),
                ["prefix"] = key["key"]!.GetValue<string>()[..7],
                ["tenant"] = "acme",
                ["user"] = "alice",
                ["inference"] = "pro",
                ["agents"] = "free",
                ["created"] = "2026-02-27T09:30:00Z",
                ["expires"] = "2026-05-28T09:30:00Z",
                ["revoked"] = null,
            }.ToJsonString());
        JsonNode.Parse((await RunAsync("keys", "list", "--tenant", "other", "--json")).Output)!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_for_people_is_shown_once_and_then_by_its_prefix()
    {
        var created = (await RunAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--inference", "pro", "--agents", "free")).Output;
        var key = created.Split('\n')[0].Split(' ')[^1].Trim();
        created.ShouldContain("Expires: never");
        var listed = (await RunAsync("keys", "list", "--tenant", "acme")).Output;
        listed.ShouldContain($"{key[..7]}…");
        listed.ShouldNotContain(key);
    }

    [Fact]
    public async Task A_key_is_revoked_by_its_id_alone_and_keeps_the_time()
    {
        var id = JsonNode.Parse((await RunAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--json")).Output)!["id"]!.GetValue<string>();
        (await RunAsync("keys", "revoke", id)).ShouldBe((0, $"Revoked {id} ({await PrefixAsync()}…) of acme; every server refuses it within 30 s.\n", ""));

        _time.Advance(TimeSpan.FromHours(1));
        var again = JsonNode.Parse((await RunAsync("keys", "revoke", id, "--json")).Output)!;
        again["revoked"]!.GetValue<string>().ShouldBe("2026-02-27T09:30:00Z");
        JsonNode.Parse((await RunAsync("keys", "list", "--tenant", "acme", "--json")).Output)![0]!.ToJsonString().ShouldBe(again.ToJsonString());
    }

    [Theory]
    [InlineData("There is no key nothing. See the ids with: FunctionsApi keys list --tenant <tenant>", "keys", "revoke", "nothing")]
    [InlineData("The tenant must be 1 to 64 letters, digits, dots, hyphens and underscores.", "keys", "create", "--tenant", "a/b", "--user", "x")]
    [InlineData("The user must be 1 to 128 visible ASCII characters, without spaces.", "keys", "create", "--tenant", "a", "--user", "x y")]
    [InlineData("The inference API has no plan 'free'. It has: pro, team, enterprise.", "keys", "create", "--tenant", "a", "--user", "x", "--inference", "free")]
    [InlineData("--expires 90 is no length of time: give days, hours or minutes as 90d, 12h or 30m, at most 3650d.", "keys", "create", "--tenant", "a", "--user", "x", "--expires", "90")]
    [InlineData("--expires 0d is no length of time: give days, hours or minutes as 90d, 12h or 30m, at most 3650d.", "keys", "create", "--tenant", "a", "--user", "x", "--expires", "0d")]
    [InlineData("--expires -1d is no length of time: give days, hours or minutes as 90d, 12h or 30m, at most 3650d.", "keys", "create", "--tenant", "a", "--user", "x", "--expires", "-1d")]
    [InlineData("--expires 99999999d is no length of time: give days, hours or minutes as 90d, 12h or 30m, at most 3650d.", "keys", "create", "--tenant", "a", "--user", "x", "--expires", "99999999d")]
    public async Task What_cannot_be_done_is_said_with_its_remedy(string message, params string[] args) =>
        (await RunAsync(args)).ShouldBe((1, "", message + "\n"));

    [Theory]
    [InlineData("30m", "2026-02-27T10:00:00Z")]
    [InlineData("12h", "2026-02-27T21:30:00Z")]
    [InlineData("3650d", "2036-02-25T09:30:00Z")]
    public async Task A_key_expires_when_it_is_told_to(string lifetime, string expires)
    {
        await RunAsync("keys", "create", "--tenant", "acme", "--user", "alice", "--expires", lifetime);
        JsonNode.Parse((await RunAsync("keys", "list", "--tenant", "acme", "--json")).Output)![0]!["expires"]!.GetValue<string>().ShouldBe(expires);
    }

    private async Task<string> PrefixAsync() =>
        JsonNode.Parse((await RunAsync("keys", "list", "--tenant", "acme", "--json")).Output)![0]!["prefix"]!.GetValue<string>();

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Storage:Path"] = Path.Combine(_directory.FullName, "functionsapi.db") })
            .Build();
        await using var context = new CommandContext(output, error, _time, configuration);
        var code = await CommandLine.RunAsync(args, context);
        return (code, output.ToString(), error.ToString());
    }
}

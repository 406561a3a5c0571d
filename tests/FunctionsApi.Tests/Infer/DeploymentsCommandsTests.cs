using System.CommandLine;
using System.Text.Json;
using FunctionsApi.Auth;
using FunctionsApi.Cli;
using FunctionsApi.Infer;
using FunctionsApi.Tenants;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class DeploymentsCommandsTests : IAsyncLifetime
{
    private const string Secret = "s3cr3t-of-the-backend";
    private const string SetHttp = "set --tenant acme --id model --backend http --url https://models.example.com/predict";

    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly CommandContext _context;

    public DeploymentsCommandsTests()
    {
        var settings = new Dictionary<string, string?> { ["Storage:Path"] = Path.Combine(_folder.FullName, "store.db") };
        _context = new(_output, _error, TimeProvider.System, new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
    }

    public async ValueTask InitializeAsync()
    {
        foreach (var tenant in (string[])["acme", "globex"])
            await new TenantTable(await _context.StoreAsync()).ChangeAsync(tenant, it => it with { Inference = it.Inference with { Plan = "pro" } }, TestHost.Cancelled);
    }

    [Fact]
    public async Task A_deployment_of_a_tenant_that_does_not_exist_is_refused()
    {
        await ShouldFailAsync(
            "set --tenant nobody --id model --backend echo", "There is no tenant nobody. Make it with: FunctionsApi tenants set --tenant nobody --inference pro");

        await new KeyTable(await _context.StoreAsync(), TimeProvider.System).CreateAsync(new("nobody", "alice", "pro"), null, TestHost.Cancelled);
        (await RunAsync("set --tenant nobody --id model --backend echo")).ShouldBe(0);
    }

    [Fact]
    public async Task A_schema_is_read_from_a_file_shown_and_taken_away()
    {
        var file = FileOf("""{"type":"object","required":["age"]}""");

        (await JsonAsync($"set --tenant acme --id model --backend echo --schema {file} --json")).GetProperty("schema").GetRawText()
            .ShouldBe("""{"type":"object","required":["age"]}""");
        (await SetAsync("set --tenant acme --id model --weight 2")).Schema!.Text.ShouldBe("""{"type":"object","required":["age"]}""");
        (await SetAsync("set --tenant acme --id model --no-schema")).Schema.ShouldBeNull();
    }

    [Fact]
    public async Task A_schema_that_cannot_be_used_is_refused_with_the_reason()
    {
        await ShouldFailAsync($"set --tenant acme --id model --backend echo --schema {FileOf("[")}", "The schema is not valid JSON");
        await ShouldFailAsync($"set --tenant acme --id model --backend echo --schema {FileOf(new string(' ', 40_000))}", "must not be longer than 30 KiB");
        await ShouldFailAsync($"set --tenant acme --id model --backend echo --schema {FileOf("{}")} --no-schema", "Give one of --schema and --no-schema.");
        await ShouldFailAsync($"set --tenant acme --id model --backend echo --schema {_folder.FullName}/none.json", "cannot be read");
        (await JsonAsync("list --tenant acme --json")).GetProperty("deployments").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Refunds_are_switched_on_and_off()
    {
        (await SetAsync("set --tenant acme --id model --backend echo --refund")).Refund.ShouldBeTrue();
        (await SetAsync("set --tenant acme --id model --weight 2")).Refund.ShouldBeTrue();
        (await SetAsync("set --tenant acme --id model --refund false")).Refund.ShouldBeFalse();
    }

    [Fact]
    public async Task A_deployment_is_set_with_everything()
    {
        var json = await JsonAsync(
            $"{SetHttp} --timeout 5s --secret-env MODEL_KEY --secret-header X-Api-Key --weight 2 --retries 0 --max-response 64KiB --json");
        json.ToString().ShouldBe(
            """
            {"tenant":"acme","id":"model","backend":"http","url":"https://models.example.com/predict","timeout":"5s","maxResponseBytes":65536,"secret":"env:MODEL_KEY","secretHeader":"X-Api-Key","weight":2,"retries":0,"schema":null,"refund":false}
            """);
    }

    [Fact]
    public async Task A_deployment_is_set_with_the_defaults()
    {
        var set = await SetAsync("set --tenant acme --id model --backend echo");
        (set.Timeout, set.MaxResponseBytes, set.Weight, set.Retries, set.Secret)
            .ShouldBe((TimeSpan.FromSeconds(30), 10 * 1024 * 1024, 1, 2, null));
    }

    [Fact]
    public async Task What_is_not_named_again_stays()
    {
        await SetAsync($"{SetHttp} --timeout 5s --secret -", Secret);
        var set = await SetAsync("set --tenant acme --id model --weight 3");
        (set.Timeout, set.Weight, set.Secret!.Stored, set.Url!.Host).ShouldBe((TimeSpan.FromSeconds(5), 3, Secret, "models.example.com"));
    }

    [Fact]
    public async Task Another_backend_starts_anew()
    {
        await SetAsync($"{SetHttp} --secret -", Secret);
        var set = await SetAsync("set --tenant acme --id model --backend echo");
        (set.Url, set.Secret).ShouldBe((null, null));
    }

    [Fact]
    public async Task A_secret_can_be_taken_away()
    {
        await SetAsync($"{SetHttp} --secret -", Secret);
        (await SetAsync("set --tenant acme --id model --no-secret")).Secret.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("--json")]
    public async Task No_output_shows_a_secret(string json)
    {
        await RunAsync($"{SetHttp} --secret - {json}", Secret);
        await RunAsync($"set --tenant acme --id model --secret-header X-Key {json}");
        await RunAsync($"list --tenant acme {json}");
        _output.ToString().ShouldContain("stored");
        $"{_output}{_error}".ShouldNotContain(Secret);
    }

    [Fact]
    public async Task Deployments_are_listed_in_order_and_by_tenant()
    {
        await RunAsync("set --tenant acme --id b --backend echo");
        await RunAsync("set --tenant acme --id a --backend echo");
        await RunAsync("set --tenant globex --id c --backend echo");
        var json = await JsonAsync("list --tenant acme --json");
        json.GetProperty("tenant").GetString().ShouldBe("acme");
        json.GetProperty("deployments").EnumerateArray().Select(it => it.GetProperty("id").GetString()).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_removed_deployment_is_gone()
    {
        await RunAsync("set --tenant acme --id model --backend echo");
        (await JsonAsync("remove --tenant acme --id model --json")).ToString().ShouldBe("""{"tenant":"acme","id":"model","removed":true}""");
        (await JsonAsync("list --tenant acme --json")).GetProperty("deployments").GetArrayLength().ShouldBe(0);
        await ShouldFailAsync("remove --tenant acme --id model", "Tenant acme has no deployment model.");
    }

    [Theory]
    [InlineData("set --tenant acme --id model", "A new deployment needs --backend")]
    [InlineData("set --tenant acme --id model --backend grpc", "--backend grpc must be echo or http.")]
    [InlineData("set --tenant acme --id model --backend http", "needs a URL")]
    [InlineData("set --tenant acme --id model --backend http --url ftp://x", "must start with http:// or https://")]
    [InlineData("set --tenant acme --id model --backend http --url http://[", "cannot be read")]
    [InlineData("set --tenant acme --id model --backend http --url http://a:b@x", "must not hold a user name")]
    [InlineData("set --tenant acme --id model --backend echo --url http://x", "takes no URL")]
    [InlineData("set --tenant acme --id a/b --backend echo", "The id must be")]
    [InlineData("set --tenant a/b --id model --backend echo", "The tenant must be")]
    [InlineData("set --tenant acme --id model --backend echo --timeout 99999999999999s", "--timeout 99999999999999s must be")]
    [InlineData("set --tenant acme --id model --backend echo --timeout soon", "--timeout soon must be from 100ms to 10m, for example 30s.")]
    [InlineData("set --tenant acme --id model --backend echo --timeout 11m", "The timeout must be")]
    [InlineData("set --tenant acme --id model --backend echo --max-response 2GiB", "The largest response must be")]
    [InlineData("set --tenant acme --id model --backend echo --weight 0", "The weight must be")]
    [InlineData("set --tenant acme --id model --backend echo --retries 100", "The retries must be")]
    [InlineData(SetHttp + " --secret hunter2", "Give the credential on standard input")]
    [InlineData(SetHttp + " --secret -", "The secret must be")]
    [InlineData(SetHttp + " --secret - --secret-env A", "Give one of")]
    [InlineData(SetHttp + " --secret-header X-Key", "needs --secret-env or --secret -")]
    public async Task What_is_wrong_is_said(string arguments, string message)
    {
        await ShouldFailAsync(arguments, message);
        (await JsonAsync("list --tenant acme --json")).GetProperty("deployments").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_giant_number_is_refused() => (await RunAsync($"{SetHttp} --weight 99999999999999999999")).ShouldNotBe(0);

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        await _output.DisposeAsync();
        await _error.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private string FileOf(string content)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(file, content);
        return file;
    }

    private async Task<Deployment> SetAsync(string arguments, string input = "")
    {
        (await RunAsync(arguments, input)).ShouldBe(0);
        return (await new DeploymentTable(await _context.StoreAsync()).FindAsync("acme", "model", TestHost.Cancelled))!;
    }

    private async Task ShouldFailAsync(string arguments, string message) =>
        (await Should.ThrowAsync<CommandException>(RunAsync(arguments))).Message.ShouldContain(message);

    private async Task<JsonElement> JsonAsync(string arguments)
    {
        _output.GetStringBuilder().Clear();
        (await RunAsync(arguments)).ShouldBe(0);
        return JsonDocument.Parse(_output.ToString()).RootElement;
    }

    private async Task<int> RunAsync(string arguments, string input = "")
    {
        using var reader = new StringReader(input);
        var root = new RootCommand { CommandLine.Json, DeploymentsCommands.Create(_context, reader) };
        return await root.Parse($"deployments {arguments}").InvokeAsync(
            new() { EnableDefaultExceptionHandler = false, Output = _output, Error = _error }, TestHost.Cancelled);
    }
}

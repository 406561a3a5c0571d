using FunctionsApi.Settings;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Settings;

/// <summary>Storage that does not go with the host's is refused at start, before it costs permits or jobs.</summary>
public sealed class HostStorageTests
{
    private const string Ours = "https://acme.queue.core.windows.net";
    private const string Key = "AccountKey=c2VjcmV0";

    [Theory]
    [InlineData("WEBSITE_SITE_NAME")]
    [InlineData("WEBSITE_INSTANCE_ID")]
    public void In_Azure_a_file_is_no_store_for_the_instances_of_an_app(string name) =>
        Refusal([(name, "acme-api")]).ShouldBe(
            "Storage__Provider is not 'tables', and this is the function app 'acme-api' in Azure: its instances have no disk in common, and "
            + "each would sell the whole quota. Set it to 'tables', and Storage__TableServiceUri to https://<account>.table.core.windows.net.");

    [Fact]
    public void Under_func_start_a_file_is_a_store_like_any_other() =>
        Read([]).Storage.IsSqlite.ShouldBeTrue();

    [Fact]
    public void Without_the_host_it_is_nobodys_business_what_its_settings_say() =>
        Should.NotThrow(() => Read([("WEBSITE_SITE_NAME", "acme-api"), ("AzureWebJobsStorage", "nonsense")], underFunctionsHost: false));

    [Theory]
    [InlineData("AzureWebJobsStorage", $"AccountName=acme;{Key}")]
    [InlineData("AzureWebJobsStorage", $"DefaultEndpointsProtocol=http;AccountName=acme;{Key}")]
    [InlineData("AzureWebJobsStorage", $"{Key};AccountName=other;QueueEndpoint={Ours}/")]
    [InlineData("AzureWebJobsStorage:accountName", "acme")]
    [InlineData("AzureWebJobsStorage:queueServiceUri", $"{Ours}/")]
    [InlineData("AzureWebJobsStorage:queueServiceUri", "https://ACME.queue.core.windows.net:443")]
    public void The_hosts_account_may_be_named_in_any_way(string name, string value) =>
        Should.NotThrow(() => ReadByIdentity([(name, value)]));

    [Theory]
    [InlineData("AzureWebJobsStorage", $"AccountName=other;{Key}", "https://other.queue.core.windows.net/")]
    [InlineData("AzureWebJobsStorage", "UseDevelopmentStorage=true", "http://127.0.0.1:10001/devstoreaccount1")]
    [InlineData("AzureWebJobsStorage:accountName", "other", "https://other.queue.core.windows.net/")]
    [InlineData("AzureWebJobsStorage:queueServiceUri", "https://acme.queue.core.chinacloudapi.cn", "https://acme.queue.core.chinacloudapi.cn/")]
    public void Another_account_than_the_hosts_is_refused(string name, string value, string theirs) =>
        Refusal([.. ByIdentity, (name, value)]).ShouldBe(
            $"Storage__QueueServiceUri sends crawl jobs to {Ours}/, but the Functions host takes them from {theirs}, which "
            + $"{name.Replace(":", "__", StringComparison.Ordinal)} names: they would wait forever. Let both name the same account.");

    [Fact]
    public void Of_several_names_that_counts_which_counts_for_the_host()
    {
        (string, string?)[] all =
        [
            ("AzureWebJobsStorage", $"AccountName=first;{Key}"),
            ("AzureWebJobsStorage:accountName", "second"),
            ("AzureWebJobsStorage:queueServiceUri", Ours),
        ];

        Refusal([.. ByIdentity, .. all]).ShouldContain("https://first.queue");
        Refusal([.. ByIdentity, .. all[1..]]).ShouldContain("https://second.queue");
        Should.NotThrow(() => ReadByIdentity(all[2..]));
    }

    [Fact]
    public void A_host_that_has_no_account_is_refused() =>
        Refusal(ByIdentity).ShouldBe(
            "AzureWebJobsStorage is missing, by which the Functions host finds crawl jobs: let it name the account that Storage__QueueServiceUri names.");

    [Theory]
    [InlineData("AzureWebJobsStorage", "topsecret")]
    [InlineData("AzureWebJobsStorage:accountName", "a b")]
    [InlineData("AzureWebJobsStorage:queueServiceUri", "acme")]
    public void A_name_that_makes_no_sense_is_refused_and_not_repeated(string name, string value) =>
        Refusal([.. ByIdentity, (name, value)]).ShouldBe(
            $"{name.Replace(":", "__", StringComparison.Ordinal)} names no account of queues, and the Functions host takes crawl jobs from there: correct it.");

    [Theory]
    [InlineData("http://localhost:10001/devstoreaccount1", true)]
    [InlineData("http://127.0.0.1:10001/devstoreaccount1/", true)]
    [InlineData("http://127.0.0.1:20001/devstoreaccount1", false)]
    [InlineData("http://127.0.0.1:10001/other", false)]
    public void One_Azurite_has_several_names(string endpoint, bool isSame)
    {
        (string, string?)[] settings =
        [
            ("Storage:Provider", "tables"),
            ("Storage:ConnectionString", "UseDevelopmentStorage=true"),
            ("AzureWebJobsStorage", $"AccountName=devstoreaccount1;{Key};QueueEndpoint={endpoint}"),
        ];

        if (isSame)
            Should.NotThrow(() => Read(settings));
        else
            Refusal(settings).ShouldStartWith("Storage__ConnectionString sends crawl jobs to http://127.0.0.1:10001/devstoreaccount1, but");
    }

    [Fact]
    public void Jobs_that_wait_in_a_table_need_no_account_of_the_host() =>
        Should.NotThrow(() => Read([.. ByIdentity[..2]]));

    [Fact]
    public void Durable_entities_are_in_no_file() =>
        Refusal([("Quotas:Ledger", null)]).ShouldBe(
            "Storage__Provider is 'sqlite', but counters are in durable entities under the Functions host, which are in the account that "
            + "AzureWebJobsStorage names: set it to 'tables' and let it name that account, or set Quotas__Ledger to 'table'.");

    [Theory]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "https://acme.table.core.windows.net/", null)]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "https://other.table.core.windows.net", "Storage__TableServiceUri names https://acme.table.core.windows.net/, "
        + "but the Functions host keeps durable entities in https://other.table.core.windows.net/, which AzureWebJobsStorage__tableServiceUri names")]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "acme", "AzureWebJobsStorage__tableServiceUri names no account of tables")]
    [InlineData("AzureWebJobsStorage:blobServiceUri", "https://acme.blob.core.windows.net", "AzureWebJobsStorage is missing, or AzureWebJobsStorage__tableServiceUri")]
    public void Durable_entities_are_where_their_commands_look(string name, string value, string? refusal)
    {
        (string, string?)[] settings = [.. ByIdentity, ("AzureWebJobsStorage:queueServiceUri", Ours), ("Quotas:Ledger", "entities"), (name, value)];

        if (refusal is null)
            Read(settings).Ledger.ShouldBe(LedgerKind.Entities);
        else
            Refusal(settings).ShouldStartWith(refusal);
    }

    private static (string, string?)[] ByIdentity { get; } =
    [
        ("Storage:Provider", "tables"),
        ("Storage:TableServiceUri", "https://acme.table.core.windows.net"),
        ("Storage:QueueServiceUri", Ours),
    ];

    private static string Refusal((string, string?)[] settings) => Should.Throw<SettingsException>(() => Read(settings)).Message;

    private static AppSettings ReadByIdentity((string, string?)[] settings) => Read([.. ByIdentity, .. settings]);

    private static AppSettings Read((string Name, string? Value)[] settings, bool underFunctionsHost = true) => AppSettings.Read(
        new ConfigurationBuilder()
            .AddInMemoryCollection([new("Quotas:Ledger", "table")])
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value)).Build(),
        underFunctionsHost);
}

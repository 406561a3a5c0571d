using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;
using FunctionsApi.Storage.Azure;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Settings;

public sealed class SettingsTests
{
    // {"role":"anon"} and {"role":"service_role"}, as Supabase writes them.
    private const string AnonKey = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl";
    private const string ServiceKey = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl";

    [Theory]
    [InlineData("sb_secret_abc", "https://project.supabase.co/auth/v1", "Auth__Supabase__PublicKey is a secret,")]
    [InlineData(ServiceKey, "https://project.supabase.co/auth/v1", "Auth__Supabase__PublicKey is a secret,")]
    [InlineData("sb_publishable_abc", "http://project.supabase.co/auth/v1", "Auth__Supabase__PublicKey lets people sign in at Auth__Supabase__Issuer, which does not begin with https://")]
    public void A_key_that_is_not_for_pages_or_a_password_sent_in_clear_is_refused(string key, string issuer, string beginning) =>
        Should.Throw<SettingsException>(() => Read(new()
        {
            ["Auth:Supabase:Issuer"] = issuer,
            ["Auth:Supabase:JwtSecret"] = "a-secret-of-more-than-thirty-two-characters",
            ["Auth:Supabase:PublicKey"] = key,
        })).Message.ShouldStartWith(beginning);

    [Fact]
    public void Without_any_setting_all_is_by_default()
    {
        var settings = Read([]);
        settings.Storage.Path.ShouldBe(Path.Combine(".data", "functionsapi.db"));
        settings.Quotas.WhenLedgerUnavailable.ShouldBe(WhenLedgerUnavailable.Admit);
        settings.Quotas.AcceptClockSetBack.ShouldBeFalse();
        settings.Supabase.ShouldBeNull();
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var settings = Read(new()
        {
            ["Storage:Provider"] = "SQLite",
            ["Storage:Path"] = "/data/x.db",
            ["Quotas:WhenLedgerUnavailable"] = "Deny",
            ["Quotas:AcceptClockSetBack"] = "true",
            ["Auth:Supabase:Issuer"] = "https://project.supabase.co/auth/v1",
            ["Auth:Supabase:JwtSecret"] = "a-secret-of-more-than-thirty-two-characters",
            ["Auth:Supabase:JwksUri"] = "https://project.supabase.co/auth/v1/.well-known/jwks.json",
            ["Auth:Supabase:PublicKey"] = AnonKey,
            ["Dashboard:UpgradeUrl"] = "https://app.example.com/billing",
        });
        settings.Storage.Path.ShouldBe("/data/x.db");
        settings.Quotas.WhenLedgerUnavailable.ShouldBe(WhenLedgerUnavailable.Deny);
        settings.Quotas.AcceptClockSetBack.ShouldBeTrue();
        settings.Supabase.ShouldBe(new()
        {
            Issuer = "https://project.supabase.co/auth/v1",
            JwtSecret = "a-secret-of-more-than-thirty-two-characters",
            JwksUri = "https://project.supabase.co/auth/v1/.well-known/jwks.json",
            PublicKey = AnonKey,
        });
        settings.Dashboard.UpgradeUrl.ShouldBe("https://app.example.com/billing");
    }

    [Fact]
    public void A_models_key_is_not_sent_for_all_to_read_and_not_printed()
    {
        Dictionary<string, string?> settings = new() { ["Llm:Endpoint"] = "http://models.example/v1", ["Llm:Model"] = "m", ["Llm:Key"] = "sk-secret" };

        Should.Throw<SettingsException>(() => Read(settings)).Message.ShouldBe(
            "Llm__Endpoint begins with http://, and Llm__Key would be sent for all to read: use https://, or unset the key.");
        settings["Llm:Endpoint"] = "http://127.0.0.1:8080/v1";
        Read(settings).ToString().ShouldNotContain("sk-secret");
        settings["Llm:Endpoint"] = "https://models.example/v1";
        Read(settings).Llm!.Key.ShouldBe("sk-secret");
    }

    [Theory]
    [InlineData("Storage:Provider", "cosmos", "Storage__Provider is 'cosmos': set it to 'sqlite' or 'tables'.")]
    [InlineData("Storage:Provider", "tables", "Storage__ConnectionString is missing, and so is Storage__TableServiceUri: set the one, or the other for managed identity.")]
    [InlineData("Storage:ConnectionString", "UseDevelopmentStorage=true", "Storage__ConnectionString is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.")]
    [InlineData("Storage:TableServiceUri", "https://a.table.core.windows.net", "Storage__TableServiceUri is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.")]
    [InlineData("Storage:QueueServiceUri", "https://a.queue.core.windows.net", "Storage__QueueServiceUri is for the provider 'tables', but the provider is 'sqlite': unset it, or set Storage__Provider to 'tables'.")]
    [InlineData("Llm:Model", "m", "Llm__Endpoint is missing: set it to the address of an OpenAI-compatible API, as https://api.openai.com/v1, or unset Llm__Model and Llm__Key.")]
    [InlineData("Llm:Endpoint", "https://api.openai.com/v1", "Llm__Model is missing: set it to the name that the endpoint knows the model by.")]
    [InlineData("Llm:Endpoint", "api.openai.com", "Llm__Endpoint is not an address that begins with https:// or http://: correct it, as https://api.openai.com/v1.")]
    [InlineData("Llm:TimeoutSeconds", "0", "Llm__TimeoutSeconds is '0': set it to a number of seconds, 1 to 200, or unset it.")]
    [InlineData("Llm:Modell", "m", "Llm__Modell is no setting: did you mean Llm__Model?")]
    [InlineData("Knowledge:MaxIndexMebibytes", "1", "Knowledge__MaxIndexMebibytes is '1': set it to a number of MiB, 16 to 1000000, or unset it.")]
    [InlineData("Cors:AllowedOrigins", "https://a.example/", "Cors__AllowedOrigins has 'https://a.example/', which no browser sends: write it as https://a.example.")]
    [InlineData("Cors:AllowedOrigins", "*, https://a.example:443", "Cors__AllowedOrigins has 'https://a.example:443', which no browser sends: write it as https://a.example.")]
    [InlineData("Dashboard:UpgradeUrl", "billing", "Dashboard__UpgradeUrl is 'billing': set it to a page's whole address, as https://app.example.com/billing, or unset it.")]
    [InlineData("Dashboard:UpgradeUrl", "javascript:alert(1)", "Dashboard__UpgradeUrl is 'javascript:alert(1)': set it to a page's whole address, as https://app.example.com/billing, or unset it.")]
    [InlineData("Auth:Supabase:PublicKey", "sb_publishable_a", "Auth__Supabase__Issuer is missing: set it to the iss of the project's tokens, as https://<project>.supabase.co/auth/v1.")]
    [InlineData("Cors:AllowedOrigins", "app.example.com", "Cors__AllowedOrigins has 'app.example.com', which is no origin: write it as https://app.example.com, or '*' alone for all.")]
    [InlineData("Cors:AllowedOrigins", "https://*.example.com", "Cors__AllowedOrigins has 'https://*.example.com', which is no origin")]
    [InlineData("Cors:AlowedOrigins", "*", "Cors__AlowedOrigins is no setting: did you mean Cors__AllowedOrigins?")]
    [InlineData("Storage:Pth", "x", "Storage__Pth is no setting: did you mean Storage__Path?")]
    [InlineData("Quotas:Whenn", "x", "Quotas__Whenn is no setting: did you mean Quotas__WhenLedgerUnavailable?")]
    [InlineData("Storage", "x", "Storage is no setting: did you mean Storage__Path?")]
    [InlineData("Quotas:WhenLedgerUnavailble", "deny", "Quotas__WhenLedgerUnavailble is no setting: did you mean Quotas__WhenLedgerUnavailable?")]
    [InlineData("Quotas:WhenLedgerUnavailable", "ignore", "Quotas__WhenLedgerUnavailable is 'ignore': set it to 'admit' or 'deny'.")]
    [InlineData("Quotas:WhenLedgerUnavailable", "1", "Quotas__WhenLedgerUnavailable is '1': set it to 'admit' or 'deny'.")]
    [InlineData("Usage:RetainDays", "0", "Usage__RetainDays is '0': set it to a number of days, 1 to 3650, or unset it.")]
    [InlineData("Quotas:AcceptClockSetBack", "yes", "Quotas__AcceptClockSetBack is 'yes': set it to 'false' or 'true'.")]
    [InlineData("Auth:Supabase:Isuer", "x", "Auth__Supabase__Isuer is no setting: did you mean Auth__Supabase__Issuer?")]
    [InlineData("Auth:Supabase:JwksUri", "http://evil.example/jwks", "Auth__Supabase__JwksUri is not an address that begins with https:// (or http:// for one on this machine): correct it.")]
    [InlineData("Auth:Supabase:JwtSecret", "short", "Auth__Supabase__JwtSecret is shorter than the 32 characters that HS256 needs: copy the project's JWT secret whole.")]
    [InlineData("Auth:Supabase:Issuer", "https://a", "Auth__Supabase__JwtSecret is missing, and so is Auth__Supabase__JwksUri: set either, or both, or unset the issuer.")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is not the address of an OTLP receiver: set it to one such as http://localhost:4317, or unset it to send no telemetry by OTLP.")]
    public void A_wrong_setting_is_named_with_its_remedy(string name, string value, string message) =>
        Should.Throw<SettingsException>(() => Read(new() { [name] = value })).Message.ShouldContain(message);

    [Theory]
    [InlineData("AccountName=acme;AccountKey=c2VjcmV0", "https://acme.table.core.windows.net")]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1")]
    public void Tables_are_found_by_connection_string(string connectionString, string endpoint)
    {
        var storage = Read(new() { ["Storage:Provider"] = "tables", ["Storage:ConnectionString"] = connectionString }).Storage;

        storage.AccountOf(StorageService.Tables).ShouldNotBeNull().ToString().ShouldBe(endpoint);
        storage.TableServiceUri.ShouldBeNull();
        storage.ToString().ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public void Tables_are_found_by_address_for_a_managed_identity()
    {
        var storage = Read(new() { ["Storage:Provider"] = "Tables", ["Storage:TableServiceUri"] = "https://acme.table.core.windows.net/" }).Storage;

        storage.TableServiceUri.ShouldBe("https://acme.table.core.windows.net/");
        storage.HasQueueService.ShouldBeFalse();
        storage.AccountOf(StorageService.Tables).ShouldBeNull();
    }

    [Fact]
    public void Queues_are_found_by_connection_string_or_by_address()
    {
        Read(new() { ["Storage:Provider"] = "tables", ["Storage:ConnectionString"] = "UseDevelopmentStorage=true" })
            .Storage.AccountOf(StorageService.Queues).ShouldNotBeNull().ToString().ShouldBe("http://127.0.0.1:10001/devstoreaccount1");
        Read(new()
        {
            ["Storage:Provider"] = "tables",
            ["Storage:TableServiceUri"] = "https://acme.table.core.windows.net",
            ["Storage:QueueServiceUri"] = "https://acme.queue.core.windows.net",
        }).Storage.HasQueueService.ShouldBeTrue();
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "https://a", "Storage__ConnectionString is set, and so is Storage__QueueServiceUri: unset one of them.")]
    [InlineData(null, "http://127.0.0.1:10001", "Storage__QueueServiceUri is not an address such as https://<account>.queue.core.windows.net: correct it.")]
    [InlineData("TableEndpoint=https://a;SharedAccessSignature=topsecret", null, "Storage__ConnectionString has neither QueueEndpoint nor AccountName: copy it whole")]
    public void Settings_for_queues_that_do_not_fit_are_named_with_their_remedy(string? connectionString, string? address, string message)
    {
        var problem = Should.Throw<SettingsException>(() => Read(new()
        {
            ["Storage:Provider"] = "tables",
            ["Storage:ConnectionString"] = connectionString,
            ["Storage:TableServiceUri"] = connectionString is null ? "https://acme.table.core.windows.net" : null,
            ["Storage:QueueServiceUri"] = address,
        }));

        problem.Message.ShouldStartWith(message);
        problem.Message.ShouldNotContain("topsecret");
    }

    [Theory]
    [InlineData(null, null, null, "Storage__ConnectionString is missing, and so is Storage__TableServiceUri: set the one, or the other for managed identity.")]
    [InlineData("UseDevelopmentStorage=true", "https://a", null, "Storage__ConnectionString is set, and so is Storage__TableServiceUri: unset one of them.")]
    [InlineData("UseDevelopmentStorage=true", null, "x.db", "Storage__Path is for the provider 'sqlite', but the provider is 'tables': unset it.")]
    [InlineData("AccountName=topsecret", null, null, "Storage__ConnectionString has neither AccountKey nor SharedAccessSignature: copy it whole from the account's access keys, or set UseDevelopmentStorage=true for Azurite.")]
    [InlineData(null, "http://127.0.0.1:10002", null, "Storage__TableServiceUri is not an address such as https://<account>.table.core.windows.net: correct it.")]
    [InlineData(null, "https://a?sig=topsecret", null, "Storage__TableServiceUri is not an address such as https://<account>.table.core.windows.net: correct it. For Azurite and for signed addresses there is Storage__ConnectionString.")]
    public void Settings_for_tables_that_do_not_fit_are_named_with_their_remedy(
        string? connectionString, string? address, string? path, string message)
    {
        var problem = Should.Throw<SettingsException>(() => Read(new()
        {
            ["Storage:Provider"] = "tables",
            ["Storage:ConnectionString"] = connectionString,
            ["Storage:TableServiceUri"] = address,
            ["Storage:Path"] = path,
        }));

        problem.Message.ShouldStartWith(message);
        problem.Message.ShouldNotContain("topsecret");
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_and_no_secret_with_it()
    {
        var message = Should.Throw<SettingsException>(() => Read(new()
        {
            ["Storage:Provider"] = "cosmos",
            ["Storage:ConectionString"] = "AccountKey=topsecret",
            ["Auth:Supabase:JwtSecret"] = "topsecret",
        })).Message;
        message.Split(Environment.NewLine).Length.ShouldBe(4);
        message.ShouldNotContain("topsecret");
    }

    [Fact]
    public void What_is_empty_is_not_set()
    {
        var names = AppSettings.All.Select(setting => setting.Name);
        Read(names.ToDictionary(name => name, _ => (string?)" ")).ShouldBe(Read([]));
    }

    private static AppSettings Read(Dictionary<string, string?> values) =>
        AppSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
}

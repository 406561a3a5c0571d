using Azure.Core;
using FunctionsApi.Storage.Accounts;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Tables;

public sealed class AuthenticationTests
{
    private static readonly Uri Address = new("https://acme.table.core.windows.net");

    [Fact]
    public async Task An_account_key_signs_the_time_and_the_address()
    {
        var script = new Script(Script.Error(404, "ResourceNotFound"));
        await using var store = script.Store(options: new() { Time = new Stopped() });

        await store.GetAsync("Quotas", new("user:acme/alice", ""), Cancellation);

        var asked = script.Asked.ShouldHaveSingleItem();
        asked.Address.ShouldBe("/Quotas(PartitionKey='user%3Aacme._alice',RowKey='')");
        asked.Headers["x-ms-date"].ShouldBe("Fri, 27 Feb 2026 09:30:00 GMT");
        // By openssl dgst -sha256 -mac HMAC of "Fri, 27 Feb 2026 09:30:00 GMT\n/acme/Quotas(PartitionKey='user%3Aacme._alice',RowKey='')".
        asked.Headers["Authorization"].ShouldBe("SharedKeyLite acme:ppj0nme/qBARzpzXRrex2gu51AudNET2ONjxbo9SFk8=");
    }

    [Fact]
    public async Task A_shared_access_signature_is_part_of_every_address()
    {
        var script = new Script(Script.Error(404, "ResourceNotFound"), Script.Answer(200, """{"value":[]}"""));
        await using var store = script.Store(
            StorageAccount.Parse(StorageService.Tables, "TableEndpoint=https://acme.table.core.windows.net/;SharedAccessSignature=?sv=1&sig=s%3D"));

        await store.GetAsync("Quotas", new("p", "r"), Cancellation);
        await store.QueryAsync("Quotas", new() { Partition = "p" }, Cancellation).ToListAsync(Cancellation);

        script.Asked.Select(asked => asked.Address).ShouldBe(
            ["/Quotas(PartitionKey='p',RowKey='r')?sv=1&sig=s%3D", "/Quotas()?$filter=PartitionKey%20eq%20%27p%27&sv=1&sig=s%3D"]);
        script.Asked[0].Headers.ShouldNotContainKey("Authorization");
    }

    [Fact]
    public async Task A_managed_identity_sends_its_token_and_gets_it_once()
    {
        var script = new Script(Script.Error(404, "ResourceNotFound"), Script.Error(404, "ResourceNotFound"));
        var identity = new Identity(() => new("the-token", TimeProvider.System.GetUtcNow().AddHours(1)));
        await using var store = script.Store(StorageAccount.Of(StorageService.Tables, Address, identity));

        await store.GetAsync("Quotas", new("p", "r"), Cancellation);
        await store.GetAsync("Quotas", new("p", "r"), Cancellation);

        script.Asked.ShouldAllBe(asked => asked.Headers["Authorization"] == "Bearer the-token");
        identity.Scopes.ShouldBe(["https://storage.azure.com/.default"]);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_sent_and_the_reason_is_told()
    {
        var script = new Script();
        var identity = new Identity(() => throw new InvalidOperationException("Nobody is signed in.\nAt length."));
        await using var store = script.Store(StorageAccount.Of(StorageService.Tables, Address, identity));

        var problem = await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", new("p", "r"), Cancellation));

        problem.Message.ShouldStartWith("The Azure Table Storage at https://acme.table.core.windows.net cannot be signed in to: Nobody is signed in. Run where");
        problem.MayPass.ShouldBeFalse();
        script.Asked.ShouldBeEmpty();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private sealed class Stopped : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero);
    }

    private sealed class Identity(Func<AccessToken> get) : TokenCredential
    {
        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.AddRange(requestContext.Scopes);
            return get();
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}

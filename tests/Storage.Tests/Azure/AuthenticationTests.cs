using Azure.Core;
using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class AuthenticationTests
{
    private static readonly Uri Address = new("https://acme.table.core.windows.net");

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

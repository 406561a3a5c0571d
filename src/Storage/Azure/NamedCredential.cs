using Azure.Core;

namespace FunctionsApi.Storage.Azure;

/// <summary>Bounds the time that getting a token takes, and explains in the store's words why there is none.</summary>
internal sealed class NamedCredential(TokenCredential credential, AccountFailures failures, TimeSpan timeout) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext context, CancellationToken cancellationToken) =>
        credential.GetToken(context, cancellationToken);

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext context, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        giveUp.CancelAfter(timeout);
        try
        {
            return await credential.GetTokenAsync(context, giveUp.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw failures.NoToken(exception);
        }
    }
}

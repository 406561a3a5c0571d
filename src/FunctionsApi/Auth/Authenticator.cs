namespace FunctionsApi.Auth;

/// <summary>Tells who calls.</summary>
/// <param name="keys">Verifies API keys.</param>
/// <param name="tokens">Verifies JWTs; null where none is believed.</param>
/// <param name="guesses">Counts bad credentials.</param>
/// <param name="time">The clock.</param>
internal sealed class Authenticator(KeyVerifier keys, JwtVerifier? tokens, GuessLimiter guesses, TimeProvider time)
{
    public ValueTask<Authentication> AuthenticateAsync(HttpContext http)
    {
        var headers = http.Request.Headers.Authorization;
        if (headers is not [{ } header])
            return new(new Authentication(headers.Count == 0 ? Verdict.Missing : Verdict.Invalid));
        if (!BearerCredential.TryRead(header, out var credential))
            return new(new Authentication(Verdict.Missing));

        var now = time.GetUtcNow().UtcTicks;
        return (keys.Find(credential, now) ?? tokens?.Find(credential, now)) is { } caller
            ? new(new Authentication(Verdict.Known, caller))
            : VerifyAsync(credential.ToString(), http);
    }

    private async ValueTask<Authentication> VerifyAsync(string credential, HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        var authentication = new Authentication(Verdict.Invalid);
        if (BearerCredential.IsWellFormed(credential))
            using (await guesses.WaitForTurnAsync(address, http.RequestAborted))
                authentication = await VerifyAsync(credential);

        return authentication.Verdict == Verdict.Invalid && guesses.Count(address) is > 0 and var retryAfterSeconds
            ? new(Verdict.TooMany, RetryAfterSeconds: retryAfterSeconds)
            : authentication;
    }

    private ValueTask<Authentication> VerifyAsync(string credential) =>
        credential.StartsWith(ApiKey.Prefix, StringComparison.Ordinal) ? keys.VerifyAsync(credential)
        : tokens is not null ? tokens.VerifyAsync(credential)
        : new(new Authentication(Verdict.Invalid));
}

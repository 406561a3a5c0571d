using System.Net;

namespace FunctionsApi.Auth;

/// <summary>Tells who calls.</summary>
/// <param name="keys">Verifies API keys.</param>
/// <param name="tokens">Verifies JWTs; null where none is believed.</param>
/// <param name="guesses">Counts bad credentials.</param>
/// <param name="time">The clock.</param>
internal sealed class Authenticator(KeyVerifier keys, JwtVerifier? tokens, GuessLimiter guesses, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public ValueTask<Authentication> AuthenticateAsync(HttpContext http)
    {
        var headers = http.Request.Headers.Authorization;
        if (headers is not [{ } header])
            return new(new Authentication(headers.Count == 0 ? Verdict.Missing : Verdict.Invalid));

        var now = time.GetUtcNow().UtcTicks;
        return (keys.Find(header, now) ?? tokens?.Find(header, now)) is { } caller
            ? new(new Authentication(Verdict.Known, caller))
            : VerifyAsync(header, http.Connection.RemoteIpAddress);
    }

    private async ValueTask<Authentication> VerifyAsync(string header, IPAddress? address)
    {
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return new(Verdict.Missing);
        if (!guesses.TryBegin(address, out var retryAfterSeconds))
            return new(Verdict.TooMany, RetryAfterSeconds: retryAfterSeconds);

        var authentication = new Authentication(Verdict.Unavailable, RetryAfterSeconds: 1);
        try
        {
            authentication = await VerifyAsync(header, header[Scheme.Length..].Trim());
        }
        finally
        {
            retryAfterSeconds = guesses.End(address, bad: authentication.Verdict == Verdict.Invalid);
        }

        return retryAfterSeconds > 0 ? new(Verdict.TooMany, RetryAfterSeconds: retryAfterSeconds) : authentication;
    }

    private ValueTask<Authentication> VerifyAsync(string header, string credential) =>
        credential.StartsWith(ApiKey.Prefix, StringComparison.Ordinal) ? keys.VerifyAsync(header, credential)
        : tokens is not null ? tokens.VerifyAsync(header, credential)
        : new(new Authentication(Verdict.Invalid));
}

using System.Security.Cryptography;
using System.Text;
using FunctionsApi.Api;
using FunctionsApi.Auth;
using FunctionsApi.Settings;

namespace FunctionsApi.Operations;

/// <summary>Admits requests with the operator's key to the operations page. Where no key is set, it admits none.</summary>
internal sealed class OperationsDoor(OperationsOptions options, GuessLimiter guesses)
{
    // Hashes have one length, so that comparing them tells nothing of the key's.
    private readonly byte[]? _hash = options.Key is { } key ? SHA256.HashData(Encoding.ASCII.GetBytes(key)) : null;

    /// <summary>Whether there is anything behind it.</summary>
    public bool Exists => _hash is not null;

    /// <returns>False where the refusal has been written.</returns>
    public bool Opens(HttpContext http)
    {
        if (_hash is null)
        {
            ErrorResponse.Write(http, api: null, ApiError.NotFound);
            return false;
        }

        var isGuess = false;
        if (http.Request.Headers.Authorization is [{ } header] && BearerCredential.TryRead(header, out var key))
        {
            if (CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.Latin1.GetBytes(key.ToString()))))
                return true;
            isGuess = true;
        }

        Refuse(http, isGuess ? guesses.Count(http.Connection.RemoteIpAddress) : 0);
        return false;
    }

    private static void Refuse(HttpContext http, int retryAfterSeconds)
    {
        if (retryAfterSeconds > 0)
        {
            ErrorResponse.Write(http, api: null, new(429, "too_many_bad_credentials", "Too many bad credentials from this address")
            {
                ProblemType = ProblemTypes.AbnormalUsage,
                Limit = GuessLimiter.Limit,
                RetryAfterSeconds = retryAfterSeconds,
            });
            return;
        }

        http.Response.Headers.WWWAuthenticate = "Bearer";
        ErrorResponse.Write(http, api: null, new(401, "unauthorized", "Send the operations key as Authorization: Bearer <key>."));
    }
}

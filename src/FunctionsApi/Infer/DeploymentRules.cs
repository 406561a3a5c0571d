using System.Buffers;

namespace FunctionsApi.Infer;

/// <summary>What a deployment may hold; the same on the way in (command line) and on the way out (store).</summary>
internal static class DeploymentRules
{
    public const int MaxIdLength = 64;

    private const int MaxUrlLength = 2048;
    private const int MaxSecretLength = 4096;

    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(10);

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    // These say how the message is framed or to whom it goes: a secret in them would break every request.
    private static readonly string[] FramingHeaders =
    [
        "Host", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect",
    ];

    public static bool IsId(ReadOnlySpan<char> id) =>
        id.Length is >= 1 and <= MaxIdLength && !id.ContainsAnyExcept(IdCharacters);

    /// <summary>Whether a text can be sent as a header's value: visible ASCII and inner spaces.</summary>
    public static bool IsHeaderText(ReadOnlySpan<char> text) =>
        text.Length > 0 && !text.ContainsAnyExceptInRange(' ', '~') && text[0] != ' ' && text[^1] != ' ';

    /// <summary>Everything that is wrong, each as a sentence for the operator that never holds a secret.</summary>
    public static IEnumerable<string> Errors(Deployment deployment)
    {
        if (!IsId(deployment.Id))
            yield return "The id must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
        if (UrlError(deployment) is { } urlError)
            yield return urlError;
        if (deployment.Timeout < MinTimeout || deployment.Timeout > MaxTimeout)
            yield return "The timeout must be from 100ms to 10m.";
        if (deployment.MaxResponseBytes is < 1 or > 1024 * 1024 * 1024)
            yield return "The largest response must be from 1B to 1GiB.";
        if (deployment.Weight is < 1 or > 1_000_000)
            yield return "The weight must be from 1 to 1000000.";
        if (deployment.Retries is < 0 or > 5)
            yield return "The retries must be from 0 to 5.";
        if (deployment.Secret is { } secret && SecretError(deployment, secret) is { } secretError)
            yield return secretError;
    }

    private static string? UrlError(Deployment deployment) => (deployment.Backend, deployment.Url) switch
    {
        (Backend.Echo, null) => null,
        (Backend.Echo, _) => "The echo backend takes no URL.",
        (_, null) => "The http backend needs a URL, for example https://models.example.com/predict.",
        (_, { IsAbsoluteUri: false }) => "The URL must be absolute, for example https://models.example.com/predict.",
        (_, { Scheme: not ("http" or "https") }) => "The URL must start with http:// or https://.",
        (_, { UserInfo.Length: > 0 }) => "The URL must not hold a user name or password; give it as the secret.",
        (_, { Fragment.Length: > 0 }) => "The URL must not hold a fragment (#...): it would never be sent.",
        (_, { OriginalString.Length: > MaxUrlLength }) => "The URL must not be longer than 2048 characters.",
        _ => null,
    };

    private static string? SecretError(Deployment deployment, UpstreamSecret secret)
    {
        if (deployment.Backend == Backend.Echo)
            return "The echo backend takes no secret.";
        if (secret.Header.Length is 0 or > 64 || secret.Header.AsSpan().ContainsAnyExcept(HeaderNameCharacters))
            return "The secret's header must be a header name, for example X-Api-Key.";
        if (FramingHeaders.Contains(secret.Header, StringComparer.OrdinalIgnoreCase))
            return $"The header {secret.Header} cannot carry a secret.";
        if (secret.Variable is { } variable && (variable.Contains('=') || !IsHeaderText(variable)))
            return "The secret's environment variable must have a name.";
        return secret.Stored.Length <= MaxSecretLength && IsHeaderText(secret.Stored)
            ? null
            : "The secret must be 1 to 4096 visible ASCII characters, with no line break.";
    }
}

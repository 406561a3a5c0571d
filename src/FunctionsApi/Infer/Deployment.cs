namespace FunctionsApi.Infer;

/// <summary>What runs a deployment's requests.</summary>
internal enum Backend
{
    /// <summary>Built in: the outputs are the inputs, byte for byte.</summary>
    Echo,

    /// <summary>Forwards to a URL and passes its answer through.</summary>
    Http,
}

/// <summary>What answers a tenant's inference requests under one id. Immutable; a changed one is a new one.</summary>
internal sealed record Deployment
{
    /// <summary>The id under which every tenant reaches the echo backend unless it defines its own.</summary>
    public const string EchoId = "echo";

    // As text, and as the objects that are made of it.
    private const long BytesPerSchemaCharacter = 40;

    public required string Tenant { get; init; }

    /// <summary>Unique within the tenant: 1 to 64 of A-Z a-z 0-9 . _ -</summary>
    public required string Id { get; init; }

    public required Backend Backend { get; init; }

    /// <summary>Absolute, http or https, without user information; null for <see cref="Backend.Echo"/>.</summary>
    public Uri? Url { get; init; }

    /// <summary>From the first try to connect to the last byte of the answer: 100 ms to 10 min.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest body that is passed through: 1 byte to 1 GiB.</summary>
    public long MaxResponseBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>What proves to the backend that it is us; null sends nothing.</summary>
    public UpstreamSecret? Secret { get; init; }

    /// <summary>Permits that one request takes: 1 to 1,000,000.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>How often a connection that could not be made is tried again: 0 to 5.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>What the inputs have to look like; null takes any.</summary>
    public InputSchema? Schema { get; init; }

    /// <summary>Whether a request that ends in a 5xx gets its permits back.</summary>
    public bool Refund { get; init; }

    /// <summary>Opaque, and new with every write; empty where it was never written.</summary>
    public string Version { get; init; } = "";

    /// <summary>About what this takes in memory, with its circuit breaker.</summary>
    public long Bytes => 1_500 + sizeof(char) * ((Url?.OriginalString.Length ?? 0) + (Secret?.Stored.Length ?? 0)) + BytesPerSchemaCharacter * (Schema?.Text.Length ?? 0);

    public static Deployment ImplicitEcho(string tenant) => new() { Tenant = tenant, Id = EchoId, Backend = Backend.Echo };
}

using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies;

/// <summary>The APIs that are sold by plan; a tenant subscribes to each on its own.</summary>
public enum ApiKind
{
    Inference,
    Agents,
}

/// <summary>What is fixed about each API, whatever the plan file says.</summary>
public static class Apis
{
    private static readonly ImmutableArray<string> InferenceEndpoints = ["infer"];
    private static readonly ImmutableArray<string> AgentsEndpoints =
        [
            "crawl", "crawl-list", "crawl-status", "crawl-cancel", "documents", "document", "delete-document", "delete-documents",
            "search", "synthesize", "events", "summary",
        ];

    private static readonly ImmutableArray<string> InferencePlans = ["pro", "team", "enterprise"];
    private static readonly ImmutableArray<string> AgentsPlans = ["free", "pro", "enterprise"];

    public static ImmutableArray<ApiKind> All { get; } = [ApiKind.Inference, ApiKind.Agents];

    /// <summary>The endpoint that shows usage: it uses no quota, and no policy may name it.</summary>
    public const string UsageEndpoint = "usage";

    /// <summary>The API's name in files, rows and on the command line.</summary>
    public static string Name(this ApiKind api) => api == ApiKind.Inference ? "inference" : "agents";

    /// <summary>The endpoints that use quota, by the names that policies and charges have for them.</summary>
    public static ImmutableArray<string> Endpoints(this ApiKind api) =>
        api == ApiKind.Inference ? InferenceEndpoints : AgentsEndpoints;

    /// <summary>The plans that customers have bought, so that every plan file must have them; it may have more.</summary>
    public static ImmutableArray<string> SoldPlans(this ApiKind api) =>
        api == ApiKind.Inference ? InferencePlans : AgentsPlans;

    /// <returns>Null where no API has that name.</returns>
    public static ApiKind? Find(string name) => name switch
    {
        "inference" => ApiKind.Inference,
        "agents" => ApiKind.Agents,
        _ => null,
    };
}

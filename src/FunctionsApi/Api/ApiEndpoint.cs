using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>What a request of an API asks for. A function brings it here by <see cref="ApiPipeline"/>.</summary>
/// <param name="api">Whose shapes, subscriptions and partitions it has.</param>
/// <param name="name">The name that plans and usage know it by, for example <c>crawl</c>.</param>
/// <param name="isOfBothApis">As <see cref="IsOfBothApis"/>.</param>
internal abstract class ApiEndpoint(ApiKind api, string name, bool isOfBothApis = false)
{
    /// <summary>The name of what only answers that there is no endpoint.</summary>
    public const string None = "";

    public ApiKind Api { get; } = api;

    public string Name { get; } = name;

    /// <summary>It tells of both APIs and asks for no quota: a subscription to either is enough, also one whose limits are not set yet.</summary>
    public bool IsOfBothApis { get; } = isOfBothApis;

    /// <summary>Parses, asks, answers.</summary>
    public abstract Task HandleAsync(ApiRequest request);
}

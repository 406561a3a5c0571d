using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>The errors that say that a caller is known and may not.</summary>
internal static class Forbidden
{
    public static ApiError NoSubscription(ApiEndpoint endpoint) => new(
        403, "no_subscription", endpoint.IsOfBothApis ? "This tenant has no subscription." : $"This tenant has no subscription for the {endpoint.Api.Name()} API.");

    public static ApiException Unset(ApiTerms terms) =>
        new(403, "limits_not_set", $"The {terms.Plan} plan needs limits of its own for this tenant: {string.Join(", ", terms.Unset)}.");
}

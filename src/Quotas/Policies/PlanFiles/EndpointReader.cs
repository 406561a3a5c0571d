using System.Collections.Frozen;
using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Reads what a policy says about its API's endpoints.</summary>
internal sealed class EndpointReader(ApiKind api, PlanErrors errors)
{
    public ImmutableArray<string> ReadList(JsonPart part)
    {
        if (part is not JsonArrayPart { Items: { Count: > 0 } items })
        {
            var problem = part is JsonArrayPart ? "it names no endpoint" : $"{part.Kind} stands here";
            errors.Add(part, problem, $"Write an array of endpoints, for example [\"{api.Endpoints()[0]}\"], or remove it.");
            return [];
        }

        var endpoints = new List<string>();
        foreach (var item in items)
        {
            if (Scalars.Text(item, $"\"{api.Endpoints()[0]}\"", errors) is not { } endpoint
                || !IsEndpoint(endpoint, item.Start, item.Path))
                continue;
            if (endpoints.Contains(endpoint))
                errors.Add(item, $"\"{endpoint}\" is there twice", "Remove one of them.");
            else
                endpoints.Add(endpoint);
        }

        return [.. endpoints];
    }

    /// <param name="part">An object of permits by endpoint.</param>
    /// <param name="policy">Whose weights they are; its endpoints have been read.</param>
    public FrozenDictionary<string, int> ReadWeights(JsonPart part, PolicyDefinition policy)
    {
        if (part is not JsonObjectPart { Members: var members })
        {
            errors.Add(part, $"{part.Kind} stands here", $"Write an object, for example {{\"{api.Endpoints()[0]}\": 5}}.");
            return FrozenDictionary<string, int>.Empty;
        }

        var weights = new Dictionary<string, int>();
        foreach (var (endpoint, start, value) in members)
        {
            if (IsEndpoint(endpoint, start, value.Path) && !policy.Covers(endpoint))
                errors.Add(start, value.Path, $"the policy is not about \"{endpoint}\"", "Remove the weight, or change \"only\" or \"except\".");
            if (Scalars.WholeNumber(value, 1, Policy.MaxLimit, "", errors) is { } weight)
                weights[endpoint] = weight;
        }

        return weights.ToFrozenDictionary();
    }

    private bool IsEndpoint(string name, int start, string path)
    {
        if (api.Endpoints().Contains(name))
            return true;

        if (name == Apis.UsageEndpoint)
            errors.Add(start, path, "\"usage\" uses no quota", "Remove it.");
        else
            errors.Add(
                start, path, $"the {api.Name()} API has no endpoint {Wording.Quoted(name)}",
                Wording.DidYouMean(name, api.Endpoints(), "endpoints"));
        return false;
    }
}

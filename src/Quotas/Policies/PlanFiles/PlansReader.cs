using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Reads the plans of one API: a limit for each policy.</summary>
internal sealed class PlansReader(ApiKind api, ImmutableArray<PolicyDefinition> policies, PlanErrors errors)
{
    private const string PerTenant = "per-tenant";

    // Where a policy's own name could not be read, any name in a plan may be the one that was meant for it.
    private readonly bool _allNamesKnown = policies.Length > 0 && policies.All(policy => policy.Name.Length > 0);
    private readonly string[] _names = [.. policies.Select(policy => policy.Name).Where(name => name.Length > 0).Distinct()];

    public ImmutableArray<Plan> Read(JsonPart part)
    {
        if (part is not JsonObjectPart { Members: var members })
        {
            errors.Add(part, $"{part.Kind} stands here", "Write an object of plans by name.");
            return [];
        }

        foreach (var sold in api.SoldPlans().Except(members.Select(member => member.Name)))
            errors.Add(part, $"the plan \"{sold}\" is missing", "Add it: customers have bought it.");
        return [.. members.Select(ReadPlan)];
    }

    private Plan ReadPlan(JsonMember member)
    {
        if (Scalars.ProblemOfName(member.Name) is { } problem)
            errors.Add(member.Start, member.Value.Path, problem, Scalars.NameRemedy("free"));
        if (member.Name == "none")
            errors.Add(member.Start, member.Value.Path, "\"none\" means no subscription", "Give the plan another name.");

        if (member.Value is not JsonObjectPart { Members: var limits } plan)
        {
            errors.Add(member.Value, $"{member.Value.Kind} stands here", "Write an object with a limit for each policy.");
            return new Plan(member.Name, []);
        }

        foreach (var unknown in limits.Where(limit => _allNamesKnown && !_names.Contains(limit.Name)))
            errors.Add(
                unknown.Start, unknown.Value.Path, "no policy has this name", Wording.DidYouMean(unknown.Name, _names, "policies"));
        var missing = _names.Except(limits.Select(limit => limit.Name)).Select(Wording.Quoted).ToArray();
        if (missing.Length > 0)
            errors.Add(
                plan, $"the plan has no limit for {Wording.List(missing)}", $"Add {missing[0]}: 1000, or {missing[0]}: \"{PerTenant}\".");

        var byName = limits.ToDictionary(limit => limit.Name, limit => ReadSetting(limit));
        return new Plan(member.Name, [.. policies.Select(policy => byName.GetValueOrDefault(policy.Name, LimitSetting.None))]);
    }

    private LimitSetting ReadSetting(JsonMember member)
    {
        if (member.Value is not JsonObjectPart)
            return new LimitSetting(ReadLimit(member.Name, member.Value, $", \"{PerTenant}\" or {{\"limit\": 1000, \"shadow\": true}}"));

        var members = Members.Of(member.Value, errors, "limit", "shadow");
        return new LimitSetting(
            members.Required("limit", "1000") is { } limit ? ReadLimit(member.Name, limit, $" or \"{PerTenant}\"") : null,
            members.Optional("shadow") is { } shadow ? Scalars.Flag(shadow, errors) : null);
    }

    private int? ReadLimit(string policyName, JsonPart part, string orElse)
    {
        if (part is JsonTextPart { Text: PerTenant })
            return null;

        if (part is JsonTextPart { Text: var text })
        {
            errors.Add(part, $"{Wording.Quoted(text)} is not a limit", $"Write a whole number from 0 to {Policy.MaxLimit}{orElse}.");
            return null;
        }

        var limit = Scalars.WholeNumber(part, 0, Policy.MaxLimit, orElse, errors);
        foreach (var policy in policies)
            // A limit of 0 is to give nothing.
            if (limit > 0 && policy.Name == policyName && policy.Weights.Count > 0)
                CheckWeights(policy, limit.Value, part);
        return limit;
    }

    private void CheckWeights(PolicyDefinition policy, int limit, JsonPart part)
    {
        foreach (var (endpoint, weight) in policy.Weights)
            if (weight > limit)
                errors.Add(
                    part,
                    $"\"{endpoint}\" weighs {weight}, which a limit of {limit} can never give",
                    "Raise the limit, or lower the weight.");
    }
}

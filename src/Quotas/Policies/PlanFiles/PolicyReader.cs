using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Reads the policies of one API.</summary>
internal sealed class PolicyReader(ApiKind api, PlanErrors errors)
{
    private static readonly Algorithm[] Known = Enum.GetValues<Algorithm>();

    private static readonly PolicyDefinition Unread = new() { Name = "", Algorithm = default };

    private readonly EndpointReader _endpoints = new(api, errors);

    /// <returns>One for each policy of the file, in order; one that is too many or whose name can't be used has an empty name.</returns>
    public ImmutableArray<PolicyDefinition> Read(JsonPart part)
    {
        if (part is not JsonArrayPart { Items: var items })
        {
            errors.Add(part, $"{part.Kind} stands here", "Write an array of policies.");
            return [];
        }

        if (items.Count == 0)
            errors.Add(part, "there is no policy, so nothing would be limited", "Add one, as in infra/plans.json.");
        if (items.Count > PolicySet.MaxPolicies)
            errors.Add(
                items[PolicySet.MaxPolicies],
                $"{items.Count} policies are more than an API can have",
                $"Keep {PolicySet.MaxPolicies} at most.");

        var names = new Dictionary<string, JsonPart>();
        ImmutableArray<PolicyDefinition> policies =
            [.. items.Select((item, place) => place < PolicySet.MaxPolicies ? ReadPolicy(item, names) : Unread)];
        for (int place = 0, concurrency = 0; place < policies.Length; place++)
            if (policies[place].Algorithm == Algorithm.Concurrency && ++concurrency > 1)
                errors.Add(items[place], "an API can have one policy for concurrency, and there is one above", "Remove either.");
        return policies;
    }

    private PolicyDefinition ReadPolicy(JsonPart part, Dictionary<string, JsonPart> names)
    {
        var members = Members.Of(
            part, errors, "name", "algorithm", "window", "burst", "counts", "only", "except", "shadow", "weights");
        var name = members.Required("name", "\"requests-per-hour\"") is { } namePart ? ReadName(namePart, names) : "";
        var algorithm = members.Required("algorithm", "\"fixed-window\"") is { } algorithmPart ? ReadAlgorithm(algorithmPart) : null;
        var window = ReadWindow(members, algorithm);
        var policy = new PolicyDefinition
        {
            Name = name,
            Algorithm = algorithm ?? default,
            Window = window ?? default,
            Burst = ReadBurst(members, algorithm, window),
            CountsCredits = ReadCounts(members, algorithm),
            Shadow = members.Optional("shadow") is { } shadow && Scalars.Flag(shadow, errors) is true,
            Only = members.Optional("only") is { } only ? _endpoints.ReadList(only) : [],
            Except = members.Optional("except") is { } except ? _endpoints.ReadList(except) : [],
        };

        if (members.Optional("only") is not null)
            members.Refuse("except", "\"except\" stands beside \"only\"", "Remove one of the two.");
        else if (api.Endpoints().All(policy.Except.Contains))
            members.Refuse("except", "it names every endpoint, so the policy would limit nothing", "Leave one out.");

        return members.Optional("weights") is { } weights ? policy with { Weights = _endpoints.ReadWeights(weights, policy) } : policy;
    }

    private string ReadName(JsonPart part, Dictionary<string, JsonPart> names)
    {
        if (Scalars.Text(part, "\"requests-per-hour\"", errors) is not { } name)
            return "";

        if (Scalars.ProblemOfName(name) is { } problem)
        {
            errors.Add(part, problem, Scalars.NameRemedy("requests-per-hour"));
            return "";
        }

        if (!names.TryAdd(name, part))
            errors.Add(part, $"the policy at {errors.Place(names[name].Start)} has this name too", "Give each policy a name of its own.");
        return name;
    }

    private Algorithm? ReadAlgorithm(JsonPart part)
    {
        if (Scalars.Text(part, "\"fixed-window\"", errors) is not { } name)
            return null;
        foreach (var algorithm in Known)
            if (algorithm.Name() == name)
                return algorithm;

        errors.Add(part, $"{Wording.Quoted(name)} is no algorithm", Wording.DidYouMean(name, [.. Known.Select(algorithm => algorithm.Name())], "algorithms"));
        return null;
    }

    private bool ReadCounts(Members members, Algorithm? algorithm)
    {
        if (members.Optional("counts") is not { } part || Scalars.Text(part, "\"credits\"", errors) is not { } counts)
            return false;
        if (counts is not ("requests" or "credits"))
            errors.Add(part, $"{Wording.Quoted(counts)} cannot be counted", Wording.DidYouMean(counts, ["requests", "credits"], "words"));
        else if (counts == "credits" && algorithm == Algorithm.Concurrency)
            errors.Add(part, "concurrency counts requests in flight", "Remove \"counts\", or make the algorithm \"fixed-window\".");
        else if (counts == "credits")
            members.Refuse("weights", "a request takes as many permits as it may cost credits", "Remove \"weights\".");
        return counts == "credits";
    }

    private TimeSpan? ReadWindow(Members members, Algorithm? algorithm)
    {
        if (algorithm == Algorithm.Concurrency)
        {
            members.Refuse("window", "concurrency counts requests in flight and has no window", "Remove \"window\".");
            return null;
        }

        var part = algorithm is null ? members.Optional("window") : members.Required("window", "\"1h\"");
        return part switch
        {
            null => null,
            _ when algorithm is { } known => WindowReader.Read(part, known, errors),
            _ => WindowReader.ReadLength(part, errors),
        };
    }

    private Burst? ReadBurst(Members members, Algorithm? algorithm, TimeSpan? window)
    {
        if (members.Optional("burst") is not { } part)
            return null;

        if (algorithm is Algorithm.SlidingWindow or Algorithm.Concurrency)
        {
            errors.Add(part, "only a fixed window can have a burst", "Remove \"burst\", or make the algorithm \"fixed-window\".");
            return null;
        }

        var burst = Members.Of(part, errors, "factor", "length");
        var factor = burst.Required("factor", "2") is { } factorPart ? Scalars.WholeNumber(factorPart, 2, 100, "", errors) : null;
        if (burst.Required("length", "\"10s\"") is not { } lengthPart)
            return null;

        var length = WindowReader.ReadLength(lengthPart, errors);
        if (length > window)
            errors.Add(lengthPart, "the burst is longer than its window", $"Write at most \"{WindowLength.Write(window.Value)}\".");
        return factor is null || length is null ? null : new Burst(factor.Value, length.Value);
    }
}

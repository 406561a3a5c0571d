namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>The members of one JSON object whose names are fixed; unknown ones have been reported.</summary>
internal sealed class Members
{
    private readonly Dictionary<string, JsonPart> _values = [];
    private readonly JsonPart _owner;
    private readonly PlanErrors _errors;

    private Members(JsonPart owner, PlanErrors errors) => (_owner, _errors) = (owner, errors);

    /// <returns>No members, and a report, where the part is not an object.</returns>
    public static Members Of(JsonPart part, PlanErrors errors, params IReadOnlyCollection<string> known)
    {
        var members = new Members(part, errors);
        if (part is not JsonObjectPart whole)
        {
            errors.Add(part, $"{part.Kind} stands here", $"Write an object with {Wording.List(known)}.");
            return members;
        }

        foreach (var member in whole.Members)
            if (known.Contains(member.Name))
                members._values.Add(member.Name, member.Value);
            else
                errors.Add(member.Start, member.Value.Path, "unknown member", Wording.DidYouMean(member.Name, known, "members"));

        return members;
    }

    public JsonPart? Optional(string name) => _values.GetValueOrDefault(name);

    /// <returns>Null, and a report, where there is none.</returns>
    public JsonPart? Required(string name, string example)
    {
        if (_values.TryGetValue(name, out var value))
            return value;
        if (_owner is JsonObjectPart)
            _errors.Add(_owner, $"\"{name}\" is missing", $"Add \"{name}\": {example}.");
        return null;
    }

    /// <summary>Reports a member that makes no sense beside the others.</summary>
    public void Refuse(string name, string problem, string remedy)
    {
        if (Optional(name) is { } value)
            _errors.Add(value, problem, remedy);
    }
}

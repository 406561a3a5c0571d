namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>A JSON value that knows where in its file it stands, so that an error can name the place.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Path">The names that lead to it, for example <c>apis.agents.policies[0].name</c>.</param>
internal abstract record JsonPart(int Start, string Path)
{
    /// <summary>What it is, for people.</summary>
    public abstract string Kind { get; }
}

internal sealed record JsonObjectPart(int Start, string Path, IReadOnlyList<JsonMember> Members) : JsonPart(Start, Path)
{
    public override string Kind => "an object";
}

internal sealed record JsonArrayPart(int Start, string Path, IReadOnlyList<JsonPart> Items) : JsonPart(Start, Path)
{
    public override string Kind => "an array";
}

internal sealed record JsonTextPart(int Start, string Path, string Text) : JsonPart(Start, Path)
{
    public override string Kind => "a string";
}

/// <param name="Start">Its first byte.</param>
/// <param name="Path">The names that lead to it.</param>
/// <param name="Digits">The number as it is written.</param>
internal sealed record JsonNumberPart(int Start, string Path, string Digits) : JsonPart(Start, Path)
{
    public override string Kind => "a number";
}

internal sealed record JsonFlagPart(int Start, string Path, bool Value) : JsonPart(Start, Path)
{
    public override string Kind => Value ? "true" : "false";
}

internal sealed record JsonNullPart(int Start, string Path) : JsonPart(Start, Path)
{
    public override string Kind => "null";
}

/// <param name="Name">Its name; unique within its object.</param>
/// <param name="Start">The first byte of the name.</param>
/// <param name="Value">Its value.</param>
internal sealed record JsonMember(string Name, int Start, JsonPart Value);

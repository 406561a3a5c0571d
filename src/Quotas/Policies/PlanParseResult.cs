using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace FunctionsApi.Quotas.Policies;

/// <summary>What became of a plan file: a catalog, or every error in it.</summary>
public sealed class PlanParseResult
{
    internal PlanParseResult(PlanCatalog catalog) => Catalog = catalog;

    internal PlanParseResult(ImmutableArray<PlanError> errors) => Errors = errors;

    /// <summary>Null where there are errors.</summary>
    public PlanCatalog? Catalog { get; }

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<PlanError> Errors { get; } = [];

    [MemberNotNullWhen(true, nameof(Catalog))]
    public bool IsValid => Catalog is not null;
}

/// <summary>One error in a plan file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Path">For example <c>apis.agents.plans.free.requests-per-hour</c>; empty for the file as a whole.</param>
/// <param name="Problem">What is wrong, as a clause: <c>-5 is below 1</c>.</param>
/// <param name="Remedy">What to do about it, as a sentence.</param>
public sealed record PlanError(int Line, int Column, string Path, string Problem, string Remedy)
{
    public override string ToString() => Path.Length == 0
        ? $"{Line}:{Column} {Problem}. {Remedy}"
        : $"{Line}:{Column} {Path}: {Problem}. {Remedy}";
}

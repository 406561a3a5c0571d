using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>
/// Which plans hold: those of the store; where it has none, those that came with the program; where it has broken ones,
/// the last good ones.
/// </summary>
/// <param name="Json">The plan file that <paramref name="Catalog"/> was read from.</param>
/// <param name="Catalog">Kept as long as the text stays the same, and with it every tenant's terms.</param>
/// <param name="ETag">The version that was last read from the store; null where there was none.</param>
/// <param name="Problem">What is wrong with the version in the store; null where nothing is.</param>
internal sealed record PlansInForce(string Json, PlanCatalog Catalog, string? ETag, string? Problem)
{
    /// <summary>Those that came with the program.</summary>
    public static PlansInForce Embedded { get; } = ReadEmbedded();

    /// <param name="stored">What the store has now; null for nothing.</param>
    public PlansInForce Next(StoredPlans? stored)
    {
        if (stored is null)
            return ETag is null ? this : Embedded;
        if (stored.ETag == ETag)
            return this;
        if (stored.Json == Json)
            return this with { ETag = stored.ETag, Problem = null };

        var result = PlanCatalog.Parse(stored.Json);
        return result.IsValid
            ? new(stored.Json, result.Catalog, stored.ETag, null)
            : this with { ETag = stored.ETag, Problem = ProblemOf(result) };
    }

    private static string ProblemOf(PlanParseResult result)
    {
        var more = result.Errors.Length > 1 ? $" There are {result.Errors.Length - 1} more errors." : "";
        return $"The plans in the store are refused: {result.Errors[0]}{more} "
            + "The last good ones stay in force. Correct the file and run: FunctionsApi plans apply <file>";
    }

    private static PlansInForce ReadEmbedded()
    {
        using var reader = new StreamReader(typeof(PlansInForce).Assembly.GetManifestResourceStream("plans.json")!);
        var json = reader.ReadToEnd();
        var result = PlanCatalog.Parse(json);
        return result.IsValid
            ? new(json, result.Catalog, null, null)
            : throw new InvalidOperationException($"infra/plans.json: {string.Join(Environment.NewLine, result.Errors)}");
    }
}

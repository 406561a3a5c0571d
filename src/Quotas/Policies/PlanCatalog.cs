using System.Collections.Immutable;
using System.Text;
using FunctionsApi.Quotas.Policies.PlanFiles;

namespace FunctionsApi.Quotas.Policies;

/// <summary>All plans of all APIs: a plan file that was found to be without error. Immutable.</summary>
public sealed class PlanCatalog
{
    private readonly ImmutableArray<ApiPlans> _apis;

    internal PlanCatalog(ImmutableArray<ApiPlans> apis) => _apis = apis;

    /// <summary>The longest plan file: what one table row can hold as text, with as much room to spare.</summary>
    public const int MaxBytes = 256 * 1024;

    public ApiPlans this[ApiKind api] => _apis[(int)api];

    /// <summary>Reads a plan file and checks all of it. Throws for no content whatever.</summary>
    public static PlanParseResult Parse(ReadOnlySpan<byte> utf8Json) => PlanFileReader.Read(utf8Json.ToArray());

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static PlanParseResult Parse(string json) => PlanFileReader.Read(Encoding.UTF8.GetBytes(json));
}

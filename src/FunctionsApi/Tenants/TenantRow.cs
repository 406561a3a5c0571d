using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Tenants;

/// <summary>A tenant as it was read from its row.</summary>
/// <param name="Id">The row's key.</param>
/// <param name="ETag">The row's version.</param>
/// <param name="Tenant">Null where the row makes no sense.</param>
/// <param name="Problem">What is wrong with the row; null where nothing is.</param>
internal sealed record StoredTenant(string Id, string ETag, Tenant? Tenant, string? Problem);

/// <summary>
/// The columns of a tenant: for each API the plan's name (<c>InferencePlan</c>), and the overrides as JSON
/// (<c>InferenceLimits</c>: <c>{"requests-per-minute":{"limit":500,"shadow":true}}</c>), each absent where there are none; and
/// <c>Left</c>, true or absent.
/// </summary>
internal static class TenantRow
{
    private const string LeftColumn = "Left";

    public static IReadOnlyDictionary<string, object> Write(Tenant tenant)
    {
        var columns = new Dictionary<string, object>();
        foreach (var api in Apis.All)
        {
            if (tenant[api].Plan is { } plan)
                columns[PlanColumn(api)] = plan;
            if (!tenant[api].Limits.IsEmpty)
                columns[LimitsColumn(api)] = WriteLimits(tenant[api].Limits);
        }

        if (tenant.HasLeft)
            columns[LeftColumn] = true;
        return columns;
    }

    public static StoredTenant Read(TableRow row)
    {
        var id = row.Key.Row;
        try
        {
            var tenant = Apis.All.Aggregate(new Tenant(id) { HasLeft = row.Values.GetValueOrDefault(LeftColumn) is true }, (tenant, api) => tenant.With(api, ReadSubscription(row, api)));
            return new(id, row.ETag, tenant, null);
        }
        catch (Exception broken) when (broken is JsonException or InvalidCastException)
        {
            return new(id, row.ETag, null, $"The row of tenant {id} makes no sense: {broken.Message}");
        }
    }

    private static Subscription ReadSubscription(TableRow row, ApiKind api) => new(
        (string?)row.Values.GetValueOrDefault(PlanColumn(api)),
        row.Values.GetValueOrDefault(LimitsColumn(api)) is { } limits ? ReadLimits((string)limits) : Subscription.NoLimits);

    private static string WriteLimits(ImmutableSortedDictionary<string, LimitSetting> limits) =>
        JsonSerializer.Serialize(limits.ToDictionary(), TenantRowJson.Default.DictionaryStringLimitSetting);

    private static ImmutableSortedDictionary<string, LimitSetting> ReadLimits(string json)
    {
        var limits = JsonSerializer.Deserialize(json, TenantRowJson.Default.DictionaryStringLimitSetting) ?? [];
        foreach (var (policy, setting) in limits)
            if (setting is not { Limit: null or (>= 0 and <= Policy.MaxLimit) })
                throw new JsonException($"The limit for {policy} is not 0 to {Policy.MaxLimit}.");
        return limits.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    private static string PlanColumn(ApiKind api) => api == ApiKind.Inference ? "InferencePlan" : "AgentsPlan";

    private static string LimitsColumn(ApiKind api) => api == ApiKind.Inference ? "InferenceLimits" : "AgentsLimits";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Dictionary<string, LimitSetting>))]
internal sealed partial class TenantRowJson : JsonSerializerContext;

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Tenants;

/// <summary>The terms of every tenant.</summary>
internal sealed class TenantDirectory
{
    private readonly ConcurrentDictionary<(string, Api), string> _plans = new();
    private readonly ConcurrentDictionary<(Api, string), ApiTerms?> _terms = new();

    public ApiTerms? Find(string tenant, Api api, string? planOverride) =>
        (planOverride ?? _plans.GetValueOrDefault((tenant, api))) is { } plan ? _terms.GetOrAdd((api, plan), key => Terms(key.Item1, key.Item2)) : null;

    public void Set(string tenant, Api api, string plan) => _plans[(tenant, api)] = plan;

    private static ApiTerms? Terms(Api api, string plan)
    {
        using var stream = typeof(TenantDirectory).Assembly.GetManifestResourceStream("plans.json")!;
        using var json = JsonDocument.Parse(stream);
        var root = json.RootElement.GetProperty("apis").GetProperty(api == Api.Inference ? "inference" : "agents");
        if (!root.GetProperty("plans").TryGetProperty(plan, out var limits))
            return null;
        var only = new Dictionary<string, string[]>();
        var except = new Dictionary<string, string[]>();
        var policies = new List<Policy>();
        var unset = new List<string>();
        foreach (var policy in root.GetProperty("policies").EnumerateArray())
        {
            var name = policy.GetProperty("name").GetString()!;
            only[name] = policy.TryGetProperty("only", out var o) ? [.. o.EnumerateArray().Select(e => e.GetString()!)] : [];
            except[name] = policy.TryGetProperty("except", out var x) ? [.. x.EnumerateArray().Select(e => e.GetString()!)] : [];
            if (limits.GetProperty(name).ValueKind != JsonValueKind.Number)
            {
                unset.Add(name);
                continue;
            }

            policies.Add(new()
            {
                Name = name,
                Limit = limits.GetProperty(name).GetInt32(),
                Algorithm = policy.GetProperty("algorithm").GetString() switch
                {
                    "fixed-window" => Algorithm.FixedWindow,
                    "sliding-window" => Algorithm.SlidingWindow,
                    _ => Algorithm.Concurrency,
                },
                Window = policy.TryGetProperty("window", out var w)
                    ? w.GetString() switch { "1h" => TimeSpan.FromHours(1), "24h" => TimeSpan.FromDays(1), _ => TimeSpan.FromMinutes(1) }
                    : TimeSpan.Zero,
                Burst = policy.TryGetProperty("burst", out _) ? new Burst(2, TimeSpan.FromSeconds(10)) : null,
            });
        }

        return new(plan, new([.. policies]), unset, (endpoint, policy) =>
            (only[policy.Name].Length == 0 || only[policy.Name].Contains(endpoint)) && !except[policy.Name].Contains(endpoint));
    }
}

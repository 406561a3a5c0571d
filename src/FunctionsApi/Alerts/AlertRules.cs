using System.Collections.Immutable;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Alerts;

/// <summary>What a tenant's rules must be.</summary>
internal static class AlertRules
{
    /// <returns>What is wrong with them, in a sentence; null where nothing is.</returns>
    public static string? Mistake(ImmutableArray<AlertRule> rules, PlanCatalog plans)
    {
        if (rules.Length > AlertSettings.MaxRules)
            return $"There can be at most {AlertSettings.MaxRules} rules.";
        if (rules.Distinct().Count() < rules.Length)
            return "A rule is there twice.";
        return rules.Select(rule => Mistake(rule, plans)).FirstOrDefault(mistake => mistake is not null);
    }

    private static string? Mistake(AlertRule rule, PlanCatalog plans)
    {
        if (rule.RemainingPercent is < 0 or > AlertRule.MaxPercent)
            return $"A rule's threshold is a whole number from 0 to {AlertRule.MaxPercent}, in percent of the limit.";
        var windows = plans[rule.Api].Policies.Where(policy => policy.Algorithm != Algorithm.Concurrency).Select(policy => policy.Name).ToList();
        return windows.Contains(rule.Policy)
            ? null
            : $"The {rule.Api.Name()} API has no policy '{rule.Policy}' with a window. It has: {string.Join(", ", windows)}.";
    }
}

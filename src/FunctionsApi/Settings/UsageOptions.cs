using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Usage__…</c>.</summary>
internal sealed record UsageOptions
{
    public const string Section = "Usage";

    // A report by day reaches back 366 of them.
    [Description("a number of days"), Range(1, 3_650)]
    public int RetainDays { get; set; } = 400;

    /// <summary>How long usage is kept.</summary>
    public TimeSpan Retention => TimeSpan.FromDays(RetainDays);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Retention__…</c>: for how many days what tenants have stored is kept.</summary>
internal sealed record RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>Events as they were sent, counted from the day on which they came.</summary>
    [Description("a number of days"), Range(1, 3_650)]
    public int EventDays { get; set; } = 90;

    /// <summary>How many events there were. A summary reaches back 366 days.</summary>
    [Description("a number of days"), Range(1, 3_650)]
    public int EventCountDays { get; set; } = 400;

    /// <summary>Crawl jobs, counted from when they were finished.</summary>
    [Description("a number of days"), Range(1, 3_650)]
    public int JobDays { get; set; } = 90;

    /// <summary>Documents, counted from when they were last fetched.</summary>
    [Description("a number of days"), Range(1, 3_650)]
    public int DocumentDays { get; set; } = 365;
}

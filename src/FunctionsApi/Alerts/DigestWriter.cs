// One message a day, about the UTC day that is over. Lines are what deserves a look:
//
//   refusals.rising   a policy refused at least 10 requests, and more than twice the average of the seven days before
//   key.unused        a key that is good has sent no request for so many days, and is older than that
//
// Both compare with days that are over, and usage is deleted when it is past its retention. Where it is kept for 9 days or fewer, the week
// before is not whole and no refusals are told of as rising; where for fewer days than a key must be unused, one line says so in place of keys:
//
//   key.unknown       keys that have sent no request for so many days cannot be told

using System.Text.Json;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Auth;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Usage;

namespace FunctionsApi.Alerts;

/// <summary>Adds each day's digests.</summary>
/// <param name="alerts">Which tenants want one.</param>
/// <param name="outbox">Where to.</param>
/// <param name="usage">What was used.</param>
/// <param name="retention">How long that is kept.</param>
/// <param name="keys">The tenants' keys.</param>
/// <param name="time">The clock.</param>
internal sealed class DigestWriter(AlertDirectory alerts, Outbox outbox, UsageTable usage, TimeSpan retention, KeyTable keys, TimeProvider time)
{
    public const string EventType = "usage.digest";

    /// <summary>After midnight, UTC: by then every instance has written what it counted.</summary>
    public static readonly TimeSpan At = TimeSpan.FromMinutes(10);

    private const int MaxLines = 100;
    private const int FewRefusals = 10;
    private const int DaysBefore = 7;

    // The day, those before it, and the one on which the digest is written.
    private static readonly TimeSpan RisingReach = TimeSpan.FromDays(DaysBefore + 2);

    private DateTimeOffset _done;

    /// <summary>Adds those of the day that is over, unless that was done. Not for several threads at a time.</summary>
    /// <exception cref="Storage.TableStoreException">The store could not be read or written; the next time goes on.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var day = new DateTimeOffset((now - At).UtcDateTime.Date, TimeSpan.Zero);
        if (day == _done)
            return;
        foreach (var settings in alerts.Now.Tenants.Values)
            if (settings is { Digest.IsOn: true, Webhook: not null })
                await AddAsync(settings, day, cancellationToken);
        _done = day;
    }

    /// <param name="settings">Whose.</param>
    /// <param name="day">The end of the day that it is about.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task AddAsync(AlertSettings settings, DateTimeOffset day, CancellationToken cancellationToken)
    {
        var key = AlertMessage.KeyOf(day, "digest");
        // Putting one together reads a lot; another instance may have done it.
        if (await outbox.FindAsync(settings.Tenant, key, cancellationToken) is not null)
            return;
        var now = time.GetUtcNow();
        var digest = await ReadAsync(settings, day, now, cancellationToken);
        var body = JsonSerializer.Serialize(new(EventType, now, digest), AlertsJson.Default.AlertEventDigestData);
        await outbox.AddAsync(new(settings.Tenant, key, EventType, body, now), cancellationToken);
    }

    private async Task<DigestData> ReadAsync(AlertSettings settings, DateTimeOffset day, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var start = day.AddDays(-1);
        var reach = day.AddDays(-Math.Max(DaysBefore + 1, settings.Digest.UnusedKeyDays));
        var (sum, used) = (UsageTotals.Zero, new HashSet<string>());
        Dictionary<(ApiKind, string), (long That, long Before)> refusals = [];
        // To the present: a key that was used again today is not unused.
        await foreach (var row in usage.ReadAsync(settings.Tenant, reach, now.AddHours(1), cancellationToken))
        {
            used.Add(row.Series.Key);
            if (row.Hour < start.AddDays(-DaysBefore) || row.Hour >= day)
                continue;
            var isThat = row.Hour >= start;
            if (isThat)
                sum += row.Totals;
            foreach (var (policy, refused) in row.Totals.RefusedBy)
                Add(refusals, (row.Series.Api, policy), isThat, refused);
        }

        IEnumerable<DigestLine> lines =
        [
            .. refusals.OrderBy(one => one.Key.Item1).ThenBy(one => one.Key.Item2, StringComparer.Ordinal).Select(one => Rising(one.Key, one.Value)).OfType<DigestLine>(),
            .. await UnusedAsync(settings, used, now, cancellationToken),
        ];
        return new(settings.Tenant, start, day, sum.Admitted, sum.Refused, sum.Credits, [.. lines.Take(MaxLines)]);
    }

    private async Task<IEnumerable<DigestLine>> UnusedAsync(AlertSettings settings, HashSet<string> used, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var days = settings.Digest.UnusedKeyDays;
        if (retention < TimeSpan.FromDays(days))
            return [new("key.unknown", $"Usage is kept for {retention.Days} days here, so that keys that have sent no request for {days} days cannot be told. Set unusedKeyDays to {retention.Days} or less.")];
        return Unused(await keys.ListAsync(settings.Tenant, cancellationToken), used, days, now);
    }

    private static void Add(Dictionary<(ApiKind, string), (long That, long Before)> refusals, (ApiKind, string) policy, bool isThat, long refused)
    {
        var (that, before) = refusals.GetValueOrDefault(policy);
        refusals[policy] = isThat ? (that + refused, before) : (that, before + refused);
    }

    private DigestLine? Rising((ApiKind Api, string Policy) of, (long That, long Before) refused)
    {
        if (retention <= RisingReach || refused.That < FewRefusals || refused.That * DaysBefore <= 2 * refused.Before)
            return null;
        var average = (refused.Before + (DaysBefore / 2)) / DaysBefore;
        return new("refusals.rising", $"{of.Api.Name()} {of.Policy} refused {refused.That:N0} requests, and {average:N0} a day in the week before.")
        {
            Api = of.Api.Name(),
            Policy = of.Policy,
            Refused = refused.That,
            RefusedBefore = average,
        };
    }

    private static IEnumerable<DigestLine> Unused(IEnumerable<KeyRecord> keys, HashSet<string> used, int days, DateTimeOffset now) =>
        from key in keys
        where key.Revoked is null && !(key.Expires <= now) && key.Created <= now.AddDays(-days) && !used.Contains(key.Id)
        select new DigestLine("key.unused", $"The key {key.Id} ({key.Prefix}…) of {key.User} has sent no request for {days} days. Revoke it if nobody needs it.")
        {
            Key = key.Id,
            UnusedDays = days,
        };
}

using System.Diagnostics;
using OpenTelemetry;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Leaves of the addresses that we ask only the server: a path may name a customer's user, as in a table's row, and a query
/// may be a signature.
/// </summary>
internal sealed class UrlRedaction : BaseProcessor<Activity>
{
    private const string Url = "url.full";

    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem(Url) is string text)
            data.SetTag(Url, Uri.TryCreate(text, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : null);
    }
}

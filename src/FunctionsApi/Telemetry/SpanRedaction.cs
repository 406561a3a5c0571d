using System.Diagnostics;
using OpenTelemetry;

namespace FunctionsApi.Telemetry;

/// <summary>
/// Takes out of spans what a caller made up, and what an address may hold: a path names a customer's user, as in a table's row, and
/// a query may be a signature.
/// </summary>
internal sealed class SpanRedaction : BaseProcessor<Activity>
{
    private const string Url = "url.full";

    private static readonly string[] OfTheCaller = ["url.query", "user_agent.original", "server.address", "server.port", "client.address"];

    public override void OnEnd(Activity data)
    {
        if (data.Kind == ActivityKind.Server)
        {
            foreach (var tag in OfTheCaller)
                data.SetTag(tag, null);
            // None of ours.
            if (data.GetTagItem("http.route") is null)
                data.SetTag("url.path", null);
        }
        else if (data.GetTagItem(Url) is string text)
            data.SetTag(Url, Uri.TryCreate(text, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : null);
    }
}

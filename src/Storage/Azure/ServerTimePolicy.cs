using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsApi.Storage.Azure;

/// <summary>Notes the service's time, which every one of its answers carries in <c>Date</c>, for each attempt of a request.</summary>
internal sealed class ServerTimePolicy(TimeProvider time, Action<StoreTime> onTime) : HttpPipelineSynchronousPolicy
{
    // What the header says is cut off to whole seconds.
    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    public override void OnSendingRequest(HttpMessage message) => message.SetProperty(typeof(ServerTimePolicy), time.GetTimestamp());

    public override void OnReceivedResponse(HttpMessage message)
    {
        var answered = time.GetTimestamp();
        // A proxy has a clock of its own.
        if (OwnAnswersPolicy.IsOwn(message.Response)
            && message.Response.Headers.TryGetValue("Date", out var text)
            && DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            && message.TryGetProperty(typeof(ServerTimePolicy), out var asked))
            onTime(new(at, Resolution, (long)asked!, answered));
    }
}

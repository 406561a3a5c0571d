using System.Diagnostics;

namespace FunctionsApi.Telemetry;

/// <summary>What a request of ours tells the server it goes to about the trace that it belongs to.</summary>
internal static class TraceContext
{
    /// <summary>Nothing: a page that is crawled is a stranger's.</summary>
    public static DistributedContextPropagator None { get; } = DistributedContextPropagator.CreateNoOutputPropagator();

    /// <summary>
    /// <c>traceparent</c> and <c>tracestate</c>, so that a backend's spans join the request's trace. Not <c>baggage</c>: it is
    /// whatever the caller wrote there.
    /// </summary>
    public static DistributedContextPropagator WithoutBaggage { get; } = new BaggageStopper();

    private sealed class BaggageStopper : DistributedContextPropagator
    {
        private readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

        public override IReadOnlyCollection<string> Fields => ["traceparent", "tracestate"];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
            _w3c.Inject(activity, carrier, (to, name, value) =>
            {
                if (Fields.Contains(name))
                    setter?.Invoke(to, name, value);
            });

        public override void ExtractTraceIdAndState(
            object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
            _w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
            _w3c.ExtractBaggage(carrier, getter);
    }
}

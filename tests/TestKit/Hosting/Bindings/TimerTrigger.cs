using System.Text.Json;
using FunctionsApi.TestKit.Hosting.Protocol;

namespace FunctionsApi.TestKit.Hosting.Bindings;

/// <summary>
/// Timers go off when a test says so, by <see cref="FunctionsHost.FireTimerAsync"/>, and at the start of the host where they have
/// <c>runOnStartup</c>. Nothing waits for a schedule.
/// </summary>
internal sealed class TimerTrigger : ITriggerListener
{
    public string Type => "timerTrigger";

    public Task ListenAsync(Function function, FunctionsHost host, CancellationToken stop) =>
        function.Trigger.Flag("runOnStartup") ? host.FireTimerAsync(function.Name, cancellationToken: CancellationToken.None) : Task.CompletedTask;

    /// <summary>What the host tells a function of its timer. One that never went off before has a last time in the year 1.</summary>
    public static TypedData Data(bool isPastDue) => new()
    {
        Json = JsonSerializer.Serialize(new
        {
            Schedule = new { AdjustForDST = true },
            ScheduleStatus = new { Last = DateTime.MinValue, Next = DateTime.MinValue, LastUpdated = DateTime.MinValue },
            IsPastDue = isPastDue,
        }),
    };
}

using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Usage;

/// <summary>
/// Counts the requests of one series. Get it once from <see cref="UsageRecorder.Counter"/> and keep it with the caller:
/// counting neither locks nor allocates but for the first count of an hour. Several counters of one series may exist;
/// they count into the same hours.
/// </summary>
internal sealed class UsageCounter(UsageRecorder recorder, UsageSeries series)
{
    private OpenHour? _hour;

    /// <summary>Counts what the limiter decided, shadow refusals included.</summary>
    /// <param name="decision">A peek counts nothing.</param>
    /// <param name="weight">What an admitted request weighs.</param>
    public void Decided(in Decision decision, int weight = 1)
    {
        if (decision.Outcome is Outcome.Peeked or Outcome.ExceedsLimit)
            return;
        var hour = Hour();
        CountOutcome(hour, decision, weight);
        CountShadowRefusals(hour, decision);
        recorder.Mark(hour);
    }

    /// <summary>Counts an answer that is an error: 400 to 499 but for 429, and 500 to 599 but for 503. Others count nothing.</summary>
    public void Answered(int status)
    {
        // 429 and 503 are the limiter's answers, and Decided has counted them.
        if (status is < 400 or 429 or 503 or > 599)
            return;
        var hour = Hour();
        if (status < 500)
            hour.ErrByClient();
        else
            hour.ErrByServer();
        recorder.Mark(hour);
    }

    /// <summary>Counts LLM credits.</summary>
    public void Spent(long credits)
    {
        var hour = Hour();
        hour.Spend(credits);
        recorder.Mark(hour);
    }

    private static void CountOutcome(OpenHour hour, in Decision decision, int weight)
    {
        if (decision.Outcome == Outcome.Admitted)
            hour.Admit(weight);
        else if (decision.Outcome == Outcome.Refused)
            hour.Refuse(decision.Charge.PolicyOf(decision.Binding).Name);
        else
            hour.MissDecision();
    }

    private static void CountShadowRefusals(OpenHour hour, in Decision decision)
    {
        for (int bits = decision.ShadowRefusals, item = 0; bits != 0; bits >>= 1, item++)
            if ((bits & 1) != 0)
                hour.ShadowRefuse(decision.Charge.PolicyOf(item).Name);
    }

    // A clock that was set back goes on counting in the hour that is open: time never runs backwards here.
    private OpenHour Hour()
    {
        var now = recorder.Now;
        return Volatile.Read(ref _hour) is { } hour && now.UtcTicks < hour.EndTicks
            ? hour
            : _hour = recorder.Open(series, now);
    }
}

using System.Threading.Channels;
using FunctionsApi.Agents.Ingestion.Reading;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>Time that passes only while a host is left alone.</summary>
internal sealed class PausingTime() : Quotas.Tests.ManualTime(new(2026, 2, 27, 9, 30, 0, TimeSpan.Zero))
{
    private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();
    private Task<TimeSpan>? _next;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        // What limits a request or a page takes longer.
        if (dueTime > TimeSpan.Zero && dueTime <= HostTurns.Step)
            _pauses.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Lets each pause pass until something is done.</summary>
    public async Task PassUntilAsync(Task done)
    {
        while (true)
        {
            _next ??= _pauses.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            if (await Task.WhenAny(done, _next) == done)
                return;
            var pause = await _next;
            _next = null;
            Advance(pause);
        }
    }
}

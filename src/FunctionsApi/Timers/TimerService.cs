namespace FunctionsApi.Timers;

/// <summary>Does its work again and again while the program runs, one turn after the other.</summary>
/// <param name="first">After which it works for the first time, counted from when it is made: it is started some time after the program serves.</param>
/// <param name="time">The clock.</param>
internal abstract class TimerService(TimeSpan first, TimeProvider time) : BackgroundService
{
    private readonly PeriodicTimer _timer = new(first, time);

    protected TimeProvider Time => time;

    /// <summary>After which it works again, counted from when this is set; <c>first</c> until then.</summary>
    protected TimeSpan Period { set => _timer.Period = value; }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
            await WorkAsync(stoppingToken);
    }

    /// <summary>A turn. An exception that it throws stops the program.</summary>
    protected abstract Task WorkAsync(CancellationToken stoppingToken);
}

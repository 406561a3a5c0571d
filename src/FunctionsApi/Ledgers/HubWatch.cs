using FunctionsApi.Storage;
using FunctionsApi.Timers;

namespace FunctionsApi.Ledgers;

/// <summary>
/// Sees whether the task hub is there and somebody works on it, soon after the start and then every minute. An app on Flex Consumption does
/// not see which of its instances run; but an instance that works on a control queue writes so into the hub's table of partitions.
/// </summary>
internal sealed partial class HubWatch(HubTables hub, IEntityHub entities, TimeProvider time, ILogger<HubWatch> logger) : TimerService(FirstLook, time)
{
    // The host makes the hub and takes its queues while it starts, which it does before and while it starts us.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private volatile HubState _state;
    private volatile bool _hasAnswered;

    /// <summary>How it was found.</summary>
    public HubState State => _state;

    /// <summary>Whether the hub has ever answered this instance. It is asked until it has.</summary>
    public async Task<bool> HasAnsweredAsync(CancellationToken cancellationToken)
    {
        if (_hasAnswered)
            return true;
        try
        {
            await entities.ReadAsync(EntityKey.Nobody, cancellationToken);
            return _hasAnswered = true;
        }
        // Whatever it was, it was no answer.
        catch (Exception)
        {
            return false;
        }
    }

    protected override async Task WorkAsync(CancellationToken stoppingToken)
    {
        Period = Interval;
        try
        {
            var (queues, attended) = await hub.AttendanceAsync(Time.GetUtcNow(), stoppingToken);
            var state = queues == 0 ? HubState.Missing : attended < queues ? HubState.Unattended : HubState.Well;
            Tell(state, state switch
            {
                HubState.Missing => () => Log.Missing(logger, hub.Name),
                HubState.Unattended => () => Log.Unattended(logger, queues - attended, queues, hub.Name),
                _ => () => Log.Well(logger, hub.Name),
            });
        }
        catch (TableStoreException e)
        {
            Tell(HubState.Unreadable, () => Log.Unreadable(logger, hub.Name, e.Message));
        }
    }

    private void Tell(HubState state, Action tell)
    {
        // That all is as it should be is worth a line only where it was not.
        if (state != _state && (state, _state) is not (HubState.Well, HubState.Unknown))
            tell();
        _state = state;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The account has no task hub '{Hub}', in which the counters are: the Functions host makes it when it starts. Let hubName in host.json, or AzureFunctionsJobHost__extensions__durableTask__hubName, say the same to it, and AzureWebJobsStorage name this account")]
        public static partial void Missing(ILogger logger, string hub);

        [LoggerMessage(LogLevel.Warning, "Nobody works on {Unattended} of the {All} control queues of the task hub '{Hub}': first requests of their keys wait, and are answered 503 after 2 s. On Flex Consumption no instance of the group 'durable' runs: set DURABLE_ALWAYS_READY_INSTANCES to 1 or more. Elsewhere see whether the host has lost its storage or its roles there")]
        public static partial void Unattended(ILogger logger, int unattended, int all, string hub);

        [LoggerMessage(LogLevel.Error, "The task hub '{Hub}' cannot be read. The app's identity needs the roles Storage Blob Data Owner, Storage Queue Data Contributor and Storage Table Data Contributor on the account that AzureWebJobsStorage names. {Reason}")]
        public static partial void Unreadable(ILogger logger, string hub, string reason);

        [LoggerMessage(LogLevel.Information, "All control queues of the task hub '{Hub}' are worked on")]
        public static partial void Well(ILogger logger, string hub);
    }
}

/// <summary>How a task hub is.</summary>
internal enum HubState
{
    /// <summary>Nobody has looked yet.</summary>
    Unknown,

    /// <summary>Somebody works on each of its control queues.</summary>
    Well,

    /// <summary>Nobody works on some of them: their entities run when somebody comes.</summary>
    Unattended,

    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>Its tables do not answer, or not to us.</summary>
    Unreadable,
}

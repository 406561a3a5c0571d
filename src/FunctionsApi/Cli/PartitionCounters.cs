using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Settings;

namespace FunctionsApi.Cli;

/// <summary>One partition's durable counters, as an operator sees and resets them: wherever the ledger is that <c>Quotas__Ledger</c> names.</summary>
internal abstract class PartitionCounters(CommandContext context)
{
    protected CommandContext Context { get; } = context;

    private string Place => Context.Settings.Storage.Place;

    /// <exception cref="CommandException">The settings name no account in which entities could be.</exception>
    public static PartitionCounters On(CommandContext context) => context.Settings switch
    {
        { Ledger: LedgerKind.Table } => new OnTable(context),
        { Storage.IsSqlite: true } => throw new CommandException(
            "Quotas__Ledger is 'entities', which are in the storage account of the Functions host: set Storage__Provider to 'tables' and let it name that account."),
        _ => new OnEntities(context),
    };

    /// <returns>Null where nothing is counted; the bytes that it is stored in otherwise.</returns>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public abstract Task<(QuotaEntity Entity, int Bytes)?> ReadAsync(string partition, CancellationToken cancellationToken);

    /// <summary>Starts all counts anew, also where they cannot be read.</summary>
    /// <returns>False where nothing is counted.</returns>
    public abstract Task<bool> ResetAsync(string partition, CancellationToken cancellationToken);

    /// <summary>Where nothing was found, and where else in the same storage counters are.</summary>
    public abstract Task<string> LookedInAsync(string partition, CancellationToken cancellationToken);

    private async Task<HubTables> HubAsync() => new(await Context.StoreAsync(), Context.Settings.TaskHub);

    private sealed class OnTable(CommandContext context) : PartitionCounters(context)
    {
        public override async Task<(QuotaEntity Entity, int Bytes)?> ReadAsync(string partition, CancellationToken cancellationToken)
        {
            using var ledger = new TableLedger(await Context.StoreAsync(), Context.Time);
            try
            {
                return await ledger.ReadAsync(partition, cancellationToken) is { } stored ? (stored.Entity, stored.Bytes) : null;
            }
            catch (EntityUnreadableException e)
            {
                throw new CommandException(e.Message);
            }
        }

        public override async Task<bool> ResetAsync(string partition, CancellationToken cancellationToken)
        {
            using var ledger = new TableLedger(await Context.StoreAsync(), Context.Time);
            return await ledger.ResetAsync(partition, cancellationToken);
        }

        public override async Task<string> LookedInAsync(string partition, CancellationToken cancellationToken)
        {
            var hub = await HubAsync();
            var (queues, _) = await hub.AttendanceAsync(Context.Time.GetUtcNow(), cancellationToken);
            return $"Looked in the rows of {Place}." + (queues == 0 ? "" : $" The task hub '{hub.Name}' is there too: with Quotas__Ledger=entities this command sees what is counted in it.");
        }
    }

    private sealed class OnEntities(CommandContext context) : PartitionCounters(context)
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

        public override async Task<(QuotaEntity Entity, int Bytes)?> ReadAsync(string partition, CancellationToken cancellationToken)
        {
            if (await TextAsync(partition, cancellationToken) is not { } text)
                return null;
            try
            {
                return (EntityText.Read(text), text.Length);
            }
            catch (InvalidDataException e)
            {
                throw new CommandException($"The counters of '{partition}' cannot be read: {e.Message} 'quotas reset {partition}' starts them anew.");
            }
        }

        public override async Task<bool> ResetAsync(string partition, CancellationToken cancellationToken)
        {
            if (!Context.Settings.Storage.HasQueueService)
                throw new CommandException(
                    "Storage__QueueServiceUri is missing: a reset of entities waits in a queue for the function app. Set it to "
                    + "https://<account>.queue.core.windows.net, of the account that Storage__TableServiceUri names.");
            if (await TextAsync(partition, cancellationToken) is not { } before)
                return false;
            var (entity, generation) = (TryRead(before), TryRead(before)?.Generation);
            var queues = ConfiguredStore.OpenQueues(Context.Settings.Storage, await Context.StoreAsync(), Context.Time);
            await QuotaResets.AskAsync(queues, partition, entity, Instant.From(Context.Time.GetUtcNow()), cancellationToken);
            for (var asked = Context.Time.GetTimestamp(); Context.Time.GetElapsedTime(asked) < Patience;)
            {
                if (await TextAsync(partition, cancellationToken) is { } text && TryRead(text) is { } anew && anew.Generation != generation)
                    return true;
                await Task.Delay(Pause, Context.Time, cancellationToken);
            }
            throw new CommandException(
                $"The reset of '{partition}' waits in the queue '{QuotaResets.QueueName}' for the function app, which has not taken it for {Patience.TotalSeconds} s. "
                + "It does so as soon as it runs: start it, and look with 'quotas show'.");
        }

        public override async Task<string> LookedInAsync(string partition, CancellationToken cancellationToken)
        {
            var row = await (await Context.StoreAsync()).GetAsync(TableLedger.Table, new(partition, ""), cancellationToken);
            return $"Looked in the task hub '{Context.Settings.TaskHub}' in {Place}."
                + (row is null ? "" : " A row of the table ledger counts for it: with Quotas__Ledger=table this command sees that.");
        }

        private async Task<string?> TextAsync(string partition, CancellationToken cancellationToken) =>
            (await (await HubAsync()).ReadAsync(partition, cancellationToken))?.Text;

        private static QuotaEntity? TryRead(string text)
        {
            try
            {
                return EntityText.Read(text);
            }
            catch (InvalidDataException)
            {
                return null;
            }
        }
    }
}
